/** Every layer of Keras that can be expressed, by the name its class has in a configuration. */
import type { LayerRow } from './row';
import { activationLayers } from './layers/activation';
import { convolutions } from './layers/conv';
import { core } from './layers/core';
import { merging } from './layers/merge';
import { normalisation } from './layers/norm';
import { recurrentLayers } from './layers/recurrent';
import { pooling } from './layers/pool';
import { reshaping } from './layers/reshape';

export const layerRows: Readonly<Record<string, LayerRow>> = {
  ...core,
  ...convolutions,
  ...pooling,
  ...normalisation,
  ...activationLayers,
  ...merging,
  ...reshaping,
  ...recurrentLayers,
};

export const rowOf = (kind: string): LayerRow | null => (Object.hasOwn(layerRows, kind) ? layerRows[kind]! : null);

/** Every layer of Keras that can be expressed, by the name its class has in a configuration. */
import type { LayerRow } from './row';
import { categories } from './layers/category';
import { localLayers } from './layers/local';
import { merging } from './layers/merge';
import { pictures } from './layers/picture';
import { layersOverTime } from './layers/time';
import { wrapping } from './layers/wrapped';

export const layerRows: Readonly<Record<string, LayerRow>> = {
  ...merging,
  ...layersOverTime,
  ...categories,
  ...localLayers,
  ...pictures,
  ...wrapping,
};

export const rowOf = (kind: string): LayerRow | null => (Object.hasOwn(layerRows, kind) ? layerRows[kind]! : null);

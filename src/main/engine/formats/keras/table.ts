/** Every layer of Keras that can be expressed, by the name its class has in a configuration. */
import type { LayerRow } from './row';
import { merging } from './layers/merge';
import { layersOverTime } from './layers/time';

export const layerRows: Readonly<Record<string, LayerRow>> = {
  ...merging,
  ...layersOverTime,
};

export const rowOf = (kind: string): LayerRow | null => (Object.hasOwn(layerRows, kind) ? layerRows[kind]! : null);

/** Keys that `.keras` archives give layers: class names in snake case, numbered within their model. */
import type { LayerSpec } from './config';

/** As keras.src.utils.naming.to_snake_case. */
export const snakeCase = (name: string): string =>
  name
    .replace(/\W+/g, '')
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();

/** Classes that Keras exports under another name than their own, which is the one in configurations. */
const OWN_NAMES: ReadonlyMap<string, string> = new Map([['GroupQueryAttention', 'GroupedQueryAttention']]);

/** Layer name → key, e.g. `layers/conv2d_1` for the second Conv2D. */
export function archiveKeys(layers: readonly LayerSpec[]): ReadonlyMap<string, string> {
  const counts = new Map<string, number>();
  const keys = new Map<string, string>();
  for (const layer of layers) {
    if (!layer.isLayer) continue;
    const key = snakeCase(OWN_NAMES.get(layer.kind) ?? layer.kind);
    const count = counts.get(key) ?? 0;
    counts.set(key, count + 1);
    keys.set(layer.name, `layers/${key}${count ? `_${count}` : ''}`);
  }
  return keys;
}

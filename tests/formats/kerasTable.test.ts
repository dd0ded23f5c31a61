/** The table of Keras's layers in the documentation names those that are translated, and no others. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { layerRows } from '../../src/main/engine/formats/keras/table';

/** Other names of layers, and those whose row in the documentation speaks for their kind. */
const ALIASES =
  /^(Random\w+|Convolution\w+|SeparableConvolution\w+|(Global)?(Max|Avg)Pool\dD|BatchNormalizationV\d|GroupedQueryAttention)$/;

it('the documentation names every layer', () => {
  const page = readFileSync(resolve(import.meta.dirname, '../../docs/formats.md'), 'utf8');
  const table = /<!-- keras layers: [^>]*-->(.*)<!-- \/keras layers -->/s.exec(page)![1]!;
  const firsts = table.split('\n').map((line) => line.split('|')[1] ?? '');
  const named = firsts.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name!));
  const translated = Object.keys(layerRows).filter((kind) => !ALIASES.test(kind));
  expect(named.filter((name) => !ALIASES.test(name)).sort()).toEqual(translated.sort());
});

/** The one example that a real model is tried with: what it expects, the same numbers on every machine. */
import { zipSync } from 'fflate';
import type { NumericArray } from '../../src/contract/attribution';
import type { PortSummary } from '../../src/contract/model';
import { npyBytes, npyHeader } from '../../src/main/engine/data/npy';
import { random } from '../../tests/random';
import type { RealModel, Values } from './models';

/** What a free axis becomes where the table of models says nothing. */
const FREE = 16;
const RATE = 16_000;

/** The value at a place of an array, row-major; `last` is the size of its last axis. */
type Made = (place: number, last: number) => number;

function maker(values: Values, next: () => number): Made {
  if (typeof values === 'number') return () => values;
  if (typeof values === 'object') return () => Math.floor(values.below * next());
  // Two tones that swell and fade, over a hiss.
  const wave = (place: number): number => {
    const second = place / RATE;
    const tones = Math.sin(2 * Math.PI * 220 * second) + 0.5 * Math.sin(2 * Math.PI * 1250 * second);
    return 0.3 * Math.sin(Math.PI * 2 * second) ** 2 * tones + 0.02 * (next() - 0.5);
  };
  let chosen = 0;
  const makers: Readonly<Record<typeof values, Made>> = {
    unit: next,
    signed: () => 2 * next() - 1,
    sound: wave,
    pcm: (place) => Math.round(32_000 * wave(place)),
    'one-hot': (place, last) => {
      if (place % last === 0) chosen = Math.floor(last * next());
      return Number(place % last === chosen);
    },
  };
  return makers[values];
}

/** @returns by input, `[1, …]`; free axes as the table of models has them, in order */
export function example(inputs: readonly PortSummary[], model: RealModel): Record<string, NumericArray> {
  const sizes = [...(model.free ?? [])];
  const next = random(1);
  return Object.fromEntries(
    inputs.map(({ name, shape, dtype }): [string, NumericArray] => {
      const given = [1, ...shape.map((size) => size ?? sizes.shift() ?? FREE)];
      const count = given.reduce((product, size) => product * size, 1);
      const make = maker(model.named?.[name] ?? model.values ?? (dtype === 'float32' ? 'unit' : { below: 2 }), next);
      return [name, { shape: given, data: Float32Array.from({ length: count }, (_, at) => make(at, given.at(-1)!)) }];
    }),
  );
}

/** Arrays as an .npz file. */
export const npz = (arrays: Readonly<Record<string, NumericArray>>): Uint8Array =>
  zipSync(
    Object.fromEntries(
      Object.entries(arrays).map(([name, { shape, data }]) => [
        // A slash in a name would be a folder.
        `${name}.npy`,
        Buffer.concat([npyHeader(shape), npyBytes(Float32Array.from(data))]),
      ]),
    ),
    { level: 1 },
  );

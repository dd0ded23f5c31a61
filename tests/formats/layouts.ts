/** Arrays as files lay them out, and as they are given to a model: examples first. */
import type { NumericArray } from '../../src/contract/attribution';

/** @param place the axis that counts examples; null: the whole is one */
export function examplesFirst(
  { shape, data }: { readonly shape: readonly number[]; readonly data: ArrayLike<number> },
  place: number | null,
): NumericArray {
  if (place === null) return { shape: [1, ...shape], data: Float32Array.from(data) };
  const count = shape[place]!;
  const inner = shape.slice(place + 1).reduce((a, b) => a * b, 1);
  const outer = shape.slice(0, place).reduce((a, b) => a * b, 1);
  const turned = Float32Array.from({ length: data.length }, (_, at) => {
    const example = Math.floor(at / (outer * inner));
    const within = at % (outer * inner);
    return data[(Math.floor(within / inner) * count + example) * inner + (within % inner)]!;
  });
  return { shape: [count, ...shape.filter((_, axis) => axis !== place)], data: turned };
}

/** What a row of the op table is, and what several of them share. */
import * as host from '../../tensors/array';
import { range, type HostArray } from '../../tensors/array';
import type { Tensor } from '../../tensors/assembly';
import type { Later } from '../../tensors/later';
import type { OnnxCall } from '../call';

export type Row = (call: OnnxCall) => Tensor | readonly (Tensor | Later)[];

/** Steps that do nothing when a trained model is used. */
export const passed: Row = (call) => call.input(0);

const turned = new WeakMap<object, Map<string, HostArray>>();
/** Filters that several nodes share stay shared. */
export function turnedOnce(array: HostArray, permutation: readonly number[]): HostArray {
  const known = turned.get(array.data) ?? new Map<string, HostArray>();
  turned.set(array.data, known);
  const key = `${array.shape.join()}|${permutation.join()}`;
  const made = known.get(key) ?? host.transposed(array, permutation);
  known.set(key, made);
  return made;
}

/** One number per channel (axis 1) of values of so many axes. */
export const perChannel = (array: HostArray, rank: number): HostArray =>
  host.reshaped(
    array,
    range(rank).map((axis) => (axis === 1 ? array.data.length : 1)),
  );

/** What a row of the op table is. */
import type { Tensor } from '../../tensors/assembly';
import type { TfCall } from '../call';
import type { Later } from '../../tensors/later';

export type Row = (call: TfCall) => Tensor | readonly (Tensor | Later)[];

/** Steps that do nothing when a trained model is used. */
export const passed: Row = (call) => call.input(0);

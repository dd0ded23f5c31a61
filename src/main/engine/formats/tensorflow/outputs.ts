/** How many outputs a node has, and where functions find those that have names. */
import type { TfNode } from './node';

/** Outputs with names of their own, which functions refer to by name. */
const NAMED: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    FusedBatchNorm: ['y', 'batch_mean', 'batch_variance', 'reserve_space_1', 'reserve_space_2'],
    FusedBatchNormV2: ['y', 'batch_mean', 'batch_variance', 'reserve_space_1', 'reserve_space_2'],
    FusedBatchNormV3: ['y', 'batch_mean', 'batch_variance', 'reserve_space_1', 'reserve_space_2', 'reserve_space_3'],
    TensorListPopBack: ['output_handle', 'tensor'],
    Switch: ['output_false', 'output_true'],
    Merge: ['output', 'value_index'],
    TopKV2: ['values', 'indices'],
    TopK: ['values', 'indices'],
    MaxPoolWithArgmax: ['output', 'argmax'],
    Unique: ['y', 'idx'],
    UniqueV2: ['y', 'idx'],
    UniqueWithCounts: ['y', 'idx', 'count'],
    NonMaxSuppressionV4: ['selected_indices', 'valid_outputs'],
    NonMaxSuppressionV5: ['selected_indices', 'selected_scores', 'valid_outputs'],
    CombinedNonMaxSuppression: ['nmsed_boxes', 'nmsed_scores', 'nmsed_classes', 'valid_detections'],
    TensorListConcatV2: ['tensor', 'lengths'],
    BlockLSTM: ['i', 'cs', 'f', 'o', 'ci', 'co', 'h'],
    BlockLSTMV2: ['i', 'cs', 'f', 'o', 'ci', 'co', 'h'],
    LSTMBlockCell: ['i', 'cs', 'f', 'o', 'ci', 'co', 'h'],
    GRUBlockCell: ['r', 'u', 'c', 'h'],
    CudnnRNN: ['output', 'output_h', 'output_c', 'reserve_space'],
    CudnnRNNV2: ['output', 'output_h', 'output_c', 'reserve_space', 'host_reserved'],
    CudnnRNNV3: ['output', 'output_h', 'output_c', 'reserve_space', 'host_reserved'],
  }),
);
export const offsetOf = (op: string | undefined, output: string | undefined): number =>
  Math.max(0, NAMED.get(op ?? '')?.indexOf(output ?? '') ?? 0);

export function outputsOf({ op, attributes }: TfNode): number {
  const count =
    attributes.get('num_split')?.i ??
    attributes.get('num')?.i ??
    attributes.get('Tout')?.ints?.length ??
    NAMED.get(op)?.length ??
    1;
  return Math.min(Math.max(count, 1, 8), 4096);
}

/** Mutated ONNX, SavedModel, frozen and GraphModel files. */
import { fuzz } from './fuzz';
import { bytes, json, protobuf } from './mutators';

fuzz('ONNX', [
  { model: 'plain/model.onnx', share: 0.3, mutate: bytes },
  { model: 'gated/model.onnx', share: 0.3, mutate: bytes },
  { model: 'gated/model.onnx', share: 0.4, mutate: protobuf },
]);
fuzz('GraphModel', [
  { model: 'residual/tfjs_graph', inside: 'model.json', share: 0.5, mutate: json },
  { model: 'gated/tfjs_graph', inside: 'model.json', share: 0.4, mutate: json },
  { model: 'gated/tfjs_graph', inside: 'group1-shard1of1.bin', share: 0.1, mutate: bytes },
]);
fuzz('frozen graph', [
  { model: 'plain/frozen.pb', share: 0.5, mutate: bytes },
  { model: 'plain/frozen.pb', share: 0.5, mutate: protobuf },
]);
fuzz('SavedModel', [
  { model: 'motif/saved_model_keras2', inside: 'saved_model.pb', share: 0.2, mutate: bytes },
  { model: 'motif/saved_model_keras2', inside: 'saved_model.pb', share: 0.3, mutate: protobuf },
  { model: 'residual/saved_model', inside: 'saved_model.pb', share: 0.1, mutate: bytes },
  { model: 'motif/saved_model', inside: 'variables/variables.index', share: 0.2, mutate: bytes },
  { model: 'motif/saved_model_keras2', inside: 'variables/variables.data-00000-of-00001', share: 0.2, covered: true, mutate: bytes }, // prettier-ignore
]);

/** What people have in hand in place of a model that opens: told by its content, with the way that leads to one. */
export type StrangerName =
  // PyTorch
  | 'torchModel'
  | 'torchInside'
  | 'torchWeights'
  | 'torchWeightsInside'
  | 'torchLightning'
  | 'torchScript'
  | 'torchProgram'
  | 'torchTensor'
  | 'ultralytics'
  | 'nemo'
  | 'executorch'
  | 'safetensors'
  | 'transformers'
  | 'transformersConfig'
  | 'tokenizer'
  // TensorFlow and Keras
  | 'tflite'
  | 'checkpoint'
  | 'checkpointGraph'
  | 'savedModelPart'
  | 'kerasArchitecture'
  | 'kerasWeights'
  | 'kerasPickle'
  | 'hdf5'
  | 'tfjsManifest'
  | 'tfjsScript'
  // other frameworks
  | 'sklearn'
  | 'sklearnInside'
  | 'trees'
  | 'pickle'
  | 'gguf'
  | 'ggml'
  | 'coreml'
  | 'openvino'
  | 'pmml'
  | 'paddle'
  | 'paddleWeights'
  | 'mxnet'
  | 'mxnetParams'
  | 'caffe'
  | 'caffePrototxt'
  | 'darknetConfig'
  | 'darknetWeights'
  | 'ncnn'
  | 'tensorrt'
  | 'ort'
  | 'jax'
  | 'r'
  | 'matlab'
  | 'java'
  // files that are no models
  | 'lfs'
  | 'page'
  | 'answer'
  | 'empty'
  | 'zeros'
  | 'archive'
  | 'sevenZip'
  | 'rar'
  | 'gzip'
  | 'bzip2'
  | 'xz'
  | 'zstandard'
  | 'zip'
  | 'numpy'
  | 'picture'
  | 'session'
  | 'notebook'
  | 'source'
  | 'json'
  | 'beside';

export interface Stranger {
  readonly name: StrangerName;
  /** The file or folder that the way begins with. */
  readonly path: string;
  /** What the file says of itself: a class, keys, entries, a file beside it; empty where nothing is told. */
  readonly about: string;
  /** What a Transformers model is for, as its exporter calls it. */
  readonly task?: string;
}

/** What is no model that opens, in words, and the way out of it. Lines were run on files of the real programs where those can be had. */
import type { Stranger, StrangerName } from '../strangers';
import type { PythonName, Way } from '../ways';

interface StrangerWords {
  /** Ends `FILE is …`; `{about}` is what the file says of itself. */
  readonly is: string;
  /** `{path}` is the file or folder, `{folder}` what it lies in, `{name}` its name in that; quoted as the way wants it. */
  readonly way: Way;
}

const python = (code: string, where: readonly PythonName[] = [], trusting = false): Way => ({
  kind: 'python',
  code,
  where,
  trusting,
});
const command = (text: string): Way => ({ kind: 'command', command: text });
const origin = (framework: Extract<Way, { kind: 'origin' }>['framework']): Way => ({ kind: 'origin', framework });
const FETCH: Way = { kind: 'fetch' };

const EXPORTED =
  'torch.onnx.export(model, (example,), "model.onnx", input_names=["input"], dynamic_axes={"input": {0: "batch"}})';
const LOADED = 'torch.load({path}, map_location="cpu", weights_only=True)';

const STRANGERS: Readonly<Record<StrangerName, StrangerWords>> = {
  torchModel: {
    is: 'a PyTorch model, pickled as a whole ({about})',
    way: python(
      `import torch; model = torch.load({path}, map_location="cpu", weights_only=False).eval(); ${EXPORTED}`,
      ['example'],
      true,
    ),
  },
  torchInside: {
    is: 'a PyTorch checkpoint with a whole network in it (under {about})',
    way: python(
      `import torch; model = torch.load({path}, map_location="cpu", weights_only=False)[{about}].float().eval(); ${EXPORTED}`,
      ['example'],
      true,
    ),
  },
  torchWeights: {
    is: 'the weights of a PyTorch model (a state dict), without the network',
    way: python(`import torch; model = Network(); model.load_state_dict(${LOADED}); model.eval(); ${EXPORTED}`, [
      'Network',
      'example',
    ]),
  },
  torchWeightsInside: {
    is: 'a PyTorch checkpoint: weights (under {about}), without the network',
    way: python(
      `import torch; model = Network(); model.load_state_dict(${LOADED}[{about}]); model.eval(); ${EXPORTED}`,
      ['Network', 'example'],
    ),
  },
  torchLightning: {
    is: 'a PyTorch Lightning checkpoint: weights, without the network',
    way: python(
      `import torch; model = Network.load_from_checkpoint({path}, map_location="cpu").eval(); ${EXPORTED}`,
      ['Network', 'example'],
      true,
    ),
  },
  torchScript: {
    is: 'a TorchScript model of PyTorch',
    way: python(
      `import torch; model = torch.jit.load({path}, map_location="cpu").eval(); ${EXPORTED.replace(/\)$/, ', dynamo=False)')}`,
      ['example'],
    ),
  },
  torchProgram: {
    is: 'a program exported by PyTorch (torch.export)',
    way: python('import torch; torch.onnx.export(torch.export.load({path}), f="model.onnx")'),
  },
  torchTensor: {
    is: 'a PyTorch tensor, which is data and no model',
    way: python(`import numpy, torch; numpy.save("input.npy", ${LOADED})`),
  },
  ultralytics: {
    is: 'a YOLO model of Ultralytics (PyTorch)',
    way: command('yolo export model={path} format=onnx'),
  },
  nemo: {
    is: 'a NeMo model (PyTorch)',
    way: python(
      'from nemo.core import ModelPT; ModelPT.restore_from({path}, map_location="cpu").export("model.onnx")',
      [],
      true,
    ),
  },
  executorch: { is: 'a program of ExecuTorch, compiled for devices', way: origin('any') },
  safetensors: {
    is: 'weights in safetensors, without the network',
    way: python(
      `import torch, safetensors.torch; model = Network(); model.load_state_dict(safetensors.torch.load_file({path})); model.eval(); ${EXPORTED}`,
      ['Network', 'example'],
    ),
  },
  transformers: {
    is: 'a model of Hugging Face Transformers ({about})',
    way: command('optimum-cli export onnx --model {path} --task {task} onnx'),
  },
  transformersConfig: {
    is: 'the configuration of a Hugging Face Transformers model ({about}), without its weights',
    way: origin('huggingface'),
  },
  diffusers: {
    is: 'a pipeline of Hugging Face Diffusers',
    way: command('optimum-cli export onnx --model {path} onnx'),
  },
  peft: {
    is: 'an adapter (PEFT): changes to the weights of another model',
    way: python(
      'from peft import AutoPeftModel; AutoPeftModel.from_pretrained({path}).merge_and_unload().save_pretrained("merged") # then open merged',
    ),
  },
  onnxText: {
    is: 'an ONNX model written as text ({about})',
    way: python('import onnx; onnx.save(onnx.load({path}, format={about}), "model.onnx")'),
  },
  tokenizer: { is: 'a tokenizer, which makes token ids out of texts', way: origin('model') },

  tflite: {
    is: 'a TensorFlow Lite model',
    way: command('python -m tf2onnx.convert --tflite {path} --output model.onnx'),
  },
  checkpoint: {
    is: 'a TensorFlow checkpoint: weights, without the network',
    way: python(
      'import tensorflow as tf; model = build(); tf.train.Checkpoint(model=model).restore({about}).expect_partial(); model.export("model")',
      ['build'],
    ),
  },
  checkpointGraph: {
    is: 'a TensorFlow 1 checkpoint: weights, with a graph for training beside them',
    way: python(
      'import tensorflow.compat.v1 as tf; tf.disable_eager_execution(); s = tf.Session(); tf.train.import_meta_graph({about} + ".meta", clear_devices=True).restore(s, {about}); t = s.graph.get_tensor_by_name; tf.saved_model.simple_save(s, "model", {"x": t("INPUT:0")}, {"y": t("OUTPUT:0")})',
      ['tensors'],
    ),
  },
  savedModelPart: { is: 'a part of a TensorFlow SavedModel', way: { kind: 'give', path: '{about}' } },
  kerasArchitecture: {
    is: 'the architecture of a Keras model, without its weights',
    way: python(
      'import keras; model = keras.models.model_from_json(open({path}).read()); model.load_weights("weights.h5"); model.save("model.keras")',
      ['weights'],
    ),
  },
  kerasWeights: {
    is: 'the weights of a Keras model, without the network',
    way: python('import keras; model = build(); model.load_weights({path}); model.save("model.keras")', ['build']),
  },
  kerasClass: {
    is: 'a Keras model of the class {about}, which keeps its layers in code, not in the file',
    way: python(
      'import keras; model = keras.models.load_model({path}, custom_objects={{about}: Class}); model.export("model")',
      ['Class'],
    ),
  },
  kerasPickle: {
    is: 'a pickled Keras model',
    way: python('import pickle; pickle.load(open({path}, "rb")).save("model.keras")', [], true),
  },
  hdf5: { is: 'an HDF5 file without a Keras model (it holds {about})', way: origin('model') },
  tfjsManifest: {
    is: 'a list of TensorFlow.js weights, without the graph that they belong to',
    way: origin('any'),
  },
  tfjsScript: {
    is: 'JavaScript with a TensorFlow.js model in it',
    way: command(
      `cd {folder} && node -e 'for (const f of fs.readdirSync(".").filter((f) => /[.]js$/.test(f))) { const m = require("./" + f), v = m.default ?? m; typeof v === "string" ? fs.writeFileSync(f.replace(/([.]min)?[.]js$/, ""), v, "base64") : fs.writeFileSync("model.json", JSON.stringify(v)) }'`,
    ),
  },

  sklearn: {
    is: 'a scikit-learn model, pickled ({about})',
    way: python(
      'import joblib, numpy as np; from skl2onnx import to_onnx; model = joblib.load({path}); model = model[0] if isinstance(model, (list, tuple)) else model; open("model.onnx", "wb").write(to_onnx(model, np.zeros((1, model.n_features_in_), np.float32)).SerializeToString())',
      [],
      true,
    ),
  },
  skops: {
    is: 'a scikit-learn model, saved by skops',
    way: python(
      'import skops.io, numpy as np; from skl2onnx import to_onnx; model = skops.io.load({path}, trusted=skops.io.get_untrusted_types(file={path})); open("model.onnx", "wb").write(to_onnx(model, np.zeros((1, model.n_features_in_), np.float32)).SerializeToString())',
      [],
      true,
    ),
  },
  sklearnInside: {
    is: 'a Python pickle with a scikit-learn model in it (under {about})',
    way: python(
      'import joblib, numpy as np; from skl2onnx import to_onnx; model = joblib.load({path})[{about}]; open("model.onnx", "wb").write(to_onnx(model, np.zeros((1, model.n_features_in_), np.float32)).SerializeToString())',
      [],
      true,
    ),
  },
  trees: { is: 'a model of decision trees ({about})', way: origin('trees') },
  pickle: { is: 'a Python pickle ({about})', way: origin('pickle') },
  gguf: { is: 'a GGUF file, the form of llama.cpp', way: origin('huggingface') },
  ggml: { is: 'a GGML file, the form of llama.cpp and whisper.cpp', way: origin('huggingface') },
  coreml: { is: 'a Core ML model', way: origin('any') },
  openvino: { is: 'an OpenVINO model', way: origin('any') },
  pmml: { is: 'a PMML model', way: origin('any') },
  paddle: {
    is: 'a PaddlePaddle model',
    way: command(
      'paddle2onnx --model_dir {folder} --model_filename {name} --params_filename {about} --save_file model.onnx',
    ),
  },
  paddleWeights: {
    is: 'the weights of a PaddlePaddle model, without the network',
    way: python(
      'import paddle; net = Network(); net.set_state_dict(paddle.load({path})); net.eval(); paddle.onnx.export(net, "model", input_spec=[paddle.static.InputSpec(shape)])',
      ['Network', 'shape'],
    ),
  },
  mxnet: {
    is: 'the graph of an MXNet model',
    way: python(
      'import numpy; from mxnet import onnx; onnx.export_model({path}, {about}, [shape], [numpy.float32], "model.onnx")',
      ['shape'],
    ),
  },
  mxnetParams: { is: 'the weights of an MXNet model', way: { kind: 'give', path: '{about}' } },
  caffe: { is: 'the weights of a Caffe model', way: origin('caffe') },
  caffePrototxt: { is: 'the graph of a Caffe model', way: origin('caffe') },
  darknetConfig: { is: 'the graph of a Darknet model', way: origin('darknet') },
  darknetWeights: { is: 'the weights of a Darknet model', way: origin('darknet') },
  ncnn: { is: 'the graph of an ncnn model', way: origin('any') },
  device: { is: 'a model compiled for one kind of device ({about})', way: origin('any') },
  tensorrt: { is: 'a TensorRT engine, built for one kind of GPU', way: origin('onnx') },
  ort: { is: 'a model in the form of ONNX Runtime alone (ORT)', way: origin('onnx') },
  jax: { is: 'a checkpoint of JAX: weights, without the function', way: origin('jax') },
  r: { is: 'a file of R', way: origin('r') },
  matlab: { is: 'a MATLAB file', way: origin('matlab') },
  java: { is: 'a model of a Java program ({about})', way: origin('java') },

  lfs: {
    is: 'a pointer of Git LFS; the file itself was not fetched',
    way: command('git -C {folder} lfs pull'),
  },
  page: { is: 'a web page, not the file that it leads to', way: FETCH },
  answer: { is: 'the answer of a server ({about}), not the file that was asked for', way: FETCH },
  empty: { is: 'empty', way: FETCH },
  zeros: { is: 'nothing but zeros so far: a download that did not end', way: FETCH },
  archive: { is: 'a tar archive', way: command('tar -xf {path}') },
  sevenZip: { is: 'a 7z archive', way: command('7z x {path}') },
  rar: { is: 'a RAR archive', way: command('unrar x {path}') },
  // To another file: by themselves these programs refuse names whose ending is not their own, such as those of joblib.
  gzip: { is: 'a file packed by gzip', way: command('gzip -dc {path} > unpacked') },
  bzip2: { is: 'a file packed by bzip2', way: command('bzip2 -dc {path} > unpacked') },
  xz: { is: 'a file packed by xz', way: command('xz -dc {path} > unpacked') },
  lzma: { is: 'a file packed by LZMA', way: command('xz -dc --format=lzma {path} > unpacked') },
  lz4: { is: 'a file packed by LZ4', way: command('lz4 -dc {path} > unpacked') },
  zstandard: { is: 'a file packed by Zstandard', way: command('zstd -dc {path} > unpacked') },
  zip: { is: 'a ZIP archive (it holds {about})', way: command('unzip {path}') },
  table: { is: 'a table, which is data and no model', way: { kind: 'input', path: '{path}' } },
  log: { is: 'a log of a training (TensorBoard), not the model', way: origin('model') },
  numpy: { is: 'a file of NumPy arrays, which are data and no model', way: { kind: 'input', path: '{path}' } },
  picture: { is: 'a picture, which is data and no model', way: { kind: 'input', path: '{path}' } },
  session: { is: 'a session of Mho, not a model', way: { kind: 'session', path: '{path}' } },
  notebook: { is: 'a notebook: code, not the model that it makes', way: origin('source') },
  source: { is: 'code in Python, not the model that it makes', way: origin('source') },
  json: { is: 'JSON without a model (it holds {about})', way: origin('model') },
  beside: { is: 'a part of the model beside it', way: { kind: 'give', path: '{about}' } },
};

/** For Python: its texts are written as JSON's are. */
const quoted = (text: string): string => JSON.stringify(text);
/** For a shell: as it is where that is safe. */
const inShell = (text: string): string => (/^[\w./:@%+,=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);

/** Folder and name of a path of either system. */
function parted(path: string): { readonly folder: string; readonly name: string } {
  const at = Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\'));
  return at < 0 ? { folder: '.', name: path } : { folder: path.slice(0, at) || '/', name: path.slice(at + 1) };
}

/** What a stranger is, ending `FILE is …`. */
export const strangerWords = ({ name, about }: Stranger): string => STRANGERS[name].is.replaceAll('{about}', about);

/** The way out of it, of this file. */
export function wayFrom({ name, path, about, task = '' }: Stranger): Way {
  const { way } = STRANGERS[name];
  const details: Readonly<Record<string, string>> = { path, about, task, ...parted(path) };
  const filled = (text: string, as: (detail: string) => string): string =>
    text.replace(/\{(path|about|task|folder|name)\}/g, (_, detail: string) => as(details[detail]!));
  switch (way.kind) {
    case 'python':
      return { ...way, code: filled(way.code, quoted) };
    case 'command':
      return { ...way, command: filled(way.command, inShell) };
    case 'give':
    case 'input':
    case 'session':
      return { ...way, path: filled(way.path, (detail) => detail) };
    default:
      return way;
  }
}

/** Ways out of a refusal, in words: one sentence for each. */
import type { OriginName, PythonName, Way } from '../ways';
import { either, MODELS_GIVEN } from './formats';

const STANDS_FOR: Readonly<Record<PythonName, string>> = {
  Class: 'Class is the class of the model, imported from the program that made it',
  example: 'example is one input of it, such as torch.zeros(1, 3, 224, 224)',
  Network: 'Network() makes the network that the weights belong to',
  build: 'build() makes the network that the weights belong to',
  shape: 'shape is that of one input, such as (1, 3, 224, 224)',
  tensors: 'INPUT and OUTPUT are names of tensors of the graph',
  weights: 'weights.h5 is the file of its weights',
};

const ORIGINS: Readonly<Record<OriginName, string>> = {
  any: 'No way leads back from it: export the model that it was made from, in PyTorch by torch.onnx.export, in Keras by model.save("model.keras")',
  caffe: 'Convert its prototxt and caffemodel to ONNX (the package caffe2onnx does that), and give that',
  darknet: 'Convert its cfg and weights to ONNX (the package darknet2any does that), and give that',
  huggingface:
    'It is made for generating text, its weights rounded: export the model that it was made from (optimum-cli export onnx --model NAME onnx)',
  java: 'Export the model as ONNX by the program that wrote it',
  jax: 'In Python, with the package jax2onnx: jax2onnx.to_onnx(function, inputs=[("batch", 28, 28, 1)], return_mode="file", output_path="model.onnx"), with the shapes of its own inputs; where it is a Keras model: model.save("model.keras")',
  matlab: 'In MATLAB, where it holds a network: exportONNXNetwork(net, "model.onnx")',
  model: `Give ${MODELS_GIVEN}`,
  onnx: 'Give the .onnx file that it was built from',
  pickle:
    'Load it where it was written, and export the model: torch.onnx.export of PyTorch, skl2onnx.to_onnx for scikit-learn, model.save("model.keras") of Keras',
  r: 'In R, where it holds a Keras model: keras3::save_model(model, "model.keras")',
  source: 'Run it, and save the model that it makes: torch.onnx.export in PyTorch, model.save("model.keras") in Keras',
  trees: 'It has no neurons; TreeSHAP attributes trees (shap.TreeExplainer in Python)',
};

/** Layers that are named at the most: any of them will do. */
const MOST = 3;

const beginning = (layer: string): string =>
  `in Keras, keras.Model([others…, model.get_layer("${layer}").output], model.outputs)`;

/** One way as a sentence. */
export function wayWords(way: Way): string {
  switch (way.kind) {
    case 'python': {
      const where = way.where.map((name) => STANDS_FOR[name]).join('; ');
      const trust = way.trusting ? ' It runs code that the file holds: only for files that you trust.' : '';
      return `In Python: ${way.code}${where && ` (${where})`}.${trust}`;
    }
    case 'command':
      return `In a terminal: ${way.command} – then open what comes of it.`;
    case 'give':
      return `Give ${way.path}.`;
    case 'input':
      return 'Open the model first, then give this file as its input.';
    case 'session':
      return 'Open it as a session: mho show, or File › Open session.';
    case 'origin':
      return `${ORIGINS[way.framework]}.`;
    case 'fetch':
      return 'Fetch the file again, and look that it has the size that its source says.';
    case 'target':
      return `Choose a target before it: ${either(way.layers.slice(0, MOST))}.`;
    case 'size':
      return `Bind the free size of ${either(way.inputs)}: give an input, or --size.`;
    case 'export':
      return 'In Python, write the model as ops alone: model.export("folder"), then open that folder.';
    case 'texts':
      return `Strings have no path between them: make a model that begins behind ${way.layer}, and give it numbers; ${beginning(way.layer)}; in TensorFlow, export a signature that takes numbers, of an Estimator by tf.estimator.export.build_raw_serving_input_receiver_fn.`;
    case 'behind':
      return `Make a model that begins behind ${way.layer}, and give it what that layer gives; ${beginning(way.layer)}.`;
    case 'report':
      return 'Report it, with the file if you may share it.';
  }
}

/** Several ways, the best first: one or the other is enough. */
export const waysWords = (ways: readonly Way[]): string => ways.map(wayWords).join(' Or: ');

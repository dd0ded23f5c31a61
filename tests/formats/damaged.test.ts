/** Damaged, half-copied and hostile files give the catalogue's error, word for word. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { MhoError } from '../../src/contract/errors';
import { openModel } from '../../src/main/engine/formats';
import { bytesOf, layersModel, type LayersModelJson, temporaryFolder, written } from './broken';

const folder = temporaryFolder();
let made = 0;
const place = (): string => join(folder, String(made++));

/** Name → [path of the broken file, its message with the path as `{path}`]. */
const broken: Readonly<Record<string, () => readonly [path: string, message: string]>> = {
  'a path that does not exist': () => [
    join(folder, 'nothing.keras'),
    'MODEL_NOT_FOUND: {path} does not exist. Check the path, or choose the folder again.',
  ],
  'an empty file': () => [
    written(place(), 'model.keras', ''),
    'MODEL_STRANGER: {path} is empty. Fetch the file again, and look that it has the size that its source says.',
  ],
  'a .keras cut short': () => [
    written(place(), 'model.keras', bytesOf('gated/model.keras').subarray(0, 40_000)),
    'MODEL_DAMAGED: {path} cannot be read: End of central directory record signature not found. Either not a zip file, or file is truncated. The file may be half copied or damaged; copy or export it again.',
  ],
  'a .keras with a changed byte in its weights': () => {
    const bytes = bytesOf('gated/model.keras');
    bytes[bytes.length - 5_000]! ^= 1;
    return [
      written(place(), 'model.keras', bytes),
      'MODEL_DAMAGED: {path} cannot be read: the check sum of model.weights.h5 does not match its content. The file may be half copied or damaged; copy or export it again.',
    ];
  },
  'an .h5 cut short': () => [
    written(place(), 'model.h5', bytesOf('gated/model.h5').subarray(0, 20_000)),
    'MODEL_WEIGHTS_SHORT: {path} ends after 20000 of 82008 bytes. The folder may be half copied; copy it again.',
  ],
  'an .h5 whose tree of groups is overwritten': () => {
    const bytes = bytesOf('gated/model.h5');
    bytes.fill(0xff, 96, 4000);
    return [
      written(place(), 'model.h5', bytes),
      'MODEL_DAMAGED: {path} cannot be read: it does not have the structure of an HDF5 file. The file may be half copied or damaged; copy or export it again.',
    ];
  },
  'an .h5 whose texts are followed by free space of no size': () => {
    const bytes = bytesOf('gated/model.h5');
    // The heap's objects one after another: number, uses, size, content; number 0 is what is free.
    let at = bytes.indexOf('GCOL') + 16;
    while (bytes.readUInt16LE(at) !== 0) at += 16 + 8 * Math.ceil(Number(bytes.readBigUInt64LE(at + 8)) / 8);
    bytes.writeBigUInt64LE(0n, at + 8);
    return [
      written(place(), 'model.h5', bytes),
      'MODEL_DAMAGED: {path} cannot be read: its attribute model_config is not readable. The file may be half copied or damaged; copy or export it again.',
    ];
  },
  'an .h5 of weights alone': () => {
    const bytes = bytesOf('gated/model.h5');
    for (let at = bytes.indexOf('model_config'); at >= 0; at = bytes.indexOf('model_config'))
      bytes.write('model_nonfig', at);
    return [
      written(place(), 'model.h5', bytes),
      'MODEL_STRANGER: {path} is the weights of a Keras model, without the network. In Python: import keras; model = build(); model.load_weights("{path}"); model.save("model.keras") (build() makes the network that the weights belong to).',
    ];
  },
  'a model.json cut short, in its folder': () => {
    const path = layersModel(place());
    written(path, 'model.json', bytesOf('gated/tfjs_layers/model.json').subarray(0, 900));
    return [
      path,
      'MODEL_DAMAGED: {path}/model.json cannot be read: it is not complete JSON. The file may be half copied or damaged; copy or export it again.',
    ];
  },
  'a model.json cut short, by itself': () => [
    written(place(), 'model.json', bytesOf('gated/tfjs_layers/model.json').subarray(0, 900)),
    'MODEL_DAMAGED: {path} cannot be read: it is not complete JSON. The file may be half copied or damaged; copy or export it again.',
  ],
  'a LayersModel with a short shard': () => {
    const path = layersModel(place());
    written(path, 'group1-shard1of1.bin', bytesOf('gated/tfjs_layers/group1-shard1of1.bin').subarray(0, 1000));
    return [
      path,
      'MODEL_WEIGHTS_SHORT: {path}/group1-shard1of1.bin ends after 1000 of 4616 bytes. The folder may be half copied; copy it again.',
    ];
  },
  'a LayersModel without its shard': () => {
    const path = layersModel(place(), (json) => (json.weightsManifest[0]!.paths = ['group2.bin']));
    return [
      path,
      'MODEL_DAMAGED: {path}/group2.bin cannot be read: this weight file is missing. The file may be half copied or damaged; copy or export it again.',
    ];
  },
  'a LayersModel that reads outside its folder': () => {
    const path = layersModel(place(), (json) => (json.weightsManifest[0]!.paths = ['../../secret']));
    return [
      path,
      'MODEL_DAMAGED: {path}/model.json cannot be read: it names the weight file "../../secret", outside its folder. The file may be half copied or damaged; copy or export it again.',
    ];
  },
  'a LayersModel that declares more weights than there are': () => {
    const path = layersModel(place(), (json) => (json.weightsManifest[0]!.weights[0]!.shape = [1e6, 1e6]));
    return [
      path,
      'MODEL_WEIGHTS_SHORT: {path}/group1-shard1of1.bin ends after 4616 of 4000000004520 bytes. The folder may be half copied; copy it again.',
    ];
  },
  'a weight of another shape': () => {
    const path = layersModel(place(), (json) => (layer(json, 'embed').config['units'] = 17));
    return [
      path,
      'MODEL_WEIGHTS_SHAPE: The weight kernel of layer embed has shape [6, 16], expected [6, 17]. The configuration and the weights belong to different models; save the model again.',
    ];
  },
  'a weight that is not there': () => {
    const path = layersModel(place(), (json) => (json.weightsManifest[0]!.weights[0]!.name = 'other/kernel'));
    return [
      path,
      'MODEL_WEIGHTS_MISSING: The weight kernel of layer context_elu is not in {path}/model.json. Save the model again, with its weights.',
    ];
  },
  'layers that wait for each other': () => {
    const path = layersModel(place(), (json) => (layer(json, 'embed').inbound_nodes = [[['norm', 0, 0, {}]]]));
    return [
      path,
      'MODEL_CONFIG: Layer embed (Dense): it takes its input from norm, which waits for it in turn. Save the model again with a released version of Keras, or report the file.',
    ];
  },
  'a layer that does not fit its input': () => {
    const path = layersModel(place(), (json) => (layer(json, 'weighted').config['axes'] = 2));
    return [
      path,
      'MODEL_CONFIG: Layer weighted (Dot): [12, 1] and [12, 16] cannot be multiplied: 1 is not 16. Save the model again with a released version of Keras, or report the file.',
    ];
  },
  'a number where a text should be': () => {
    const path = layersModel(place(), (json) => (layer(json, 'embed').config['units'] = 'many'));
    return [
      path,
      'MODEL_CONFIG: Layer embed (Dense): units is "many", expected a number. Save the model again with a released version of Keras, or report the file.',
    ];
  },
  'a folder without one': () => {
    const path = place();
    written(path, 'notes.txt', 'hello');
    return [
      path,
      'MODEL_UNRECOGNISED: {path} holds no model in a format that can be opened (it holds notes.txt). Give a .keras, .h5, .onnx, .pb or .zip file, a folder with model.json or saved_model.pb, or a folder that holds one of these.',
    ];
  },
};

const layer = (json: LayersModelJson, name: string) =>
  json.modelTopology.model_config.config.layers.find((each) => each.name === name)!;

it.each(Object.keys(broken))('%s', async (name) => {
  const [path, message] = broken[name]!();
  const error: unknown = await openModel(path).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(MhoError);
  expect((error as MhoError).message.replaceAll(path, '{path}')).toBe(message);
});

it('opens the one model in a folder, whatever its name', async () => {
  const path = place();
  written(path, 'readme.md', '# a model');
  written(path, 'weights-final', bytesOf('gated/model.keras'));
  expect((await openModel(path)).summary.name).toBe('gated');
});

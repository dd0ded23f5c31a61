/** What is no model that opens is told by its content, whatever it is called, with a way that gets out of it what does open. */
import { copyFileSync, cpSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { MhoError } from '../../src/contract/errors';
import type { Way } from '../../src/contract/ways';
import { openModel } from '../../src/main/engine/formats';
import { bytesOf, CASES, layersModel, temporaryFolder, written } from './broken';

const SAMPLES = resolve(import.meta.dirname, 'strangers');
const FIELD = resolve(import.meta.dirname, '../field/frozen_pb');
const folder = temporaryFolder();
let made = 0;
const place = (): string => join(folder, String(made++));

async function refusal(path: string): Promise<MhoError> {
  const error: unknown = await openModel(path).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(MhoError);
  return error as MhoError;
}

type Expected = readonly [sentence: RegExp, way: Way['kind'], says: RegExp];

/** Files that the real programs wrote: sentence, kind of the way, and what it says. */
const REAL: Readonly<Record<string, Expected>> = {
  [join(FIELD, 'whole.pt')]: [/PyTorch model, pickled as a whole \(Sequential\)/, 'python', /torch\.onnx\.export/],
  [join(FIELD, 'weights.pth')]: [/weights of a PyTorch model/, 'python', /load_state_dict.*torch\.onnx\.export/],
  [join(FIELD, 'script.pt')]: [/TorchScript/, 'python', /torch\.jit\.load.*dynamo=False/],
  [join(FIELD, 'model.safetensors')]: [/weights in safetensors/, 'python', /safetensors\.torch\.load_file/],
  [join(FIELD, 'model.tflite')]: [/TensorFlow Lite/, 'command', /tf2onnx\.convert --tflite/],
  [join(FIELD, 'model.pkl')]: [/Python pickle \(plain values\)/, 'origin', /skl2onnx\.to_onnx/],
  [join(FIELD, 'ckpt')]: [/TensorFlow checkpoint/, 'python', /restore\("[^"]*model\.ckpt-1"\)/],
  'legacy_sd.pth': [/weights of a PyTorch model/, 'python', /load_state_dict/],
  'pl.ckpt': [/PyTorch Lightning checkpoint/, 'python', /load_from_checkpoint/],
  'trainck.pth': [/PyTorch checkpoint: weights \(under model\)/, 'python', /weights_only=True\)\["model"\]/],
  'yolo_like.pt': [/whole network in it \(under model\)/, 'python', /weights_only=False\)\["model"\]/],
  'tensor.pt': [/PyTorch tensor/, 'python', /numpy\.save/],
  'm.pt2': [/torch\.export/, 'python', /torch\.export\.load/],
  'pipe_c.joblib': [/scikit-learn model, pickled \(Pipeline\)/, 'python', /to_onnx/],
  'pipe0.pkl': [/scikit-learn model, pickled \(Pipeline\)/, 'python', /to_onnx/],
  'dict.pkl': [/scikit-learn model in it \(under model\)/, 'python', /\)\["model"\]/],
  'list.pkl': [/scikit-learn model, pickled \(Pipeline\)/, 'python', /model\[0\] if isinstance/],
  'two.pkl': [/scikit-learn model in it \(under clf\)/, 'python', /\)\["clf"\]/],
  'pipe_lzma.joblib': [/packed by LZMA/, 'command', /xz -dc --format=lzma \S+ > unpacked/],
  'rf.joblib': [/decision trees \(RandomForestClassifier\)/, 'origin', /TreeSHAP/],
  'xgb.ubj': [/decision trees \(XGBoost\)/, 'origin', /TreeSHAP/],
  'xgb.json': [/decision trees \(XGBoost\)/, 'origin', /TreeSHAP/],
  'lgb.txt': [/decision trees \(LightGBM\)/, 'origin', /TreeSHAP/],
  'm.gguf': [/GGUF/, 'origin', /optimum-cli export onnx/],
  'a.npz': [/NumPy arrays/, 'input', /Open the model first/],
  'k2.h5': [/weights of a Keras model/, 'python', /load_weights/],
  'k3.weights.h5': [/weights of a Keras model/, 'python', /load_weights/],
  'k2.json': [/architecture of a Keras model/, 'python', /model_from_json/],
  'k3.json': [/architecture of a Keras model/, 'python', /model_from_json/],
  'model.mlmodel': [/Core ML/, 'origin', /torch\.onnx\.export/],
  'm.mlpackage': [/Core ML/, 'origin', /torch\.onnx\.export/],
  'ov.xml': [/OpenVINO/, 'origin', /torch\.onnx\.export/],
  checkpoint: [/TensorFlow checkpoint/, 'python', /restore\("[^"]*checkpoint\/ck"\)/],
  'checkpoint/ck.index': [/TensorFlow checkpoint/, 'python', /restore\("[^"]*checkpoint\/ck"\)/],
  'checkpoint/ck.data-00000-of-00001': [/TensorFlow checkpoint/, 'python', /restore\("[^"]*checkpoint\/ck"\)/],
  'checkpoint/checkpoint': [/TensorFlow checkpoint/, 'python', /restore\("[^"]*checkpoint\/ck"\)/],
};

describe('files of the real programs', () => {
  it.each(Object.keys(REAL))('%s', async (name) => {
    const [sentence, kind, says] = REAL[name]!;
    const error = await refusal(resolve(SAMPLES, name));
    expect(error.code).toBe('MODEL_STRANGER');
    expect(error.sentence).toMatch(sentence);
    expect(error.ways.map((way) => way.kind)).toEqual([kind]);
    expect(error.remedy).toMatch(says);
  });

  it.each(
    Object.keys(REAL).filter((name) => statSync(resolve(SAMPLES, name)).isFile() && !name.startsWith('checkpoint/')),
  )('%s under another name', async (name) => {
    const at = place();
    mkdirSync(at);
    const renamed = join(at, 'model.onnx');
    copyFileSync(resolve(SAMPLES, name), renamed);
    expect((await refusal(renamed)).sentence).toMatch(REAL[name]![0]);
  });
});

/** Bytes by hand, for programs that are not at hand: their documentation, or their source, says how their files begin. */
const WRITTEN: Readonly<Record<string, readonly [bytes: string | Uint8Array, ...Expected]>> = {
  'a pointer of Git LFS': [
    'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n',
    /Git LFS/,
    'command',
    /git -C \S+ lfs pull/,
  ],
  'a web page': ['\n<!DOCTYPE html>\n<html><head><title>x</title></head></html>', /a web page/, 'fetch', /Fetch/],
  'an answer in JSON': ['{"message":"Not Found","status":"404"}', /answer of a server \(Not Found\)/, 'fetch', /Fetch/],
  'an answer in XML': [
    '<?xml version="1.0" encoding="UTF-8"?><Error><Code>AccessDenied</Code></Error>',
    /answer of a server \(AccessDenied\)/,
    'fetch',
    /Fetch/,
  ],
  'an empty file': ['', /is empty\.$/, 'fetch', /Fetch/],
  'zeros of a download that ended': [new Uint8Array(9000), /nothing but zeros/, 'fetch', /Fetch/],
  'GGML of whisper.cpp': ['lmgg\x33\xca\0\0\xdc\x05\0\0', /GGML/, 'origin', /export the model/],
  PMML: [
    '<?xml version="1.0"?>\n<!-- a -->\n<PMML xmlns="http://www.dmg.org/PMML-4_4" version="4.4">',
    /PMML/,
    'origin',
    /export/,
  ],
  'Caffe by hand': [
    'name: "LeNet"\nlayer {\n  name: "data"\n  type: "Input"\n}\nlayer { name: "conv" }',
    /graph of a Caffe model/,
    'origin',
    /caffe2onnx/,
  ],
  'weights of Caffe': [
    '\x0a\x05LeNet\xa2\x06\x10\x0a\x04data\x12\x05Input',
    /weights of a Caffe/,
    'origin',
    /caffe2onnx/,
  ],
  'a cfg of Darknet': [
    '# yolo\n[net]\nbatch=64\nwidth=416\n\n[convolutional]\nfilters=32\n',
    /graph of a Darknet model/,
    'origin',
    /darknet2any/,
  ],
  'weights of Darknet': [
    Buffer.concat([Buffer.from(new Uint32Array([0, 2, 5, 32013312, 0]).buffer), Buffer.alloc(64, 0x3c)]),
    /weights of a Darknet/,
    'origin',
    /darknet2any/,
  ],
  'a graph of MXNet': [
    '{"nodes":[{"op":"null","name":"data","inputs":[]}],"arg_nodes":[0],"heads":[[0,0,0]]}',
    /graph of an MXNet model/,
    'python',
    /onnx\.export_model/,
  ],
  'a program of Paddle': [
    Buffer.from('0a4b08001 0ffffffffffffffffff011a'.replace(/ /g, ''), 'hex'),
    /PaddlePaddle/,
    'command',
    /paddle2onnx/,
  ],
  'an engine of TensorRT': ['ptrt\0\0\0\0\xa2\0\0\0', /TensorRT engine/, 'origin', /\.onnx file/],
  'a file of R': [gzipSync('X\n\0\0\0\x03\0\x04\x01\x02\0\x03\x05\0'), /a file of R/, 'origin', /save_model/],
  'a file of MATLAB': ['MATLAB 5.0 MAT-file, Platform: GLNXA64', /MATLAB/, 'origin', /exportONNXNetwork/],
  'a new file of MATLAB': [
    Buffer.concat([Buffer.from('MATLAB 7.3 MAT-file'.padEnd(512)), Buffer.from('\x89HDF\r\n\x1a\n', 'latin1')]),
    /MATLAB/,
    'origin',
    /exportONNXNetwork/,
  ],
  'a weight manifest without a graph': [
    '[{"paths":["group1-shard1of1"],"weights":[{"name":"k","shape":[2],"dtype":"float32"}]}]',
    /list of TensorFlow\.js weights/,
    'origin',
    /export the model/,
  ],
  'a manifest in an object': [
    '{"weightsManifest":[{"paths":[],"weights":[]}]}',
    /TensorFlow\.js weights/,
    'origin',
    /export/,
  ],
  'a model bundled as JavaScript': [
    '!function(e,t){}(this,()=>({modelTopology:{class_name:"Model"},weightsManifest:[]}));',
    /JavaScript with a TensorFlow\.js model/,
    'command',
    /node -e/,
  ],
  'a tokenizer': [
    '{"version":"1.0","added_tokens":[],"model":{"type":"BPE"}}',
    /a tokenizer/,
    'origin',
    /Give a \.keras/,
  ],
  'a configuration of Transformers': [
    '{"architectures":["BertModel"],"model_type":"bert"}',
    /Transformers model \(bert\)/,
    'origin',
    /optimum-cli/,
  ],
  'JSON of something else': [
    '{"name":"x","version":"1","scripts":{}}',
    /JSON without a model \(it holds name, version, scripts\)/,
    'origin',
    /Give a \.keras/,
  ],
  'a notebook': ['{"cells":[],"metadata":{},"nbformat":4,"nbformat_minor":5}', /a notebook/, 'origin', /Run it/],
  'code in Python': ['# train\nimport torch\nfrom torch import nn\n', /code in Python/, 'origin', /Run it/],
  'an archive of tar': [
    Buffer.concat([Buffer.from('model/'.padEnd(257, '\0')), Buffer.from('ustar\0' + '00'), Buffer.alloc(300)]),
    /tar archive/,
    'command',
    /tar -xf/,
  ],
  'a model of NeMo': [
    gzipSync(
      Buffer.concat([
        Buffer.from('./model_config.yaml'.padEnd(257, '\0')),
        Buffer.from('ustar\0' + '00'),
        Buffer.alloc(300),
      ]),
    ),
    /NeMo/,
    'python',
    /restore_from/,
  ],
  'something packed by gzip': [gzipSync('hello'), /packed by gzip/, 'command', /gzip -dc \S+ > unpacked/],
  'something packed by xz': ['\xfd7zXZ\0\0\x04', /packed by xz/, 'command', /xz -dc \S+ > unpacked/],
  'something packed by LZ4': ['\x04"M\x18d@\xa7', /packed by LZ4/, 'command', /lz4 -dc \S+ > unpacked/],
  'a later program of ExecuTorch': ['\x24\0\0\0ET13eh00', /program of ExecuTorch/, 'origin', /torch\.onnx\.export/],
  'a model for one chip': ['RKNN\0\0\0\0\x06\0\0\0', /compiled for one kind of device \(RKNN\)/, 'origin', /export/],
  'a log of TensorBoard': [
    '\x18\0\0\0\0\0\0\0\xa3\x7fK"\x09\0\0\0\0\0\0\xd8A\x1a\x0dbrain.Event:2',
    /a log of a training/,
    'origin',
    /Give a \.keras/,
  ],
  SentencePiece: [
    '\n\x0e\n\x05<unk>\x15\0\0\0\0\x18\x02\n\x0c\n\x03<s>\x15\0\0\0\0\x18\x03',
    /a tokenizer/,
    'origin',
    /Give a \.keras/,
  ],
  'a table': ['age,sex,label\n31,1,0\n64,0,1\n', /a table, which is data/, 'input', /Open the model first/],
  'ONNX as JSON': ['{"irVersion":"10","graph":{"node":[]}}', /ONNX model written as text/, 'python', /format="json"/],
  'ONNX as a message in text': [
    'ir_version: 10\nproducer_name: "x"\ngraph {\n}\n',
    /ONNX model written as text/,
    'python',
    /format="textproto"/,
  ],
  'ONNX as its own text': [
    '<\n   ir_version: 10,\n   opset_import: ["" : 17]\n>\nagraph (float[N] x) => (float[N] y) {\n}\n',
    /ONNX model written as text/,
    'python',
    /format="onnxtxt"/,
  ],
  'PMML under a prefix': [
    '<?xml version="1.0"?>\n<ns2:PMML xmlns:ns2="http://www.dmg.org/PMML-4_4" version="4.4">',
    /PMML/,
    'origin',
    /export/,
  ],
  'PMML in UTF-16': [
    Buffer.from('\ufeff<?xml version="1.0" encoding="UTF-16"?><PMML/>', 'utf16le'),
    /PMML/,
    'origin',
    /export/,
  ],
  'trees of LightGBM as JSON': [
    '{"name":"tree","version":"v4","tree_info":[]}',
    /decision trees/,
    'origin',
    /TreeSHAP/,
  ],
  'weights of Flax by layer': [
    '\x81\xa7Dense_0\x81\xa6kernel\xc7\x12\x01\x93\x91\x01\xa7float32\xc4\x04\0\0\0\0',
    /checkpoint of JAX/,
    'origin',
    /jax2onnx/,
  ],
  'a 7z archive': ["7z\xbc\xaf'\x1c\0\x04", /7z archive/, 'command', /7z x/],
  'a RAR archive': ['Rar!\x1a\x07\x01\0', /RAR archive/, 'command', /unrar x/],
  'weights of Flax': ['\x81\xa6params\x81\xa5Dense', /checkpoint of JAX/, 'origin', /jax2onnx/],
};

it.each(Object.keys(WRITTEN))('%s', async (name) => {
  const [bytes, sentence, kind, says] = WRITTEN[name]!;
  const path = written(place(), 'model.bin', typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  const error = await refusal(path);
  expect(error.sentence).toMatch(sentence);
  expect(error.ways.map((way) => way.kind)).toEqual([kind]);
  expect(error.remedy).toMatch(says);
});

const POINTER = Buffer.from(
  'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n',
);

describe('weights that were not fetched by Git LFS, beside a model that was', () => {
  it('shards of model.json', async () => {
    const path = layersModel(place());
    written(path, 'group1-shard1of1.bin', POINTER);
    const error = await refusal(path);
    expect(error.sentence).toBe(
      `${join(path, 'group1-shard1of1.bin')} is a pointer of Git LFS; the file itself was not fetched.`,
    );
    expect(error.ways).toEqual([{ kind: 'command', command: `git -C ${path} lfs pull` }]);
  });

  it.each(['saved_model.pb', 'variables/variables.index', 'variables/variables.data-00000-of-00001'])(
    '%s of a SavedModel',
    async (name) => {
      const path = place();
      cpSync(join(FIELD, 'saved'), path, { recursive: true });
      written(join(path, name, '..'), basename(name), POINTER);
      expect((await refusal(path)).sentence).toMatch(/Git LFS/);
    },
  );

  it('a folder whose only model is a pointer', async () => {
    const path = place();
    written(path, 'model.onnx', POINTER);
    written(path, 'README.md', 'a model');
    expect((await refusal(path)).sentence).toMatch(/model\.onnx is a pointer of Git LFS/);
  });
});

describe('beside a model that opens', () => {
  it.each(['rknn.bin', 'model.bin'])('what is no part of it is not told to be one: %s', async (name) => {
    const path = place();
    written(path, 'model.keras', bytesOf('gated/model.keras'));
    const other = written(path, name, Buffer.from([200, 1, 2, 3, 250, 9, 0, 17]));
    expect((await refusal(other)).code).toBe('MODEL_UNRECOGNISED');
  });

  it('a list of labels is no pickle', async () => {
    const path = written(place(), 'labels.txt', 'cat\ndog\nfox\n');
    expect((await refusal(path)).sentence).toMatch(/a text that begins with “cat dog fox”/);
  });

  it('an archive of nothing is empty', async () => {
    const nothing = Buffer.concat([Buffer.from('PK\x05\x06', 'latin1'), Buffer.alloc(18)]);
    expect((await refusal(written(place(), 'model.zip', nothing))).sentence).toMatch(/ is empty\.$/);
  });

  it.each([
    ['model_index.json', '{"_class_name":"StableDiffusionPipeline"}', /pipeline of Hugging Face Diffusers/],
    ['adapter_config.json', '{"peft_type":"LORA"}', /an adapter \(PEFT\)/],
  ])('a folder with %s', async (name, text, sentence) => {
    const path = place();
    written(path, name, text);
    expect((await refusal(path)).sentence).toMatch(sentence);
  });
});

describe('folders', () => {
  it('of Hugging Face, given whole or by its weights', async () => {
    const path = place();
    written(path, 'config.json', '{"architectures":["BertForSequenceClassification"],"model_type":"bert"}');
    copyFileSync(join(FIELD, 'model.safetensors'), written(path, 'model.safetensors', ''));
    written(path, 'tokenizer.json', '{"added_tokens":[],"model":{}}');
    for (const given of [path, join(path, 'model.safetensors'), join(path, 'config.json')]) {
      const error = await refusal(given);
      expect(error.sentence).toBe(`${path} is a model of Hugging Face Transformers (bert).`);
      expect(error.ways).toEqual([
        { kind: 'command', command: `optimum-cli export onnx --model ${path} --task text-classification onnx` },
      ]);
    }
  });

  it('with PyTorch weights among other files', async () => {
    const path = place();
    written(path, 'notes.txt', 'hello');
    copyFileSync(join(FIELD, 'weights.pth'), written(path, 'best.pth', ''));
    expect((await refusal(path)).sentence).toMatch(/best\.pth is the weights of a PyTorch model/);
  });

  it('open, where one of our formats lies beside', async () => {
    const path = place();
    copyFileSync(join(FIELD, 'weights.pth'), written(path, 'best.pth', ''));
    written(path, 'model.keras', bytesOf('gated/model.keras'));
    expect((await openModel(path)).summary.name).toBe('gated');
  });
});

describe('parts of a model', () => {
  it.each(['fingerprint.pb', 'variables/variables.index', 'variables/variables.data-00000-of-00001'])(
    '%s',
    async (name) => {
      const path = join(FIELD, 'saved');
      const error = await refusal(join(path, name));
      expect(error.ways).toEqual([{ kind: 'give', path }]);
      await openModel(path);
    },
  );

  it('a shard beside model.json', async () => {
    const path = join(CASES, 'gated/tfjs_layers');
    const shard = readdirSync(path).find((name) => name.endsWith('.bin'))!;
    expect((await refusal(join(path, shard))).ways).toEqual([{ kind: 'give', path }]);
    await openModel(path);
  });
});

it('a path with spaces and quotes is quoted for the shell that it is typed into', async () => {
  const path = written(join(place(), "it's here"), 'a b.tflite', '\0\0\0\0TFL3');
  const [way] = (await refusal(path)).ways;
  expect(way).toMatchObject({ command: expect.stringContaining(`'${path.replace("'", "'\\''")}'`) as string });
});

it('what nothing is known of is described without its bytes', async () => {
  const binary = await refusal(written(place(), 'model.bin', Buffer.from([200, 1, 2, 3, 250, 9, 0, 17])));
  expect(binary.sentence).toMatch(/\(it is of no kind that is known\)/);
  const text = await refusal(written(place(), 'notes.txt', 'Dear all,\nthe model is attached'));
  expect(text.sentence).toMatch(/\(it is a text that begins with “Dear all, the model is attached”\)/);
});

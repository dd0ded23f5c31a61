/**
 * Models that were made to fill the memory, to take for ever or to read what is not theirs. Run by itself it opens one after
 * another in the real program and prints what each took: `node --import tsx tests/formats/hostile.ts PATH …`.
 */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { deflateRawSync } from 'node:zlib';
import { run } from '../../src/main/hosts/terminal/program';
import { buf as crc32 } from 'crc-32';
import { table } from './savedModelFile';
import { type Graph, type Node, onnxFile } from './onnxFile';

const HERE = dirname(fileURLToPath(import.meta.url));
const CASES = join(HERE, '../reference/cases');
const FLOATS = { type: 'DT_FLOAT' };

/** A chain of ReLUs, named by their numbers. */
function chain(length: number, nameOf: (index: number) => string, others: Partial<Graph> = {}): Uint8Array {
  const nodes: Node[] = Array.from({ length }, (_, i) => ({
    op: 'Relu',
    name: nameOf(i),
    inputs: [i ? `v${i - 1}` : 'x'],
    outputs: [`v${i}`],
  }));
  const port = (name: string) => ({ name, shape: [1, 4] });
  return onnxFile({ nodes, inputs: [port('x')], outputs: [port(`v${length - 1}`)], ...others });
}

const place = (folder: string, name: string, content: Uint8Array | string): string => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};

/** Many initialisers over a file of 64 MB beside the model. @param apart bytes from the beginning of one to that of the next */
function overlapping(folder: string, count: number, apart: number): string {
  const bytes = 2 ** 26;
  place(folder, 'weights.bin', new Uint8Array(bytes));
  const list = new BinaryWriter();
  const message = (writer: BinaryWriter, field: number, fill: (inner: BinaryWriter) => void): void => {
    fill(writer.tag(field, WireType.LengthDelimited).fork());
    writer.join();
  };
  const text = (writer: BinaryWriter, field: number, value: string): BinaryWriter =>
    writer.tag(field, WireType.LengthDelimited).string(value);
  for (let i = 0; i < count; i++)
    message(list, 5, (tensor) => {
      tensor.tag(1, WireType.Varint).int64(bytes / 8);
      tensor.tag(2, WireType.Varint).int32(1);
      text(tensor, 8, `w${i}`);
      for (const [key, value] of [
        ['location', 'weights.bin'],
        ['offset', `${i * apart}`],
        ['length', `${bytes / 2}`],
      ] as const)
        // prettier-ignore
        message(tensor, 13, (entry) => void text(text(entry, 1, key), 2, value));
      tensor.tag(14, WireType.Varint).int32(1);
    });
  // A field that stands twice is read as both together.
  const extra = new BinaryWriter();
  const whole = readWhole(chain(1, String));
  extra.raw(whole.before).tag(7, WireType.LengthDelimited).bytes(Buffer.concat([whole.graph, list.finish()])).raw(whole.after); // prettier-ignore
  return place(folder, 'model.onnx', extra.finish());
}

/** A model's file in front of its graph, the graph, and what follows. */
function readWhole(file: Uint8Array): { before: Uint8Array; graph: Uint8Array; after: Uint8Array } {
  const at = file.indexOf(0x3a); // field 7: the producer's name before it has no colon
  const length = file[at + 1]! < 0x80 ? 1 : 2;
  const size = length === 1 ? file[at + 1]! : (file[at + 1]! & 0x7f) + file[at + 2]! * 128;
  const from = at + 1 + length;
  return { before: file.subarray(0, at), graph: file.subarray(from, from + size), after: file.subarray(from + size) };
}

function graphModel(folder: string, weights: readonly object[], paths: readonly string[]): string {
  const shape = { dim: [{ size: '-1' }, { size: '4' }] };
  const node = [
    { name: 'x', op: 'Placeholder', attr: { dtype: FLOATS, shape: { shape } } },
    { name: 'y', op: 'Relu', input: ['x'], attr: { T: FLOATS } },
  ];
  place(folder, 'model.json', JSON.stringify({ modelTopology: { node }, weightsManifest: [{ paths, weights }] }));
  return folder;
}

/** An archive of one packed entry. */
function archive(name: string, content: Uint8Array): Uint8Array {
  const packed = deflateRawSync(content, { level: 9 });
  const sizes = Buffer.alloc(16);
  sizes.writeUInt32LE(crc32(content) >>> 0, 0);
  sizes.writeUInt32LE(packed.length, 4);
  sizes.writeUInt32LE(content.length, 8);
  sizes.writeUInt16LE(name.length, 12);
  const version = Buffer.from([20, 0, 0, 0, 8, 0, 0, 0, 0, 0]);
  const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), version, sizes, Buffer.from(name), packed]);
  const central = Buffer.concat([Buffer.from('PK\x01\x02\x14\x00', 'latin1'), version, sizes, Buffer.alloc(14), Buffer.from(name)]); // prettier-ignore
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(local.length, 16);
  return Buffer.concat([local, central, end]);
}

const copied = (folder: string, model: string): string => {
  cpSync(join(CASES, model), folder, { recursive: true });
  return folder;
};

/** In place of a file of the model, what is given. */
function replaced(folder: string, model: string, file: string, by: (path: string) => void): string {
  const path = join(copied(folder, model), file);
  rmSync(path);
  by(path);
  return folder;
}
const fifo = (path: string): void => void execFileSync('mkfifo', [path]);
const zeros = (path: string): void => symlinkSync('/dev/zero', path);
/** A sound file of the user's, outside the model's folder. */
const linked =
  (file: string) =>
  (path: string): void => {
    const outside = `${path.replace(/\/model\/.*$/, '')}/private.bin`;
    copyFileSync(join(CASES, file), outside);
    symlinkSync(outside, path);
  };

function external(folder: string): string {
  place(folder, 'weights.bin', new Uint8Array(64));
  const constants = { w: { shape: [4], data: [1, 2, 3, 4], external: { location: 'weights.bin', offset: 0 } } };
  const nodes = [{ op: 'Add', inputs: ['x', 'w'], outputs: ['v0'] }];
  place(folder, 'model.onnx', chain(1, String, { nodes, constants }));
  return folder;
}

/** An index of a checkpoint. */
function checkpoint(folder: string, entries: readonly (readonly [string, Uint8Array])[]): string {
  copied(folder, 'motif/saved_model_keras2');
  const header = new BinaryWriter().tag(1, WireType.Varint).int32(1).finish();
  writeFileSync(join(folder, 'variables/variables.index'), table([['', header], ...entries]));
  return folder;
}

/** Keys of 64 kB in two bytes each: every one repeats the one before. */
function sharedPrefixes(folder: string): string {
  const long = 'k'.repeat(60_000);
  copied(folder, 'motif/saved_model_keras2');
  const file = Buffer.from(table([[long, new Uint8Array()]]));
  const varint = (value: number): Uint8Array => new BinaryWriter().uint32(value).finish();
  const again = Buffer.concat(Array.from({ length: 30_000 }, () => Buffer.concat([varint(long.length), varint(0), varint(0)]))); // prettier-ignore
  const first = Buffer.concat([varint(0), varint(long.length), varint(0), Buffer.from(long), again]);
  const restarts = Buffer.alloc(13);
  restarts.writeUInt32LE(1, 4);
  const data = Buffer.concat([first, restarts]);
  const handle = (offset: number, size: number): Buffer => Buffer.concat([varint(offset), varint(size - 5)]);
  const place1 = handle(0, data.length);
  const index = Buffer.concat([varint(0), varint(1), varint(place1.length), Buffer.from('~'), place1, restarts]);
  const footer = Buffer.alloc(48);
  Buffer.concat([handle(0, 5), handle(data.length, index.length)]).copy(footer);
  file.copy(footer, 40, file.length - 8);
  writeFileSync(join(folder, 'variables/variables.index'), Buffer.concat([data, index, footer]));
  return folder;
}

/** 20,000 variables of 16 MB each, all the same bytes. */
function sameBytes(folder: string): string {
  const bytes = 2 ** 24;
  const entry = new BinaryWriter().tag(1, WireType.Varint).int32(1);
  const shape = new BinaryWriter()
    .tag(1, WireType.Varint)
    .int64(bytes / 4)
    .finish();
  const dims = new BinaryWriter().tag(2, WireType.LengthDelimited).bytes(shape).finish();
  entry.tag(2, WireType.LengthDelimited).bytes(dims).tag(5, WireType.Varint).int64(bytes);
  const value = entry.finish();
  checkpoint(
    folder,
    Array.from({ length: 20_000 }, (_, i) => [`v${String(i).padStart(6, '0')}`, value] as const),
  );
  writeFileSync(join(folder, 'variables/variables.data-00000-of-00001'), new Uint8Array(bytes));
  return folder;
}

const nestedJson = (depth: number): string => `{"modelTopology":${'['.repeat(depth)}${']'.repeat(depth)}}`;

/** Name → how it is made in an empty folder, and what it gives: `opened` or a code of the catalogue. */
type Models = Readonly<Record<string, readonly [make: (folder: string) => string, outcome: string]>>;

/** What fills the memory or takes for ever. */
export const LARGE: Models = {
  'ONNX: 30,000 arrays of 32 MB over the same bytes': [(folder) => overlapping(folder, 30_000, 0), 'opened'],
  'ONNX: 30,000 arrays of 32 MB over almost the same bytes': [
    (folder) => overlapping(folder, 30_000, 4),
    'MODEL_TOO_LARGE',
  ],
  'GraphModel: a shard of 20 MB listed 300 times': [
    (folder) => {
      place(folder, 'a.bin', new Uint8Array(2e7));
      const weights = Array.from({ length: 300 }, (_, i) => ({ name: `w${i}`, shape: [5e6], dtype: 'float32' }));
      return graphModel(folder, weights, Array<string>(300).fill('a.bin'));
    },
    'MODEL_TOO_LARGE',
  ],
  'GraphModel: 16 MB of nested lists': [
    (folder) => (place(folder, 'model.json', nestedJson(8e6)), folder),
    'MODEL_TOO_LARGE',
  ],
  'GraphModel: lists nested 100,000 deep': [
    (folder) => (place(folder, 'model.json', nestedJson(1e5)), folder),
    'MODEL_TOO_LARGE',
  ],
  'SavedModel: 20,000 variables of the same 16 MB': [sameBytes, 'MODEL_TOO_LARGE'],
  'SavedModel: an index of shared prefixes': [sharedPrefixes, 'MODEL_DAMAGED'],
  '.keras: a configuration of 250 kB that unpacks to lists': [
    (folder) => {
      const lists = Buffer.from(`{"class_name":"Functional","config":{"name":"m","layers":[${'[],'.repeat(8e7)}[]]}}`);
      return place(folder, 'model.keras', archive('config.json', lists));
    },
    'MODEL_TOO_LARGE',
  ],
  '.h5: 60 groups, each twice in the one before': [() => join(HERE, 'storage/linked.h5'), 'MODEL_DAMAGED'],
  'ONNX: a node named by 32,000 scopes': [
    (folder) =>
      place(
        folder,
        'model.onnx',
        chain(3, (i) => `${'a/'.repeat(32_000)}${i}`),
      ),
    'opened',
  ],
  'ONNX: 20,000 nodes': [
    (folder) =>
      place(
        folder,
        'model.onnx',
        chain(20_000, (i) => `n${i}`),
      ),
    'opened',
  ],
  'ONNX: 100,000 nodes': [
    (folder) =>
      place(
        folder,
        'model.onnx',
        chain(100_000, (i) => `n${i}`),
      ),
    'opened',
  ],
  'ONNX: 20,000 nodes of one name': [
    (folder) =>
      place(
        folder,
        'model.onnx',
        chain(20_000, () => 'a/b'),
      ),
    'opened',
  ],
};

/** Files that are not what they seem: told at a look. */
export const ELSEWHERE: Models = {
  'ONNX: weights are a pipe': [
    (folder) => {
      external(folder);
      rmSync(join(folder, 'weights.bin'));
      fifo(join(folder, 'weights.bin'));
      return folder;
    },
    'MODEL_NOT_FILE',
  ],
  'ONNX: weights are a link out of the folder': [
    (folder) => {
      external(folder);
      rmSync(join(folder, 'weights.bin'));
      linked('gated/model.onnx')(join(folder, 'weights.bin'));
      return folder;
    },
    'MODEL_LINK',
  ],
  'LayersModel: weights are a link out of the folder': [
    (folder) =>
      replaced(folder, 'gated/tfjs_layers', 'group1-shard1of1.bin', linked('gated/tfjs_layers/group1-shard1of1.bin')),
    'MODEL_LINK',
  ],
  'LayersModel: weights are a pipe': [
    (folder) => replaced(folder, 'gated/tfjs_layers', 'group1-shard1of1.bin', fifo),
    'MODEL_NOT_FILE',
  ],
  'SavedModel: weights are a link out of the folder': [
    (folder) =>
      replaced(
        folder,
        'motif/saved_model',
        'variables/variables.data-00000-of-00001',
        linked('motif/saved_model/variables/variables.data-00000-of-00001'),
      ),
    'MODEL_LINK',
  ],
  'SavedModel: saved_model.pb is a pipe': [
    (folder) => replaced(folder, 'motif/saved_model', 'saved_model.pb', fifo),
    'MODEL_NOT_FILE',
  ],
  'SavedModel: saved_model.pb is /dev/zero': [
    (folder) => replaced(folder, 'motif/saved_model', 'saved_model.pb', zeros),
    'MODEL_LINK',
  ],
  'the path itself is a pipe': [
    (folder) => {
      fifo(join(folder, 'model.onnx'));
      return join(folder, 'model.onnx');
    },
    'MODEL_NOT_FILE',
  ],
  'the path itself is /dev/zero': [() => '/dev/zero', 'MODEL_NOT_FILE'],
};

/** An empty folder `model` in a folder of its own. */
export function emptyFolder(scratch: string, name: string): string {
  const folder = join(scratch, name, 'model');
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** What opening took. */
export interface Took {
  /** `opened`, or the code of what was told. */
  readonly outcome: string;
  /** Of the process so far. */
  readonly peakBytes: number;
  readonly durationMs: number;
}

async function inspected(path: string): Promise<Took> {
  const start = performance.now();
  let told = '';
  const terminal = { out: () => undefined, err: (text: string) => void (told += text), screen: null, columns: 120, onInterrupt: () => () => undefined }; // prettier-ignore
  const code = await run(['inspect', path], terminal);
  return {
    outcome: code === 0 ? 'opened' : (/^[A-Z_]+/.exec(told)?.[0] ?? told),
    peakBytes: process.resourceUsage().maxRSS * 1024,
    durationMs: performance.now() - start,
  };
}

async function main(paths: readonly string[]): Promise<void> {
  const all: Took[] = [];
  for (const path of paths) all.push(await inspected(path));
  process.stdout.write(JSON.stringify(all));
  process.exit();
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) void main(process.argv.slice(2));

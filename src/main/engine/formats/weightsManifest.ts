/**
 * Weights of any model.json, of TensorFlow.js's LayersModel and GraphModel alike: its manifest lists groups of them, which
 * lie one after another in shards beside it.
 */
import { dirname, isAbsolute, join, normalize, sep } from 'node:path';
import { MhoError } from '../../../contract/errors';
import type { Budget } from './budget';
import type { RegularFile } from './files';
import { fromHalf } from './hdf5';
import { Config, ConfigFault } from './json';
import { openPart, type Reading, readInto } from './source';
import { product } from './tensors/array';

interface Listed {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly quantization: Config | null;
  /** Of texts, what tells their lengths: what they take beside it stands in the file alone. */
  readonly bytes: number;
  /** How many texts it is; 0 for numbers. */
  readonly texts: number;
}

/** What stands before each text: its length. */
const LENGTH = 4;

const BYTES: Readonly<Record<string, number>> = { float32: 4, int32: 4, uint16: 2, float16: 2, uint8: 1, bool: 1 };

function listedWeight(value: unknown): Listed {
  const raw = Config.of(value, 'a weight');
  const name = raw.text('name');
  const shape = raw.list('shape').map((size) => {
    if (!Number.isInteger(size) || (size as number) < 0)
      throw new ConfigFault(`the shape of ${name} holds ${JSON.stringify(size)}`);
    return size as number;
  });
  const dtype = raw.text('dtype');
  const quantization = raw.has('quantization') ? raw.config('quantization') : null;
  // Messages of checks that converters leave in; whatever reads one is refused by its own name.
  if (dtype === 'string') {
    const texts = product(shape);
    return { name, shape, dtype, quantization: null, bytes: LENGTH * texts, texts };
  }
  const stored = quantization?.text('dtype') ?? dtype;
  const width = Object.hasOwn(BYTES, stored) ? BYTES[stored]! : null;
  if (width === null) throw new ConfigFault(`${name} is of type ${stored}, which is not known`);
  return { name, shape, dtype, quantization, bytes: width * product(shape), texts: 0 };
}

export interface ListedWeight {
  readonly name: string;
  readonly shape: readonly number[];
  /** Before it was quantised: `float32`, `int32`, `bool`. */
  readonly dtype: string;
  /** Row-major, as it was before it was quantised. */
  readonly read: () => Float32Array;
}

/**
 * Every weight that a model.json lists; shards are read when their sizes have been checked.
 * @throws MODEL_WEIGHTS_SHORT, MODEL_DAMAGED, MODEL_TOO_LARGE, MODEL_LINK, MODEL_NOT_FILE, ConfigFault
 */
export async function listedWeights(
  path: string,
  json: Readonly<Record<string, unknown>>,
  reading: Reading,
): Promise<ListedWeight[]> {
  const weights: ListedWeight[] = [];
  for (const value of new Config(json).list('weightsManifest')) {
    const group = Config.of(value, 'a group of weights');
    const listed = group.list('weights').map(listedWeight);
    const shards = group.list('paths').map((each) => shardPath(path, each));
    const bytes = await readGroup(shards, listed, reading);
    listed.forEach((each, place) => {
      const { name, shape, dtype, texts } = each;
      if (texts === 0)
        weights.push({ name, shape, dtype, read: () => decoded(bytes[place]!, each, path, reading.budget) });
    });
  }
  return weights;
}

/** Shards lie beside model.json, never outside its folder. */
function shardPath(path: string, name: unknown): string {
  const relative = typeof name === 'string' ? normalize(name) : '';
  if (!relative || isAbsolute(relative) || relative.split(sep)[0] === '..')
    throw new MhoError('MODEL_DAMAGED', {
      path,
      reason: `it names the weight file ${JSON.stringify(name)}, outside its folder`,
    });
  return join(dirname(path), relative);
}

/**
 * A group's weights, which lie one after another in its shards.
 * @throws MODEL_WEIGHTS_SHORT, MODEL_DAMAGED, MODEL_TOO_LARGE, MODEL_LINK, MODEL_NOT_FILE
 */
async function readGroup(
  shards: readonly string[],
  listed: readonly Listed[],
  reading: Reading,
): Promise<Uint8Array<ArrayBuffer>[]> {
  const files = new Map<string, RegularFile>();
  try {
    for (const shard of shards)
      if (!files.has(shard)) files.set(shard, await openPart(shard, reading, 'this weight file is missing'));
    const want = listed.reduce((sum, each) => sum + each.bytes, 0);
    const have = shards.reduce((sum, shard) => sum + files.get(shard)!.size, 0);
    if (have < want)
      throw new MhoError('MODEL_WEIGHTS_SHORT', { path: shards.at(-1) ?? 'The weight file', have, want });
    reading.budget.take(want + EACH * listed.length);
    reading.expect(want);
    const weights = listed.map(({ bytes, texts }) => new Uint8Array(texts ? LENGTH : bytes));
    let [place, filled] = [0, 0];
    /** Texts of the weight at hand that were read, and whether its bytes are the next one's own rather than its length. */
    let [texts, within] = [0, false];
    /** Whether more of the same weight follows: a text behind its length, or the length of the next. */
    const goesOn = (): boolean => {
      const all = listed[place]!.texts;
      if (texts === all) return false;
      if (within) {
        within = false;
        if (++texts === all) return false;
        weights[place] = new Uint8Array(LENGTH);
      } else {
        const length = new DataView(weights[place]!.buffer).getUint32(0, true);
        if (length > have) throw new ConfigFault(`${listed[place]!.name} has a text of ${length} bytes`);
        reading.budget.take(length);
        within = true;
        weights[place] = new Uint8Array(length);
      }
      filled = 0;
      return true;
    };
    for (const shard of shards) {
      const file = files.get(shard)!;
      for (let at = 0; at < file.size && place < weights.length;) {
        const part = weights[place]!.subarray(filled, filled + file.size - at);
        const got = await readInto(file, part, at, reading);
        if (got < part.length)
          throw new MhoError('MODEL_WEIGHTS_SHORT', { path: shard, have: at + got, want: at + part.length });
        at += got;
        filled += got;
        while (place < weights.length && filled === weights[place]!.length)
          if (!goesOn()) [place, filled, texts, within] = [place + 1, 0, 0, false];
      }
    }
    // Texts may have taken what numbers behind them should have had.
    const [next, ...rest] = listed.slice(place);
    const left = next ? (next.texts ? 1 : next.bytes - filled) + rest.reduce((sum, { bytes }) => sum + bytes, 0) : 0;
    if (left > 0) throw new MhoError('MODEL_WEIGHTS_SHORT', { path: shards.at(-1)!, have, want: have + left });
    return weights;
  } finally {
    for (const file of files.values()) await file.close();
  }
}

/** What an array takes beside its bytes. */
const EACH = 256;

/** Quantised weights as they were: stored · scale + min, or widened from half precision. */
function decoded(
  bytes: Uint8Array<ArrayBuffer>,
  { name, quantization, dtype, shape }: Listed,
  path: string,
  budget: Budget,
): Float32Array {
  if (quantization || dtype !== 'float32') budget.take(4 * product(shape));
  if (!quantization) {
    if (dtype === 'float32') return new Float32Array(bytes.buffer);
    if (dtype === 'int32') return Float32Array.from(new Int32Array(bytes.buffer));
    return Float32Array.from(bytes);
  }
  const stored = quantization.text('dtype');
  if (stored === 'float16') return Float32Array.from(new Uint16Array(bytes.buffer), fromHalf);
  const integers = stored === 'uint16' ? new Uint16Array(bytes.buffer) : stored === 'uint8' ? bytes : null;
  if (!integers)
    throw new MhoError('MODEL_DAMAGED', { path, reason: `${name} is quantised as ${stored}, which is not known` });
  const scale = quantization.number('scale', 1);
  const min = quantization.number('min', 0);
  return Float32Array.from(integers, (each) => each * scale + min);
}

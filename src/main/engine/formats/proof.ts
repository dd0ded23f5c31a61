/**
 * What lies beside a model to tell whether it is read rightly: inputs, and what the framework that made it gives for them. ONNX's
 * test data (`test_data_set_0`), arrays that are called like the model (`NAME.npz`), or files that a `mho.json` names.
 */
import type { Stats } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import type { NumericArray } from '../../../contract/attribution';
import type { BesideModel } from '../../../contract/beside';
import type { Unchecked } from '../../../contract/check';
import { MhoError } from '../../../contract/errors';
import { readArrays } from '../data/read';
import type { Graph } from '../graph/graph';
import { FileFault, placeOf, readRegular } from './files';
import { TensorProto } from './onnx/proto';
import { tensorOf } from './onnx/tensor';
import type { Reading, Source } from './source';

export interface Proof {
  /** The file or folder, for messages. */
  readonly from: string;
  /** By the model's inputs, [examples, …]. */
  readonly inputs: Readonly<Record<string, NumericArray>>;
  /** By outputs, `output_0` …, or layers. */
  readonly known: Readonly<Record<string, NumericArray>>;
}

type Arrays = ReadonlyMap<string, NumericArray>;

/** Bytes of one of its files: it is read at every opening. */
const LARGEST = 2 ** 26;
const ONNX_DATA = 'test_data_set_0';
/** Tensors of one kind of ONNX's test data. */
const MOST_TENSORS = 64;

/**
 * @param check what the `mho.json` beside it names
 * @returns null where nothing lies there; what cannot be used, with the reason
 */
export async function proofBeside(
  source: Source,
  graph: Graph,
  check: BesideModel['check'],
): Promise<Proof | Unchecked | null> {
  const folder = source.isFolder ? source.path : dirname(source.path);
  const { root } = source.reading;
  for (const find of [told, onnxData, alike]) {
    const from = { file: '' };
    try {
      const proof = await find({ folder, root, source, graph, check, from });
      if (proof) return proof;
    } catch (error) {
      if (!(error instanceof MhoError || error instanceof FileFault)) throw error;
      const reason = error instanceof MhoError ? error.sentence : `${from.file} ${error.message}.`;
      return { from: from.file, reason };
    }
  }
  return null;
}

interface Place {
  readonly folder: string;
  readonly root: string;
  readonly source: Source;
  readonly graph: Graph;
  readonly check: BesideModel['check'];
  /** What is being read, for a fault that it raises. */
  readonly from: { file: string };
}

/** `{"check": {"input": "x.npz", "expect": "y.npz"}}` in `mho.json`. */
async function told({ folder, root, graph, check, from }: Place): Promise<Proof | null> {
  if (!check) return null;
  from.file = check.input;
  const inputs = matched(await arraysAt(join(folder, check.input), root), graph, true);
  from.file = check.expect;
  const known = await arraysAt(join(folder, check.expect), root);
  return inputs && { from: check.expect, inputs, known: Object.fromEntries(known) };
}

async function onnxData({ folder, root, source, graph, from }: Place): Promise<Proof | null> {
  const data = join(folder, ONNX_DATA);
  from.file = ONNX_DATA;
  if (!(await infoOf(join(data, 'input_0.pb'), root)) || !(await infoOf(join(data, 'output_0.pb'), root))) return null;
  const read = async (kind: 'input' | 'output'): Promise<Arrays> => {
    const found = new Map<string, NumericArray>();
    for (let place = 0; place < MOST_TENSORS; place++) {
      const path = join(data, `${kind}_${place}.pb`);
      if (!(await infoOf(path, root))) break;
      const bytes = await readRegular(path, LARGEST, root);
      found.set(`${kind}_${place}`, asArray(bytes, path, source.reading));
    }
    return found;
  };
  const inputs = matched(await read('input'), graph, true);
  return inputs && { from: ONNX_DATA, inputs, known: Object.fromEntries(await read('output')) };
}

function asArray(bytes: Uint8Array, path: string, { budget }: Reading): NumericArray {
  let proto: TensorProto;
  try {
    proto = TensorProto.decode(bytes);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new MhoError('MODEL_DAMAGED', { path, reason }, { cause: error });
  }
  const { shape, data } = tensorOf(proto, path, budget);
  return { shape, data: Float32Array.from(data) };
}

/** `NAME.npz` beside `NAME.keras`, with an entry for each input and one for an output or layer at the least. */
async function alike({ folder, root, source, graph, from }: Place): Promise<Proof | null> {
  const name = `${basename(source.path, source.isFolder ? '' : extname(source.path))}.npz`;
  const path = join(folder, name);
  if (path === source.path || !(await infoOf(path, root))) return null;
  from.file = name;
  const entries = await arraysAt(path, root);
  const inputs = matched(entries, graph, false);
  const names = new Set([...graph.outputs, ...graph.layers].map((each) => each.name));
  for (const { name: input } of graph.inputs) names.delete(input);
  const known = [...entries]
    .map(([entry, array]) => [entry.replace(/^out\//, ''), array] as const)
    .filter(([entry]) => names.has(entry) || /^output(_\d{1,4})?$/.test(entry));
  return inputs && known.length > 0 ? { from: name, inputs, known: Object.fromEntries(known) } : null;
}

/** What is there, and may be read. */
const infoOf = (path: string, root: string): Promise<Stats | null> =>
  placeOf(path, root).then(
    ({ info }) => info,
    () => null,
  );

async function arraysAt(path: string, root: string): Promise<Arrays> {
  const { real, info } = await placeOf(path, root);
  if (info.size > LARGEST)
    throw new FileFault(path, 'large', `has ${info.size} bytes, more than the limit of ${LARGEST}`);
  return readArrays(real, () => undefined);
}

/**
 * Arrays by the model's inputs: by name, as `in/NAME` or `input_0`, or in order.
 * @returns null where one is missing
 */
function matched(entries: Arrays, { inputs, values }: Graph, inOrder: boolean): Proof['inputs'] | null {
  const found: [string, NumericArray][] = [];
  for (const [place, { name, value }] of inputs.entries()) {
    const array =
      entries.get(name) ??
      entries.get(`in/${name}`) ??
      entries.get(`input_${place}`) ??
      (inOrder && entries.size === inputs.length ? [...entries.values()][place] : undefined);
    if (!array) return null;
    // A model without an axis of examples is kept with what one of them is.
    const whole = array.shape.length === values[value]!.shape.length;
    found.push([name, whole ? { ...array, shape: [1, ...array.shape] } : array]);
  }
  return Object.fromEntries(found);
}

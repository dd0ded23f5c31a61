/** ONNX files: exported by PyTorch, tf2onnx, Keras and others. */
import { createHash } from 'node:crypto';
import { MhoError } from '../../../../contract/errors';
import type { FewerBits } from '../../../../contract/model';
import { WireFault } from '../protobuf';
import { type Format, type OpenedGraph, type Source, withFile } from '../source';
import type { HostArray } from '../tensors/array';
import { farthest } from '../tensors/examples';
import { declaredInputs, Importer } from './importer';
import { labelsIn } from './labels';
import { ModelProto, type OnnxGraph, type TensorProto, tensorsOf } from './proto';
import { checkShared, sharedBinding } from './sharedSizes';
import { skeletonOf } from './skeleton';
import { isReal, readExternal, tensorOf } from './tensor';

/** The operator set of files that name none. */
const OLDEST = 1;
/** Bytes of a model file; protobuf itself ends at two gigabytes. */
const LARGEST = 2 ** 31;

export const onnx: Format = { match, open };

/** An ONNX file begins with its IR version: field 1, a small number; then fields of ModelProto. */
function match({ isFolder, head }: Source): boolean {
  if (isFolder || head.length < 8 || head[0] !== 0x08 || head[1]! < 1 || head[1]! > 32) return false;
  const next = head[2]!;
  // Producer's name (2), version (3), domain (4), model version (5), documentation (6), the graph (7) or the opsets (8).
  return [0x12, 0x1a, 0x22, 0x28, 0x32, 0x3a, 0x42].includes(next);
}

async function open(source: Source): Promise<OpenedGraph> {
  const { path } = source;
  if (source.size > LARGEST) throw source.reading.budget.refused('the size of the file', source.size, LARGEST);
  const file = await withFile(path, source.reading, 'it is missing', (each) => guarded(path, () => skeletonOf(each)));
  const model = decoded(file, path);
  const { graph } = model;
  if (!graph) throw new MhoError('MODEL_DAMAGED', { path, reason: 'it holds no graph' });
  const opset = model.opsets.find((each) => each.domain === '' || each.domain === 'ai.onnx')?.version ?? OLDEST;
  const hash = createHash('sha256').update(file);
  const external = await readExternal(
    guarded(path, () => [...tensorsOf(graph), ...model.functions.flatMap((each) => tensorsOf(each))]),
    path,
    source.reading,
    hash,
  );
  const read = new Map<TensorProto, HostArray>();
  const tensor = (proto: TensorProto): HostArray => {
    const array = read.get(proto) ?? external.get(proto)?.() ?? tensorOf(proto, path, source.reading.budget);
    read.set(proto, array);
    return array;
  };
  const inputs = declaredInputs(graph);
  const { choices } = source.reading;
  checkShared(inputs, choices);
  const built = farthest(
    inputs,
    (reading) =>
      guarded(path, () => {
        const bind = sharedBinding(inputs, reading, choices);
        return new Importer(graph, opset, path, tensor, model.functions, reading, bind).build();
      }),
    true,
  );
  const labels = labelsIn(model.metadata);
  return {
    graph: { ...built.graph, ...(labels && { labels }) },
    reading: built.reading,
    fewerBits: fewerBitsOf(graph),
    parameters: graph.initialisers.reduce(
      (sum, { dims, dataType }) => (isReal(dataType) ? sum + dims.reduce((a, b) => a * b, 1) : sum),
      0,
    ),
    hashed: hash,
  };
}

const HALVES: ReadonlyMap<number, FewerBits> = new Map([
  [10, 'float16'],
  [16, 'bfloat16'],
]);
/** The type of 16 bits that some node computes in: weights that are only stored so are cast before they are used. */
function fewerBitsOf({ nodes, initialisers }: OnnxGraph): FewerBits | null {
  const halves = new Map(
    initialisers.flatMap(({ name, dataType }) => (HALVES.has(dataType) ? [[name, dataType]] : [])),
  );
  for (const { op, inputs, attributes } of nodes) {
    const type =
      op === 'Cast'
        ? attributes.find(({ name }) => name === 'to')?.i
        : halves.get(inputs.find((name) => halves.has(name)) ?? '');
    const found = HALVES.get(Number(type ?? 0));
    if (found) return found;
  }
  return null;
}

const decoded = (file: Uint8Array, path: string): ModelProto => guarded(path, () => ModelProto.decode(file));

/** Readers of bytes raise errors of their own; other faults are ours and stay what they are. */
function guarded<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(
      error instanceof WireFault ||
      error instanceof RangeError ||
      (error instanceof Error && error.constructor === Error)
    ))
      throw error;
    throw new MhoError('MODEL_DAMAGED', { path, reason: error.message }, { cause: error });
  }
}

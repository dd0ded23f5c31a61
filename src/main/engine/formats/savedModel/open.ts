/** TensorFlow SavedModel folders: Keras 2's `save`, Keras 3's `export`, `tf.saved_model.save`, TensorFlow 1 builders. */
import { join } from 'node:path';
import { bindingOf } from '../sizes';
import { type Format, type OpenedGraph, readPart, type Source } from '../source';
import { type HostArray } from '../tensors/array';
import { functionsOf, guarded } from '../tensorflow/definitions';
import type { TfPort } from '../tensorflow/graph';
import { importTensorflow } from '../tensorflow/importer';
import { nodeFromProto, sizesOf, TensorflowFault, fewerBitsOf } from '../tensorflow/node';
import { type MetaGraphDef, type NodeDef, SavedModelProto, type SignatureDef } from '../tensorflow/proto';
import { readCheckpoint } from './checkpoint';
import { layersOfVariables, openedOf } from './signatures';
import { checkpointKeys } from './variables';

/** Protobuf itself ends at two gigabytes. */
const LARGEST = 2 ** 31;

export const savedModel: Format = {
  match: ({ isFolder, entries: names }) => isFolder && names.includes('saved_model.pb'),
  open,
};

async function open(source: Source): Promise<OpenedGraph> {
  const path = join(source.path, 'saved_model.pb');
  const file = await readPart(path, source.reading, LARGEST);
  const meta = guarded(path, () => metaGraph(file));
  const { name, signature, names, first } = openedOf(meta, source.path, source.reading.choices.signature);
  const checkpoint = await readCheckpoint(join(source.path, 'variables'), source.reading);
  const read = new Map<string, HostArray>();
  return guarded(path, () => {
    const definitions = meta.graph?.nodes ?? [];
    const functions = functionsOf(meta.graph);
    const nodes = definitions.map(nodeFromProto);
    const texts = textsOf([definitions, ...(meta.graph?.library?.functions ?? []).map((each) => each.nodes)]);
    const bound = new Map((meta.objects?.functions ?? []).map(({ key, value }) => [key, value.bound] as const));
    const keys = checkpointKeys(nodes, functions, checkpoint, (constant) => texts.get(constant.name) ?? [], bound);
    const {
      graph,
      reading,
      read: weights,
    } = importTensorflow({
      path,
      name: rootName(meta, source.name),
      nodes,
      functions,
      inputs: ports(signature.inputs),
      outputs: ports(signature.outputs),
      layers: layersOfVariables(meta),
      bind: bindingOf(source.reading.choices),
      variable: (handle) => {
        const key = keys.get(handle);
        const array = key === undefined ? null : checkpoint.tensor(key);
        if (array) read.set(handle, array);
        return array;
      },
      weight: () => null,
    });
    return {
      graph,
      reading,
      fewerBits: fewerBitsOf([nodes, ...[...functions.values()].map((each) => each.nodes)].flat()),
      parameters: [...weights].reduce((sum, { data }) => sum + data.length, 0),
      signatures: { names, open: name },
      hashed: (function* () {
        yield file;
        if (name !== first) yield `signature ${name}`; // another than what was opened before there was a choice
        for (const [name, { data }] of read) {
          yield name;
          yield new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
        }
      })(),
    };
  });
}

function metaGraph(file: Uint8Array): MetaGraphDef {
  const { metaGraphs } = SavedModelProto.decode(file);
  const meta = metaGraphs.find(({ info }) => info?.tags.includes('serve')) ?? metaGraphs[0];
  if (!meta?.graph) throw new TensorflowFault('it holds no graph');
  return meta;
}

const ports = (list: SignatureDef['inputs']): TfPort[] =>
  list.map(({ key, value }) => ({
    name: key,
    tensor: value.name,
    shape: value.shape && !value.shape.unknownRank ? sizesOf(value.shape) : null,
    type: value.dtype,
  }));

const decoder = new TextDecoder();
/** Constants of text (names of tensors), by node; a name that stands in several functions has the longest list. */
function textsOf(lists: readonly (readonly NodeDef[])[]): Map<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  for (const nodes of lists)
    for (const { name, op, attributes } of nodes) {
      if (op !== 'Const' || !/RestoreV2/.test(name)) continue;
      const texts = attributes.find(({ key }) => key === 'value')?.value.tensor?.stringVal ?? [];
      if (texts.length > (found.get(name)?.length ?? -1))
        found.set(
          name,
          texts.map((each) => decoder.decode(each)),
        );
    }
  return found;
}

/** Keras names its model in the names of its functions' nodes only; else the folder's name serves. */
const rootName = (meta: MetaGraphDef, folder: string): string => {
  const names = new Set(
    (meta.graph?.library?.functions ?? []).flatMap((each) =>
      /wrapped_model|_serve|signature_wrapper/.test(each.signature?.name ?? '')
        ? each.nodes.flatMap(({ name, op }) => (op === 'Const' || !name.includes('/') ? [] : [name.split('/')[0]!]))
        : [],
    ),
  );
  return names.size === 1 ? [...names][0]!.replace(/_1$/, '') : folder;
};

/** TensorFlow.js GraphModel: model.json with a TensorFlow graph as JSON, and its weights in shards beside it. */
import { basename, dirname } from 'node:path';
import { MhoError } from '../../../../contract/errors';
import { isRecord } from '../../../../contract/records';
import { ConfigFault } from '../json';
import { type ListedWeight, listedWeights } from '../weightsManifest';
import { bindingOf } from '../sizes';
import type { Format, OpenedGraph, Source } from '../source';
import { type HostArray, reals, wholes } from '../tensors/array';
import { endsOf } from '../tensorflow/ends';
import { nodeOf, type TfFunction, type TfPort } from '../tensorflow/graph';
import { importTensorflow } from '../tensorflow/importer';
import { nodeFromJson, shapeFromJson, TensorflowFault, type TfNode, typeOf } from '../tensorflow/node';

type Json = Readonly<Record<string, unknown>>;

export const graphModel: Format = {
  match: async (source) => topologyOf((await source.json()) ?? {}) !== null,
  open,
};

/** The graph; null in a file that is no GraphModel. */
function topologyOf(json: Json): Json | null {
  const topology = json['modelTopology'];
  return isRecord(topology) && Array.isArray(topology['node']) && Array.isArray(json['weightsManifest'])
    ? topology
    : null;
}

async function open(source: Source): Promise<OpenedGraph> {
  const { path } = source;
  const json = (await source.json())!;
  const topology = topologyOf(json)!;
  try {
    const nodes = (topology['node'] as readonly unknown[]).map(nodeFromJson);
    const weights = new Map((await listedWeights(path, json, source.reading)).map((each) => [each.name, each]));
    const { inputs, outputs } = portsOf(json, nodes);
    const read = new Map<string, HostArray>();
    const {
      graph,
      reading,
      read: used,
    } = importTensorflow({
      path,
      name: basename(dirname(path)),
      nodes,
      functions: functionsOf(topology['library']),
      inputs,
      outputs,
      bind: bindingOf(source.reading.choices),
      variable: () => null,
      weight: (node) => {
        const stored = weights.get(node);
        if (!stored) return null;
        const array = read.get(node) ?? arrayOf(stored);
        read.set(node, array);
        return array;
      },
    });
    return {
      graph,
      reading,
      parameters: [...used].reduce((sum, { data, whole }) => sum + (whole ? 0 : data.length), 0),
      hashed: (function* () {
        yield JSON.stringify(topology);
        for (const [name, { data }] of read) {
          yield name;
          yield new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
        }
      })(),
    };
  } catch (error) {
    if (error instanceof ConfigFault) throw damaged(path, `of its weights manifest, ${error.message}`, error);
    if (error instanceof TensorflowFault) throw damaged(path, error.message, error);
    if (error instanceof RangeError) throw damaged(path, 'a size in it is not possible', error);
    throw error;
  }
}

const damaged = (path: string, reason: string, cause: Error): MhoError =>
  new MhoError('MODEL_DAMAGED', { path, reason }, { cause });

function arrayOf({ shape, dtype, read }: ListedWeight): HostArray {
  const data = read();
  return dtype === 'float32' || dtype === 'float16' ? reals(shape, data) : wholes(Float64Array.from(data), shape);
}

/** From the signature, where the converter wrote one; else placeholders and what nothing reads. */
function portsOf(
  json: Json,
  nodes: readonly TfNode[],
): { readonly inputs: readonly TfPort[]; readonly outputs: readonly TfPort[] } {
  const metadata = json['userDefinedMetadata'];
  const signature = [json['signature'], isRecord(metadata) ? metadata['signature'] : null].find(
    (each): each is Json => isRecord(each) && isRecord(each['inputs']) && isRecord(each['outputs']),
  );
  const ends = endsOf(nodes);
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const listed = (ports: unknown): TfPort[] =>
    Object.entries(ports as Json).flatMap(([key, value]) => {
      const tensor = isRecord(value) ? value['name'] : undefined;
      if (typeof tensor !== 'string' || !isRecord(value)) return [];
      const node = byName.get(nodeOf(tensor));
      const shape = shapeFromJson(value['tensorShape']) ?? node?.attributes.get('shape')?.shape ?? null;
      return [{ name: key.replace(/:0$/, ''), tensor, shape, type: typeOf(value['dtype']) }];
    });
  const given = signature ? listed(signature['inputs']) : [];
  const stated = signature ? listed(signature['outputs']) : [];
  return { inputs: given.length ? given : ends.inputs, outputs: stated.length ? stated : ends.outputs };
}

function functionsOf(library: unknown): ReadonlyMap<string, TfFunction> {
  const functions = new Map<string, TfFunction>();
  const list = isRecord(library) && Array.isArray(library['function']) ? library['function'] : [];
  const named = (value: unknown): string[] =>
    Array.isArray(value)
      ? value.flatMap((each) => (isRecord(each) && typeof each['name'] === 'string' ? [each['name']] : []))
      : [];
  for (const each of list) {
    if (!isRecord(each) || !isRecord(each['signature']) || typeof each['signature']['name'] !== 'string') continue;
    const { signature, nodeDef, ret } = each;
    const returns = isRecord(ret) ? ret : {};
    functions.set(signature['name'] as string, {
      inputs: named(signature['inputArg']),
      nodes: Array.isArray(nodeDef) ? nodeDef.map(nodeFromJson) : [],
      outputs: named(signature['outputArg']).map((name) => {
        const output = Object.hasOwn(returns, name) ? returns[name] : '';
        return typeof output === 'string' ? output : '';
      }),
    });
  }
  return functions;
}

/** Frozen TensorFlow graphs (`.pb`): one GraphDef with its weights as constants, as TensorFlow 1 and converters wrote them. */
import { endsOf } from './tensorflow/ends';
import { functionsOf, guarded } from './tensorflow/definitions';
import { importTensorflow } from './tensorflow/importer';
import { nodeFromProto, TensorflowFault, fewerBitsOf } from './tensorflow/node';
import { GraphDef } from './tensorflow/proto';
import { bindingOf } from './sizes';
import { type Format, type OpenedGraph, readPart, type Source } from './source';

/** Protobuf itself ends at two gigabytes. */
const LARGEST = 2 ** 31;

export const frozenGraph: Format = {
  match: ({ isFolder, head }) => !isFolder && beginsWithNode(head),
  open,
};

/** Whether the first message is a node: a field 1 that begins with a name in field 1 and a kind of op in field 2. */
function beginsWithNode(head: Uint8Array): boolean {
  let at = 0;
  const length = (tag: number): number => {
    if (head[at++] !== tag) return 0;
    let size = 0;
    for (let shift = 0; shift < 32; shift += 7) {
      const byte = head[at++] ?? 0;
      size += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return size;
    }
    return 0;
  };
  const word = (tag: number): string => {
    const size = length(tag);
    if (size === 0 || at + size > head.length) return '';
    at += size;
    return Buffer.from(head.subarray(at - size, at)).toString('latin1');
  };
  return length(0x0a) > 0 && /^[\w./>:-]+$/.test(word(0x0a)) && /^[A-Z_]\w*$/i.test(word(0x12));
}

async function open({ path, name, reading }: Source): Promise<OpenedGraph> {
  const file = await readPart(path, reading, LARGEST);
  return guarded(path, () => {
    const definition = GraphDef.decode(file);
    const nodes = definition.nodes.map(nodeFromProto);
    const { inputs, outputs } = endsOf(nodes);
    if (inputs.length === 0) throw new TensorflowFault('it is a graph without a placeholder that could be its input');
    if (outputs.length === 0) throw new TensorflowFault('it is a graph of which nothing depends on an input');
    const { graph, reading: examples } = importTensorflow({
      path,
      name: name.replace(/\.pb$/i, ''),
      nodes,
      functions: functionsOf(definition),
      inputs,
      outputs,
      bind: bindingOf(reading.choices),
      variable: () => null,
      weight: () => null,
    });
    return {
      graph,
      reading: examples,
      fewerBits: fewerBitsOf(nodes),
      parameters: graph.values.reduce(
        (sum, { constant }) => (constant?.shape.length ? sum + constant.data.length : sum),
        0,
      ),
      hashed: [file],
    };
  });
}

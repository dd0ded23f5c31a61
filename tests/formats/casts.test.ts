/** Conversions to another type, in every format that has them: towards zero, the lowest bits, truth. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { predict } from '../../src/main/engine/attribution';
import type { Device } from '../../src/main/engine/backends';
import { openModel } from '../../src/main/engine/formats';
import type { Graph } from '../../src/main/engine/graph/graph';
import { variation } from '../../src/main/engine/graph/varied';
import { hold } from '../device';
import { FLOAT, type Graph as OnnxGraph, INT64, type Node, onnxFile, STRING } from './onnxFile';
import { functional, graphModelFolder, kerasGraph, placeholder, tensor } from './written';

let device: Device;
let scratch = '';
let count = 0;
beforeAll(async () => {
  device = await hold('cpu');
  scratch = mkdtempSync(join(tmpdir(), 'mho-casts-'));
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const REAL = [2.7, -2.7, 0.4, -0.4, 0, 300.9, -1.5, -200];
const WHOLE = [3, -3, 0, 255, 256, 300, -129, 128];

const outputOf = async (graph: Graph, x: readonly number[]): Promise<number[]> => {
  const given = { x: { shape: [1, x.length], data: Float32Array.from(x) } };
  // Adding 0 takes the sign of zeros.
  return Array.from(Object.values(await predict(device, graph, given))[0]!.data, (each) => each + 0);
};

/** What C gives, by its own arrays; of real numbers, towards zero first. */
const TYPES: Readonly<Record<string, (x: readonly number[]) => ArrayLike<number>>> = {
  bool: (x) => x.map((each) => Number(each !== 0)),
  int8: (x) => Int8Array.from(x),
  uint8: (x) => Uint8Array.from(x),
  int16: (x) => Int16Array.from(x),
  uint16: (x) => Uint16Array.from(x),
  int32: (x) => Int32Array.from(x),
  int64: (x) => x.map(Math.trunc),
  float32: (x) => Float32Array.from(x),
};
const wanted = (type: string, x: readonly number[]): number[] => Array.from(TYPES[type]!(x), (each) => each + 0);
const kinds = Object.keys(TYPES);
const close = (have: readonly number[], want: readonly number[]): void =>
  want.forEach((each, i) => expect(have[i], `place ${i}`).toBeCloseTo(each, 5));

describe('ONNX', () => {
  const NUMBERS: Readonly<Record<string, number>> = { float32: 1, uint8: 2, int8: 3, uint16: 4, int16: 5, int32: 6, int64: 7, bool: 9 }; // prettier-ignore
  const opened = async (nodes: readonly Node[], type = FLOAT, constants: OnnxGraph['constants'] = {}) => {
    const folder = join(scratch, String(count++));
    mkdirSync(folder);
    const path = join(folder, 'model.onnx');
    const graph: OnnxGraph = { inputs: [{ name: 'x', shape: ['batch', 8], type }], outputs: [{ name: 'y' }], nodes, constants }; // prettier-ignore
    writeFileSync(path, onnxFile(graph, 21));
    return (await openModel(path)).graph;
  };
  const asReal: Node = { op: 'Cast', inputs: ['c'], outputs: ['y'], attributes: { to: FLOAT } };

  it.each(kinds)('Cast of real and of whole numbers to %s', async (type) => {
    const nodes = [{ op: 'Cast', inputs: ['x'], outputs: ['c'], attributes: { to: NUMBERS[type]! } }, asReal];
    close(await outputOf(await opened(nodes), REAL), wanted(type, REAL));
    close(await outputOf(await opened(nodes, INT64), WHOLE), wanted(type, WHOLE));
  });

  it.each(['uint8', 'int32', 'int64', 'float32'])('CastLike to %s, told by a constant', async (type) => {
    const nodes = [{ op: 'CastLike', inputs: ['x', 'like'], outputs: ['c'] }, asReal];
    const constants = { like: { shape: [1], data: [5], type: NUMBERS[type]! } };
    close(await outputOf(await opened(nodes, FLOAT, constants), REAL), wanted(type, REAL));
  });

  it('CastLike to the type of another value, converted before', async () => {
    for (const type of ['int8', 'bool'] as const) {
      const nodes: Node[] = [
        { op: 'Cast', inputs: ['x'], outputs: ['like'], attributes: { to: NUMBERS[type]! } },
        { op: 'Identity', inputs: ['like'], outputs: ['same'] },
        { op: 'CastLike', inputs: ['x', 'like'], outputs: ['c'] },
        asReal,
      ];
      close(await outputOf(await opened(nodes), REAL), wanted(type, REAL));
    }
  });

  it('a constant that is converted, and truths that are added as numbers', async () => {
    const nodes: Node[] = [
      { op: 'Cast', inputs: ['k'], outputs: ['narrow'], attributes: { to: 2 } },
      { op: 'Cast', inputs: ['x'], outputs: ['t'], attributes: { to: 9 } },
      { op: 'Cast', inputs: ['t'], outputs: ['n'], attributes: { to: 6 } },
      { op: 'Add', inputs: ['n', 'n'], outputs: ['two'] },
      { op: 'Cast', inputs: ['two'], outputs: ['again'], attributes: { to: 9 } },
      { op: 'Cast', inputs: ['again'], outputs: ['one'], attributes: { to: FLOAT } },
      { op: 'Cast', inputs: ['narrow'], outputs: ['c'], attributes: { to: FLOAT } },
      { op: 'Add', inputs: ['one', 'c'], outputs: ['y'] },
    ];
    const graph = await opened(nodes, FLOAT, { k: { shape: [8], data: REAL } });
    close(
      await outputOf(graph, REAL),
      wanted('uint8', REAL).map((each, i) => each + Number(REAL[i] !== 0)),
    );
  });

  it('whole numbers that are wrapped stay whole: no path starts at them', async () => {
    const nodes: Node[] = [
      { op: 'Cast', inputs: ['x'], outputs: ['c'], attributes: { to: 2 } },
      { op: 'Gather', inputs: ['table', 'c'], outputs: ['words'], name: '/words/Gather' },
      { op: 'ReduceSum', inputs: ['words'], outputs: ['y'], attributes: { keepdims: 0 } },
    ];
    const graph = await opened(nodes.slice(0, 2).concat({ op: 'Tanh', inputs: ['words'], outputs: ['y'] }), INT64, {
      table: { shape: [256, 2], data: Float32Array.from({ length: 512 }, (_, i) => i / 512) },
    });
    expect(variation(graph).varied.walked).toEqual([{ name: 'words', behind: ['x'] }]);
  });

  it('to texts it is refused by name', async () => {
    const graph = await opened([{ op: 'Cast', inputs: ['x'], outputs: ['y'], attributes: { to: STRING } }]);
    expect(graph.nodes.map(({ op }) => op)).toContain('unknown');
  });
});

describe('TensorFlow', () => {
  const NAMES: Readonly<Record<string, string>> = { bool: 'DT_BOOL', float32: 'DT_FLOAT' };
  const nameOf = (type: string): string => NAMES[type] ?? `DT_${type.toUpperCase()}`;

  it.each(kinds)('Cast of real and of whole numbers to %s', async (type) => {
    for (const [dtype, numbers] of [['DT_FLOAT', REAL], ['DT_INT32', WHOLE]] as const) {
      const folder = graphModelFolder(join(scratch, String(count++)), [
        placeholder('x', [-1, 8], dtype),
        { name: 'c', op: 'Cast', input: ['x'], attr: { DstT: { type: nameOf(type) } } },
        { name: 'y', op: 'Cast', input: ['c'], attr: { DstT: { type: 'DT_FLOAT' } } },
      ]);
      close(await outputOf((await openModel(folder)).graph, numbers), wanted(type, numbers));
    } // prettier-ignore
  });
});

describe('Keras', () => {
  it.each(kinds)('cast of real and of whole numbers to %s', async (type) => {
    for (const [dtype, numbers] of [['float32', REAL], ['int32', WHOLE]] as const) {
      const config = functional(
        [{ name: 'x', shape: [8], dtype }],
        [
          { kind: 'Cast', name: 'c', module: 'keras.src.ops.core', config: { dtype: type }, args: [tensor('x')] },
          { kind: 'Cast', name: 'y', module: 'keras.src.ops.core', config: { dtype: 'float32' }, args: [tensor('c')] },
        ],
        [['y', 0]],
      );
      close(await outputOf(kerasGraph(config), numbers), wanted(type, numbers));
    } // prettier-ignore
  });
});

/** Files that have something computed on 16 bits say so: what only stores weights in halves does not. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fewerBitsWords } from '../../src/contract/words/weights';
import { openModel } from '../../src/main/engine/formats';
import { openKeras } from '../../src/main/engine/formats/keras/open';
import { temporaryFolder } from './broken';
import { FLOAT, FLOAT16, onnxFile, type Node } from './onnxFile';
import { savedModelFolder } from './savedModelFile';
import { functional, placeholder, tensor } from './written';

const folder = temporaryFolder();
let made = 0;
const place = (): string => join(folder, String(made++));

async function onnx(nodes: readonly Node[], type: number): Promise<string | undefined> {
  const path = place();
  writeFileSync(
    path,
    onnxFile({
      nodes,
      constants: { w: { shape: [1, 2], data: [0.5, -1], type } },
      inputs: [{ name: 'x', shape: ['n', 2] }],
      outputs: [{ name: 'y', shape: ['n', 2] }],
    }),
  );
  return (await openModel(path)).summary.fewerBits;
}

describe('ONNX', () => {
  it('computes in halves: weights of them, or a cast to them', async () => {
    const back: Node = { op: 'Cast', inputs: ['s'], outputs: ['y'], attributes: { to: FLOAT } };
    const down: Node = { op: 'Cast', inputs: ['x'], outputs: ['h'], attributes: { to: FLOAT16 } };
    const add: Node = { op: 'Add', inputs: ['h', 'w'], outputs: ['s'] };
    expect(await onnx([down, add, back], FLOAT16)).toBe('float16');
  });
  it('only stores its weights so', async () => {
    const up: Node = { op: 'Cast', inputs: ['w'], outputs: ['v'], attributes: { to: FLOAT } };
    expect(await onnx([up, { op: 'Add', inputs: ['x', 'v'], outputs: ['y'] }], FLOAT16)).toBeUndefined();
    expect(await onnx([{ op: 'Add', inputs: ['x', 'w'], outputs: ['y'] }], FLOAT)).toBeUndefined();
  });
});

describe('Keras', () => {
  const none = { path: 'model.keras', at: () => [], under: () => [] };
  const of = (dtype: unknown): unknown =>
    openKeras(
      functional(
        [{ name: 'x', shape: [2] }],
        [{ kind: 'ReLU', name: 'relu', config: { dtype }, args: [tensor('x')] }],
        [['relu', 0]],
      ),
      '3.8.0',
      none,
      (_, shape) => shape,
    ).fewerBits;
  const policy = (name: string): unknown => ({ module: 'keras', class_name: 'DTypePolicy', config: { name }, registered_name: null }); // prettier-ignore
  it.each([
    ['float16', 'float16'],
    [policy('mixed_bfloat16'), 'bfloat16'],
    [policy('mixed_float16'), 'float16'],
    [policy('float32'), null],
    ['float32', null],
    [undefined, null],
  ])('%j', (dtype, wanted) => expect(of(dtype)).toBe(wanted));
});

describe('SavedModel', () => {
  const type = (name: string) => ({ type: name });
  it.each([
    ['DT_BFLOAT16', 'bfloat16'],
    ['DT_FLOAT', undefined],
  ])('%s', async (name, wanted) => {
    const path = place();
    mkdirSync(path);
    const nodes = [
      placeholder('x', [-1, 2]),
      { name: 'down', op: 'Cast', input: ['x'], attr: { SrcT: type('DT_FLOAT'), DstT: type(name) } },
      { name: 'relu', op: 'Relu', input: ['down'], attr: { T: type(name) } },
      { name: 'y', op: 'Cast', input: ['relu'], attr: { SrcT: type(name), DstT: type('DT_FLOAT') } },
    ];
    savedModelFolder(path, nodes, { input: { name: 'x', shape: [-1, 2] }, output: { name: 'y', shape: [-1, 2] } }, []);
    expect((await openModel(path)).summary.fewerBits).toBe(wanted);
  });
});

it('says what comes of it', () =>
  expect(fewerBitsWords('bfloat16')).toBe(
    'The file has it computed in bfloat16, Mho computes in float32: where the framework rounds every step to 0.4 %, predictions here are those without that rounding.',
  ));

/**
 * Names and values of a file are data: layers, classes and ops may be called as what every JavaScript object has, and a
 * configuration may hold anything where it should hold something else. It opens, or an error of the catalogue says why not.
 */
import fc from 'fast-check';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MhoError } from '../../src/contract/errors';
import { openModel } from '../../src/main/engine/formats';
import { openFound } from '../../src/main/engine/formats/recognise';
import { CASES, temporaryFolder } from './broken';
import { onnxFile } from './onnxFile';
import { functional, graphModelFolder, kerasGraph, placeholder, tensor, type KerasLayer } from './written';

const folder = temporaryFolder();
let made = 0;
const place = (): string => join(folder, String(made++));

/** What an object has that nobody gave it. */
const NAMES = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', 'prototype'] as const;
const kinds = (graph: {
  readonly nodes: readonly { readonly op: string; readonly attributes: unknown }[];
}): unknown[] =>
  graph.nodes.filter(({ op }) => op === 'unknown').map(({ attributes }) => (attributes as { kind: string }).kind);

describe.each(NAMES)('%s', (name) => {
  it('is a name that a layer, an input and an output may have', () => {
    const config = functional(
      [{ name, shape: [3] }],
      [{ kind: 'Tanh', name: `${name}_2`, args: [tensor(name)] }, { kind: 'Abs', name: 'y', args: [tensor(`${name}_2`)] }],
      [[`${name}_2`, 0], ['y', 0]],
    ); // prettier-ignore
    const graph = kerasGraph(config);
    expect(graph.inputs.map((each) => each.name)).toEqual([name]);
    expect(graph.layers.map((each) => each.name)).toEqual([name, `${name}_2`, 'y']);
  });

  it.each([
    ['operation', { kind: name, name: 'y', args: [tensor('x')] }],
    ['layer', { kind: name, name: 'y', args: [tensor('x')], module: 'keras.layers' }],
    ['activation', { kind: 'Activation', name: 'y', args: [tensor('x')], module: 'keras.layers', config: { activation: name } }],
    ['function of TensorFlow', { kind: 'TFOpLambda', name: 'y', args: [tensor('x')], module: 'keras.layers', config: { function: name } }],
    ['type', { kind: 'Cast', name: 'y', args: [tensor('x')], config: { dtype: name } }],
    ['mode of padding', { kind: 'Pad', name: 'y', args: [tensor('x')], config: { pad_width: [[0, 0], [1, 1]], mode: name } }],
  ] as readonly (readonly [string, KerasLayer])[])('is no %s of Keras: it is refused by its name', (_what, layer) => {
    const refused = (): unknown[] => {
      try {
        return kinds(kerasGraph(functional([{ name: 'x', shape: [3] }], [layer], [['y', 0]])));
      } catch (error) {
        if (error instanceof MhoError && error.code === 'MODEL_CONFIG') return [error.message];
        throw error;
      }
    };
    expect(refused().join()).toMatch(new RegExp(name, 'i'));
  }); // prettier-ignore

  it('is no op of ONNX, of TensorFlow or of a complex value: it is refused by its name', async () => {
    const onnx = place();
    mkdirSync(onnx);
    const nodes = [{ op: name, inputs: ['x'], outputs: ['y'], name }];
    writeFileSync(join(onnx, 'model.onnx'), onnxFile({ inputs: [{ name: 'x', shape: ['batch', 3] }], outputs: [{ name: 'y' }], nodes })); // prettier-ignore
    expect(kinds((await openModel(onnx)).graph).join()).toContain(name);
    const graph = graphModelFolder(place(), [
      placeholder('x', [-1, 4]),
      { name: 'length', op: 'Const', attr: { dtype: { type: 'DT_INT32' }, value: { tensor: {} } } },
      { name, op: name, input: ['x'] },
      { name: 'y', op: 'Tanh', input: [name] },
    ]);
    expect(kinds((await openModel(graph)).graph).join()).toContain(name);
  });
});

/** Up to three values of a tree replaced by something odd, or by another part of it. */
const ODD: readonly unknown[] = [
  null, true, '', 'x', -1, 0, 0.5, 1e9, 1e300, [], {}, [[]], [null], [1, 2, 3], { a: 1 }, { toString: 1, valueOf: 2 },
  JSON.parse('{"__proto__": {"mask": true}, "class_name": "constructor"}'), '__proto__', [{ toString: null }],
  JSON.parse(`${'['.repeat(300)}${']'.repeat(300)}`),
]; // prettier-ignore
type Change = readonly [at: number, kind: number, from: number];
function changed(original: unknown, changes: readonly Change[]): unknown {
  const tree = structuredClone(original) as Record<string, unknown>;
  for (const [at, kind, from] of changes) {
    const places: [Record<string, unknown>, string][] = [];
    const visit = (value: unknown, depth: number): void => {
      if (typeof value !== 'object' || value === null || depth > 40) return;
      const holder = value as Record<string, unknown>;
      for (const key of Object.keys(holder)) {
        places.push([holder, key]);
        visit(holder[key], depth + 1);
      }
    };
    visit(tree, 0);
    if (!places.length) break;
    const [holder, key] = places[at % places.length]!;
    const [other, otherKey] = places[from % places.length]!;
    if (kind === 0) delete holder[key];
    else holder[key] = structuredClone(kind <= ODD.length ? ODD[kind - 1] : other[otherKey]);
  }
  // As it comes out of a file: no holes in lists.
  return JSON.parse(JSON.stringify(tree));
}
const changes = fc.array(fc.tuple(fc.nat(1e6), fc.nat(ODD.length + 6), fc.nat(1e6)), { minLength: 1, maxLength: 3 });
const runs = { numRuns: Number(process.env['MHO_CONFIG_RUNS'] ?? 300), seed: 29 };
const catalogued = (error: unknown): void => {
  if (!(error instanceof MhoError) || !error.code.startsWith('MODEL_') || error.code === 'MODEL_UNREADABLE')
    throw error;
};

describe('a configuration that holds anything', () => {
  const calls: readonly KerasLayer[] = [
    { kind: 'Sum', name: 'a', config: { axis: [1], keepdims: true }, args: [tensor('x')] },
    { kind: 'Concatenate', name: 'b', config: { axis: -1 }, args: [[tensor('x'), tensor('x')]] },
    { kind: 'Split', name: 'c', config: { indices_or_sections: [1, 2], axis: 1 }, args: [tensor('b')] },
    { kind: 'Einsum', name: 'd', config: { subscripts: 'abc,abd->acd' }, args: [tensor('x'), tensor('x')] },
    { kind: 'GetItem', name: 'e', args: [tensor('x'), [{ class_name: '__slice__', config: { start: 0, stop: 2, step: 1 } }, { class_name: '__ellipsis__', config: {} }]] },
    { kind: 'Tensordot', name: 'f', config: { axes: 1 }, args: [tensor('x'), { class_name: '__numpy__', config: { value: [[1, 2], [3, 4], [5, 6]], dtype: 'float32' } }] },
    { kind: 'Pad', name: 'g', config: { pad_width: [[0, 0], [1, 1], [0, 0]], mode: 'reflect' }, args: [tensor('x')] },
    { kind: 'Roll', name: 'h', config: { shift: 1, axis: 1 }, args: [tensor('x')] },
    { kind: 'Norm', name: 'i', config: { ord: 2, axis: 1 }, args: [tensor('x')] },
    { kind: 'Reshape', name: 'j', config: { newshape: [-1, 6] }, args: [tensor('x')] },
    { kind: 'Activation', name: 'k', module: 'keras.layers', config: { activation: 'relu' }, args: [tensor('x')] },
    { kind: 'Permute', name: 'l', module: 'keras.layers', config: { dims: [2, 1] }, args: [tensor('x')] },
    { kind: 'Softmax', name: 'm', module: 'keras.layers', config: { axis: -1 }, args: [tensor('x')] },
    { kind: 'Repeat', name: 'n', config: { repeats: 2, axis: 1 }, args: [tensor('x')] },
    { kind: 'Arange', name: 'o', args: [0, 3, 1] },
    { kind: 'ZeroPadding1D', name: 'p', module: 'keras.layers', config: { padding: [1, 1] }, args: [tensor('x')] },
    { kind: 'TimeDistributed', name: 'q', module: 'keras.layers', config: { layer: { class_name: 'Activation', config: { name: 'r', activation: 'tanh' } } }, args: [tensor('x')] },
  ]; // prettier-ignore
  const keras = functional([{ name: 'x', shape: [3, 3] }], calls, [['c', 0], ['e', 0], ['q', 0]]); // prettier-ignore

  it('of Keras, function by function', () => {
    fc.assert(
      fc.property(changes, (each) => {
        try {
          kerasGraph(changed(keras, each));
        } catch (error) {
          catalogued(error);
        }
      }),
      runs,
    );
  });

  it.each(['gated/tfjs_layers', 'residual/tfjs_layers', 'gated/tfjs_graph', 'residual/tfjs_graph'])('of %s', async (from) => {
    const at = place();
    cpSync(join(CASES, from), at, { recursive: true });
    const path = join(at, 'model.json');
    const original: unknown = JSON.parse(readFileSync(path, 'utf8'));
    const around = { choices: {}, scratch: '', room: 2 ** 30, onFile: () => undefined, expect: () => undefined, read: () => undefined };
    await fc.assert(
      fc.asyncProperty(changes, async (each) => {
        writeFileSync(path, JSON.stringify(changed(original, each)));
        await openFound(path, around).catch(catalogued);
      }),
      { ...runs, numRuns: Math.ceil(runs.numRuns / 3) },
    );
  }, 120_000); // prettier-ignore
});

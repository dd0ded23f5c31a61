/** A small session with everything in it: two inputs, two runs, several references, an error, an incomplete run. */
import type { LayerResult, Reached, RunResult } from '../../src/contract/attribution';
import type { Session } from '../../src/contract/session';
import { overPositions } from '../../src/main/engine/attribution/positions';
import { magnitudes } from '../../src/main/engine/attribution/results';
import { random } from '../random';

export function sampleSession(): Session {
  const next = random(1);
  const numbers = (length: number) => Float32Array.from({ length }, () => next() * 2 - 1);
  const array = (...shape: number[]) => ({ shape, data: numbers(shape.reduce((a, b) => a * b, 1)) });
  const layer = (name: string, examples: number, shape: number[], unitAxis: number | null): LayerResult => {
    const contributions = numbers(examples * shape.reduce((a, b) => a * b, 1));
    const units = overPositions(contributions, examples, shape, unitAxis);
    const unitError = numbers(units.length).map(Math.abs);
    return {
      name,
      kind: 'Conv2D',
      shape,
      unitAxis,
      cut: name === 'dense',
      contributions,
      sum: numbers(examples),
      residual: name === 'dense' ? numbers(examples) : null,
      error: numbers(examples).map(Math.abs),
      units,
      unitsError: magnitudes(unitError, examples),
      neuronsTotal: magnitudes(contributions, examples),
      unitsTotal: magnitudes(units, examples),
      unitError,
      certain: null,
      spread: name === 'dense' ? numbers(contributions.length).map(Math.abs) : null,
      ...(name === 'dense' && { references: Float32Array.from([...units, ...units], (unit, at) => unit + at / 7) }),
    };
  };
  const run = (method: RunResult['method'], examples: number): RunResult => ({
    method,
    rule: method === 'nig' ? 'secant' : null,
    steps: method === 'nig' ? 50 : 1,
    adaptive: null,
    faults: [],
    remarks: [],
    target: Array.from({ length: examples }, (_, place) => `logits[${place}]`),
    atInput: numbers(examples),
    atBaseline: numbers(examples),
    delta: numbers(examples),
    deltaUncertainty: numbers(examples).map(Math.abs),
    alarms: [{ example: 0, layer: 'dense', kind: 'concentrated', from: 0, to: 0.02, share: 0.98 }],
    layers: [
      layer('block/conv:2', examples, [3, 4, 2], 2),
      layer('dense', examples, [5], 0),
      layer('scalar', examples, [], null),
    ],
    complete: examples === 3,
    examples: Array.from({ length: examples }, (_, place) => place),
    backend: { name: 'cpu', device: 'CPU: test', version: 'tfjs JavaScript 4.22.0' },
    pathStart: null,
    varied: {
      walked: [{ name: 'words', behind: ['ids'] }],
      held: [{ input: 'mask', why: 'mask', walkable: true }],
    },
    rounded: [{ input: 'x', alone: 64, by: 0.5 }],
    baseline: [{ input: 'ids', kind: 'padding', value: 2, why: 'told' }],
    layerGroups: 3,
    durationMs: 12.5,
  });
  return {
    created: '2026-01-02T03:04:05.000Z',
    software: { mho: '0.1.0', node: 'v20.19.0', platform: 'linux x64' },
    model: {
      name: 'net',
      format: 'Keras 3 (.keras)',
      path: 'net.keras',
      hash: 'ab'.repeat(32),
      inputs: [{ name: 'image', shape: [4, 4, 1], dtype: 'float32' }],
      outputs: [{ name: 'classes', shape: [10], dtype: 'float32' }],
      layers: [
        {
          name: 'dense',
          kind: 'Dense',
          group: ['block'],
          shape: [null, 5],
          unitAxis: 1,
          units: 5,
          parameters: 20,
          inputs: ['image'],
          unsupported: [],
        },
      ],
      parameters: 20,
    },
    questions: [
      {
        inputs: { image: array(3, 4, 4, 1), 'päth/../x': { ...array(3, 2), lost: numbers(6) } },
        source: 'inputs.npz',
        files: {
          inputs: { parts: [{ paths: ['/dätä/inputs.npz'], input: null }], reading: { range: '0..1', mean: [0.5] } },
          baseline: { parts: [{ paths: ['/a.npy', '/b.npy'], input: 'image' }], reading: {} },
        },
        examples: [0, 2, 5],
        baseline: {
          kind: 'arrays',
          arrays: { image: array(2, 4, 4, 1), 'päth/../x': array(2, 2) },
          perExample: false,
          rest: 0.5,
        },
        target: { layer: 'classes', index: 'argmax' },
        minus: { index: [3] },
        hold: ['image'],
        walk: ['mask'],
      },
    ],
    runs: [
      { ...run('nig', 3), question: 0 },
      {
        ...run('rescale', 2),
        question: 0,
        label: { name: 'looked into', note: '', created: '2026-01-02T03:04:05.000Z', job: 'b', aside: 'a' },
      },
    ],
    errors: [{ code: 'MEMORY_EXHAUSTED', message: 'The device ran out of memory.', remedy: 'Lower the budget.' }],
    notes: 'Line one.\nLine two: ⌀',
    view: { version: 1, shown: ['1'], example: 2, layer: 'dense', unit: 4, tab: 'path', setupOpen: false },
    notebook: [
      { layer: 'fc', unit: 2, note: 'Line one.\nLine two: ⌀', tags: ['seen', 'ä'] },
      { layer: 'gone', unit: 0, note: '', tags: [] },
    ],
  };
}

/** The same session whose first run took adaptive paths: one that can go on, one too large to keep, one of two baselines. */
export function adaptiveSession(): Session {
  const session = sampleSession();
  const [first, ...others] = session.runs;
  const grid = (...points: number[]) => Float64Array.from(points);
  const reached = { layer: 'dense', reached: true, stopped: 'reached', walks: 18, points: 12, rounds: 1 } as const;
  const examples: Reached[] = [
    {
      ...reached,
      estimate: 0.1 + 0.2,
      // As an engine tells them: the sign bit says from which side, and -0 is the input.
      grid: [grid(0, 2 ** -23, 1e-30, 0.5, -0.25, -1e-30, -0), grid(0, -0)],
      saved: {
        about: { walks: 18, lines: [[0, 1], [2]], over: 'units', fours: null, held: true, pilot: { segments: 8 } },
        arrays: {
          leaves: Float64Array.of(0, 2 ** -23, -0, -1e-30, 1 / 3),
          '../päth': Float32Array.of(-0, 0.1, 3e-39),
          none: new Float32Array(0),
        },
      },
    },
    { ...reached, reached: false, stopped: 'cap', estimate: Number.NaN, grid: [grid(0, 0.5, -0)], saved: null },
    { ...reached, stopped: 'limit', estimate: 0, grid: [grid(0, -0), grid(0, -0)], saved: null },
  ];
  const adaptive = { accuracy: { tolerance: 0.02, over: 'units', mostWalks: 600, untilTop: null }, examples } as const;
  const layers = first!.layers.map((layer) => ({
    ...layer,
    certain: Int32Array.of(0, 2, 1),
    // Nothing that follows from what else is stored.
    unitsError: Float32Array.of(0.1, 0.2, 0.3),
    neuronsTotal: Float32Array.of(1, 2, 1e-30),
    unitsTotal: Float32Array.of(3, 4, 5),
    units: layer.units.map((value) => value + 1e-3),
  }));
  return { ...session, runs: [{ ...first!, layers, adaptive }, ...others] };
}

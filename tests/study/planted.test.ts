/**
 * The motif sample's answer is planted: where a sequence is bound, the two filters that see GATAAG and CAGCTG (found from sequences
 * alone) carry it. The judge, which knows nothing of that, agrees: units it takes out say so, and no method is ahead of one that
 * ranks those filters better.
 */
import { resolve } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { JUDGED, type Judged, type Judgement } from '../../src/contract/judgement';
import { readArrays } from '../../src/main/engine/data';
import { openModel } from '../../src/main/engine/formats';
import { judge } from '../../src/main/engine/judge';
import { narrowed } from '../../src/main/engine/study/choosing';
import { meanOf } from '../../src/main/engine/study/statistics';
import { hold } from '../device';
import { detectorsOf, folder, sample } from '../samples_models/detectors';

/** New sequences by the rule that the sample was trained on. */
const sequences = resolve(import.meta.dirname, '../../bench/study/nets/motifs/inputs.npz');
const EXAMPLES = 24;

let judgement: Judgement;
/** How often a filter that sees a motif that counts stands before one that sees none: 1 where all do. */
const planted = new Map<Judged, number>();
let detectors: readonly number[];

const ranksFirst = (scores: readonly number[]): number => {
  const others = scores.flatMap((score, unit) => (detectors.includes(unit) ? [] : [score]));
  return meanOf(detectors.flatMap((unit) => others.map((other) => (scores[unit]! > other ? 1 : scores[unit] === other ? 0.5 : 0)))); // prettier-ignore
};

beforeAll(async () => {
  const device = await hold('tensorflow');
  const { graph } = await openModel(`${folder}/model.keras`);
  const found = detectorsOf(graph);
  detectors = [...found['GATA']!, ...found['E-box']!];
  const { sequence, labels } = await readArrays(sequences);
  const bound = Array.from(labels!.data).flatMap((label, at) => (label === 1 ? [at] : []));
  const all = {
    inputs: { sequence: sequence! },
    baseline: sample.baseline,
    target: sample.target,
    methods: [],
    rule: 'secant' as const,
    steps: 64,
    layers: ['scan'],
  };
  const request = { ...narrowed(all, bound.slice(0, EXAMPLES)), layers: ['scan'] };
  ({ judgement } = await judge(device, graph, { request, methods: JUDGED, to: { kind: 'baseline' }, seed: 1, sanity: false })); // prettier-ignore
  for (const { method, scores } of judgement.layers[0]!.methods) planted.set(method, meanOf(scores.map(ranksFirst)));
});

it('taken out and put back, the planted filters do most in every sequence', () => {
  const { drop, restore } = judgement.layers[0]!;
  expect(detectors.length).toBeGreaterThanOrEqual(2);
  for (const each of [...drop, ...restore]) expect(ranksFirst(each)).toBe(1);
});

it('methods that look at the network put them first; what looks at activations alone, and chance, do not', () => {
  for (const method of ['nig', 'rescale', 'reveal-cancel', 'genomics'] as const) expect(planted.get(method)).toBe(1);
  for (const method of ['activation-difference', 'random'] as const) expect(planted.get(method)).toBeLessThan(0.7);
});

it('wherever one method ranks them better than another, the verdict says so', () => {
  const told = judgement.verdicts.filter(({ ahead, behind }) => planted.get(ahead) !== planted.get(behind));
  expect(told.map(({ behind }) => behind)).toEqual(expect.arrayContaining(['internal-influence', 'activation-difference'])); // prettier-ignore
  for (const { ahead, behind, real } of told) {
    expect(real, `${ahead} before ${behind}`).toBe(true);
    expect(planted.get(ahead)!, `${ahead} before ${behind}`).toBeGreaterThan(planted.get(behind)!);
  }
});

/** A judgement's numbers as the view, its exports and the report show them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JudgedLayer, JudgedMethod, Judgement } from '../../src/contract/judgement';
import type { JudgementRecord, RunSetup } from '../../src/contract/studio';
import { heldWords } from '../../src/contract/words/quantities';
import { curvesPicture, methodsPicture, scoresPicture } from '../../src/renderer/drawings/judge';
import { tsvOf } from '../../src/renderer/logic/copying';
import { besides, besideWords } from '../../src/renderer/logic/judgedBeside';
import {
  boundsOf,
  curvesOf,
  curveTraces,
  judgedUnits,
  judgeSetupOf,
  layerRows,
  layerTable,
  meanOf,
  medianOf,
  methodRows,
  mostMissed,
  overviewTable,
  two,
  withReplacement,
} from '../../src/renderer/logic/judging';
import { judgementsMarkup } from '../../src/renderer/logic/reportJudge';

const method = (of: JudgedMethod['method'], scores: number[], rho: number): JudgedMethod => ({
  method: of,
  scores: [scores, scores],
  errors: null,
  pearson: { drop: [rho, rho], restore: [rho, rho], mean: [rho, rho] },
  spearman: { drop: [rho, rho], restore: [rho - 0.1, null], mean: [rho, rho] },
  signs: { drop: [1, 1], restore: [1, 1], mean: [1, 0.5] },
  most: [
    [4, 1, 0],
    [2, 1, 0],
  ],
  least: [
    [4, 3, 0],
    [2, 1.5, 0],
  ],
  comprehensiveness: [2, 1],
  leastFirst: [1, 0.5],
  difference: [1, 0.5],
  insertion: [2, 1],
  sufficiency: [2, 1],
  positive: [4, 2],
  negative: [0, 0],
  changes: [1, null],
  ties: [0, 2],
});
const layer = (name: string, more: Partial<JudgedLayer> = {}): JudgedLayer => ({
  name,
  cut: true,
  units: 2,
  counts: [0, 1, 2],
  drop: [
    [3, 1],
    [1, 0.5],
  ],
  restore: [
    [3, 1],
    [1, 0.5],
  ],
  joint: [4, 2],
  alone: [1, 0.75],
  additive: false,
  methods: [method('nig', [3, 1], 0.9), method('random', [0, 1], 0)],
  greedy: { best: [1, 0.5], worst: [-1, -0.5] },
  ...more,
});
const told = (mean: number) => ({ mean, interval: { low: mean - 0.1, high: mean + 0.1 } });
const summary = (of: JudgedMethod['method'], mean: number): Judgement['summaries'][number] => ({
  method: of,
  spearman: { drop: told(mean), restore: null, mean: told(mean) },
  pearson: { drop: told(mean), restore: told(mean), mean: told(mean) },
  difference: told(mean),
});
const judgement = (more: Partial<Judgement> = {}): Judgement => ({
  created: '2026-11-29T12:00:00.000Z',
  source: 'x.npz',
  baseline: { kind: 'constant', value: 0 },
  examples: [4, 7],
  targets: ['logits[3]', 'logits[3]'],
  to: { kind: 'baseline' },
  seed: 1,
  atInput: [4, 2],
  atBaseline: [0, 0],
  layers: [layer('conv'), layer('dense', { additive: true })],
  costs: [{ method: 'nig', passes: 50, milliseconds: 120, error: 0.01 }],
  summaries: [summary('nig', 0.9), summary('random', 0)],
  verdicts: [],
  sanity: [
    { method: 'nig', layer: 'conv', stages: [{ layer: 'dense', redrawn: 1, spearman: 0.95 }], otherTarget: 0.1, warns: { weights: true, target: false } }, // prettier-ignore
  ],
  complete: true,
  ...more,
});
const record = (id: string, more: Partial<Judgement> = {}): JudgementRecord => ({ id, judgement: judgement(more) });

describe('methods over all layers', () => {
  it('leave out layers that judge nothing, and what is not known', () => {
    const [nig, random] = methodRows(judgement());
    expect(nig).toMatchObject({ method: 'nig', passes: 50, error: 0.01, signs: 0.75, restore: null, ties: 2 });
    // insertion of each example as a share of what all units hold
    expect(nig!.insertion).toBeCloseTo(0.5, 12);
    expect(nig!.changes).toEqual({ share: 0.5, changed: 1, of: 2 });
    expect(random).toMatchObject({ passes: 0, milliseconds: 0, error: null });
  });

  it('are a table in which every row has as many cells as the head', () => {
    for (const table of [overviewTable(judgement()), layerTable(layer('conv'))])
      for (const line of tsvOf(table).split('\n')) expect(line.split('\t')).toHaveLength(table.head.length);
  });

  it('means and medians are of what is known', () => {
    expect(meanOf([1, null, 3])).toBe(2);
    expect(meanOf([null])).toBeNull();
    expect(medianOf([3, null, 1, 2])).toBe(2);
    expect(medianOf([2, 1])).toBe(1);
    expect([two(-0.004), two(-0.5), two(null), two(0.456)]).toEqual(['0.00', '−0.50', '–', '0.46']);
  });
});

describe('one layer', () => {
  it('tells each method by means over examples', () => {
    expect(layerRows(layer('conv'))[0]).toMatchObject({
      spearman: 0.9,
      restore: 0.8,
      comprehensiveness: 1.5,
      changes: { at: 1, changed: 1, of: 2 },
    });
  });

  it('ranks units by score and by what they did; what misses most comes first', () => {
    const units = judgedUnits(layer('conv'), 'random', 0);
    expect(units.map(({ ranks }) => ranks)).toEqual([
      [2, 1],
      [1, 2],
    ]);
    expect(units.map(({ did }) => did)).toEqual([3, 1]);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 1, maxLength: 20 }), (scores) => {
        const drop = scores.map((_, at) => (at * 7) % 5);
        const given = layer('l', {
          units: scores.length,
          drop: [drop],
          restore: [drop],
          methods: [{ ...method('nig', scores, 0), scores: [scores] }],
        });
        const own = judgedUnits(given, 'nig', 0);
        for (const side of [0, 1] as const)
          expect(own.map(({ ranks }) => ranks[side]).sort((a, b) => a - b)).toEqual(scores.map((_, at) => at + 1));
        const misses = mostMissed(own, 5).map(({ ranks: [a, b] }) => Math.abs(a - b));
        expect(misses).toEqual([...misses].sort((a, b) => b - a));
        expect(misses[0]).toBe(Math.max(...own.map(({ ranks: [a, b] }) => Math.abs(a - b))));
      }),
    );
  });

  it('has the curves of orders that were found one by one beside them, where they are kept', () => {
    const kept = layer('conv', { greedy: { best: [1, 1], worst: [-1, -1], down: [[4, 0, 0], [2, 0, 0]], up: [[4, 6, 0], [2, 4, 0]] } }); // prettier-ignore
    expect(boundsOf(layer('conv'), null)).toBeNull();
    expect(boundsOf(layer('conv', { greedy: null }), null)).toBeNull();
    expect(boundsOf(kept, null)).toEqual({ most: [3, 0, 0], least: [3, 5, 0] });
    expect(boundsOf(kept, 1)!.least).toEqual([2, 4, 0]);
    expect(curveTraces(kept, null, 'light')).toHaveLength(curveTraces(layer('conv'), null, 'light').length + 2);
    expect(curvesPicture(kept, 'dark')).toContain('One by one');
    expect(curvesPicture(layer('conv'), 'dark')).not.toContain('One by one');
  });

  it('has curves of one example, and their means', () => {
    expect(curvesOf(layer('conv'), 0)[0]!.most).toEqual([4, 1, 0]);
    expect(curvesOf(layer('conv'), null)[0]!.most).toEqual([3, 1, 0]);
  });
});

describe('two replacements beside one another', () => {
  const here = record('a');
  it('are of one question, and another replacement, the newest first', () => {
    const all = [
      record('mean', { to: { kind: 'mean' } }),
      here,
      record('same'),
      record('others', { to: { kind: 'mean' }, examples: [1, 2] }),
      record('compared', { to: { kind: 'mean' }, baseline: { kind: 'constant', value: 1 } }),
      record('target', { to: { kind: 'mean' }, targets: ['logits[1]', 'logits[1]'] }),
      record('zero', { to: { kind: 'zero' } }),
    ];
    expect(besides(here, all).map(({ other }) => other.id)).toEqual(['zero', 'mean']);
  });

  it('say where they disagree: which method leads, and in which layers units do something else', () => {
    const turned = layer('conv', {
      drop: [
        [1, 3],
        [0.5, 1],
      ],
    });
    const other = record('mean', {
      to: { kind: 'mean' },
      layers: [turned],
      summaries: [summary('nig', 0.1), summary('random', 0.3)],
    });
    const [beside] = besides(here, [here, other]);
    expect(beside!.rows).toEqual([
      { method: 'nig', here: 0.9, there: 0.1 },
      { method: 'random', here: 0, there: 0.3 },
    ]);
    expect(beside!.layers).toEqual([{ name: 'conv', agreement: -1 }]);
    expect(besideWords(here.judgement, beside!)).toMatch(/NIG leads, .*Random: believe neither alone.*in conv/);
    const [agreeing] = besides(here, [here, record('zero', { to: { kind: 'zero' } })]);
    expect(besideWords(here.judgement, agreeing!)).toMatch(/^NIG leads with .* and with zero\. What single units do is much the same\.$/); // prettier-ignore
  });
});

describe('what is asked', () => {
  const setup = { data: 'd', examples: [0], baseline: { kind: 'fitting' }, target: { index: 'argmax' }, methods: ['rescale'], rule: 'secant', steps: 50, pathStart: 'conv', layers: ['conv'], aside: 'job', backend: 'auto' } as const; // prettier-ignore
  const asked = { judged: ['nig', 'random'], layers: null, to: { kind: 'zero' }, seed: 2, sanity: false } as const;
  const accuracy = { tolerance: 0.02, over: 'units', mostWalks: null, untilTop: null } as const;
  const of = (more: object = {}, own: typeof accuracy | null = accuracy) =>
    judgeSetupOf(setup as unknown as RunSetup, { ...asked, ...more }, own);

  it('is what a run is asked, but for its methods, layers and path start; an accuracy only for an adaptive path', () => {
    const made = of()!;
    expect(made).toMatchObject({ judged: ['nig', 'random'], to: { kind: 'zero' }, seed: 2, accuracy });
    for (const gone of ['methods', 'aside', 'pathStart', 'layers']) expect(made).not.toHaveProperty(gone);
    expect(of({ judged: ['rescale'] })).not.toHaveProperty('accuracy');
    expect(of({}, null)).not.toHaveProperty('accuracy');
    expect(of({ layers: ['conv', 'dense'] })).toMatchObject({ layers: ['conv', 'dense'] });
  });

  it('is nothing without a method, or with no layer chosen', () => {
    expect(of({ judged: [] })).toBeNull();
    expect(of({ layers: [] })).toBeNull();
  });

  it('keeps a number from one replacement to another where it fits', () => {
    expect(withReplacement('example', 2.6)).toEqual({ kind: 'example', example: 3 });
    expect(withReplacement('scale', null)).toEqual({ kind: 'scale', factor: 0.5 });
    expect(withReplacement('value', -1)).toEqual({ kind: 'value', value: -1 });
    expect(withReplacement('mean', 3)).toEqual({ kind: 'mean' });
  });
});

describe('pictures and the report', () => {
  it('draw every method, with whiskers where there are intervals', () => {
    const picture = methodsPicture(judgement(), 'light');
    expect(picture.match(/stroke-width="1.6"/g)).toHaveLength(2);
    expect(picture).toContain('0.90 (0.80 to 1.00)');
    expect(curvesPicture(layer('conv'), 'dark').match(/stroke-dasharray="5 4"/g)).toHaveLength(2);
    expect(scoresPicture(judgedUnits(layer('conv'), 'nig', 0), 'nig', 'light').match(/<circle/g)).toHaveLength(2);
  });

  it('have a page of their own, with names of layers as text', () => {
    const evil = judgement({ layers: [layer('<script>alert(1)</script>')] });
    const page = judgementsMarkup([{ id: 'a', judgement: evil }], (picture) => picture);
    expect(page).not.toContain('<script');
    expect(page).toContain('Methods judged by knock-outs');
    expect(page).toContain('hardly depends on it');
    expect(page).toContain('Comprehensiveness');
    expect(judgementsMarkup([], (picture) => picture)).toBe('');
  });

  it('what a document holds is told in words', () => {
    expect(heldWords({ runs: 2, notes: 1, judgements: 1 })).toBe('2 runs, 1 judgement and 1 note');
    expect(heldWords({ runs: 0, notes: 0, judgements: 2 })).toBe('2 judgements');
    expect(heldWords({ runs: 1, notes: 1, judgements: 0 })).toBe('1 run and 1 note');
    expect(heldWords({ runs: 0, notes: 0, judgements: 0 })).toBe('nothing');
  });
});

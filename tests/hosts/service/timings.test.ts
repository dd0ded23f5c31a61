/** How long a run is expected to take, by what was measured. */
import { expect, test } from 'vitest';
import type { Device } from '../../../src/main/engine/backends';
import { GraphBuilder } from '../../../src/main/engine/graph/builder';
import { Timings, workOf } from '../../../src/main/hosts/service/timings';

const model = { hash: 'a' };
const device = { info: { name: 'cpu', device: 'a processor', version: '1' } } as Device;
/** Of a model whose time is nearly all its passes'. */
const LARGE = { nodes: 70, layers: 70, elements: 1e8, weights: 1e7 };
const SMALL = { nodes: 20, layers: 18, elements: 10_000, weights: 5000 };

/**
 * Runs on models of several kinds, one after the other, as the window makes them: what is computed at a point, then of each run the
 * expected passes, ms and passes that it took. Medians on two cores that others used too.
 */
const MEASURED = [
  ['digits', { nodes: 26, layers: 24, elements: 12_926, weights: 12_762 }, [[65, 650, 101], [65, 620, 101], [195, 772, 249], [88, 562, 182]]],
  ['genomics, 400 bp', { nodes: 13, layers: 7, elements: 40_978, weights: 8121 }, [[65, 547, 40], [65, 368, 40], [195, 371, 114], [88, 320, 61]]],
  ['transformer', { nodes: 62, layers: 26, elements: 14_040, weights: 7494 }, [[65, 694, 23], [65, 541, 23], [195, 600, 69], [88, 449, 29]]],
  ['two inputs', { nodes: 12, layers: 7, elements: 6277, weights: 198_730 }, [[65, 621, 45], [65, 361, 45], [195, 445, 97], [88, 392, 55]]],
  ['302 layers', { nodes: 425, layers: 303, elements: 6968, weights: 36_468 }, [[65, 5225, 323], [65, 6240, 323], [195, 5000, 879], [88, 4518, 371]]],
  ['recurrent', { nodes: 410, layers: 4, elements: 7070, weights: 675 }, [[65, 1800, 23], [65, 2307, 23], [195, 1900, 77], [88, 1800, 35]]],
  ['PyTorch stages', { nodes: 53, layers: 36, elements: 189_176, weights: 37_932 }, [[65, 2211, 52], [65, 1459, 52], [195, 2839, 150], [88, 1264, 79]]],
] as const; // prettier-ignore

for (const [name, work, ran] of MEASURED)
  test(`${name}: after a first run the next three are told within a factor of 1.5`, () => {
    const timings = new Timings();
    for (const [at, [typical, took, passes]] of ran.entries()) {
      if (at > 0) {
        const { durationMs, basis } = timings.expects(model, device, { passes: typical, adaptive: true, work });
        expect(basis).toBe('runs');
        expect(durationMs! / took, `run ${at + 1}`).toBeGreaterThan(1 / 1.5);
        expect(durationMs! / took, `run ${at + 1}`).toBeLessThan(1.5);
      }
      timings.ran(model, device, { ms: took, passes }, typical);
    }
  });

const after = (runs: readonly (readonly [ms: number, passes: number])[]) => {
  const timings = new Timings();
  for (const [ms, passes] of runs) timings.ran(model, device, { ms, passes }, null);
  return (passes: number, work = LARGE) =>
    timings.expects(model, device, { passes, adaptive: false, work }).durationMs!;
};

test('a long run of a large model is its passes; of a small one, points are computed at once', () => {
  const expected = after([[50, 1], [50, 1], [77_000, 100]]); // prettier-ignore
  expect(expected(200) / 154_000).toBeCloseTo(1, 1);
  // also of the first one: what its first walks cost is no share of it
  expect(after([[77_000, 100]])(100) / 77_000).toBeCloseTo(1, 1); // prettier-ignore
  expect(after([[600, 50], [600, 50], [600, 50]])(100, SMALL)).toBeLessThan(800); // prettier-ignore
});

test('two runs with different passes tell how time grows with them, whatever the model', () => {
  const expected = after([[900, 40], [600, 40], [700, 100]]); // prettier-ignore
  expect(expected(200)).toBeCloseTo(600 + (160 * 100) / 60, -1);
  // a longer one that was quicker all the same says that it does not grow
  expect(after([[900, 40], [600, 40], [500, 100]])(200)).toBeCloseTo(500); // prettier-ignore
});

test('what an adaptive path took says how far the next one goes, and nothing of even steps', () => {
  const timings = new Timings();
  const passes = (adaptive: boolean) => timings.expects(model, device, { passes: 80, adaptive, work: SMALL }).passes;
  timings.ran(model, device, { ms: 1000, passes: 20 }, 80);
  expect(passes(true)).toBe(20);
  expect(passes(false)).toBe(80);
  // one that was content with less tells how long passes take, not how many there are
  timings.ran(model, device, { ms: 100, passes: 2 }, null);
  expect(passes(true)).toBe(20);
});

test('of several runs the one that is most like it tells', () => {
  const expected = after([[50, 1], [50, 1], [1000, 10], [50_000, 1000]]); // prettier-ignore
  expect(expected(10)).toBeCloseTo(1000);
  expect(expected(1000)).toBeCloseTo(50_000);
});

test('before any run its model and a forward pass tell; nothing before that', () => {
  const timings = new Timings();
  const expected = (passes: number, work = LARGE) => timings.expects(model, device, { passes, adaptive: false, work });
  expect(expected(10)).toEqual({ passes: 10, durationMs: null, basis: null });
  timings.forward(model, device, 206.4);
  timings.forward(model, device, 106.4, 32.5);
  timings.forward(model, device, 306.4);
  expect(expected(10).basis).toBe('forward');
  expect(expected(20).durationMs! - expected(10).durationMs!).toBeCloseTo(100 * 2.5 * 10);
  // many small layers take long to be met for the first time
  expect(
    expected(10, { ...SMALL, nodes: 420, layers: 300 }).durationMs! - expected(10, SMALL).durationMs!,
  ).toBeGreaterThan(500);
});

test('work is counted from the graph; a free size is one', () => {
  const builder = new GraphBuilder('small');
  const x = builder.input('x', [null, 4]);
  const y = builder.add('mul', [x, builder.constant({ shape: [4], data: new Float32Array(4) }, 'w')], {}, 'y');
  builder.layer({ name: 'y', kind: 'Layer', group: [], output: y, unitAxis: 1, inputs: [], parameters: 4 });
  builder.output('y', builder.add('relu', [y], {}, 'z'));
  expect(workOf(builder.build())).toEqual({ nodes: 2, layers: 1, elements: 8, weights: 4 });
});

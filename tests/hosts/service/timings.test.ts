/** How long a run is expected to take, by what was measured. */
import { expect, test } from 'vitest';
import type { Device } from '../../../src/main/engine/backends';
import { Timings } from '../../../src/main/hosts/service/timings';

const model = { hash: 'a' };
const device = { info: { name: 'cpu', device: 'a processor', version: '1' } } as Device;

/** Runs on small networks of several kinds, one after the other: examples, expected passes, ms and passes that each took. */
const MEASURED = {
  'genomics, 400 bp': [[1, 65, 1497, 40], [3, 195, 2117, 114]],
  transformer: [[1, 65, 1622, 23], [3, 195, 1810, 69]],
  'two inputs': [[1, 65, 382, 45], [3, 195, 513, 97]],
  'PyTorch stages': [[1, 65, 2094, 52], [3, 195, 3942, 150]],
} as const; // prettier-ignore

for (const [name, [first, more]] of Object.entries(MEASURED))
  test(`${name}: after a run of one example the next, and one of three, are told within a factor of 1.5`, () => {
    const timings = new Timings();
    const [, expected, ms, passes] = first;
    timings.ran(model, device, { ms, passes }, expected);
    for (const [, typical, took] of [first, more]) {
      const { durationMs, basis } = timings.expects(model, device, typical, true);
      expect(basis).toBe('runs');
      expect(durationMs! / took).toBeGreaterThan(1 / 1.5);
      expect(durationMs! / took).toBeLessThan(1.5);
    }
  });

test('a long run is its passes: what it takes besides does not grow with it', () => {
  const timings = new Timings();
  timings.ran(model, device, { ms: 77_000, passes: 100 }, null);
  expect(timings.expects(model, device, 200, false).durationMs).toBeCloseTo(152_000);
  expect(timings.expects(model, device, 100, false).durationMs).toBeCloseTo(77_000);
});

test('what an adaptive path took says how far the next one goes, and nothing of even steps', () => {
  const timings = new Timings();
  timings.ran(model, device, { ms: 1000, passes: 20 }, 80);
  expect(timings.expects(model, device, 80, true).passes).toBe(20);
  expect(timings.expects(model, device, 80, false).passes).toBe(80);
  // one that was content with less tells how long passes take, not how many there are
  timings.ran(model, device, { ms: 100, passes: 2 }, null);
  expect(timings.expects(model, device, 80, true).passes).toBe(20);
});

test('of several runs the one that is most like it tells', () => {
  const timings = new Timings();
  timings.ran(model, device, { ms: 1000, passes: 10 }, null);
  timings.ran(model, device, { ms: 50_000, passes: 1000 }, null);
  expect(timings.expects(model, device, 10, false).durationMs).toBeCloseTo(1000);
  expect(timings.expects(model, device, 1000, false).durationMs).toBeCloseTo(50_000);
});

test('before any run a forward pass tells, and what it took to make a graph of it; nothing before that', () => {
  const timings = new Timings();
  expect(timings.expects(model, device, 10, false)).toEqual({ passes: 10, durationMs: null, basis: null });
  timings.forward(model, device, 8);
  timings.forward(model, device, 4, 30);
  timings.forward(model, device, 6);
  expect(timings.expects(model, device, 10, false)).toEqual({
    passes: 10,
    durationMs: 4 * 2.5 * 10 + 30 * 20,
    basis: 'forward',
  });
});

/** Rounds on their way to a window: how often, which, and how large. */
import { expect, it } from 'vitest';
import { DEFAULT_ACCURACY, type Round } from '../../../src/contract/attribution';
import type { RunRecord } from '../../../src/contract/studio';
import { fromBytes, toBytes, type FromServer } from '../../../src/contract/wire';
import { Page } from '../../../src/main/hosts/serve/page';
import { Rounds } from '../../../src/main/hosts/service/work/rounds';

const round = (example: number, walks: number, units = new Float32Array(2)): Round => ({
  method: 'nig',
  example,
  target: 'y',
  accuracy: DEFAULT_ACCURACY,
  atInput: 1,
  atBaseline: 0,
  estimate: 0.1,
  layer: 'a',
  walks,
  rounds: walks,
  layers: [{ name: 'a', cut: true, units, unitError: units, unitsError: 0.1, certain: 1 }],
});

/** What a window is told, with a clock that a test turns. */
function told() {
  const heard: Round[] = [];
  const clock = { now: 0 };
  return { heard, clock, rounds: new Rounds((each) => heard.push(each), () => clock.now) }; // prettier-ignore
}

it('come ten times a second at the most, the newest of each example, every example in its turn', () => {
  const { heard, clock, rounds } = told();
  for (let walks = 1; walks <= 100; walks++) {
    clock.now = walks * 10;
    for (const example of [0, 1, 2]) rounds.add(round(example, walks));
  }
  expect(heard.length).toBeGreaterThan(8);
  expect(heard.length).toBeLessThanOrEqual(11);
  for (const example of [0, 1, 2]) expect(heard.filter((each) => each.example === example).length).toBeGreaterThan(2);
  // What was told was never older than the time that passes between two.
  const at = heard.map(({ walks }) => walks);
  expect(at).toEqual([...at].sort((a, b) => a - b));
});

it('wait while nothing new comes, are told by and by, and not once their result is there', () => {
  const { heard, clock, rounds } = told();
  rounds.add(round(0, 1));
  rounds.add(round(0, 2));
  expect(heard.map(({ walks }) => walks)).toEqual([1]);
  clock.now = 100;
  rounds.pass();
  expect(heard.map(({ walks }) => walks)).toEqual([1, 2]);
  rounds.add(round(0, 3));
  rounds.done('nig');
  clock.now = 1000;
  rounds.pass();
  expect(heard).toHaveLength(2);
});

it('hold arrays of their own, of a bounded number of examples', () => {
  const { heard, clock, rounds } = told();
  const large = new Float32Array(1000);
  const part = large.subarray(0, 2).fill(7);
  rounds.add(round(0, 1, part));
  for (let example = 1; example < 100; example++) rounds.add(round(example, 1, part));
  part.fill(0); // used again
  for (let turn = 1; turn <= 100; turn++) {
    clock.now = turn * 100;
    rounds.pass();
  }
  expect(heard.length).toBe(1 + 16);
  for (const { layers } of heard)
    for (const { units, unitError } of layers)
      for (const array of [units, unitError]) {
        expect([...array]).toEqual([7, 7]);
        expect(array.buffer.byteLength).toBe(8);
      }
});

it('of 55,000 units cross to a browser as they are, in half a megabyte', () => {
  const units = Float32Array.from({ length: 55_000 }, (_, at) => Math.sin(at));
  const notice = { kind: 'round', round: round(0, 18, units) } as const;
  const message: FromServer = { kind: 'job', job: 'j', notice };
  const bytes = toBytes(message);
  expect(bytes.length).toBeLessThan(2 * 4 * 55_000 + 1000);
  expect(fromBytes(bytes)).toEqual(message);
});

it('whole numbers and float64 cross as what they are, to the sign of a zero', () => {
  const numbers = { certain: Int32Array.of(-1, 2), grid: [Float64Array.of(1e-30, -0)], odd: new Uint8Array([1]) };
  const crossed = fromBytes(toBytes({ id: 1, name: 'x', params: numbers })) as { params: typeof numbers };
  expect(crossed.params).toEqual(numbers);
  expect(Object.is(crossed.params.grid[0]![1], -0)).toBe(true);
});

it('a page that is loaded again has the newest of each example, and none whose run is there', () => {
  const page = new Page('one');
  page.began('j', { run: 'r', accuracy: DEFAULT_ACCURACY, backend: 'auto' });
  const seen = () => {
    let jobs: Extract<FromServer, { kind: 'welcome' }>['jobs'] = [];
    const link = { open: true, end: () => undefined, send: (message: FromServer) => void (message.kind === 'welcome' && (jobs = message.jobs)) }; // prettier-ignore
    page.shownBy(link as never);
    return jobs.flatMap(({ notices }) => notices);
  };
  for (let example = 0; example < 20; example++)
    for (const walks of [18, 20]) page.heard('j', { kind: 'round', round: round(example, walks) });
  const rounds = seen().flatMap((notice) => (notice.kind === 'round' ? [notice.round] : []));
  expect(rounds.map(({ example }) => example)).toEqual([12, 13, 14, 15, 16, 17, 18, 19]);
  expect(rounds.every(({ walks }) => walks === 20)).toBe(true);
  page.heard('j', { kind: 'run', run: { result: { method: 'nig' } } as RunRecord, unkept: null });
  expect(seen().map(({ kind }) => kind)).toEqual(['run']);
});

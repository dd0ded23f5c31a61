import { expect, test } from 'vitest';
import { MhoError } from '../../src/contract/errors';
import { awayWords, lacking } from '../../src/renderer/logic/asking';

const array = (name: string, input: string | null) => ({
  name,
  input,
  shape: [1],
  min: 0,
  max: 1,
  mean: 0,
  notFinite: 0,
});
const whole = { inputs: ['a', 'b'], data: { arrays: [array('x', 'a'), array('y', 'b')], faults: [] }, examples: 1, methods: 1, target: true }; // prettier-ignore

test('what is missing is called by its name', () => {
  expect(lacking(whole)).toBeNull();
  expect(lacking({ ...whole, inputs: null })).toBe('Open a model.');
  expect(lacking({ ...whole, inputs: ['a'], data: null })).toBe('Open input data.');
  expect(lacking({ ...whole, data: null })).toBe('Open data for a and b.');
  expect(lacking({ ...whole, data: { arrays: [array('x', 'a')], faults: [] } })).toBe('Open data for b.');
  expect(lacking({ ...whole, inputs: ['a', 'b', 'c', 'd', 'e'] })).toBe('Open data for c and d and e.');
  expect(lacking({ ...whole, examples: 0 })).toBe('Choose an example.');
  expect(lacking({ ...whole, methods: 0 })).toBe('Choose a method.');
  expect(lacking({ ...whole, target: false })).toContain('one of the examples has no place');
});

test('a fault of the data is the reason, where nothing is missing', () => {
  const { fault } = new MhoError('INPUT_FILE', { path: 'x.npy', format: 'npy', reason: 'it ends early' });
  expect(lacking({ ...whole, data: { ...whole.data, faults: [fault] } })).toBe(fault.message);
});

test('what was kept and is not there any more is said, each by itself', () => {
  expect(awayWords({ data: null, baseline: false })).toBeNull();
  expect(awayWords({ data: 'x.npy', baseline: false })).toMatch(
    /^x\.npy is not where it was.*the rows that were run are shown\.$/,
  );
  expect(awayWords({ data: null, baseline: true })).toMatch(
    /^The file that was compared with .*the baseline is that of the run\.$/,
  );
  expect(awayWords({ data: 'x.npy', baseline: true })).toMatch(/shown\. The file/);
});

/** A baseline that fits the data, and what baselines of all kinds have in common. */
import type { BaselineChoice, BaselineSpec, NumericArray } from '../../../../contract/attribution';
import type { InputPort } from '../../../../contract/data';
import { MhoError } from '../../../../contract/errors';
import type { Varied } from '../../../../contract/model';

/** What is asked by a word: what fits the data; channels alike; the padding that the model tells, or this id. */
export type FittingBaseline = 'fitting' | 'uniform' | 'padding' | { readonly padding: number };

export type Inputs = Readonly<Record<string, NumericArray>>;

/**
 * The baseline of the inputs that are walked. By default that is the id of padding for ids that are looked up, where the model
 * tells it, and zeros for all else; each with why.
 * @throws BASELINE_UNIFORM, BASELINE_PADDING
 */
export function fittingBaseline(
  ports: readonly InputPort[],
  varied: Varied,
  inputs: Inputs,
  asked: FittingBaseline,
): BaselineSpec {
  const chosen = walkedPorts(ports, varied, inputs).map((port) => choiceOf(port, inputs[port.name]!, asked));
  const names = ports.map(({ name }) => name).join(', ');
  if (asked === 'uniform' && !chosen.some(({ kind }) => kind === 'uniform'))
    throw new MhoError('BASELINE_UNIFORM', { inputs: names });
  if (typeof asked === 'object' && !ports.some((port) => (port.vocabulary ?? 0) > asked.padding))
    throw new MhoError('BASELINE_PADDING', { inputs: names, reason: `none is looked up by an id of ${asked.padding}` });
  if (asked === 'padding' && !chosen.some(({ kind }) => kind === 'padding'))
    throw new MhoError('BASELINE_PADDING', { inputs: names, reason: 'nothing tells which id it is' });
  const rows = chosen.flatMap(({ input, kind, value }) =>
    kind === 'zeros' ? [] : [[input, rowOf(inputs[input]!, value)] as const],
  );
  return withArrays(inputs, chosen, new Map(rows));
}

/** The inputs that a path varies, directly or behind a lookup, of those that are given. */
export function walkedPorts(ports: readonly InputPort[], varied: Varied, inputs: Inputs): readonly InputPort[] {
  const walked = new Set(varied.walked.flatMap(({ name, behind }) => (behind.length > 0 ? behind : [name])));
  return ports.filter(({ name }) => walked.has(name) && Object.hasOwn(inputs, name));
}

/** What an input is compared with that cannot have what was asked. */
export function fallback({ name, padding }: InputPort, why: 'whole' | 'positions'): BaselineChoice {
  return padding === undefined
    ? { input: name, kind: 'zeros', value: 0, why }
    : { input: name, kind: 'padding', value: padding, why };
}

/** A baseline of what was chosen for each input. @param rows of inputs that have some; others have their choice's value */
export function withArrays(
  inputs: Inputs,
  chosen: readonly BaselineChoice[],
  rows: ReadonlyMap<string, NumericArray>,
): BaselineSpec {
  const arrays = chosen.flatMap(({ input, kind, value }) => {
    const given = rows.get(input) ?? (kind === 'padding' ? rowOf(inputs[input]!, value) : null);
    return given ? [[input, given] as const] : [];
  });
  if (arrays.length === 0) return { kind: 'constant', value: 0, chosen };
  return { kind: 'arrays', arrays: Object.fromEntries(arrays), rest: 0, chosen };
}

/** One row, the same everywhere. */
function rowOf({ shape }: NumericArray, value: number): NumericArray {
  const row = [1, ...shape.slice(1)];
  return { shape: row, data: new Float32Array(row.reduce((product, each) => product * each, 1)).fill(value) };
}

function choiceOf(
  { name, vocabulary, padding }: InputPort,
  array: NumericArray,
  asked: FittingBaseline,
): BaselineChoice {
  const zeros = { input: name, kind: 'zeros', value: 0 } as const;
  if (vocabulary !== undefined) {
    if (typeof asked === 'object' && asked.padding < vocabulary)
      return { input: name, kind: 'padding', value: asked.padding, why: 'asked' };
    return padding === undefined
      ? { ...zeros, why: 'ids' }
      : { input: name, kind: 'padding', value: padding, why: 'told' };
  }
  if (!isOneHot(array)) return { ...zeros, why: 'numbers' };
  return asked === 'uniform'
    ? { input: name, kind: 'uniform', value: 1 / array.shape.at(-1)!, why: 'asked' }
    : { ...zeros, why: 'one-hot' };
}

/** Channels of a one-hot sequence at the least, and which share of positions must have one that is 1; the others may have none. */
const LEAST_CHANNELS = 3;
const LEAST_HOT = 0.5;

/** Whether each position of a sequence has one channel that is 1, or none. */
export function isOneHot({ shape, data }: NumericArray): boolean {
  const channels = shape.at(-1) ?? 0;
  if (shape.length < 3 || channels < LEAST_CHANNELS || data.length === 0) return false;
  let hot = 0;
  for (let at = 0; at < data.length; at += channels) {
    let ones = 0;
    for (let channel = 0; channel < channels; channel++) {
      const value = data[at + channel]!;
      if (value === 1) ones++;
      else if (value !== 0) return false;
    }
    if (ones > 1) return false;
    hot += ones;
  }
  return hot >= (LEAST_HOT * data.length) / channels;
}

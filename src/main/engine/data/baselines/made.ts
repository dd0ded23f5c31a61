/** Baselines that are made of the data: means, blurs, noise, shuffles and other examples. The same seed gives the same numbers. */
import type { BaselineChoice, BaselineSpec, NumericArray } from '../../../../contract/attribution';
import type { MadeBaseline, MadeKind } from '../../../../contract/baselines';
import type { InputPort } from '../../../../contract/data';
import { MhoError } from '../../../../contract/errors';
import type { Varied } from '../../../../contract/model';
import { seededNumbers } from '../../attribution/random';
import { pick } from '../precision';
import { blurred, fittingSigma } from './blur';
import { fallback, walkedPorts, withArrays, type Inputs } from './fitting';
import { layoutOf, type Layout } from './layout';
import { pairKeepingShuffle, permutation } from './shuffle';

/** All examples that were given, asked or not. */
export interface Pool {
  readonly arrays: Inputs;
  /** As they are numbered. */
  readonly numbers: readonly number[];
}

/** One input, and what a baseline is made of. */
interface Source {
  readonly port: InputPort;
  /** Place among the model's inputs: each has random numbers of its own. */
  readonly place: number;
  /** `[examples, …]` */
  readonly input: NumericArray;
  /** Numbers of those examples: an example's shuffles are the same whichever others are asked with it. */
  readonly numbers: readonly number[];
  readonly pool: NumericArray;
  readonly poolNumbers: readonly number[];
  readonly layout: Layout;
  /** Whether only whole numbers can be its values. */
  readonly whole: boolean;
}

/** Rows for an input; or why there can be none. */
type Made = { readonly rows: NumericArray; readonly value: number } | 'whole' | 'positions';

const MAKERS: { readonly [Kind in MadeKind]: (source: Source, made: MadeBaseline & { kind: Kind }) => Made } = {
  mean: ({ port, pool, layout, whole, input }) => {
    if (port.vocabulary !== undefined) return 'whole';
    const means = new Float64Array(layout.channels);
    const all = pool.shape[0]! * layout.count;
    eachChannel(pool, layout, (channel, value) => (means[channel]! += value / all));
    return {
      rows: filled(input, layout, (channel) => (whole ? Math.round(means[channel]!) : means[channel]!)),
      value: 0,
    };
  },
  blur: ({ port, input, layout, whole }, { sigma }) => {
    if (port.vocabulary !== undefined) return 'whole';
    if (layout.positions.length === 0) return 'positions';
    const wide = sigma ?? fittingSigma(layout);
    const rows = new Float32Array(input.data.length);
    const size = layout.count * layout.channels;
    for (let at = 0; at < rows.length; at += size) {
      const values = blurred(input.data.subarray(at, at + size), layout, wide);
      rows.set(whole ? values.map(Math.round) : values, at);
    }
    return { rows: { shape: input.shape, data: rows }, value: wide };
  },
  noise: ({ pool, layout, whole, input, place }, { seed, count }) => {
    const low = new Float64Array(layout.channels).fill(Infinity);
    const high = new Float64Array(layout.channels).fill(-Infinity);
    eachChannel(pool, layout, (channel, value) => {
      low[channel] = Math.min(low[channel]!, value);
      high[channel] = Math.max(high[channel]!, value);
    });
    const random = seededNumbers(seed, place);
    const rows = joined(input, count, () =>
      filled(input, layout, (channel) => {
        const [from, to] = [low[channel]!, high[channel]!];
        return whole ? from + Math.floor(random() * (to - from + 1)) : from + random() * (to - from);
      }),
    );
    return { rows, value: 0 };
  },
  shuffle: ({ port, input, layout, numbers, place }, { seed, count }) => {
    if (layout.positions.length === 0) return 'positions';
    const size = layout.count * layout.channels;
    const randoms = numbers.map((number) => seededNumbers(seed, place, number));
    const value = layout.oneHot && layout.positions.length === 1 ? 1 : 0;
    const rows = joined(input, numbers.length * count, (row) => {
      const example = Math.floor(row / count);
      const values = input.data.subarray(example * size, (example + 1) * size);
      const data = shuffled(values, layout, port.padding ?? null, randoms[example]!);
      return { shape: [1, ...input.shape.slice(1)], data };
    });
    return { rows, value };
  },
  examples: ({ pool, poolNumbers }, { examples }) => {
    const places = examples.map((example) => poolNumbers.indexOf(example));
    const range = examples.filter((_, at) => places[at]! < 0).join();
    if (range !== '')
      throw new MhoError('EXAMPLES_RANGE', { range, count: poolNumbers.length, last: Math.max(...poolNumbers) });
    return { rows: pick(pool, places), value: 0 };
  },
};

/** Kinds that are made of each example: rows for each of them, its references one after the other. */
const OF_EACH: ReadonlySet<MadeKind> = new Set(['blur', 'shuffle']);

/**
 * Inputs that are held stay as they are. Ids have no mean and no blur, rows of features no positions: such an input keeps to what
 * fits it, and that is said.
 * @param inputs `[examples, …]`, whose numbers are `numbers`
 * @throws BASELINE_MADE where none of the inputs has such a baseline, EXAMPLES_RANGE
 */
export function madeBaseline(
  ports: readonly InputPort[],
  varied: Varied,
  { inputs, numbers }: { readonly inputs: Inputs; readonly numbers: readonly number[] },
  made: MadeBaseline,
  pool: Pool,
): BaselineSpec {
  const walked = walkedPorts(ports, varied, inputs);
  const rows = new Map<string, NumericArray>();
  const chosen = walked.map((port): BaselineChoice => {
    const input = inputs[port.name]!;
    const whole = port.vocabulary !== undefined || port.dtype !== 'float32';
    const layout = layoutOf(port, input);
    const source = { port, place: ports.indexOf(port), input, numbers, layout, whole, pool: pool.arrays[port.name] ?? input, poolNumbers: pool.numbers }; // prettier-ignore
    const maker = MAKERS[made.kind] as (source: Source, made: MadeBaseline) => Made;
    const result = maker(source, made);
    if (typeof result === 'string') return fallback(port, result);
    rows.set(port.name, result.rows);
    return { input: port.name, kind: made.kind, value: result.value, why: 'asked', made };
  });
  if (rows.size === 0) {
    const [first] = chosen;
    const reason =
      first?.why === 'positions' ? 'there are no positions, only features' : 'they are ids, which are looked up';
    throw new MhoError('BASELINE_MADE', { kind: made.kind, inputs: walked.map(({ name }) => name).join(', '), reason });
  }
  const spec = withArrays(inputs, chosen, rows);
  if (spec.kind === 'constant' || !OF_EACH.has(made.kind)) return spec;
  return { ...spec, perExample: true, ...('count' in made && made.count > 1 && { references: made.count }) };
}

/** What stands at every position of each channel, as one row. */
function filled({ shape }: NumericArray, layout: Layout, value: (channel: number) => number): NumericArray {
  const { count, channels, positionStride, channelStride } = layout;
  const data = new Float32Array(count * channels);
  for (let position = 0; position < count; position++)
    for (let channel = 0; channel < channels; channel++)
      data[position * positionStride + channel * channelStride] = value(channel);
  return { shape: [1, ...shape.slice(1)], data };
}

function eachChannel({ data }: NumericArray, layout: Layout, tell: (channel: number, value: number) => void): void {
  const { channels, channelStride } = layout;
  for (let at = 0; at < data.length; at++) tell(Math.floor(at / channelStride) % channels, data[at]!);
}

/** Rows of one shape, one below the other. */
function joined({ shape }: NumericArray, count: number, row: (at: number) => NumericArray): NumericArray {
  const rows = Array.from({ length: count }, (_, at) => row(at).data);
  const data = new Float32Array(rows.reduce((sum, each) => sum + each.length, 0));
  rows.forEach((each, at) => data.set(each, at * each.length));
  return { shape: [count, ...shape.slice(1)], data };
}

/** An example with its positions in another order. @param padding an id that stays where it is */
function shuffled(values: Float32Array, layout: Layout, padding: number | null, random: () => number): Float32Array {
  const { positions, count, channels, positionStride, channelStride, oneHot } = layout;
  const to = new Float32Array(values.length);
  if (oneHot && positions.length === 1) {
    const letter = (position: number): number => {
      for (let channel = 0; channel < channels; channel++)
        if (values[position * positionStride + channel * channelStride] === 1) return channel;
      return channels; // no letter is one, too
    };
    const letters = pairKeepingShuffle(
      Int32Array.from({ length: count }, (_, position) => letter(position)),
      random,
    );
    letters.forEach((channel, position) => {
      if (channel < channels) to[position * positionStride + channel * channelStride] = 1;
    });
    return to;
  }
  const moving = Array.from({ length: count }, (_, position) => position).filter(
    (position) => padding === null || values[position * positionStride] !== padding,
  );
  to.set(values);
  permutation(moving.length, random).forEach((from, at) => {
    for (let channel = 0; channel < channels; channel++)
      to[moving[at]! * positionStride + channel * channelStride] =
        values[moving[from]! * positionStride + channel * channelStride]!;
  });
  return to;
}

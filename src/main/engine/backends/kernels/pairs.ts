/** Neighbours among recorded ops that a kernel of our own does in one trip to memory. */
import type { NativeAttribute } from '../native';

/** An op that ran; tensors by the binding's numbers. */
export interface Step {
  /** The lane that called it. */
  readonly lane: number;
  readonly op: string;
  readonly attributes: readonly NativeAttribute[];
  readonly inputs: readonly number[];
  readonly outputs: readonly { readonly id: number; readonly dtype: number }[];
}

/** What the names of our kernels begin with. */
export const OURS = 'Mho';

const numberOf = ({ attributes }: Step, name: string): NativeAttribute['value'] | undefined =>
  attributes.find((each) => each.name === name)?.value;

/** A bias or scale, then the ReLU of it. */
function opened(first: Step, second: Step): Step | null {
  if ((first.op !== 'MhoOffset' && first.op !== 'MhoAffine') || second.op !== 'Relu') return null;
  if (second.inputs[0] !== first.outputs[0]!.id) return null;
  return { ...first, op: `${first.op}Relu`, outputs: [...first.outputs, ...second.outputs] };
}

/** The contributions of what a ReLU makes of x, then what it passes on: x tells both. */
function flowing(first: Step, second: Step, madeBy: ReadonlyMap<number, Step>): Step | null {
  if (first.op !== 'MhoContribution' || second.op !== 'MhoReluSecant' || first.inputs[0] !== second.inputs[0])
    return null;
  if (['pairs', 'stride'].some((name) => numberOf(first, name) !== numberOf(second, name))) return null;
  const relu = madeBy.get(first.inputs[1]!);
  if (!relu || relu.inputs[0] !== second.inputs[1]) return null;
  const slope = relu.op === 'Relu' ? 0 : relu.op === 'LeakyRelu' ? numberOf(relu, 'alpha') : undefined;
  if (slope !== numberOf(second, 'slope')) return null;
  return { ...second, op: 'MhoReluFlow', outputs: [...second.outputs, ...first.outputs] };
}

/** The steps, neighbours put together where there is a kernel for both. */
export function inOneTrip(steps: readonly Step[]): Step[] {
  const madeBy = new Map(steps.flatMap((step) => step.outputs.map(({ id }) => [id, step] as const)));
  const together: Step[] = [];
  for (const step of steps) {
    const before = together.at(-1);
    const both = before?.lane === step.lane ? (opened(before, step) ?? flowing(before, step, madeBy)) : null;
    if (both) together[together.length - 1] = both;
    else together.push(step);
  }
  return together;
}

/** Lists of tensors (ONNX's sequences and optional values): plain lists while a file is translated, where the file tells every place. */
import * as host from '../tensors/array';
import { isArray, NotExpressible, range } from '../tensors/array';
import type { Assembly, Tensor } from '../tensors/assembly';
import * as moves from '../tensors/moves';

export class Sequence {
  constructor(readonly items: readonly Tensor[]) {}
}

export interface SequenceCall {
  readonly to: Assembly;
  /** Undefined where an optional input is left out. */
  readonly inputs: readonly (Tensor | Sequence | undefined)[];
  readonly int: (name: string, missing: number) => number;
}
type SequenceRow = (call: SequenceCall) => Tensor | Sequence;

function listOf({ to, inputs: [x] }: SequenceCall): readonly Tensor[] {
  if (x instanceof Sequence) return x.items;
  if (x && !isArray(x)) to.known(x);
  throw new NotExpressible('what is no list');
}

function tensorOf({ inputs }: SequenceCall, index: number): Tensor {
  const x = inputs[index];
  if (!x || x instanceof Sequence) throw new NotExpressible('what is no tensor');
  return x;
}

/** A place in a list. @param count how many there are @param missing where none is given */
function placeOf(call: SequenceCall, index: number, count: number, missing: number): number {
  if (!call.inputs[index]) return missing;
  const [at] = call.to.list(tensorOf(call, index), 'a place in a list') as [number];
  const place = at < 0 ? at + count : at;
  if (!(place >= 0 && place < count)) throw new NotExpressible(`place ${at} of ${count}`);
  return place;
}

function along(to: Assembly, x: Tensor, axis: number, from: number, until: number): Tensor {
  const whole = range(to.rank(x));
  const only = (value: number): (number | null)[] => whole.map((each) => (each === axis ? value : null));
  return moves.slice(to, x, only(from), only(until), whole.map(() => 1)); // prettier-ignore
}

function split(call: SequenceCall): Sequence {
  const { to } = call;
  const x = tensorOf(call, 0);
  const axis = to.axis(x, call.int('axis', 0));
  const size = to.shape(x)[axis]!;
  const given = call.inputs[1] ? to.array(tensorOf(call, 1), 'sizes of parts') : null;
  const step = given ? (given.shape.length === 0 ? host.list(given)[0]! : null) : 1;
  if (step !== null && !(step >= 1)) throw new NotExpressible(`parts of ${step}`);
  const sizes =
    step === null ? host.list(given!) : range(Math.ceil(size / step)).map((i) => Math.min(step, size - i * step));
  let at = 0;
  const parts = sizes.map((each) => along(to, x, axis, at, (at += each)));
  const drop = given === null && call.int('keepdims', 1) === 0;
  return new Sequence(drop ? parts.map((each) => to.squeeze(each, [axis])) : parts);
}

function joined(call: SequenceCall): Tensor {
  const { to } = call;
  const items = listOf(call);
  if (!items.length) throw new NotExpressible('an empty list');
  const fresh = call.int('new_axis', 0) !== 0;
  const axis = to.axis(items[0]!, call.int('axis', 0), fresh ? 1 : 0);
  const parts = fresh ? items.map((each) => to.unsqueeze(each, [axis])) : items;
  return moves.concat(to, parts, axis);
}

const rows: Readonly<Record<string, SequenceRow>> = {
  SequenceEmpty: () => new Sequence([]),
  SequenceConstruct: (call) => new Sequence(call.inputs.map((_, i) => tensorOf(call, i))),
  SequenceAt: (call) => {
    const items = listOf(call);
    return items[placeOf(call, 1, items.length, 0)]!;
  },
  SequenceInsert: (call) => {
    const items = listOf(call);
    const place = placeOf(call, 2, items.length + 1, items.length);
    return new Sequence([...items.slice(0, place), tensorOf(call, 1), ...items.slice(place)]);
  },
  SequenceErase: (call) => {
    const items = listOf(call);
    const place = placeOf(call, 1, items.length, items.length - 1);
    return new Sequence(items.filter((_, i) => i !== place));
  },
  SequenceLength: (call) => host.wholes([listOf(call).length], []),
  SplitToSequence: split,
  ConcatFromSequence: joined,
  Optional: ({ inputs: [x] }) => {
    if (!x) throw new NotExpressible('nothing in it');
    return x;
  },
  OptionalGetElement: ({ inputs: [x] }) => {
    if (!x) throw new NotExpressible('nothing in it');
    return x;
  },
  OptionalHasElement: ({ inputs: [x] }) => host.wholes([x ? 1 : 0], []),
};

/** What an op of lists does; also of ops that pass on whatever they are given. */
export function sequenceRowOf(kind: string, given: readonly unknown[]): SequenceRow | null {
  if (kind === 'Identity' && given[0] instanceof Sequence) return ({ inputs: [x] }) => x!;
  return Object.hasOwn(rows, kind) ? rows[kind]! : null;
}

/**
 * If, Loop and Scan: a branch is taken, steps are unrolled, where the file itself says which and how many. Where the input says which
 * branch, both are there, and one of what they give is chosen.
 */
import { type HostArray, isArray, NotExpressible, range, wholes } from '../tensors/array';
import { type Assembly, symbolic, type Tensor } from '../tensors/assembly';
import { chosenBetween } from '../tensors/branches';
import { MOST_STEPS, walkedAlong } from '../tensors/recurrent';
import * as moves from '../tensors/moves';

/** A node with subgraphs, as the importer shows it. */
export interface Control {
  readonly to: Assembly;
  readonly opset: number;
  readonly inputs: readonly (Tensor | undefined)[];
  readonly outputs: number;
  readonly int: (name: string, missing: number) => number;
  readonly ints: (name: string) => readonly number[] | null;
  /** Runs the graph in an attribute. @param part put before the names of its nodes: `t0/` */
  readonly run: (attribute: string, part: string, values: readonly Tensor[]) => readonly Tensor[];
  /** Whether constants alone tell that a loop of so many steps goes on after them: none is made. @param values of the first step */
  readonly goesOn: (attribute: string, values: readonly Tensor[], most: number) => boolean;
}

const given = ({ inputs }: Control, index: number): Tensor => {
  const x = inputs[index];
  if (!x) throw new NotExpressible(`input ${index} left out`);
  return x;
};
const holds = (control: Control, x: Tensor, what: string): boolean => control.to.array(x, what).data[0] !== 0;
const truth: HostArray = wholes([1], []);

function branch(control: Control): readonly Tensor[] {
  const condition = given(control, 0);
  if (isArray(condition)) return control.run(condition.data[0] !== 0 ? 'then_branch' : 'else_branch', '', []);
  const [yes, no] = [control.run('then_branch', 'then/', []), control.run('else_branch', 'else/', [])];
  return chosenBetween(control.to, condition, yes, no);
}

/** Values of single steps as one, along a new axis. */
function stacked(to: Assembly, steps: readonly Tensor[], axis: number): Tensor {
  if (!steps.length) throw new NotExpressible('no step to collect');
  const place = to.axis(steps[0]!, axis, 1);
  return moves.concat(
    to,
    steps.map((each) => to.unsqueeze(each, [place])),
    place,
  );
}

/** Inputs: most steps, condition, values carried from step to step. The body gives condition, values, and what is collected. */
function loop(control: Control): readonly Tensor[] {
  const { to, inputs } = control;
  const [most, condition] = inputs;
  const count = most ? to.list(most, 'a number of steps')[0]! : Infinity;
  let carried = inputs.slice(2).map((_, i) => given(control, i + 2));
  let going: Tensor = condition ?? truth;
  const collected: Tensor[][] = [];
  const far = symbolic(count) || (count > MOST_STEPS && holds(control, going, 'a condition of its steps'));
  if (far && control.goesOn('body', [wholes([0], []), going, ...carried], MOST_STEPS))
    throw new NotExpressible(`a free number of steps, or more than ${MOST_STEPS}`);
  let step = 0;
  for (; step < count && holds(control, going, 'a condition of its steps'); step++) {
    if (step >= MOST_STEPS) throw new NotExpressible(`more than ${MOST_STEPS} steps`);
    const [next, ...made] = control.run('body', `t${step}/`, [wholes([step], []), going, ...carried]);
    going = next!;
    carried = made.slice(0, carried.length);
    made.slice(carried.length).forEach((each, i) => (collected[i] ??= []).push(each));
  }
  const wanted = control.outputs - carried.length;
  if (collected.length < wanted) throw new NotExpressible('no step to collect');
  return [...carried, ...collected.map((steps) => stacked(to, steps, 0))];
}

/** Inputs: states, then values that are walked along an axis. The body gives states, and what is collected. */
function scan(control: Control): readonly Tensor[] {
  const { to, inputs, opset } = control;
  if (opset < 9) throw new NotExpressible('a batch of its own (operator set 8)');
  const walked = control.int('num_scan_inputs', 1);
  const states = inputs.length - walked;
  const axes = control.ints('scan_input_axes') ?? range(walked).map(() => 0);
  const backwards = control.ints('scan_input_directions') ?? range(walked).map(() => 0);
  const sequences = range(walked).map((i) => given(control, states + i));
  const places = sequences.map((x, i) => to.axis(x, axes[i] ?? 0));
  const counts = sequences.map((x, i) => to.shape(x)[places[i]!]!);
  const [count] = counts as [number];
  if (counts.some((each) => each !== count)) throw new NotExpressible('sequences of different lengths');
  sequences.forEach((x, i) => walkedAlong(to, x, places[i]!));
  if (count > MOST_STEPS) throw new NotExpressible(`${count} steps, of which ${MOST_STEPS} at most are unrolled`);
  let carried = range(states).map((i) => given(control, i));
  const collected: Tensor[][] = [];
  for (let step = 0; step < count; step++) {
    const rows = sequences.map((x, i) => {
      const at = backwards[i] ? count - 1 - step : step;
      const whole = range(to.rank(x)).map(() => null as number | null);
      const only = (value: number): (number | null)[] => whole.map((_, axis) => (axis === places[i] ? value : null));
      const row = moves.slice(to, x, only(at), only(at + 1), whole.map(() => 1)); // prettier-ignore
      return isArray(row) ? to.reshape(row, dropped(row.shape, places[i]!)) : to.squeeze(row, [places[i]!]);
    });
    const made = control.run('body', `t${step}/`, [...carried, ...rows]);
    carried = made.slice(0, states);
    made.slice(states).forEach((each, i) => (collected[i] ??= []).push(each));
  }
  const outputAxes = control.ints('scan_output_axes') ?? [];
  const outputWays = control.ints('scan_output_directions') ?? [];
  return [
    ...carried,
    ...collected.map((steps, i) => stacked(to, outputWays[i] ? [...steps].reverse() : steps, outputAxes[i] ?? 0)),
  ];
}
const dropped = (shape: readonly number[], axis: number): number[] => shape.filter((_, each) => each !== axis);

/** Kinds of nodes that hold graphs. */
const rows: Readonly<Record<string, (control: Control) => readonly Tensor[]>> = {
  If: branch,
  Loop: loop,
  Scan: scan,
};

export const subgraphRowOf = (kind: string): ((control: Control) => readonly Tensor[]) | null =>
  Object.hasOwn(rows, kind) ? rows[kind]! : null;

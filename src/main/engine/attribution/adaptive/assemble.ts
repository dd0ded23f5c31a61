/** From resolved examples to what the user is told. */
import type { Accuracy, LayerResult, Reached, RunResult } from '../../../../contract/attribution';
import type { Plan, PlannedLayer } from '../plan';
import type { Prepared } from '../request';
import { isKept, magnitudes } from '../results';
import type { Rounding } from '../rounding';
import { withRounding } from './floor';
import type { Resolved, ResolvedLayer } from './run';

/**
 * A run's result so far as examples decide it, its errors with those of its numbers' rounding.
 * @param resolved at least one, in any order
 */
export function resolvedResult(
  plan: Plan,
  accuracy: Accuracy,
  { targets, references }: Pick<Prepared, 'targets' | 'references'>,
  resolved: readonly Resolved[],
  rounding: Rounding,
): Pick<
  RunResult,
  'method' | 'rule' | 'steps' | 'adaptive' | 'target' | 'atInput' | 'atBaseline' | 'delta' | 'layers' | 'examples'
> {
  const inOrder = [...resolved].sort((a, b) => a.example - b.example);
  const atInput = Float32Array.from(inOrder, (each) => each.atInput);
  const atBaseline = Float32Array.from(inOrder, (each) => each.atBaseline);
  const delta = atInput.map((value, place) => value - atBaseline[place]!);
  const examples = inOrder.map(({ example }) => example);
  const { layers, told } = withRounding(
    plan.layers.map((layer) => layerResult(layer, inOrder, delta)),
    inOrder.map(({ reached }) => reached),
    { plan, accuracy, examples, references, rounding },
  );
  return {
    method: 'nig',
    rule: 'secant',
    steps: Math.max(...inOrder.map(({ steps }) => steps)),
    adaptive: { accuracy, examples: told.map((reached, place) => keeping(reached, inOrder[place]!.saved)) },
    target: inOrder.map(({ example }) => targets[example]!),
    atInput,
    atBaseline,
    delta,
    layers,
    examples,
  };
}

/** With what is kept of a path, packed once somebody looks: only who saves a run or goes on with it does. */
function keeping(reached: Omit<Reached, 'saved'>, make: Resolved['saved']): Reached {
  let making: Resolved['saved'] | null = make;
  let made: Reached['saved'] = null;
  return {
    ...reached,
    get saved() {
      if (making) [made, making] = [making(), null]; // the grid is let go
      return made;
    },
  };
}

function layerResult({ layer, cut }: PlannedLayer, resolved: readonly Resolved[], delta: Float32Array): LayerResult {
  const own = resolved.map(({ layers }) => layers.get(layer.output)!);
  const { shape } = own[0]!;
  const examples = own.length;
  const joined = (of: (each: ResolvedLayer) => Float32Array): Float32Array => {
    if (examples === 1) return of(own[0]!);
    const size = of(own[0]!).length;
    const all = new Float32Array(examples * size);
    own.forEach((each, place) => all.set(of(each), place * size));
    return all;
  };
  const numbers = (of: (each: ResolvedLayer) => number): Float32Array => Float32Array.from(own, of);
  const units = joined((each) => each.units);
  const { references } = own[0]!;
  const contributions = joined((each) => each.contributions);
  const sum = numbers((each) => each.units.reduce((total, unit) => total + unit, 0));
  return {
    name: layer.name,
    kind: layer.kind,
    shape,
    unitAxis: layer.unitAxis,
    cut,
    contributions,
    sum,
    residual: cut ? sum.map((value, place) => value - delta[place]!) : null,
    error: numbers((each) => each.neuronsError),
    unitsError: numbers((each) => each.unitsError),
    neuronsTotal: magnitudes(contributions, examples),
    unitsTotal: magnitudes(units, examples),
    units,
    unitError: joined((each) => each.unitError),
    certain: Int32Array.from(own, (each) => each.certain),
    spread: own[0]!.spread === null ? null : joined((each) => each.spread!),
    ...(references !== null &&
      isKept(examples * references.length) && { references: joined((each) => each.references!) }),
  };
}

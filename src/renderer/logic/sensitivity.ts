/** How much the baseline matters: which baselines are tried, what is asked of each, and one unit against several references. */
import type { LayerRecord, RunRecord, RunSetup } from '../../contract/studio';
import { layerSensitivity, type LayerSensitivity } from '../../contract/sensitivity';
import { madeBaseline } from '../../contract/baselines';
import { madeWords } from '../../contract/words/baselines';
import { examplePlace } from './ranking';

type Baseline = RunSetup['baseline'];

/** A baseline and what it is called beside the others. */
export interface Among {
  readonly word: string;
  readonly baseline: Baseline;
}

const TRIED: readonly Baseline[] = [
  { kind: 'constant', value: 0 },
  { kind: 'mean' },
  { kind: 'blur', sigma: null },
  { kind: 'noise', seed: 0, count: 4 },
  { kind: 'shuffle', seed: 0, count: 4 },
];

export function baselineWord(baseline: Baseline): string {
  const made = madeBaseline.safeParse(baseline);
  if (made.success) return madeWords(made.data);
  if (baseline.kind === 'constant') return baseline.value === 0 ? 'zeros' : `constant ${baseline.value}`;
  return baseline.kind === 'fitting' ? 'fitting' : 'file';
}

/** What is tried beside the baseline that is asked for, which comes first; each once. */
export const amongOf = (own: Baseline): readonly Among[] => [
  ...new Map([own, ...TRIED].map((baseline) => [baselineWord(baseline), { word: baselineWord(baseline), baseline }])).values(), // prettier-ignore
];

/** What is asked of one baseline: the example that is looked at, by one method, aside from what is shown. */
export const sensitivitySetup = (
  setup: RunSetup,
  baseline: Baseline,
  example: number,
  aside: string | undefined,
): RunSetup => ({
  ...setup,
  baseline,
  examples: [example],
  methods: setup.methods.slice(0, 1),
  ...(aside && { aside }),
});

export interface Under {
  readonly word: string;
  readonly run: RunRecord;
}

/** Of every layer that all runs have, with units to rank. */
export function sensitivities(runs: readonly Under[], example: number): readonly LayerSensitivity[] {
  const [first] = runs;
  if (!first || runs.length < 2) return [];
  const places = runs.map(({ run }) => examplePlace(run, example));
  if (places.includes(-1)) return [];
  const counts = runs.map(({ run }) => run.result.examples.length);
  return first.run.layers.flatMap(({ name }): LayerSensitivity[] => {
    const under = runs.flatMap(({ run }): LayerRecord[] => run.layers.filter((layer) => layer.name === name));
    if (under.length < runs.length || under[0]!.units.length / counts[0]! < 2) return [];
    return [layerSensitivity(under, places, counts)];
  });
}

/** One unit against each reference. @param references `[examples, references, units]` */
export function byReference(
  references: Float32Array,
  { examples, units }: { readonly examples: number; readonly units: number },
  place: number,
  unit: number,
): number[] {
  const each = references.length / examples / units;
  return Array.from({ length: each }, (_, reference) => references[(place * each + reference) * units + unit]!);
}

/** `Against 4 references: +0.3 on average, +0.1 to +0.5.`; where the sign depends on which, that is said. */
export function referenceWords(values: readonly number[], written: (value: number) => string): string {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const sign = low < 0 && high > 0 ? '; its sign depends on the reference' : '';
  return `Against ${values.length} references: ${written(mean)} on average, ${written(low)} to ${written(high)}${sign}`;
}

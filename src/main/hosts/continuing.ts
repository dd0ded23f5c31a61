/** An adaptive run that goes on, for every host: what is asked of the engine, and what becomes of the run. */
import type { Accuracy, AttributionRequest, RunResult, TargetTerm } from '../../contract/attribution';
import type { Question } from '../../contract/session';

/** What a run was asked, but for the accuracy: its question holds the numbers, whatever became of the files. */
export function continuing(
  run: RunResult,
  { inputs, examples, baseline, target, minus, hold, walk }: Question,
  accuracy: Accuracy,
  memoryMB: number | undefined,
): AttributionRequest {
  return {
    inputs,
    baseline,
    target,
    ...(minus && { minus }),
    ...(hold && { hold }),
    ...(walk && { walk }),
    methods: ['nig'],
    rule: 'secant',
    steps: run.steps,
    accuracy,
    exampleNumbers: examples,
    layers: run.layers.map(({ name }) => name),
    ...(run.pathStart !== null && { pathStart: run.pathStart }),
    ...(memoryMB !== undefined && { memoryMB }),
  };
}

/** The run as it has gone on: time that was spent on what is not walked again counts, and targets are called what they were. */
export const goneOn = (before: RunResult, after: RunResult): RunResult => ({
  ...after,
  ...(after.terms && { terms: after.terms.map((term, at) => called(term, after, before.terms?.[at], before)) }),
  durationMs: after.durationMs + (before.adaptive?.examples.some(({ saved }) => saved) ? before.durationMs : 0),
});

/** A term of the target with the labels that it had; of an example that was not complete then, those that the run brings. */
function called(term: TargetTerm, after: RunResult, earlier: TargetTerm | undefined, before: RunResult): TargetTerm {
  const labels = earlier?.labels;
  if (!labels) return term;
  const had = (example: number): string | null => labels[before.examples.indexOf(example)] ?? null;
  return { ...term, labels: after.examples.map((example, at) => had(example) ?? term.labels?.[at] ?? null) };
}

/** What a target is and where it lies, in words: for the window and the terminal. */
import type { ModelSummary } from '../model';
import type { FinalActivation, RunResult, TargetActivation, TargetTerm } from '../attribution';

export const activationWords: Readonly<Record<FinalActivation, string>> = {
  softmax: 'softmax',
  logSoftmax: 'log-softmax',
  sparsemax: 'sparsemax',
  sigmoid: 'sigmoid',
  logSigmoid: 'log-sigmoid',
  hardSigmoid: 'hard sigmoid',
};

const isLogarithm = (kind: FinalActivation): boolean => kind === 'logSoftmax' || kind === 'logSigmoid';

/** Why the target lies in another output than the first, where none is named; null where it is the first. */
export function defaultOutputWords({
  outputs,
  defaultOutput,
}: Pick<ModelSummary, 'outputs' | 'defaultOutput'>): string | null {
  if (defaultOutput === undefined) return null;
  return `${defaultOutput}, the first output of real numbers that can be attributed (${outputs[0]!.name} cannot)`;
}

/** `y[1, 2, 3]`: a place of what was named. @param place of the example among the run's */
function namedPlace({ layer, shape, index }: TargetTerm, place: number): string {
  if (shape.length === 0) return layer;
  const places: number[] = [];
  let left = index[place]!;
  for (const size of [...shape].reverse()) {
    places.unshift(left % size);
    left = Math.floor(left / size);
  }
  return `${layer}[${places.join(', ')}]`;
}

/**
 * What was named, as one would call it: `tabby`, `tabby − tiger`, an output's own name where it has one value, else `logits[281]`.
 * @param labels names of an output's values, where the result itself holds none
 */
export function targetTitle(
  { target, terms = [] }: Pick<RunResult, 'target' | 'terms'>,
  place: number,
  labels: readonly string[] = [],
): string {
  if (terms.length === 0) return target[place] ?? target[0] ?? 'the target';
  return terms
    .map((term) => {
      const size = term.shape.reduce((product, length) => product * length, 1);
      const label = term.labels?.[place] ?? (size === labels.length ? labels[term.index[place] ?? 0] : undefined);
      return label ?? (size === 1 ? term.layer : namedPlace(term, place));
    })
    .join(' − ');
}

/** `logits[281] (tabby)`: where F lies at an example, with what the model's labels call it. */
export function targetWords({ target, terms = [] }: Pick<RunResult, 'target' | 'terms'>, place: number): string {
  const labels = terms.map((term) => term.labels?.[place] ?? null);
  const called = labels.length > 0 && labels.every((label) => label !== null) ? ` (${labels.join(' − ')})` : '';
  return `${target[place]!}${called}`;
}

/** Why a probability is a poor target, and what to take instead. */
export function probabilityWords(named: string, { kind, before }: Omit<TargetActivation, 'passed'>): string {
  const what = isLogarithm(kind) ? 'the logarithm of a probability' : 'a probability';
  return `${named} is ${what}, behind the ${activationWords[kind]}: where that saturates, it hardly moves whatever led there. Before it lies ${before}.`;
}

/** What is to be said of a target at one example: that it is a probability, or that F lies elsewhere than the name says. */
export function targetNotes({ target, terms = [] }: Pick<RunResult, 'target' | 'terms'>, place: number): string[] {
  const told = terms.map((term) => {
    const behind = term.behind[place];
    return { named: namedPlace(term, place), term, activation: behind == null ? null : term.activations[behind]! };
  });
  const probabilities = told.flatMap(({ named, activation }) =>
    activation && !activation.passed ? [probabilityWords(named, activation)] : [],
  );
  // The same index of the layer before says itself what it is.
  const moved = told.some(
    ({ named, term, activation }) =>
      activation?.passed && !target[place]!.includes(`${activation.before}${named.slice(term.layer.length)}`),
  );
  if (!moved) return probabilities;
  const parts = told.map(({ named, activation }) =>
    activation?.passed ? `${named} before its ${activationWords[activation.kind]}` : named,
  );
  return [`${target[place]!} is ${parts.join(', minus ')}.`, ...probabilities];
}

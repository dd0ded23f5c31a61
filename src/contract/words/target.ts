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

/** Whether what was named has one value alone, which then needs no index. */
const hasOneValue = ({ shape }: Pick<TargetTerm, 'shape'>): boolean => shape.every((length) => length === 1);

/** `y[1, 2, 3]`: a place of what was named. @param place of the example among the run's */
function namedPlace(term: TargetTerm, place: number): string {
  const { layer, shape, index } = term;
  if (hasOneValue(term)) return layer;
  const places: number[] = [];
  let left = index[place]!;
  for (const size of [...shape].reverse()) {
    places.unshift(left % size);
    left = Math.floor(left / size);
  }
  return `${layer}[${places.join(', ')}]`;
}

/** What the run's model calls what was named; null where it calls nothing so. */
function calledOf(terms: readonly TargetTerm[], place: number): string | null {
  const labels = terms.map((term) => term.labels?.[place] ?? null);
  return labels.length > 0 && labels.every((label) => label !== null) ? labels.join(' − ') : null;
}

/** `bound/pre`: where F lies, without the index of what has one value alone. */
function withoutIndex({ target, terms = [] }: Pick<RunResult, 'target' | 'terms'>, place: number): string {
  const where = target[place] ?? target[0] ?? 'the target';
  return terms.length === 1 && hasOneValue(terms[0]!) ? where.replace(/\[0(?:, 0)*\]$/, '') : where;
}

/** `logits[281] (tabby)`: where F lies at an example, with what the model's labels call it. */
export function targetWords(result: Pick<RunResult, 'target' | 'terms'>, place: number): string {
  const called = calledOf(result.terms ?? [], place);
  return `${withoutIndex(result, place)}${called === null ? '' : ` (${called})`}`;
}

/**
 * What is explained at an example, in as few words as name it: `tabby`, `tabby − tiger`, `bound`, else `logits[281]`.
 * @param labels of the values of the model that is open, where the result itself holds none
 */
export function targetName(
  { target, terms = [] }: Pick<RunResult, 'target' | 'terms'>,
  place: number,
  labels: readonly string[] = [],
): string {
  if (terms.length > 0)
    return terms
      .map((term) => {
        const size = term.shape.reduce((product, length) => product * length, 1);
        const label = term.labels?.[place] ?? (size === labels.length ? labels[term.index[place] ?? 0] : undefined);
        return label ?? namedPlace(term, place);
      })
      .join(' − ');
  // of files that do not tell what was named: `logits[3]` → `3` where the model has a name for it
  const where = target[place] ?? target[0] ?? 'the target';
  const index = /\[(\d+)\]$/.exec(where)?.[1];
  return (index === undefined ? undefined : labels[Number(index)]) ?? where;
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
  return [`${withoutIndex({ target, terms }, place)} is ${parts.join(', minus ')}.`, ...probabilities];
}

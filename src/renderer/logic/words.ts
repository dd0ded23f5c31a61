/** What the window calls things. */
import type { Method, Rule } from '../../contract/attribution';
import type { RunRecord, SampleInfo } from '../../contract/studio';

interface MethodWords {
  readonly name: string;
  readonly short: string;
  readonly says: string;
  /** Whether steps and rule matter to it. */
  readonly path: boolean;
}

export const methodWords: Readonly<Record<Method, MethodWords>> = {
  nig: {
    name: 'Neuron Integrated Gradients',
    short: 'NIG',
    says: 'what the target gained through each neuron on the way from baseline to input',
    path: true,
  },
  rescale: {
    name: 'DeepLIFT Rescale',
    short: 'Rescale',
    says: 'one step from baseline to input, by slopes instead of gradients',
    path: false,
  },
  'reveal-cancel': {
    name: 'DeepLIFT RevealCancel',
    short: 'RevealCancel',
    says: 'positive and negative parts separately, so that what cancels shows',
    path: false,
  },
  genomics: {
    name: 'DeepLIFT genomics default',
    short: 'Genomics',
    says: 'Rescale after convolutions, RevealCancel after dense layers',
    path: false,
  },
  'gradient-difference': {
    name: 'Gradient × difference',
    short: 'Grad × Δ',
    says: 'the gradient at the input times the change of activation; sums to nothing in particular',
    path: false,
  },
  'internal-influence': {
    name: 'Internal influence',
    short: 'Influence',
    says: 'the mean gradient along the path; not a share of the target',
    path: true,
  },
};

export const ruleWords: Readonly<Record<Rule, { readonly name: string; readonly says: string }>> = {
  secant: { name: 'Secant', says: 'slopes over each step; sums exactly, needs the fewest steps' },
  trapezoid: { name: 'Trapezoid', says: 'mean of the gradients at both ends of a step' },
  right: { name: 'Right', says: 'gradient at the later end, as in the paper' },
  left: { name: 'Left', says: 'gradient at the earlier end' },
};

/** What a number of steps means under a rule. */
export function stepsMeaning(steps: number, rule: Rule): string {
  if (rule === 'secant') {
    if (steps === 1) return 'One step is DeepLIFT Rescale.';
    if (steps < 8) return 'Between DeepLIFT Rescale and Neuron IG.';
    if (steps < 32) return 'Near Neuron IG; enough for a first look.';
    return 'Neuron IG, well converged on most networks.';
  }
  if (steps === 1) return rule === 'right' ? 'One step is gradient × difference.' : 'One step is a rough guess.';
  return steps < 50 ? 'Coarse for this rule: look at the error bars.' : 'Usual for this rule; more for sharp networks.';
}

/** As many letters of a given name as a column's head has room for. */
const MOST_LETTERS = 22;

/** Short enough for a column's head: `NIG · 50`, or the name that the user gave. */
export function runLabel({ result, name }: RunRecord): string {
  if (name !== null) return name.length > MOST_LETTERS ? `${name.slice(0, MOST_LETTERS - 1)}…` : name;
  const { short, path } = methodWords[result.method];
  const rule = result.rule && result.rule !== 'secant' ? ` ${result.rule}` : '';
  return path ? `${short}${rule} · ${result.steps}` : short;
}

/** What has names for the values of its output. */
type Named = Pick<SampleInfo, 'labels'>;

/** `class 3`, by the model's labels where there are some. */
export function outputLabel(index: number, model: Named | null): string {
  return model?.labels[index] ?? `${index}`;
}

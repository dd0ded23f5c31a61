/** What methods and path rules are called, and what they say: for the window, the terminal and session files alike. */
import { METHODS, RULES, type Method, type Rule } from '../attribution';

interface MethodWords {
  /** In full, where there is room for it. */
  readonly full: string;
  /** In a sentence, and in the made name of a run. Session files hold it: a change would turn made names into given ones. */
  readonly name: string;
  /** At the head of a column. */
  readonly short: string;
  readonly says: string;
  /** Whether steps and rule matter to it. */
  readonly path: boolean;
}

export const methodWords: Readonly<Record<Method, MethodWords>> = {
  nig: {
    full: 'Neuron Integrated Gradients',
    name: 'Neuron IG',
    short: 'NIG',
    says: 'what the target gained through each neuron on the way from baseline to input',
    path: true,
  },
  rescale: {
    full: 'DeepLIFT Rescale',
    name: 'DeepLIFT Rescale',
    short: 'Rescale',
    says: 'one step from baseline to input, by slopes instead of gradients',
    path: false,
  },
  'reveal-cancel': {
    full: 'DeepLIFT RevealCancel',
    name: 'DeepLIFT RevealCancel',
    short: 'RevealCancel',
    says: 'positive and negative parts separately, so that what cancels shows',
    path: false,
  },
  genomics: {
    full: 'DeepLIFT genomics default',
    name: 'DeepLIFT genomics',
    short: 'Genomics',
    says: 'Rescale after convolutions, RevealCancel after dense layers',
    path: false,
  },
  'gradient-difference': {
    full: 'Gradient × difference',
    name: 'Gradient × difference',
    short: 'Grad × Δ',
    says: 'the gradient at the input times the change of activation; sums to nothing in particular',
    path: false,
  },
  'internal-influence': {
    full: 'Internal influence',
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
  left: { name: 'Left', says: "gradient at the earlier end, as Captum's LayerConductance takes it" },
};

/** What a number of steps means under a rule. */
export function stepsMeaning(steps: number, rule: Rule): string {
  const { rescale, nig, 'gradient-difference': difference } = methodWords;
  if (rule === 'secant') {
    if (steps === 1) return `One step is ${rescale.name}.`;
    if (steps < 8) return `Between ${rescale.name} and ${nig.name}.`;
    if (steps < 32) return `Near ${nig.name}; enough for a first look.`;
    return `${nig.name}, well converged on most networks.`;
  }
  if (steps === 1)
    return rule === 'right' ? `One step is ${difference.name.toLowerCase()}.` : 'One step is a rough guess.';
  return steps < 50 ? 'Coarse for this rule: look at the error bars.' : 'Usual for this rule; more for sharp networks.';
}

/** For help on a command line: `nig: Neuron Integrated Gradients`, and below it what it says. */
export const METHOD_LINES = METHODS.map(
  (key) => `  ${key}: ${methodWords[key].full}\n      ${methodWords[key].says}`,
).join('\n');
/** Likewise, a line for each. */
export const RULE_LINES = RULES.map((key) => `  ${key}: ${ruleWords[key].says}`).join('\n');

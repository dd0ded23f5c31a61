/** Layers without a rule, and those behind them, in words. */
import type { ModelSummary } from '../model';
import { count } from './quantities';

/** Names that are told at the most. */
const MOST = 3;

/** `a, b and 4 more` */
const few = (names: readonly string[]): string =>
  names.length > MOST ? `${names.slice(0, MOST).join(', ')} and ${names.length - MOST} more` : names.join(', ');

/** `behind distance` */
export const behindWords = (layers: readonly string[]): string => `behind ${few(layers)}`;

/** One sentence for each kind without a rule: which layers are of it, and how many are behind them. */
export function rulelessWords({ layers, inputs }: Pick<ModelSummary, 'layers' | 'inputs'>): string[] {
  const free = inputs.filter(({ shape }) => shape.includes(null)).map(({ name }) => name);
  // What a size leaves open may have a rule once it is bound.
  const then =
    free.length > 0
      ? `An input binds the free sizes of ${few(free)}, and may open them.`
      : 'Targets there cannot be run.';
  const kinds = new Map<string, string[]>();
  for (const { name, unsupported } of layers)
    for (const kind of new Set(unsupported)) kinds.set(kind, [...(kinds.get(kind) ?? []), name]);
  return [...kinds].map(([kind, names]) => {
    const own = new Set(names);
    const behind = layers.filter((each) => each.behind?.some((name) => own.has(name)));
    const after =
      behind.length === 0 ? '' : ` ${count(behind.length, 'layer')} behind: ${few(behind.map(({ name }) => name))}.`;
    return `No rule for ${kind} (${few(names)}).${after} ${then}`;
  });
}

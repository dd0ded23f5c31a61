/** Layers without a rule, and those behind them, in words. */
import type { LayerSummary } from '../model';
import { count } from './quantities';

/** Names that are told at the most. */
const MOST = 3;

/** `a, b and 4 more` */
const few = (names: readonly string[]): string =>
  names.length > MOST ? `${names.slice(0, MOST).join(', ')} and ${names.length - MOST} more` : names.join(', ');

/** `behind distance` */
export const behindWords = (layers: readonly string[]): string => `behind ${few(layers)}`;

/** One sentence for each kind without a rule: which layers are of it, and how many are behind them. */
export function rulelessWords(layers: readonly LayerSummary[]): string[] {
  const kinds = new Map<string, string[]>();
  for (const { name, unsupported } of layers)
    for (const kind of new Set(unsupported)) kinds.set(kind, [...(kinds.get(kind) ?? []), name]);
  return [...kinds].map(([kind, names]) => {
    const own = new Set(names);
    const behind = layers.filter((each) => each.behind?.some((name) => own.has(name)));
    const after =
      behind.length === 0 ? '' : ` ${count(behind.length, 'layer')} behind: ${few(behind.map(({ name }) => name))}.`;
    return `No rule for ${kind} (${few(names)}).${after} Targets there cannot be run.`;
  });
}

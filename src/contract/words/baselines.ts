/** What inputs are compared with where nobody gave numbers for it, and why: in the window and the terminal alike. */
import type { BaselineChoice, BaselineSpec } from '../attribution';
import { madeWord, type MadeBaseline } from '../baselines';
import { count } from './quantities';

const plain = (value: number): string => String(Number(value.toPrecision(3)));

/** In a few letters, as a run's name has room for: `blur 2.8`, `noise 1, 4 references`. */
export function madeWords(made: MadeBaseline, sigma?: number): string {
  switch (made.kind) {
    case 'mean':
      return made.ofFile ? 'mean of a file' : 'mean';
    case 'blur': {
      const wide = made.sigma ?? sigma;
      return wide === undefined ? 'blur' : `blur ${plain(wide)}`;
    }
    case 'noise':
    case 'shuffle':
      return `${made.kind} ${made.seed}${made.count > 1 ? `, ${count(made.count, 'reference')}` : ''}`;
    case 'examples':
      return `${made.examples.length === 1 ? 'example' : 'examples'} ${made.examples.join(', ')}`;
  }
}

function madeOf(made: MadeBaseline, value: number): string {
  switch (made.kind) {
    case 'mean':
      return `the mean of each channel over ${made.ofFile ? 'a file' : 'all examples'}`;
    case 'blur':
      return `blurred by a Gaussian of sigma ${plain(value)}`;
    case 'noise':
      return `uniform noise within the range of each channel, ${drawnWords(made)}`;
    case 'shuffle':
      return `its positions shuffled${value === 1 ? ', pairs of neighbouring letters kept' : ''}, ${drawnWords(made)}`;
    case 'examples':
      return madeWords(made);
  }
}

const drawnWords = ({ seed, count: times }: { readonly seed: number; readonly count: number }): string =>
  `seed ${seed}${times > 1 ? `, ${count(times, 'reference')}` : ''}`;

/** What a baseline that was made of the data is made by; null of what fits the data. */
export const madeIn = (chosen: readonly BaselineChoice[]): MadeBaseline | null =>
  chosen.find(({ made }) => made)?.made ?? null;

/** Whether its numbers came out of a file of its own, and not from the inputs. */
export function isFromFile(baseline: BaselineSpec): baseline is BaselineSpec & { readonly kind: 'arrays' } {
  const made = madeIn(baseline.chosen ?? []);
  return baseline.kind === 'arrays' && (!baseline.chosen || (made?.kind === 'mean' && made.ofFile === true));
}

/** The word of a command line that chooses it again. */
export function chosenWord(chosen: readonly BaselineChoice[]): string {
  const made = madeIn(chosen);
  if (made) return madeWord(made);
  if (chosen.some(({ kind }) => kind === 'uniform')) return 'uniform';
  const padding = chosen.find(({ kind, why }) => kind === 'padding' && why === 'asked');
  return padding ? `padding:${padding.value}` : 'fitting';
}

/** `input_ids: the id of padding, 0, as the model tells`. */
export function choiceWords({ input, kind, value, why, made }: BaselineChoice): string {
  if (made) return `${input}: ${madeOf(made, value)}`;
  switch (kind) {
    case 'padding':
      return `${input}: the id of padding, ${value}, ${REASONS[why] ?? 'as asked'}`;
    case 'uniform':
      return `${input}: each channel alike, ${plain(value)}`;
    default:
      if (why === 'one-hot')
        return `${input}: no letter at any position (zeros), as it is one-hot; uniform compares with all alike`;
      if (why === 'ids')
        return `${input}: zeros in place of what is looked up, as nothing tells which id is padding; padding:ID compares with one`;
      if (why === 'whole') return `${input}: zeros in place of what is looked up, ${REASONS.whole}`;
      return `${input}: zeros${why === 'positions' ? `, ${REASONS.positions}` : ''}`;
  }
}

const REASONS: Readonly<Partial<Record<BaselineChoice['why'], string>>> &
  Readonly<Record<'whole' | 'positions', string>> = {
  told: 'as the model tells',
  whole: 'as ids have neither mean nor blur',
  positions: 'as it has features and no positions',
};

/** Whether there is more to say than that plain numbers are compared with zeros. */
export const choicesWorthTelling = (chosen: readonly BaselineChoice[]): boolean =>
  chosen.some(({ why }) => why !== 'numbers');

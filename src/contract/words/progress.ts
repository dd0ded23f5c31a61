/** What is under way, in words for the window and the terminal. */
import type { RunPhase } from '../attribution';
import { accuracyWords, estimateWords } from './accuracy';

/** What a bar tells of: a run, weights that are read, units that are taken out. */
export type Phase =
  | RunPhase
  | { readonly kind: 'reading'; readonly bytes: number }
  | { readonly kind: 'knock-out'; readonly layer: string }
  | { readonly kind: 'judging'; readonly what: string };

/** `path of 50 steps`; of an adaptive path, its estimate falling towards what was asked: `4.1 % → 2 %`. */
export function phaseWords(phase: Phase): string {
  switch (phase.kind) {
    case 'path':
      return `path of ${phase.steps.toLocaleString('en')} steps`;
    case 'adaptive':
      return phase.estimate === null
        ? `adaptive path to ${accuracyWords(phase.accuracy)}`
        : `${estimateWords(phase.estimate)} → ${accuracyWords(phase.accuracy)}`;
    case 'differences':
      return 'DeepLIFT and differences';
    case 'knock-out':
      return `units of ${phase.layer}`;
    case 'judging':
      return phase.what;
    case 'reading':
      return `reading ${Math.round(phase.bytes / 1e6).toLocaleString('en')} MB of weights`;
  }
}

/** Whether two are one: what is sent twice is not the same object. */
export const samePhase = (a: RunPhase | null, b: RunPhase | null): boolean =>
  a?.kind === b?.kind && (a?.kind !== 'path' || (b?.kind === 'path' && a.steps === b.steps));

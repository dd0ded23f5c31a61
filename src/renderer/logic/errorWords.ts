/** How an error stands beside its value: as a share of its layer's total, with the figure where there is room. */
import {
  errorOfTotalWords,
  estimateWords,
  isResolved,
  NOT_RESOLVED,
  NOT_YET_RESOLVED,
  trustOf,
} from '../../contract/words/accuracy';
import { unitTrust, type UnitTrust } from './certain';
import { number } from './format';
import type { RankingColumn } from './ranking';

/** `± 0.4 %`, `± 0.012 · 0.4 %`, `not resolved` */
export function errorLine({ share, trust }: UnitTrust, error: number, wide: boolean): string {
  if (trust === 'unresolved') return NOT_RESOLVED;
  return wide ? `± ${number(error, 2)} · ${estimateWords(share)}` : `± ${estimateWords(share)}`;
}

/** In full: `± 0.012, 0.4 % of its layer's total`, and why it is not resolved where that is so. */
export function errorTitle(column: RankingColumn, layer: number, row: number): string {
  const { share, trust } = unitTrust(column, layer, row)!;
  const figure = `± ${number(column.errors[row]!, 2)}`;
  if (trustOf(column.layers[layer]!.estimate) === 'unresolved') return `${figure}, its layer is ${NOT_YET_RESOLVED}`;
  const of = `${figure}, ${estimateWords(share)} of its layer's total`;
  return trust === 'unresolved' ? `${of}: ${NOT_RESOLVED}, smaller than its error` : of;
}

/** An error as a share of what it belongs to: `0.034 (1.2 %)`, `not yet resolved`. */
export const ofTotal = (error: number, share: number): string => errorOfTotalWords(number(error, 2), share);

/** Behind a value of a unit or a layer: `± 0.012 (0.4 %)`, `not resolved`; nothing without an estimate. */
export function mapError(value: number, error: number | null, share: number | null): string {
  if (error === null || share === null) return '';
  if (trustOf(share) === 'unresolved') return NOT_YET_RESOLVED;
  return isResolved(value, error) ? `± ${ofTotal(error, share)}` : NOT_RESOLVED;
}

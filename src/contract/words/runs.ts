/** What a run and its baseline are called, in the window and in session files alike. */
import type { Method, RunResult } from '../attribution';
import type { AskedBaseline, RunRecord } from '../studio';

const methods: Readonly<Record<Method, string>> = {
  nig: 'Neuron IG',
  rescale: 'DeepLIFT Rescale',
  'reveal-cancel': 'DeepLIFT RevealCancel',
  genomics: 'DeepLIFT genomics',
  'gradient-difference': 'Gradient × difference',
  'internal-influence': 'Internal influence',
};

/** What a run is called while nobody has named it: method, rule and steps where it has a path, target. */
export function madeName({ method, rule, steps, target }: Omit<RunResult, 'layers'>): string {
  const how = rule && steps > 1 ? `, ${rule} ${steps}` : '';
  const targets = [...new Set(target)];
  return `${methods[method]}${how} · ${targets.length > 2 ? `${targets.length} targets` : targets.join(', ')}`;
}

/** The name that the user gave, else the made one. */
export const runName = ({ name, result }: Pick<RunRecord, 'name' | 'result'>): string => name ?? madeName(result);

/** `constant 0`, `3 references from a file`. */
export function baselineWords(baseline: AskedBaseline): string {
  if (baseline.kind === 'constant') return `constant ${baseline.value}`;
  if (baseline.rows === 1) return 'from a file';
  return baseline.perExample ? 'from a file, one per example' : `${baseline.rows} references from a file`;
}

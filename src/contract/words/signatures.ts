/** What is said of the entries of a model that has several. */
import type { ModelSummary } from '../model';

/** `classify; --signature opens another: embed` */
export function signatureWords({
  signature = '',
  signatures = [],
}: Pick<ModelSummary, 'signature' | 'signatures'>): string {
  const others = signatures.filter((name) => name !== signature);
  return others.length === 0 ? signature : `${signature}; --signature opens another: ${others.join(', ')}`;
}

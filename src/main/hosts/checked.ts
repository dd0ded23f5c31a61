/** The one place where what comes from outside is held against the contract. */
import type { z } from 'zod';
import { MhoError } from '../../contract/errors';
import type { Answer } from '../../contract/studio';

/**
 * Checks a request against a table of the contract.
 * @param params from anywhere: nothing about it is known
 * @returns the parsed parameters, or the fault to answer with
 */
export function checked(
  table: Readonly<Record<string, { readonly params: z.ZodType }>>,
  name: unknown,
  params: unknown,
): Answer {
  const refused = (reason: string): Answer => ({
    ok: false,
    fault: new MhoError('REQUEST_INVALID', { name: String(name).slice(0, 60), reason }).fault,
  });
  if (typeof name !== 'string' || !Object.hasOwn(table, name)) return refused('there is no such request');
  const parsed = table[name]!.params.safeParse(params);
  if (parsed.success) return { ok: true, value: parsed.data };
  const issue = parsed.error.issues[0]!;
  return refused(`${issue.path.join('.') || 'it'}: ${issue.message}`);
}

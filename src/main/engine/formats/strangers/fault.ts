/** The refusal of what is no model of ours, with the way out of it. */
import { MhoError } from '../../../../contract/errors';
import type { Stranger } from '../../../../contract/strangers';
import { strangerWords, wayFrom } from '../../../../contract/words/strangers';
import { waysWords } from '../../../../contract/words/ways';

export function strangerFault(stranger: Stranger): MhoError {
  const ways = [wayFrom(stranger)];
  const details = { path: stranger.path, what: strangerWords(stranger), remedy: waysWords(ways) };
  return new MhoError('MODEL_STRANGER', details, { ways });
}

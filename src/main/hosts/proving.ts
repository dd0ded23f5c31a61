/** Whether a model that was opened gives what lies beside it says: for every host. */
import { CHECK_TOLERANCE, type Proven } from '../../contract/check';
import { asMhoError } from '../../contract/errors';
import type { OpeningChoices } from '../../contract/opening';
import { inputPorts } from '../engine/data/ports';
import { sizesIn } from '../engine/data/sizes';
import { openModel, type OpenedModel } from '../engine/formats';

/**
 * Compares a model with its proof; where the file leaves sizes free, opened for those of the proof.
 * @param signal ends the reading and the wait for the device
 * @returns what came of it: what the model refuses to compute is a reason, not a fault; undefined where nothing lies beside it
 */
export async function provenBy(
  { graph, summary, proof }: OpenedModel,
  choices: OpeningChoices,
  signal: AbortSignal,
): Promise<Proven | undefined> {
  if (!proof || 'reason' in proof) return proof;
  const { from, inputs, known } = proof;
  try {
    const [{ devices }, { checkAgainst }] = await Promise.all([
      import('../engine/backends'),
      import('../engine/attribution'),
    ]);
    const sizes = sizesIn(inputPorts(graph), inputs);
    const bound = sizes ? (await openModel(summary.path, { signal, choices: { ...choices, sizes } })).graph : graph;
    const asked = { tolerance: CHECK_TOLERANCE, from };
    return await devices.use('auto', (device) => checkAgainst(device, bound, inputs, known, asked), {
      urgent: true,
      signal,
    });
  } catch (error) {
    if (signal.aborted) throw error;
    return { from, reason: asMhoError(error).sentence };
  }
}

import type { MhoFault } from '../../contract/errors';
import type { Answer } from '../../contract/studio';

/** A fault of the catalogue, as views catch it. */
export class StudioError extends Error {
  override readonly name = 'StudioError';

  constructor(readonly fault: MhoFault) {
    super(`${fault.message} ${fault.remedy}`);
  }
}

/** @throws StudioError */
export function valueOf(answer: Answer): unknown {
  if (!answer.ok) throw new StudioError(answer.fault);
  return answer.value;
}

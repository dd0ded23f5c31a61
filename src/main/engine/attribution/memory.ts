/** The memory of a run: what was asked for, or a share of what the machine has free. */
import { MhoError } from '../../../contract/errors';
import { memoryWords } from '../../../contract/words/memory';
import type { BackendInfo } from '../../../contract/backends';
import type { MemoryBudget } from '../../../contract/memory';
import { availableBytes } from '../memory';

/** Of what is free: other programs go on, and results are put together on the host. */
const SHARE = 0.6;
/** Of devices that do not compute in the computer's own memory, whose free part nobody tells: GPUs, and WebAssembly's four gigabytes. */
const ELSEWHERE_MB = 2048;
/**
 * The memory by which it is decided what an adaptive path looks at, where none was asked for: what is free would make two
 * machines give two answers.
 */
export const DECIDING_MB = 2048;

/** @param asked megabytes; absent: as the machine has them when a run begins */
export function budgetOf(asked: number | undefined, { name, device }: BackendInfo): MemoryBudget {
  if (asked !== undefined) return { megabytes: asked, free: null };
  const free = availableBytes() / 1e6;
  const own = SHARE * free;
  const elsewhere = name === 'wasm' || device.startsWith('GPU');
  return { megabytes: Math.floor(elsewhere ? Math.min(own, ELSEWHERE_MB) : own), free: Math.floor(free) };
}

/** What does not fit, in its fewest rows and finest groups of layers. */
export class MemoryShort extends MhoError<'MEMORY_BUDGET'> {
  readonly megabytes: number;

  /** @param bytes that are needed */
  constructor(bytes: number, budget: MemoryBudget) {
    const need = Math.ceil(bytes / 1e6);
    super('MEMORY_BUDGET', { need, budget: memoryWords(budget) });
    this.megabytes = need;
  }
}

/**
 * Plans what a budget allows.
 * @param plan throws MemoryShort for the first thing that does not fit
 * @throws MemoryShort with a figure for which all fits: it may take more for one thing than for another, and a path that is given more
 * looks at more
 */
export function within<Planned>(budget: MemoryBudget, plan: (budget: MemoryBudget) => Planned): Planned {
  let need: number | null = null;
  for (;;)
    try {
      const planned = plan(need === null ? budget : { megabytes: need, free: null });
      if (need === null) return planned;
      break;
    } catch (error) {
      if (!(error instanceof MemoryShort)) throw error;
      need = Math.max(error.megabytes, (need ?? 0) + 1);
    }
  throw new MemoryShort(1e6 * need, budget);
}

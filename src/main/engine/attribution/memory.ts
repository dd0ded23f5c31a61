/** The memory of a run: what was asked for, or a share of what the machine has free. */
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

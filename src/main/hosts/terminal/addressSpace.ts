/** Whether the system lets this process have the address space that it needs: without it V8 ends it in mid-air, with no word. */
import { readFileSync } from 'node:fs';
import { MhoError } from '../../../contract/errors';

/** Bytes. WebAssembly reserves 8 to 10 GB for each of its memories, which it hardly uses; TensorFlow's library takes one. */
const LEAST = 12e9;

/** @param limits of a process, as Linux writes them @throws ADDRESS_SPACE */
export function checkAddressSpace(limits = ownLimits()): void {
  const soft = /^Max address space\s+(\d+)/m.exec(limits)?.[1];
  if (soft === undefined || Number(soft) >= LEAST) return; // unlimited, or not Linux
  throw new MhoError('ADDRESS_SPACE', { have: Math.floor(Number(soft) / 1e6), want: LEAST / 1e6 });
}

function ownLimits(): string {
  try {
    return readFileSync('/proc/self/limits', 'utf8');
  } catch {
    return '';
  }
}

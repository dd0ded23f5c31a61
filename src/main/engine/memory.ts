/** What this machine has free. */
import { freemem } from 'node:os';

/** Bytes that no program uses, with other limits on this process considered. */
export const availableBytes = (): number =>
  // Node 18, Electron 25's, cannot tell what the system would give back from its caches.
  (process as { availableMemory?: () => number }).availableMemory?.() ?? freemem();

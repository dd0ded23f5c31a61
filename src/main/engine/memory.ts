/** What this machine has free; a container's limit is the machine's memory for all in it. */
import { readFileSync } from 'node:fs';
import { freemem } from 'node:os';
import { posix } from 'node:path';

/** What is asked of the system. */
export interface System {
  /** Bytes that no program uses. */
  readonly free: () => number;
  /** A file's text; null where it cannot be read. */
  readonly read: (path: string) => string | null;
}

const THIS: System = {
  free: freemem, // on Linux with what the system would give back from its caches
  read: (path) => {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      return null;
    }
  },
};

/** How Linux tells of control groups: version 2, then version 1. */
const VERSIONS = [
  {
    line: /^0::(.*)$/m,
    root: '/sys/fs/cgroup',
    limit: 'memory.max',
    used: 'memory.current',
    cached: /^inactive_file (\d+)$/m,
  },
  {
    line: /^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(.*)$/m,
    root: '/sys/fs/cgroup/memory',
    limit: 'memory.limit_in_bytes',
    used: 'memory.usage_in_bytes',
    cached: /^total_inactive_file (\d+)$/m,
  },
] as const;

/** Bytes that the limits on this process and on all groups around it leave; files that the system holds in its cache count as free. */
function leftByLimits({ read }: System): number {
  const groups = read('/proc/self/cgroup');
  if (groups === null) return Infinity;
  let least = Infinity;
  for (const { line, root, limit, used, cached } of VERSIONS) {
    const own = line.exec(groups)?.[1];
    if (own === undefined) continue;
    // Inside a container the path may be the host's, and the container's own group stands at the root.
    for (let path = posix.normalize(`/${own}`); ; path = posix.dirname(path)) {
      const file = (name: string): string | null => read(posix.join(root, path, name));
      const most = Number(file(limit) ?? NaN); // "max" is none
      if (Number.isFinite(most)) {
        const caches = Number(cached.exec(file('memory.stat') ?? '')?.[1] ?? 0);
        least = Math.min(least, most - Math.max(0, Number(file(used) ?? 0) - caches));
      }
      if (path === '/') break;
    }
  }
  return Math.max(0, least);
}

/** Bytes that no program uses, within the limits on this process. */
export const availableBytes = (system: System = THIS): number => Math.min(system.free(), leftByLimits(system));

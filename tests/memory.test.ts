/** What is free, where a container's limit is the machine's memory; and the budget that a run takes of it. */
import { describe, expect, it } from 'vitest';
import { availableBytes } from '../src/main/engine/memory';

const system = (free: number, files: Readonly<Record<string, string>> = {}) => ({
  free: () => free,
  read: (path: string) => files[path] ?? null,
});
const GB = 1e9;

describe('free memory', () => {
  it('is the machine’s where nothing limits it', () => {
    expect(availableBytes(system(7 * GB))).toBe(7 * GB);
    const unlimited = { '/proc/self/cgroup': '0::/user.slice\n', '/sys/fs/cgroup/user.slice/memory.max': 'max\n' };
    expect(availableBytes(system(7 * GB, unlimited))).toBe(7 * GB);
  });

  it('is what a control group leaves, its caches counted as free', () => {
    const limited = {
      '/proc/self/cgroup': '0::/\n',
      '/sys/fs/cgroup/memory.max': `${2 * GB}\n`,
      '/sys/fs/cgroup/memory.current': `${1.5 * GB}\n`,
      '/sys/fs/cgroup/memory.stat': `anon 900\ninactive_file ${1.2 * GB}\n`,
    };
    expect(availableBytes(system(20 * GB, limited))).toBe(1.7 * GB);
    expect(availableBytes(system(1 * GB, limited))).toBe(1 * GB);
  });

  it('is what the tightest of the groups around leaves', () => {
    const nested = {
      '/proc/self/cgroup': '0::/pod/app\n',
      '/sys/fs/cgroup/pod/app/memory.max': 'max\n',
      '/sys/fs/cgroup/pod/memory.max': `${4 * GB}\n`,
      '/sys/fs/cgroup/pod/memory.current': `${3 * GB}\n`,
    };
    expect(availableBytes(system(20 * GB, nested))).toBe(1 * GB);
  });

  it('is read from groups of the first version, by the host’s path or at the root', () => {
    const first = {
      '/proc/self/cgroup': '5:cpu,cpuacct:/docker/x\n4:memory:/docker/x\n',
      '/sys/fs/cgroup/memory/memory.limit_in_bytes': `${3 * GB}\n`,
      '/sys/fs/cgroup/memory/memory.usage_in_bytes': `${1 * GB}\n`,
    };
    expect(availableBytes(system(20 * GB, first))).toBe(2 * GB);
    const none = { ...first, '/sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n' };
    expect(availableBytes(system(20 * GB, none))).toBe(20 * GB);
  });

  it('is none where a group is beyond its limit', () => {
    const over = {
      '/proc/self/cgroup': '0::/\n',
      '/sys/fs/cgroup/memory.max': `${1 * GB}\n`,
      '/sys/fs/cgroup/memory.current': `${1.2 * GB}\n`,
    };
    expect(availableBytes(system(20 * GB, over))).toBe(0);
  });
});

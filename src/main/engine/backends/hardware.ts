/** What the numbers are computed on, in words. */
import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';

/** e.g. `CPU: AMD EPYC 7B13, 2 cores` */
export const cpuDevice = (threads = availableParallelism()): string => {
  const model = cpus()[0]?.model.replace(/\s+/g, ' ').trim() || process.arch;
  return `CPU: ${model}, ${threads} ${threads === 1 ? 'core' : 'cores'}`;
};

/** e.g. `GPU: NVIDIA A100-SXM4-40GB`, from what the NVIDIA driver tells the system; null when there is none. */
export const gpuDevice = (driver = '/proc/driver/nvidia/gpus'): string | null => {
  try {
    const models = readdirSync(driver).map((gpu) =>
      /^Model:\s*(.+)$/m.exec(readFileSync(`${driver}/${gpu}/information`, 'utf8'))?.[1]?.trim(),
    );
    return models[0] ? `GPU: ${models[0]}` : null;
  } catch {
    return null;
  }
};

/** Largest amount of memory this process has held so far, in bytes, tensors of the native backend included. */
export const peakMemory = (): number => process.resourceUsage().maxRSS * 1024;

/** What set-up wrote down about native TensorFlow: why a better way was not taken, and what to do about it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageFolder } from './native';

interface Skipped {
  readonly reason: string;
  readonly remedy: string;
}

interface NativeRecord {
  readonly entry: { readonly folder: string } | null;
  readonly nvidiaDriver: boolean;
  readonly failed: readonly Skipped[];
}

/** `node_modules/.mho/native.json`, or null before set-up has run. */
const nativeRecord = (): NativeRecord | null => {
  const folder = packageFolder();
  if (!folder) return null;
  try {
    return JSON.parse(readFileSync(join(folder, '../../.mho/native.json'), 'utf8')) as NativeRecord;
  } catch {
    return null;
  }
};

const together = (skipped: readonly Skipped[]): Skipped => ({
  reason: skipped.map(({ reason }) => reason).join('; '),
  remedy: [...new Set(skipped.map(({ remedy }) => remedy).filter(Boolean))].join(' '),
});

const notRun: Skipped = {
  reason: 'native TensorFlow has not been set up in this folder',
  remedy: 'Run `npm run setup` in the folder of Mho.',
};

/**
 * Why native TensorFlow is missing.
 * @param fault what loading or trying it said
 */
export const whyNoNative = (fault: string): Skipped => {
  const record = nativeRecord();
  if (!record) return notRun;
  if (!record.entry && record.failed.length > 0) return together(record.failed);
  const again = 'Run `npm run setup` in the folder of Mho';
  return {
    reason: fault,
    remedy: record.entry ? `${again}; if that does not help, delete ${record.entry.folder} first.` : `${again}.`,
  };
};

/** Why native TensorFlow computes on the CPU. */
export const whyNoGpu = (): Skipped => {
  const record = nativeRecord();
  if (record?.nvidiaDriver && record.failed.length > 0) return together(record.failed);
  return record?.nvidiaDriver
    ? { reason: 'CUDA is not used: TensorFlow found no usable GPU', remedy: 'Check the NVIDIA driver with nvidia-smi.' }
    : {
        reason: 'CUDA is not used: there is no NVIDIA driver on this machine',
        remedy: 'With an NVIDIA GPU, install its driver, then run `npm run setup`.',
      };
};

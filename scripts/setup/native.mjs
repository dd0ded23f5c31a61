/**
 * Native TensorFlow in this clone: a library out of TensorFlow's own wheel, or the user's own, with the binding of
 * @tensorflow/tfjs-node-gpu compiled against it. The package's own download stopped working and ends at CUDA 11.
 */
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { mayInstall } from './apt.mjs';
import { foundCompiler } from './compiler.mjs';
import { bestEntry, entriesFolder, linkEntry, readJson } from './entries.mjs';
import { again, failure } from './failure.mjs';
import { cache, nativeRecord, root } from './paths.mjs';
import { find, run } from './process.mjs';
import { python } from './python.mjs';
import { say } from './say.mjs';
import { writableByOthers } from './trust.mjs';
import { fromPython, fromWheel, tensorflowVersion } from './sources.mjs';

/** How long a fault that may pass by itself is left alone, in milliseconds. Others wait until the machine changes. */
const retryAfter = 60 * 60 * 1000;
const passing = new Set(['download', 'room', 'files']);

const nvidiaDriver = async () => {
  if (existsSync('/proc/driver/nvidia/version')) return true;
  const program = find('nvidia-smi');
  return program !== null && (await run(program, ['-L'])).ok;
};

/** What a failed attempt depended on: when any of it changes, it is worth another. */
const circumstances = () => ({
  cache: cache(),
  compiler: foundCompiler(),
  python: python(),
  pip: find('pip3') ?? find('pip'),
  apt: mayInstall(),
  version: tensorflowVersion,
});

/** Links the entry (or none) and writes down what it came to, for `mho backends` and the next set-up. */
const settle = (clone, entry, gpu, failed) => {
  const path = nativeRecord(clone);
  const record = { at: Date.now(), entry, nvidiaDriver: gpu, failed, circumstances: circumstances() };
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.${process.pid}`, JSON.stringify(record, null, 2));
  renameSync(`${path}.${process.pid}`, path);
  linkEntry(entry, clone);
  return entry;
};

/** The steps, best first, until one gives an entry that uses what the machine has. */
const climb = async (clone, gpu, cached) => {
  const failed = [];
  let second = cached; // works, but without the GPU that is there
  const steps = [
    () => fromPython(clone),
    ...(gpu && process.arch === 'x64' ? [() => fromWheel('cuda', clone)] : []),
    () => (second ? {} : fromWheel('cpu', clone)),
  ];
  for (const step of steps) {
    const { entry, failed: why } = await step();
    if (entry && (entry.gpu || !gpu)) return { entry, failed: [] };
    if (why) failed.push(why);
    if (entry) {
      second ??= entry;
      const remedy = `Check that the NVIDIA driver supports CUDA 12 (nvidia-smi), ${again}.`;
      failed.push(failure('gpu', `${entry.origin} works but finds no usable GPU`, remedy));
    }
    const last = failed.at(-1);
    if (why || entry) say(`${last.reason}. ${last.remedy}`);
  }
  return { entry: second, failed };
};

/**
 * Sees to native TensorFlow, best first: in the cache already, the user's own, TensorFlow's wheel. What was skipped and
 * why is written to `node_modules/.mho/native.json`.
 * @param options.force try again what failed a short while ago
 * @returns the entry of the cache that the clone now uses, or null
 */
export const nativeTensorFlow = async ({ clone = root, force = false } = {}) => {
  if (process.platform !== 'linux' || !['x64', 'arm64'].includes(process.arch)) {
    const reason = `native set-up knows Linux on x64 and arm64, not ${process.platform} on ${process.arch}`;
    return settle(clone, null, false, [failure('platform', reason, 'For native speed run Mho on Linux.')]);
  }
  const gpu = await nvidiaDriver();
  try {
    const why = writableByOthers(entriesFolder());
    if (why) {
      const reason = `the cache is not used, since ${why}: what is loaded from it could be anybody's`;
      const remedy = `Take that right away and delete ${cache()}, or set MHO_CACHE to a folder of your own, ${again}.`;
      say(`${reason}. ${remedy}`);
      return settle(clone, null, gpu, [failure('trust', reason, remedy)]);
    }
    const cached = bestEntry(clone);
    const before = readJson(nativeRecord(clone));
    const same = before && before.nvidiaDriver === gpu && (before.entry?.folder ?? null) === (cached?.folder ?? null);
    const best = cached && (cached.gpu || !gpu);
    const leftAlone =
      before?.failed.length > 0 &&
      (Date.now() - before.at < retryAfter || !before.failed.some(({ step }) => passing.has(step))) &&
      JSON.stringify(before.circumstances) === JSON.stringify(circumstances());
    if (same && (best ? before.failed.length === 0 : leftAlone && !force)) {
      linkEntry(cached, clone); // npm may have put the package there anew
      return cached;
    }
    if (best) return settle(clone, cached, gpu, []);
    const { entry, failed } = await climb(clone, gpu, cached);
    if (!entry) say('going on without native TensorFlow: WebAssembly does the computing, about three times slower');
    return settle(clone, entry, gpu, failed);
  } catch (error) {
    const reason = `the cache ${cache()} cannot be used: ${error.message}`;
    const remedy = `Set MHO_CACHE to a folder that can be written, ${again}.`;
    say(`${reason}. ${remedy}`);
    return settle(clone, null, gpu, [failure('files', reason, remedy)]);
  }
};

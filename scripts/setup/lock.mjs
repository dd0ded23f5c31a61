/** One set-up at a time per thing: a folder is a lock, because making one is atomic everywhere. */
import { mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { say } from './say.mjs';

const beat = 5_000;
const abandonedAfter = 60_000;

/** A holder that died leaves its folder; on this machine the process tells, elsewhere the missing heartbeat. */
const abandoned = (folder) => {
  try {
    const [host, pid] = readFileSync(join(folder, 'holder'), 'utf8').split(' ');
    if (host === hostname()) {
      try {
        process.kill(Number(pid), 0);
      } catch (error) {
        if (error.code === 'ESRCH') return true;
      }
    }
  } catch {
    // no holder written yet, or gone: its age decides
  }
  try {
    return Date.now() - statSync(folder).mtimeMs > abandonedAfter;
  } catch {
    return false; // released meanwhile
  }
};

/**
 * Runs `work` while holding the lock folder; waits for another holder, takes over from a dead one.
 * @param name what is locked, for the line that says what is waited for
 */
export const withLock = async (folder, name, work) => {
  mkdirSync(dirname(folder), { recursive: true });
  for (let waited = false; ; waited = true) {
    try {
      mkdirSync(folder);
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (abandoned(folder)) {
      rmSync(folder, { recursive: true, force: true });
      continue;
    }
    if (!waited) say(`${name}: another set-up is at work; waiting for it`);
    await sleep(300);
  }
  writeFileSync(join(folder, 'holder'), `${hostname()} ${process.pid}`);
  const heartbeat = setInterval(() => {
    try {
      utimesSync(folder, new Date(), new Date());
    } catch {
      // taken over; the work ends in an atomic rename, so both may finish
    }
  }, beat);
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    rmSync(folder, { recursive: true, force: true });
  }
};

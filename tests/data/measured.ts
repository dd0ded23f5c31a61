/** Reads one file in a process of its own: `tsx measured.ts session|data PATH`; prints what came of it, its peak memory and its time. */
import type { MhoError } from '../../src/contract/errors';
import { readData } from '../../src/main/engine/data';
import { openSession } from '../../src/main/engine/sessions';

const [kind, path] = process.argv.slice(2) as [string, string];
const port = { name: 'x', shape: [28, 28, 1], dtype: 'float32' } as const;
const idle = process.resourceUsage().maxRSS;
const began = performance.now();

void (kind === 'session' ? openSession(path) : readData([path], [port]))
  .then(
    () => 'read',
    (error: MhoError) => error.code ?? String(error),
  )
  .then((outcome) => {
    const seconds = Number(((performance.now() - began) / 1000).toFixed(2));
    const megabytes = Math.round(Math.max(0, process.resourceUsage().maxRSS - idle) / 1024);
    process.stdout.write(JSON.stringify({ outcome, megabytes, seconds }));
  });

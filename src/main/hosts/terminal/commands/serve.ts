/** `mho serve`: the window in a browser, for a machine without a screen. */
import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { version } from '../../../../../package.json';
import { MhoError } from '../../../../contract/errors';
import { ownFolder, stateFolder } from '../../folders';
import { serve } from '../../serve';
import { engine } from '../../service/engine';
import { EXIT, type Terminal } from '../terminal';

export interface ServeCommandOptions {
  readonly port: number;
  readonly sample?: string;
}

/** Serves until Ctrl-C. */
export async function serveCommand(
  terminal: Terminal,
  path: string | undefined,
  options: ServeCommandOptions,
): Promise<number> {
  if (path !== undefined && !(await stat(path).catch(() => null))) throw new MhoError('MODEL_NOT_FOUND', { path });
  const folder = ownFolder();
  const serving = await serve({
    engine,
    port: options.port,
    pages: join(folder, 'out', 'renderer'),
    samples: join(folder, 'resources', 'samples'),
    recovery: join(stateFolder(), 'recovery'),
    version,
    opens: path !== undefined ? { path: resolve(path) } : options.sample ? { sample: options.sample } : null,
  });
  terminal.out(`${serving.url}\n`);
  terminal.err(
    `Open this address in a browser on this machine; Ctrl-C ends it. From another one, make a tunnel first:\n` +
      `  ssh -L ${serving.port}:127.0.0.1:${serving.port} HOST\n`,
  );
  await new Promise<void>((finish) => terminal.onInterrupt(() => finish()));
  await serving.close();
  return EXIT.ok;
}

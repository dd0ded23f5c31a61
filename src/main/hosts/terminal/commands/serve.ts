/** `mho serve`: the window in a browser, for a machine without a screen. */
import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { version } from '../../../../../package.json';
import { MhoError } from '../../../../contract/errors';
import { forked } from '../../engineProcess/fork';
import { ownFolder, stateFolder } from '../../folders';
import { serve } from '../../serve';
import { EXIT, type Interrupt, type Terminal } from '../terminal';

export interface ServeCommandOptions {
  readonly port: number;
  readonly sample?: string;
}

/**
 * Serves until it is asked to end; Ctrl-C is the way to do that, and no fault.
 * @throws MODEL_NOT_FOUND, SERVER_PORT, SERVER_FOLDER
 */
export async function serveCommand(
  terminal: Terminal,
  path: string | undefined,
  options: ServeCommandOptions,
): Promise<number> {
  if (path !== undefined && !(await stat(path).catch(() => null))) throw new MhoError('MODEL_NOT_FOUND', { path });
  const folder = ownFolder();
  const interrupted = new Promise<Interrupt | undefined>((finish) => terminal.onInterrupt(finish));
  const serving = await serve({
    engine: forked(join(folder, 'out', 'main', 'engine.js')),
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
  const signal = await interrupted;
  await serving.close();
  return signal === undefined || signal === 'SIGINT' ? EXIT.ok : EXIT[signal];
}

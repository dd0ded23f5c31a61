/** `mho studio`: opens the window. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { MhoError } from '../../../../contract/errors';
import { linkIn } from '../../../../contract/unitLink';
import { ownFolder } from '../../folders';
import { EXIT, type Interrupt } from '../terminal';

/** @returns the window's exit code, once it is closed */
export async function studioCommand(path: string | undefined, options: { sample?: string }): Promise<number> {
  const link = path !== undefined && linkIn(path) !== null;
  if (path !== undefined && !link && !existsSync(path)) throw new MhoError('MODEL_NOT_FOUND', { path });
  // Finding Electron is set-up's affair, in plain scripts that need no build.
  const script = join(ownFolder(), 'scripts', 'studio.mjs');
  const words = path !== undefined ? [link ? path : resolve(path)] : options.sample ? ['--sample', options.sample] : [];
  const child = spawn(process.execPath, [script, ...words], { stdio: 'inherit' });
  return new Promise((finish, fail) => {
    child.on('error', fail);
    child.on('close', (code, signal) =>
      finish(code ?? (signal !== null && signal in EXIT ? EXIT[signal as Interrupt] : EXIT.fault)),
    );
  });
}

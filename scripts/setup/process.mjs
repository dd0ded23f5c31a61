/** Finding and running other programs. */
import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

/** Full path of a program on PATH, or null. */
export const find = (program) => {
  const endings = process.platform === 'win32' ? ['.exe', '.cmd', '.bat'] : [''];
  for (const folder of (process.env.PATH ?? '').split(delimiter).filter(Boolean)) {
    for (const ending of endings) {
      const path = join(folder, program + ending);
      try {
        accessSync(path, constants.X_OK);
        if (statSync(path).isFile()) return path;
      } catch {
        // not here
      }
    }
  }
  return null;
};

/** npm's own command when npm runs us, so that the same npm is used. */
export const npm = () => {
  const script = process.env.npm_execpath;
  return script?.endsWith('.js') ? [process.execPath, script] : [process.platform === 'win32' ? 'npm.cmd' : 'npm'];
};

/**
 * Runs a program to its end. Never rejects: set-up goes on with the next best thing.
 * @param options.show let its standard output through (progress bars); otherwise it is kept
 * @returns `{ ok, code, out, err }`, the last two as text
 */
export const run = (program, parameters, options = {}) =>
  new Promise((resolve) => {
    const { show = false, ...spawnOptions } = options;
    const child = spawn(program, parameters, {
      stdio: ['ignore', show ? 'inherit' : 'pipe', 'pipe'],
      ...spawnOptions,
    });
    let out = '';
    let err = '';
    child.stdout?.on('data', (text) => (out += text));
    child.stderr?.on('data', (text) => (err += text));
    child.on('error', (error) => resolve({ ok: false, code: null, out, err: err + error.message }));
    child.on('close', (code, signal) => resolve({ ok: code === 0, code: code ?? signal, out, err }));
  });

/** The line of a program's complaint that says most: its first error line (a heading's first line), else its last line. */
export const complaint = ({ code, out, err }) => {
  const lines = stripVTControlCharacters(`${out}\n${err}`)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line && !/^(at |npm warn|warning)/i.test(line));
  const first = lines.findIndex((line) => /error|cannot|no such/i.test(line));
  const said = first < 0 ? lines.slice(-1) : lines.slice(first);
  const line = said.find((text) => !text.endsWith(':')) ?? said[0] ?? `it ended with ${code}`;
  return line.length > 240 ? `${line.slice(0, 239)}…` : line.replace(/\.$/, '');
};

/** The engine's process as a child of Node, for hosts without Electron. */
import { fork, type ChildProcess } from 'node:child_process';
import type { Launcher } from './host';
import type { FromEngine } from './protocol';

/** Milliseconds that a process has to end by itself once the channel to it is closed. */
const LAST_WORDS = 1000;

/**
 * @param program the built entry of the engine's process
 * @param execArgv switches of Node; the host's own (a debugger's port, say) are not the engine's
 */
export const forked =
  (program: string, execArgv: readonly string[] = []): Launcher =>
  (listener) => {
    // Standard output is the host's alone: what the engine's libraries print goes to standard error.
    let child: ChildProcess;
    try {
      child = fork(program, { execArgv: [...execArgv], serialization: 'advanced', stdio: ['ignore', 2, 2, 'ipc'] });
    } catch (error) {
      setImmediate(() => listener.ended((error as Error).message)); // no file, process or memory is left for it
      return { pid: undefined, post: () => undefined, end: () => undefined };
    }
    let over = false;
    const ended = (how: string): void => {
      if (over) return;
      over = true;
      listener.ended(how);
    };
    child.on('message', (message) => listener.message(message as FromEngine));
    child.once('exit', (code, signal) => ended(String(code ?? signal)));
    // It could not be started, or a message not be handed over: then it is dying, or is ended here.
    child.on('error', (error) => {
      if (child.pid === undefined) ended(error.message);
      else child.kill('SIGKILL');
    });
    return {
      pid: child.pid,
      post: (message) => void (child.connected && child.send(message)),
      end: () => {
        if (child.connected) child.disconnect();
        setTimeout(() => child.kill('SIGKILL'), LAST_WORDS).unref();
      },
    };
  };

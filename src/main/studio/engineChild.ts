/** The engine's process as Electron's utility process. */
import { utilityProcess, type MessagePortMain } from 'electron';
import type { Launcher } from '../hosts/engineProcess/host';
import type { FromEngine } from '../hosts/engineProcess/protocol';

/** @param program the built entry of the engine's process */
export const utility =
  (program: string): Launcher<MessagePortMain> =>
  (listener) => {
    const child = utilityProcess.fork(program, [], { serviceName: 'Mho engine', stdio: 'inherit' });
    child.on('message', (message: FromEngine) => listener.message(message));
    child.once('exit', (code) => listener.ended(String(code)));
    return {
      get pid() {
        return child.pid;
      },
      post: (message, port) => child.postMessage(message, port ? [port] : []),
      end: () => void child.kill(),
    };
  };

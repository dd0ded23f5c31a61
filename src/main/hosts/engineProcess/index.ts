/**
 * The engine's own process: native kernels block the thread that calls them and can take their process down, so a host
 * starts this one and starts it again when it dies. Nothing here but the wire: Electron's utility process, or Node's
 * child process under `mho serve`.
 */
import { constants, setPriority } from 'node:os';
import type { JobNotice } from '../../../contract/studio';
import { createStudioService, type StudioService } from '../service';
import { engine } from '../service/engine';
import type { FromEngine, ToEngine } from './protocol';

// A run takes every core; the window it belongs to is to have one when it is clicked. Threads made from here on inherit it.
setPriority(process.platform === 'win32' ? constants.priority.PRIORITY_BELOW_NORMAL : 10);

/** A MessagePort of Electron's utility process: the part that is used. */
interface Port {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (event: { data: ToEngine; ports: Port[] }) => void): void;
  close(): void;
}

/** The way to the host. */
interface Host {
  say(message: FromEngine): void;
  listen(take: (message: ToEngine, port?: Port) => void): void;
}

const overPort = (parent: Port): Host => ({
  say: (message) => parent.postMessage(message),
  listen: (take) => parent.on('message', ({ data, ports }) => take(data, ports[0])),
});

function overChannel(): Host {
  // The host ends with the signals of the terminal, and asks what it wants of the engine before it goes.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
  process.on('disconnect', () => process.exit());
  return {
    say: (message) => void (process.connected && process.send!(message)),
    listen: (take) => process.on('message', (message) => take(message as ToEngine)),
  };
}

const { parentPort } = process as unknown as { parentPort?: Port };
const host = parentPort ? overPort(parentPort) : overChannel();

let service: StudioService | null = null;

host.listen((message, port) => {
  if (message.kind === 'begin') {
    service = createStudioService({
      engine,
      samples: message.samples,
      recovery: message.recovery,
      ...(message.passing !== undefined && { passing: message.passing }),
      owner: message.owner,
      software: { mho: message.version, node: process.versions.node, platform: `${process.platform}-${process.arch}` },
      onDocument: (document, state) => host.say({ kind: 'document', document, state }),
    });
    host.say({ kind: 'ready' });
    return;
  }
  const { id } = message;
  // The window closes the port at the last notice: closed here, that one might not arrive.
  const emit = (notice: JobNotice): void => {
    if (port) port.postMessage(notice);
    else host.say({ kind: 'job', id, notice });
  };
  void service!.handle({ ...message, emit }).then((answer) => {
    if (!answer.ok) port?.close();
    host.say({ kind: 'answer', id, answer });
  });
});

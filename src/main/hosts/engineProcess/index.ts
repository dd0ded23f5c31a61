/**
 * The engine's own process: native kernels block the thread that calls them and can take their process down, so main
 * starts this one and starts it again when it dies. Nothing here but the wire.
 */
import { constants, setPriority } from 'node:os';
import type { JobNotice } from '../../../contract/studio';
import { createStudioService, type StudioService } from '../service';
import { engine } from '../service/engine';
import type { FromEngine, ToEngine } from './protocol';

// Read when the library loads.
process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '3';
process.env['TF_ENABLE_ONEDNN_OPTS'] ??= '1';

// A run takes every core; the window it belongs to is to have one when it is clicked. Threads made from here on inherit it.
setPriority(process.platform === 'win32' ? constants.priority.PRIORITY_BELOW_NORMAL : 10);

/** A MessagePort of Electron's utility process: the part that is used. */
interface Port {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (event: { data: ToEngine; ports: Port[] }) => void): void;
  close(): void;
}

const parent = (process as unknown as { parentPort: Port }).parentPort;
const say = (message: FromEngine): void => parent.postMessage(message);

let service: StudioService | null = null;

parent.on('message', ({ data, ports }) => {
  if (data.kind === 'begin') {
    service = createStudioService({
      engine,
      samples: data.samples,
      recovery: data.recovery,
      owner: data.owner,
      software: { mho: data.version, node: process.versions.node, platform: `${process.platform}-${process.arch}` },
      onDocument: (document, state) => say({ kind: 'document', document, state }),
    });
    say({ kind: 'ready' });
    return;
  }
  const [port] = ports;
  // The window closes the port at the last notice: closed here, that one might not arrive.
  const emit = (notice: JobNotice): void => port?.postMessage(notice);
  void service!.handle({ ...data, emit }).then((answer) => {
    if (!answer.ok) port?.close();
    say({ kind: 'answer', id: data.id, answer });
  });
});

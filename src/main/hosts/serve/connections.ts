/** Connections of strangers: bounded in number, size and time, and none can end the process. */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { IDLE, MOST_CONNECTIONS, UNKNOWN } from './limits';

export interface Connections {
  /** It has shown who it is: it does not make way for strangers any more. */
  known(socket: Socket): void;
}

/**
 * Before the server listens.
 * @param idle milliseconds without a byte in either direction that end a connection
 */
export function guardConnections(server: Server, idle: number = IDLE): Connections {
  server.maxConnections = MOST_CONNECTIONS;
  server.headersTimeout = UNKNOWN.headerTime;
  server.requestTimeout = 0; // an upload takes as long as it takes, while something comes
  server.timeout = idle;
  const strangers = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    // Whatever Node does with it meanwhile, a reset is nobody's uncaught error.
    socket.on('error', () => socket.destroy());
    strangers.add(socket);
    socket.once('close', () => strangers.delete(socket));
    if (strangers.size <= UNKNOWN.connections) return;
    const [oldest] = strangers;
    strangers.delete(oldest!);
    oldest!.destroy();
  });
  return { known: (socket) => void strangers.delete(socket) };
}

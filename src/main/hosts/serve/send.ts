/** Files over HTTP, of any size: in pieces, as fast as they are taken. */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';

/** Bytes that are read at a time: what somebody who never reads makes the server hold. */
const PIECE = 2 ** 16;

/**
 * Sends a file whole. Who goes away in the middle has it closed.
 * @returns false where there is no such file: nothing has been sent then
 */
export async function sendFile(response: ServerResponse, path: string, headers: OutgoingHttpHeaders): Promise<boolean> {
  const file = await open(path, 'r').catch(() => null);
  if (!file) return false;
  // An answer that is not yet its connection's turn does not hear that the connection is gone.
  const { socket } = response.req;
  const gone = new AbortController();
  const abort = (): void => gone.abort();
  socket.once('close', abort);
  try {
    if (socket.destroyed) return true;
    const found = await file.stat();
    if (!found.isFile()) return false;
    response.writeHead(200, { ...headers, 'content-length': found.size });
    if (found.size === 0) response.end();
    // as long as it was: one that grows meanwhile would say more than was announced
    else {
      const whole = { fd: file.fd, autoClose: false, end: found.size - 1, highWaterMark: PIECE };
      await pipeline(createReadStream(path, whole), response, { signal: gone.signal });
    }
    return true;
  } finally {
    socket.off('close', abort);
    await file.close();
  }
}

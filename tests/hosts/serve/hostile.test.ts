/**
 * Strangers and pages that mean harm, against the server as a process of its own: it never ends, never grows beyond a
 * bound, and keeps answering. What was thrown at it is counted and said at the end.
 */
import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { encode } from '@msgpack/msgpack';
import { toBytes } from '../../../src/contract/wire';
import { newFolder, TestPage, TestServer } from './server';

let server: TestServer;
let before: number;
const thrown = { connections: 0, bytes: 0, slowest: 0, dearest: 0 };

beforeAll(async () => {
  const folder = newFolder();
  writeFileSync(join(folder, 'large.json'), '');
  truncateSync(join(folder, 'large.json'), 2 ** 30); // sparse
  server = await TestServer.start({ pages: folder }, folder);
  await stillAnswers();
  before = (await server.state()).rss;
});
afterEach(() => expect(server.alive).toBe(true));
afterAll(async () => {
  const { rss } = await server.state();
  const MB = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;
  process.stdout.write(
    `thrown at the server: ${thrown.connections} connections, ${thrown.bytes} bytes; ` +
      `resident ${MB(before)} before, ${MB(rss)} after; slowest good answer ${Math.round(thrown.slowest)} ms; ` +
      `a thousand strangers cost ${Math.round(thrown.dearest)} ms of processor time at the most\n`,
  );
  await server.forget();
});

/** A good request is answered. @returns in how many milliseconds */
async function stillAnswers(): Promise<number> {
  const began = performance.now();
  expect((await server.own('/nothing')).text).toContain('nothing here');
  const took = performance.now() - began;
  thrown.slowest = Math.max(thrown.slowest, took);
  return took;
}

/** How many connections the system lets wait to be taken. */
function longestQueue(): number {
  try {
    return Number(readFileSync('/proc/sys/net/core/somaxconn', 'utf8'));
  } catch {
    return 0; // not Linux
  }
}

type Ending = 'wait' | 'end' | 'reset' | 'reset at once';

/** Sends bytes over a connection of their own and ends it in one way or another. @returns what came back */
function send(pieces: readonly (Uint8Array | string)[], ending: Ending): Promise<string> {
  thrown.connections++;
  return new Promise((finish) => {
    let said = '';
    const socket = createConnection({ port: server.port, host: '127.0.0.1', allowHalfOpen: true });
    const timer = setTimeout(() => socket.destroy(), ending === 'wait' ? 150 : 30);
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => (said += chunk.toString('latin1')));
    socket.on('end', () => socket.destroy());
    socket.on('close', () => {
      clearTimeout(timer);
      finish(said);
    });
    socket.on('connect', () => {
      for (const piece of pieces) {
        const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece;
        thrown.bytes += bytes.length;
        socket.write(bytes);
      }
      if (ending === 'end') socket.end();
      else if (ending === 'reset at once') socket.resetAndDestroy();
      else if (ending === 'reset') setImmediate(() => socket.resetAndDestroy());
    });
  });
}

const host = (): string => `127.0.0.1:${server.port}`;
const UPGRADE = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n';
const KEY = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';

describe('without a token', () => {
  it.each([
    ['an upgrade to //', () => `GET // HTTP/1.1\r\nHost: ${host()}\r\n${UPGRADE}${KEY}\r\n`],
    ['an upgrade to //, from another name', () => `GET // HTTP/1.1\r\nHost: evil.example\r\n${UPGRADE}${KEY}\r\n`],
    ['an upgrade without a host', () => `GET /socket HTTP/1.0\r\n${UPGRADE}${KEY}\r\n`],
    ['an upgrade to http://', () => `GET http:// HTTP/1.1\r\nHost: ${host()}\r\n${UPGRADE}${KEY}\r\n`],
    ['a request of http://[', () => `GET http://[ HTTP/1.1\r\nHost: ${host()}\r\n\r\n`],
    ['a host that is none', () => `GET / HTTP/1.1\r\nHost: [:::\r\n\r\n`],
    ['a token with a two-byte letter', () => `GET /?token=${'x'.repeat(31)}%C3%A9 HTTP/1.1\r\nHost: ${host()}\r\n\r\n`],
    [
      'the same over a socket',
      () =>
        `GET /socket?token=${'x'.repeat(31)}%C3%A9 HTTP/1.1\r\nHost: ${host()}\r\nOrigin: http://${host()}\r\n${UPGRADE}${KEY}\r\n`,
    ],
    ['CONNECT', () => `CONNECT ${host()} HTTP/1.1\r\nHost: ${host()}\r\n\r\n`],
    [
      'an expectation',
      () => `POST /upload HTTP/1.1\r\nHost: ${host()}\r\nExpect: 100-continue\r\nContent-Length: 10\r\n\r\n`,
    ],
    ['a strange expectation', () => `POST /upload HTTP/1.1\r\nHost: ${host()}\r\nExpect: miracles\r\n\r\n`],
    ['two lengths', () => `POST /upload HTTP/1.1\r\nHost: ${host()}\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n`],
    [
      'pieces of a length that is none',
      () => `POST / HTTP/1.1\r\nHost: ${host()}\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`,
    ],
    ['a megabyte of headers', () => `GET / HTTP/1.1\r\nHost: ${host()}\r\nX: ${'x'.repeat(2 ** 20)}\r\n\r\n`],
    ['ten thousand requests at once', () => `GET /x HTTP/1.1\r\nHost: ${host()}\r\n\r\n`.repeat(10_000)],
    ['a TLS greeting', () => Buffer.from('16030100c8010000c40303', 'hex')],
  ])('%s: refused, and it goes on', async (_what, text) => {
    for (const ending of ['wait', 'end', 'reset', 'reset at once'] as const) {
      const said = await send([text()], ending);
      expect(said).not.toMatch(/^HTTP\/1.1 (101|2|3)/);
    }
    await stillAnswers();
  });

  it('refused sockets that are reset, 800 times', async () => {
    const upgrade = `GET /socket HTTP/1.1\r\nHost: ${host()}\r\nOrigin: http://${host()}\r\n${UPGRADE}${KEY}\r\n`;
    for (let round = 0; round < 20; round++)
      await Promise.all(Array.from({ length: 40 }, (_, at) => send([upgrade, 'x'.repeat(at)], at % 2 ? 'reset' : 'reset at once'))); // prettier-ignore
    await stillAnswers();
  });

  it('arbitrary bytes and requests', async () => {
    const text = fc.oneof(fc.string({ maxLength: 60 }), fc.string({ unit: 'binary', maxLength: 60 }));
    const url = fc.oneof(
      text.map((rest) => `/${rest}`),
      text,
      fc.constantFrom('//', '*', 'http:', 'http://', '//[', '/%00', '/%', '/socket', '/upload', '/download/x', '/?token=%', '///', '/..', '\\', '/%2e%2e/%2e%2e/etc/passwd', '/socket?document=__proto__'), // prettier-ignore
    );
    const name = fc.oneof(fc.constantFrom('Host', 'Origin', 'Cookie', 'Upgrade', 'Connection', 'Content-Length', 'Transfer-Encoding', 'Sec-WebSocket-Key', 'Sec-WebSocket-Version', 'Sec-WebSocket-Extensions', 'Sec-WebSocket-Protocol', 'Authorization', 'Expect', 'Sec-Fetch-Site'), text); // prettier-ignore
    const value = fc.oneof(
      fc.constantFrom('websocket', 'upgrade', 'Upgrade', 'keep-alive', 'chunked', '13', '8', '0', '10', '-1', '1e9', 'cross-site', 'Bearer x', 'dGhlIHNhbXBsZSBub25jZQ==', 'permessage-deflate; client_max_window_bits=99'), // prettier-ignore
      fc.constant(null).map(() => host()),
      fc.constant(null).map(() => `http://${host()}`),
      fc.constant(null).map(() => `mho-${server.port}=${'\u00e9'.repeat(16)}`),
      text,
    );
    const line = fc.tuple(name, value).map(([key, given]) => `${key}: ${given}\r\n`);
    const asked = fc
      .tuple(fc.constantFrom('GET', 'POST', 'HEAD', 'OPTIONS', 'CONNECT', 'PUT', 'G\u00c9T', ''), url, fc.constantFrom(' HTTP/1.1', ' HTTP/1.0', ' HTTP/2.0', ''), fc.array(line, { maxLength: 6 }), fc.boolean()) // prettier-ignore
      .map(([method, target, version, lines, own]) =>
        `${method} ${target}${version}\r\n${own ? `Host: ${host()}\r\n` : ''}${lines.join('')}\r\n`); // prettier-ignore
    const piece = fc.oneof(
      asked,
      asked,
      fc.uint8Array({ maxLength: 300 }),
      fc.constant(null).map(() => `GET /socket HTTP/1.1\r\nHost: ${host()}\r\nOrigin: http://${host()}\r\n${UPGRADE}${KEY}\r\n`), // prettier-ignore
    );
    const ending = fc.constantFrom<Ending>('wait', 'end', 'reset', 'reset at once');
    const connection = fc.tuple(fc.array(piece, { minLength: 1, maxLength: 4 }), ending);
    await fc.assert(
      fc.asyncProperty(fc.array(connection, { minLength: 16, maxLength: 32 }), async (connections) => {
        const said = await Promise.all(connections.map(([pieces, how]) => send(pieces, how)));
        for (const each of said) expect(each).not.toMatch(/HTTP\/1.1 101/);
        expect(server.alive).toBe(true);
      }),
      { numRuns: 60 },
    );
    await stillAnswers();
  });

  it('a thousand slow connections: a good request is answered within a second', async () => {
    const sockets: Socket[] = [];
    let attacking = true;
    const open = (): void => {
      thrown.connections++;
      const socket = createConnection({ port: server.port, host: '127.0.0.1' });
      socket.on('error', () => undefined);
      socket.write(`GET / HTTP/1.1\r\nHost: ${host()}\r\nX-Slow: `);
      sockets.push(socket);
      // Who is thrown out comes back.
      socket.on('close', () => setTimeout(() => attacking && open(), 50));
    };
    for (let each = 0; each < 1000; each++) open();
    const drip = setInterval(() => {
      for (const socket of sockets) if (socket.writable) socket.write('x');
    }, 100);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const took: number[] = [];
    for (let round = 0; round < 15; round++) took.push(await stillAnswers());
    // The middle one: this process, which throws and measures, is late by itself on a machine that is shared.
    expect(took.sort((a, b) => a - b)[7]).toBeLessThan(1000);
    const { rss } = await server.state();
    expect(rss - before).toBeLessThan(300e6);
    clearInterval(drip);
    attacking = false;
    for (const socket of sockets) socket.destroy();
    await stillAnswers();
  });

  it.each([
    ['ask under another name', () => `GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n`],
    ['ask without a token', () => `GET / HTTP/1.1\r\nHost: ${host()}\r\n\r\n`],
    ['want a socket', () => `GET /socket HTTP/1.1\r\nHost: ${host()}\r\n${UPGRADE}${KEY}\r\n`],
    ['want to upload', () => `POST /upload HTTP/1.1\r\nHost: ${host()}\r\nContent-Length: 1000000\r\n\r\nx`],
    ['begin and say no more', () => `GET / HTTP/1.1\r\nHost: ${host()}\r\nX-Slow: `],
    ['say nothing', () => ''],
  ])('a thousand at once that %s: who comes behind them waits less than a second', async (_what, text) => {
    const { processor } = await server.state();
    const all = Promise.all(Array.from({ length: 1000 }, () => send([text()], 'wait')));
    const answered = stillAnswers();
    await all;
    await answered;
    // In processor time: by the clock, a machine that is shared gives the server, and this process, only a part of it.
    const cost = (await server.state()).processor - processor;
    thrown.dearest = Math.max(thrown.dearest, cost);
    expect(cost).toBeLessThan(1000);
  });

  // Where the queue is too short the system forgets who knocks, who tries again after one second, and after three.
  it.skipIf(longestQueue() < 2000)('a thousand may knock at once, while it is busy: none is forgotten', async () => {
    server.child.kill('SIGSTOP');
    let heard = 0;
    const sockets = Array.from({ length: 1000 }, () => {
      thrown.connections++;
      const socket = createConnection({ port: server.port, host: '127.0.0.1' });
      socket.on('error', () => undefined);
      return socket.on('connect', () => heard++);
    });
    try {
      await expect.poll(() => heard).toBe(1000);
    } finally {
      server.child.kill('SIGCONT');
      for (const socket of sockets) socket.destroy();
    }
    await stillAnswers();
  });

  it('somebody who asks and never reads takes no more than pieces', async () => {
    const sockets = Array.from({ length: 200 }, () => {
      thrown.connections++;
      const socket = createConnection({ port: server.port, host: '127.0.0.1' });
      socket.on('error', () => undefined);
      socket.pause();
      socket.write(`GET /large.json HTTP/1.1\r\nHost: ${host()}\r\n\r\n`.repeat(3));
      return socket;
    });
    await new Promise((resolve) => setTimeout(resolve, 500));
    await stillAnswers();
    expect((await server.state()).rss - before).toBeLessThan(300e6);
    for (const socket of sockets) socket.destroy();
  });
});

describe('with a token', () => {
  const frames: readonly (readonly [string, () => Uint8Array | string])[] = [
    ['15 kB of nested arrays', () => new Uint8Array(15_000).fill(0x91)],
    ['16 MB of nested arrays', () => new Uint8Array(2 ** 24 - 1).fill(0x91)],
    [
      'nested arrays among the parameters',
      () => Buffer.concat([encode({ id: 1, name: 'x' }), Buffer.alloc(15_000, 0x91)]),
    ],
    ['17 MB', () => new Uint8Array(17e6)],
    ['text', () => '{"id":1}'],
    ['nothing', () => new Uint8Array()],
    ['a request without a number', () => encode({ name: 'document', params: {} })],
  ];
  it.each(frames)('%s: the page is let go, the server goes on', async (_what, frame) => {
    const page = await server.page();
    page.socket.on('error', () => undefined);
    const bytes = frame();
    thrown.connections++;
    thrown.bytes += bytes.length;
    page.socket.send(bytes);
    expect([1006, 1007, 1009]).toContain(await page.closed);
    await stillAnswers();
    expect((await server.state()).rss - before).toBeLessThan(400e6);
  });

  it('arbitrary requests are answered', async () => {
    const page = await server.page();
    const name = fc.oneof(fc.string(), fc.constantFrom('openModel', 'predict', 'startRun', 'contributions', 'inputRows', 'prepareDownload', 'describeRun', 'alongPath', 'recover', 'cancelRun', '__proto__', 'toString')); // prettier-ignore
    const params = fc.oneof(fc.anything(), fc.record({ file: fc.anything(), files: fc.anything(), data: fc.anything(), run: fc.anything() })); // prettier-ignore
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(name, params), { maxLength: 20 }), async (asked) => {
        const answers = asked.map(([each, given]) => {
          try {
            toBytes({ id: 0, name: each, params: given });
          } catch {
            return null; // what cannot be written is not sent
          }
          return page.ask(each.slice(0, 60), given);
        });
        for (const answer of await Promise.all(answers.filter((each) => each !== null)))
          expect(['REQUEST_INVALID', 'FILE_NOT_GRANTED', 'HANDLE_UNKNOWN', 'NOTHING_OPEN', undefined]).toContain(
            answer.ok ? undefined : answer.fault.code,
          );
      }),
      { numRuns: 40 },
    );
    page.leave();
  });

  it('a page that asks and never reads does not fill the memory', async () => {
    const page = await server.page();
    const setup = await page.digits();
    const rows = { data: setup.data, examples: Array.from({ length: 20_000 }, (_, at) => at % 8) };
    const { shape } = Object.values(await page.get('inputRows', rows))[0]!;
    expect(shape[0]).toBe(20_000); // 5 MB an answer
    page.socket.pause();
    const frame = toBytes({ id: 1, name: 'inputRows', params: rows });
    for (let each = 0; each < 500; each++) {
      thrown.bytes += frame.length;
      page.socket.send(frame);
    }
    // Answered without limit, it would be 2.5 GB.
    for (let second = 0; second < 5; second++) {
      await new Promise((resolve) => setTimeout(resolve, 1000));
      expect((await server.state()).rss - before).toBeLessThan(900e6);
      await stillAnswers();
    }
    page.leave();
  });

  it('as many pages as anybody opens: the oldest of those that went away makes room', async () => {
    const pages: TestPage[] = [];
    for (let each = 0; each < 63; each++) pages.push(await server.page());
    const away = pages[0]!;
    away.leave();
    await away.closed;
    for (let each = 0; each < 80; each++) {
      const page = await server.page().catch(() => null);
      if (page) page.leave();
      await page?.closed;
    }
    const again = await server.page(away.document);
    expect(again.document).not.toBe(away.document);
    for (const page of [...pages, again]) page.leave();
  });
});

/**
 * `mho serve`: the window's pages over HTTP and their requests over a WebSocket, for a machine without a screen. It
 * listens on the loopback interface alone, wants a random token, and answers only under its own name (Host) to its own
 * pages (Origin): another site in the same browser, or a name that is made to point here, gets nothing.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { WebSocketServer, type WebSocket } from 'ws';
import { z } from 'zod';
import type { BackendInfo } from '../../../contract/backends';
import { asMhoError, MhoError, type MhoFault } from '../../../contract/errors';
import { kindByEnding, sessionFileName } from '../../../contract/formats';
import {
  hostRequests,
  requests,
  type Answer,
  type EngineRequestName,
  type FileRef,
  type HostRequestName,
  type JobNotice,
  type Launch,
  type Prediction,
  type RequestName,
  type Result,
  type Settings,
} from '../../../contract/studio';
import { defaultSettings } from '../../../contract/defaults';
import { fromBytes, toBytes, type FromServer } from '../../../contract/wire';
import { Grants } from '../files';
import { contentPolicy, pageFile } from '../page';
import { createStudioService, type StudioService } from '../service';
import type { Engine } from '../service/engine';
import { ownerOf } from '../service/recovery';

export interface ServeOptions {
  readonly engine: Engine;
  /** 0: any that is free. */
  readonly port: number;
  /** Folder of the built pages. */
  readonly pages: string;
  readonly samples: string;
  readonly recovery: string;
  readonly version: string;
  /** What the first page opens. */
  readonly opens: { readonly path: string } | { readonly sample: string } | null;
}

export interface Serving {
  /** With the token. */
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

/** An upload beyond this is refused; models that large are opened by path. */
const LARGEST_UPLOAD = 4 * 2 ** 30;
/** Requests are small: large things are files. */
const LARGEST_MESSAGE = 2 ** 24;

const envelope = z.object({ id: z.number().int(), name: z.string().max(60), params: z.unknown() });

/** Compares in a time that tells nothing. */
const same = (given: string | null, token: string): boolean =>
  given !== null && given.length === token.length && timingSafeEqual(Buffer.from(given), Buffer.from(token));

const refused = (name: string, reason: string): Answer => ({
  ok: false,
  fault: new MhoError('REQUEST_INVALID', { name, reason }).fault,
});

class Host {
  readonly token = randomBytes(24).toString('base64url');
  readonly #grants = new Grants();
  readonly #sockets = new Map<string, WebSocket>();
  readonly #downloads = new Map<string, string>();
  readonly #service: StudioService;
  #settings: Settings = defaultSettings;
  #backend: BackendInfo | null = null;
  #opens: ServeOptions['opens'];
  port = 0;

  constructor(
    private readonly options: ServeOptions,
    private readonly scratch: string,
  ) {
    this.#opens = options.opens;
    this.#service = createStudioService({
      ...options,
      owner: ownerOf(process.pid),
      software: { mho: options.version, node: process.versions.node, platform: `${process.platform}-${process.arch}` },
      onDocument: (document, state) =>
        this.#send(document, { kind: 'notice', notice: { kind: 'document', document: state } }),
    });
  }

  // ------------------------------------------------------------ who may ask

  #names(): string[] {
    return [`127.0.0.1:${this.port}`, `localhost:${this.port}`];
  }

  /** Asked under our own name, by our own page or by typing the address. */
  #own({ headers }: IncomingMessage): boolean {
    const { host, origin } = headers;
    return host !== undefined && this.#names().includes(host) && (origin === undefined || origin === `http://${host}`);
  }

  #url({ url, headers }: IncomingMessage): URL {
    return new URL(url ?? '/', `http://${headers.host ?? 'localhost'}`);
  }

  /** For a WebSocket the browser always says where it comes from. */
  allowsSocket(request: IncomingMessage): boolean {
    const { pathname, searchParams } = this.#url(request);
    return (
      this.#own(request) &&
      request.headers.origin !== undefined &&
      pathname === '/socket' &&
      same(searchParams.get('token'), this.token)
    );
  }

  // ------------------------------------------------------------ HTTP

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const connect = `'self' ${this.#names().map((name) => `ws://${name}`).join(' ')}`; // prettier-ignore
    response.setHeader('content-security-policy', contentPolicy(connect));
    response.setHeader('x-content-type-options', 'nosniff');
    response.setHeader('referrer-policy', 'no-referrer');
    response.setHeader('cache-control', 'no-store');
    const end = (status: number, text: string): void => void response.writeHead(status).end(text);
    if (!this.#own(request)) return end(403, 'This server answers to its own page only.');
    const { pathname, searchParams } = this.#url(request);
    const known = same(searchParams.get('token'), this.token);
    if (request.method === 'POST' && pathname === '/upload')
      return known
        ? this.#upload(request, response, searchParams.get('name') ?? 'file')
        : end(403, 'The token is missing.');
    if (request.method !== 'GET') return end(405, 'Only GET.');
    if (pathname.startsWith('/download/')) {
      const path = this.#downloads.get(pathname.slice('/download/'.length));
      if (!known || !path) return end(known ? 404 : 403, 'There is nothing here.');
      return void response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(await readFile(path));
    }
    if (pathname === '/favicon.ico') return end(204, ''); // browsers ask by themselves; there is none
    if (pathname === '/' && !known) return end(403, 'Open the address that mho serve printed: it carries a token.');
    // Pages and their parts hold nothing secret; what they ask for does.
    const file = await pageFile(this.options.pages, pathname === '/' ? '/index.html' : pathname);
    if (!file) return end(404, 'There is nothing here.');
    response.writeHead(200, { 'content-type': file.type }).end(file.bytes);
  }

  async #upload(request: IncomingMessage, response: ServerResponse, name: string): Promise<void> {
    const reply = (answer: Answer): void =>
      void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    const folder = join(this.scratch, randomBytes(9).toString('hex'));
    const path = join(folder, basename(name.replaceAll('\\', '/')) || 'file');
    try {
      await mkdir(folder);
      let size = 0;
      request.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > LARGEST_UPLOAD) request.destroy(new Error(`it is larger than ${LARGEST_UPLOAD} bytes`));
      });
      await pipeline(request, createWriteStream(path, { flags: 'wx' }));
      reply({ ok: true, value: this.#grants.grant(path, kindByEnding(path)) satisfies FileRef });
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      reply({ ok: false, fault: new MhoError('FILE_WRITE', { path: name, reason: (error as Error).message }).fault });
    }
  }

  // ------------------------------------------------------------ WebSocket

  #send(document: string, message: FromServer): void {
    const socket = this.#sockets.get(document);
    if (socket?.readyState === 1) socket.send(toBytes(message));
  }

  /** A page: one document. */
  connected(socket: WebSocket): void {
    const document = randomBytes(12).toString('hex');
    this.#sockets.set(document, socket);
    socket.on('error', () => socket.terminate()); // an oversized or broken frame
    socket.on('close', () => {
      this.#sockets.delete(document);
      void this.#service.handle({ document, name: 'leave', params: {} });
    });
    socket.on('message', (data: Buffer) => void this.#message(document, socket, data));
  }

  async #message(document: string, socket: WebSocket, data: Buffer): Promise<void> {
    let message: z.infer<typeof envelope>;
    try {
      message = envelope.parse(fromBytes(data));
    } catch {
      return socket.close(1007, 'not understood');
    }
    const { id, name, params } = message;
    this.#send(document, { kind: 'answer', id, answer: await this.#ask(document, name, params) });
  }

  async #ask(document: string, name: string, params: unknown): Promise<Answer> {
    try {
      if (name === 'prepareDownload') return { ok: true, value: await this.#prepareDownload(document) };
      if (!Object.hasOwn(requests, name)) return refused(name, 'there is no such request');
      const known = name as RequestName;
      const parsed = requests[known].params.safeParse(params);
      if (!parsed.success) {
        const issue = parsed.error.issues[0]!;
        return refused(name, `${issue.path.join('.') || 'it'}: ${issue.message}`);
      }
      if (isHostRequest(known)) return { ok: true, value: await this.#host(known, parsed.data) };
      return await this.#engine(document, known, parsed.data);
    } catch (error) {
      return { ok: false, fault: error instanceof ServiceFault ? error.fault : asMhoError(error).fault };
    }
  }

  async #engine(document: string, name: EngineRequestName, params: unknown): Promise<Answer> {
    // A job may tell something before the answer has named it.
    let job: string | null = null;
    const early: JobNotice[] = [];
    const emit = (notice: JobNotice): void => {
      if (job === null) early.push(notice);
      else this.#send(document, { kind: 'job', job, notice });
    };
    const answer = await this.#service.handle({ document, name, params, paths: this.#grants.of(params), emit });
    if (answer.ok && name === 'startRun') {
      job = (answer.value as Result<'startRun'>).job;
      for (const notice of early) emit(notice);
    }
    if (answer.ok && name === 'predict') this.#backend = (answer.value as Prediction).backend;
    return answer;
  }

  /** What Electron's main process answers itself. Files and windows are the browser's affair, and never come here. */
  async #host(name: HostRequestName, params: unknown): Promise<unknown> {
    switch (name) {
      case 'launch':
        return this.#launch();
      case 'settings':
        return this.#settings;
      case 'changeSettings':
        return (this.#settings = { ...this.#settings, ...(params as Partial<Settings>) });
      case 'recentList':
        return [];
      case 'status':
        return {
          version: this.options.version,
          platform: `${process.platform}-${process.arch}, ${hostname()}`,
          engine: 'ready',
          backend: this.#backend,
        } satisfies Result<'status'>;
      default:
        throw new MhoError('REQUEST_INVALID', { name, reason: 'the browser does that itself' });
    }
  }

  /** Given once, as to a window. */
  #launch(): Launch {
    const opens = this.#opens;
    this.#opens = null;
    if (opens === null) return { kind: 'nothing' };
    if ('sample' in opens) return { kind: 'sample', name: opens.sample };
    const kind = kindByEnding(opens.path) === 'session' ? 'session' : 'model';
    return { kind, file: this.#grants.grant(opens.path, kind) };
  }

  /** Writes the session where the browser can fetch it. */
  async #prepareDownload(document: string): Promise<{ name: string; path: string }> {
    const state = await this.#service.handle({ document, name: 'document', params: {} });
    const title = (state.ok && (state.value as Result<'document'>).title) || 'session';
    const id = randomBytes(18).toString('base64url');
    const name = sessionFileName(title.replace(/[\\/:*?"<>|]/g, '-'));
    await mkdir(join(this.scratch, id));
    const path = join(this.scratch, id, name);
    const saved = await this.#service.handle({ document, name: 'save', params: { path } });
    if (!saved.ok) throw new ServiceFault(saved.fault);
    this.#downloads.set(id, path);
    return { name, path: `/download/${id}` };
  }
}

/** A fault of the service, on its way to the page as it is. */
class ServiceFault extends Error {
  constructor(readonly fault: MhoFault) {
    super(fault.message);
  }
}

const isHostRequest = (name: RequestName): name is HostRequestName => Object.hasOwn(hostRequests, name);

const listening = (server: Server, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', (error: Error) => reject(new MhoError('SERVER_PORT', { port, reason: error.message })));
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });

/**
 * Starts serving.
 * @throws SERVER_PORT
 */
export async function serve(options: ServeOptions): Promise<Serving> {
  const scratch = await mkdtemp(join(tmpdir(), 'mho-serve-'));
  const host = new Host(options, scratch);
  const server = createServer((request, response) => {
    host.answer(request, response).catch(() => response.destroy());
  });
  const sockets = new WebSocketServer({ noServer: true, maxPayload: LARGEST_MESSAGE });
  server.on('upgrade', (request, socket, head) => {
    if (!host.allowsSocket(request)) {
      socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n');
      return;
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => host.connected(webSocket));
  });
  host.port = await listening(server, options.port);
  return {
    url: `http://127.0.0.1:${host.port}/?token=${host.token}`,
    port: host.port,
    close: async () => {
      for (const client of sockets.clients) client.terminate();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(scratch, { recursive: true, force: true });
    },
  };
}

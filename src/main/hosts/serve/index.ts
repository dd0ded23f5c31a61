/**
 * `mho serve`: the window's pages over HTTP and their requests over a WebSocket, for a machine without a screen. It
 * listens on the loopback interface alone, wants a random token, and answers only under its own name (Host) to its own
 * pages (Origin): another site in the same browser, or a name that is made to point here, gets nothing.
 */
import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { asMhoError, MhoError, type MhoFault } from '../../../contract/errors';
import { kindByEnding, sessionFileName } from '../../../contract/formats';
import {
  hostRequests,
  requests,
  startsJob,
  type Answer,
  type EngineRequestName,
  type FileRef,
  type HostRequestName,
  type JobNotice,
  type JobRequestName,
  type JobSetup,
  type Launch,
  type Prediction,
  type RequestName,
  type Result,
  type Settings,
} from '../../../contract/studio';
import { defaultSettings } from '../../../contract/defaults';
import type { ServiceRequest } from '../service';
import { ownerOf } from '../service/recovery';
import { checked } from '../checked';
import { EngineHost, type Launcher } from '../engineProcess/host';
import { contentPolicy, pagePath } from '../page';
import { Access, targetOf, type Target } from './access';
import { guardConnections, type Connections } from './connections';
import { BACKLOG, FAREWELL, GRACE, MOST_PAGES, MOST_PIPELINED, SOCKET, STILL_THERE, UNKNOWN, UPLOADS } from './limits';
import { Link } from './link';
import { Page } from './page';
import { fileName, Scratch } from './scratch';
import { sendFile } from './send';

export interface ServeOptions {
  /** Starts the engine's process. */
  readonly engine: Launcher;
  /** 0: any that is free. */
  readonly port: number;
  /** Folder of the built pages. */
  readonly pages: string;
  readonly samples: string;
  readonly recovery: string;
  readonly version: string;
  /** What the first page opens. */
  readonly opens: { readonly path: string } | { readonly sample: string } | null;
  /** Milliseconds that a page which went away may take to come back to its document. */
  readonly grace?: number;
  /** Milliseconds without a byte in either direction that end a connection. */
  readonly idle?: number;
}

export interface Serving {
  /** With the token. */
  readonly url: string;
  readonly port: number;
  /** Of the engine's process; null while there is none. */
  enginePid(): number | null;
  /** Ends all: what is unsaved is kept for the next start. */
  close(): Promise<void>;
}

class Host {
  readonly access: Access;
  readonly #engine: EngineHost;
  readonly #pages = new Map<string, Page>();
  /** Requests whose answers have not been taken, by connection. */
  readonly #pending = new WeakMap<Socket, number>();
  #settings: Settings = defaultSettings;
  #opens: ServeOptions['opens'];
  readonly #sweeper: NodeJS.Timeout;
  #closing = false;

  constructor(
    private readonly options: ServeOptions,
    port: number,
    private readonly scratch: Scratch,
    private readonly connections: Connections,
  ) {
    this.access = new Access(port);
    this.#opens = options.opens;
    const { engine, samples, recovery, version } = options;
    this.#engine = new EngineHost(engine, {
      samples,
      recovery,
      version,
      passing: scratch.path,
      owner: ownerOf(process.pid),
    });
    this.#engine.on('document', (document, state) =>
      this.#pages.get(document)?.send({ kind: 'notice', notice: { kind: 'document', document: state } }),
    );
    this.#engine.on('state', (state, fault) => {
      for (const page of this.#pages.values()) page.send({ kind: 'notice', notice: { kind: 'engine', state, fault } });
    });
    this.#engine.start();
    const { grace = GRACE } = options;
    this.#sweeper = setInterval(() => this.#sweep(grace), Math.min(grace, 5000));
  }

  get enginePid(): number | null {
    return this.#engine.pid;
  }

  // ------------------------------------------------------------ HTTP

  /** Answers a request, or ends its connection. Never rejects. */
  async http(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { socket } = request;
    const pending = (this.#pending.get(socket) ?? 0) + 1;
    this.#pending.set(socket, pending);
    response.once('close', () => this.#pending.set(socket, this.#pending.get(socket)! - 1));
    if (pending > MOST_PIPELINED) socket.destroy();
    if (socket.destroyed) return;
    try {
      await this.#answer(request, response);
    } catch {
      socket.destroy(); // the other side went away, or the disk failed in the middle of a file
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { access } = this;
    const connect = `'self' ${access.names().map((name) => `ws://${name}`).join(' ')}`; // prettier-ignore
    response.setHeader('content-security-policy', contentPolicy(connect));
    response.setHeader('x-content-type-options', 'nosniff');
    response.setHeader('referrer-policy', 'no-referrer');
    response.setHeader('cross-origin-resource-policy', 'same-origin');
    response.setHeader('cache-control', 'no-store');
    const end = (status: number, text: string, headers: Record<string, string> = {}): void =>
      void response.writeHead(status, headers).end(text);
    const refuse = (status: number, text: string): void => end(status, text, { connection: 'close' });

    if (!access.own(request)) return refuse(403, 'This server answers to its own page only.');
    const target = targetOf(request);
    if (!target) return refuse(400, 'This is no path of this server.');
    const { pathname } = target;
    if (request.method === 'GET' && pathname === '/') {
      if (access.enters(target)) return end(303, '', { location: '/', 'set-cookie': access.pass });
      // Followed from another site, the browser keeps the cookie back; once it has come from here, it sends it.
      if (!access.knows(request) && request.headers['sec-fetch-site'] === 'cross-site')
        return end(403, 'One moment…', { refresh: '0; url=/' });
    } else if (!access.fromOwnPage(request)) return refuse(403, 'This server answers to its own page only.');
    const known = access.knows(request);
    if (known) this.connections.known(request.socket);
    if (request.method === 'POST' && pathname === '/upload')
      return access.allows(request) ? this.#upload(request, response, target) : refuse(403, 'You have not entered.');
    if (request.method !== 'GET') return refuse(405, 'Only GET.');
    // A request that has something to say although nobody listens is not waited for.
    if (request.headers['transfer-encoding'] ?? (request.headers['content-length'] ?? '0') !== '0')
      response.setHeader('connection', 'close');
    if (pathname.startsWith('/download/')) {
      if (!known) return refuse(403, 'You have not entered.');
      const path = this.#downloadOf(pathname.slice('/download/'.length));
      const headers = { 'content-type': 'application/octet-stream', 'content-disposition': 'attachment' };
      if (!path || !(await sendFile(response, path, headers))) end(404, 'There is nothing here.');
      return;
    }
    if (pathname === '/favicon.ico') return end(204, ''); // browsers ask by themselves; there is none
    if (pathname === '/' && !known) return refuse(403, 'Open the address that mho serve printed: it carries a token.');
    // Pages and their parts hold nothing secret; what they ask for does.
    const file = pagePath(this.options.pages, pathname === '/' ? '/index.html' : pathname);
    if (!file || !(await sendFile(response, file.path, { 'content-type': file.type })))
      end(404, 'There is nothing here.');
  }

  /** Takes a file in for a document. */
  async #upload(request: IncomingMessage, response: ServerResponse, { query }: Target): Promise<void> {
    const name = query.get('name') ?? 'file';
    const page = this.#pages.get(query.get('document') ?? '');
    const answer = page ? await this.#received(page, name, request) : refusedUpload(name, 'its page is gone');
    if (response.destroyed) return;
    const headers = { 'content-type': 'application/json', ...(!request.complete && { connection: 'close' }) };
    response.writeHead(200, headers).end(JSON.stringify(answer));
  }

  async #received(page: Page, name: string, request: IncomingMessage): Promise<Answer> {
    if (page.uploading >= UPLOADS.atOnce) return refusedUpload(name, `${UPLOADS.atOnce} others are under way`);
    page.uploading++;
    try {
      const path = await this.scratch.receive(page.document, name, request, page.gone);
      return { ok: true, value: page.grants.grant(path, kindByEnding(path)) satisfies FileRef };
    } catch (error) {
      return { ok: false, fault: asMhoError(error).fault };
    } finally {
      page.uploading--;
    }
  }

  #downloadOf(id: string): string | null {
    return [...this.#pages.values()].find(({ download }) => download?.id === id)?.download?.path ?? null;
  }

  // ------------------------------------------------------------ pages

  /** Where a socket may go; null: nowhere. */
  socketTarget(request: IncomingMessage): Target | null {
    const target = targetOf(request);
    const { access } = this;
    const allowed = access.own(request) && access.fromOwnPage(request) && access.allows(request);
    if (!target || target.pathname !== '/socket' || !allowed || this.#closing) return null;
    this.connections.known(request.socket);
    return target;
  }

  /** A page has come, to the document that it had before or to a new one. */
  async connected(socket: WebSocket, wanted: string | null): Promise<void> {
    const before = wanted === null ? undefined : this.#pages.get(wanted);
    let page = before;
    if (before?.link) {
      // A tab that was copied asks for the document of the one it was copied from; after a reload nobody answers.
      socket.pause();
      if (await before.link.alive(STILL_THERE)) page = undefined;
      socket.resume();
    }
    if (this.#closing || socket.readyState !== socket.OPEN) return socket.terminate();
    const shown = page && !page.gone.aborted ? page : this.#newPage();
    if (!shown) return socket.close(1013, 'too many pages');
    const link = new Link(socket, {
      ask: (name, params) => this.#ask(shown, name, params),
      closed: () => void shown.hiddenBy(link),
    });
    shown.shownBy(link);
  }

  /** Null where there are too many: the one that is away longest makes room, unless it computes. */
  #newPage(): Page | null {
    if (this.#pages.size >= MOST_PAGES) {
      const away = [...this.#pages.values()].filter((page) => page.away !== null && !page.running);
      const [oldest] = away.sort((a, b) => a.away! - b.away!);
      if (!oldest) return null;
      void this.#leave(oldest);
    }
    const page = new Page(randomBytes(12).toString('hex'));
    this.#pages.set(page.document, page);
    return page;
  }

  /** A run goes on without its page; once nothing goes on, a page that stays away has left. */
  #sweep(grace: number): void {
    for (const page of this.#pages.values())
      if (page.away !== null && !page.running && Date.now() - page.away > grace) void this.#leave(page);
  }

  async #leave(page: Page): Promise<void> {
    this.#pages.delete(page.document);
    page.leave();
    await this.#engine.request({ document: page.document, name: 'leave', params: {} });
    await this.scratch.removePage(page.document);
  }

  // ------------------------------------------------------------ requests

  async #ask(page: Page, name: string, params: unknown): Promise<Answer> {
    try {
      if (name === 'prepareDownload') return { ok: true, value: await this.#prepareDownload(page) };
      const parsed = checked(requests, name, params);
      if (!parsed.ok) return parsed;
      const known = name as RequestName;
      if (isHostRequest(known)) return { ok: true, value: await this.#host(page, known, parsed.value) };
      return await this.#ofEngine(page, known, parsed.value);
    } catch (error) {
      return { ok: false, fault: error instanceof ServiceFault ? error.fault : asMhoError(error).fault };
    }
  }

  async #ofEngine(page: Page, name: EngineRequestName, params: unknown): Promise<Answer> {
    const request: ServiceRequest = { document: page.document, name, params, paths: page.grants.of(params) };
    if (startsJob(name)) return this.#startJob(page, request);
    const answer = await this.#engine.request(request);
    if (answer.ok && name === 'predict') this.#engine.backend = (answer.value as Prediction).backend;
    return answer;
  }

  async #startJob(page: Page, request: ServiceRequest): Promise<Answer> {
    // A job may tell something before the answer has named it.
    let job: string | null = null;
    const early: JobNotice[] = [];
    const emit = (notice: JobNotice): void => {
      if (job === null) early.push(notice);
      else page.heard(job, notice);
    };
    const answer = await this.#engine.request(request, { emit });
    if (!answer.ok) return answer;
    job = (answer.value as Result<JobRequestName>).job;
    page.began(job, request.params as JobSetup);
    for (const notice of early) page.heard(job, notice);
    return answer;
  }

  /** What Electron's main process answers itself. Files and windows are the browser's affair, and never come here. */
  async #host(page: Page, name: HostRequestName, params: unknown): Promise<unknown> {
    switch (name) {
      case 'launch':
        return this.#launch(page);
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
          engine: this.#engine.state,
          backend: this.#engine.backend,
        } satisfies Result<'status'>;
      default:
        throw new MhoError('REQUEST_INVALID', { name, reason: 'the browser does that itself' });
    }
  }

  /** Given once, as to a window. */
  #launch(page: Page): Launch {
    const opens = this.#opens;
    this.#opens = null;
    if (opens === null) return { kind: 'nothing' };
    if ('sample' in opens) return { kind: 'sample', name: opens.sample };
    const kind = kindByEnding(opens.path) === 'session' ? 'session' : 'model';
    return { kind, file: page.grants.grant(opens.path, kind) };
  }

  /** Writes the session where the browser can fetch it; the one before it is no longer the document's file then. */
  async #prepareDownload(page: Page): Promise<{ name: string; path: string }> {
    const state = await this.#engine.request({ document: page.document, name: 'document', params: {} });
    const title = (state.ok && (state.value as Result<'document'>).title) || 'session';
    const name = fileName(sessionFileName(title.replace(/[\\/:*?"<>|]/g, '-')));
    const folder = await this.scratch.folder(page.document);
    const path = join(folder, name);
    const saved = await this.#engine.request({ document: page.document, name: 'save', params: { path } });
    if (!saved.ok) {
      await rm(folder, { recursive: true, force: true });
      throw new ServiceFault(saved.fault);
    }
    const before = page.download;
    const id = randomBytes(18).toString('base64url');
    page.download = { id, path, folder };
    if (before) await rm(before.folder, { recursive: true, force: true });
    return { name, path: `/download/${id}` };
  }

  // ------------------------------------------------------------ the end

  async close(): Promise<void> {
    this.#closing = true;
    clearInterval(this.#sweeper);
    const left = Promise.all([...this.#pages.values()].map((page) => this.#leave(page)));
    let timer: NodeJS.Timeout | undefined;
    // An engine that is deep in a kernel may be late; what it finished lies in the recovery folder in any case.
    await Promise.race([left, new Promise((resolve) => (timer = setTimeout(resolve, FAREWELL)))]);
    clearTimeout(timer);
    await this.#engine.stop();
  }
}

/** A fault of the service, on its way to the page as it is. */
class ServiceFault extends Error {
  constructor(readonly fault: MhoFault) {
    super(fault.message);
  }
}

const refusedUpload = (name: string, reason: string): Answer => ({
  ok: false,
  fault: new MhoError('FILE_WRITE', { path: fileName(name), reason }).fault,
});

const isHostRequest = (name: RequestName): name is HostRequestName => Object.hasOwn(hostRequests, name);

const listening = (server: Server, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    // Later ones are of a connection that could not be taken (no file is left for it): the others go on.
    server.on('error', (error: Error) => reject(new MhoError('SERVER_PORT', { port, reason: error.message })));
    server.listen({ port, host: '127.0.0.1', backlog: BACKLOG }, () => resolve((server.address() as AddressInfo).port));
  });

/** To somebody who may not have a socket. Not waited for: the other half of the connection may never close. */
function refuseSocket(socket: Duplex): void {
  socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n', () => socket.destroy());
}

/**
 * Starts serving.
 * @throws SERVER_PORT, SERVER_FOLDER
 */
export async function serve(options: ServeOptions): Promise<Serving> {
  const server = createServer({ maxHeaderSize: UNKNOWN.headerBytes, connectionsCheckingInterval: 1000 });
  const connections = guardConnections(server, options.idle);
  const sockets = new WebSocketServer({ noServer: true, maxPayload: SOCKET.frameBytes });
  const scratch = await Scratch.make();
  const port = await listening(server, options.port).catch(async (error: unknown) => {
    await scratch.remove();
    throw error;
  });
  const host = new Host(options, port, scratch, connections);
  server.on('request', (request, response) => void host.http(request, response));
  server.on('upgrade', (request, socket, head) => {
    const target = host.socketTarget(request);
    if (!target) return refuseSocket(socket);
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.on('error', () => webSocket.terminate()); // an oversized or broken frame
      host.connected(webSocket, target.query.get('document')).catch(() => webSocket.terminate());
    });
  });
  return {
    url: `http://127.0.0.1:${port}/?token=${host.access.token}`,
    port,
    enginePid: () => host.enginePid,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      await host.close();
      for (const client of sockets.clients) client.terminate();
      server.closeAllConnections();
      await closed;
      await scratch.remove();
    },
  };
}

/** Starts the server as a process of its own, and talks to it as a browser does. */
import { fork, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request, type IncomingHttpHeaders } from 'node:http';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { WebSocket } from 'ws';
import type {
  Answer,
  JobNotice,
  Params,
  RequestName,
  Result,
  RunSetup,
  StudioNotice,
} from '../../../src/contract/studio';
import { fromBytes, toBytes, type FromServer, type LeftJob } from '../../../src/contract/wire';
import type { ServeOptions } from '../../../src/main/hosts/serve';

export interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

interface State {
  readonly engine: number | null;
  /** Bytes. */
  readonly rss: number;
  /** Milliseconds of processor time so far, of the server without its engine. */
  readonly processor: number;
}

export class TestServer {
  readonly token: string;
  readonly origin: string;
  /** What a browser got by entering. */
  cookie = '';

  private constructor(
    readonly child: ChildProcess,
    readonly folder: string,
    readonly url: string,
    readonly port: number,
  ) {
    this.token = new URL(url).searchParams.get('token')!;
    this.origin = `http://127.0.0.1:${port}`;
  }

  /** With a temporary folder, a recovery folder, and the cookie of somebody who entered. */
  static async start(options: Partial<ServeOptions> = {}, folder = newFolder()): Promise<TestServer> {
    const all = { recovery: join(folder, 'recovery'), ...options };
    const child = fork(resolve('tests/hosts/serve/program.ts'), [JSON.stringify(all)], {
      execArgv: ['--import', 'tsx'],
      env: { ...process.env, TMPDIR: folder },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const { url } = await new Promise<{ url: string }>((tell, fail) => {
      child.once('message', (message) => tell(message as { url: string }));
      child.once('exit', (code) => fail(new Error(`the server ended with ${code}`)));
    });
    return TestServer.#entered(child, folder, url);
  }

  /** The program as it is built, with the same folders. Linux tells whose child the engine is. */
  static async program(folder: string): Promise<TestServer> {
    const child = spawn(process.execPath, [resolve('scripts/mho.mjs'), 'serve'], {
      env: { ...process.env, TMPDIR: folder, XDG_STATE_HOME: folder },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const url = await new Promise<string>((tell, fail) => {
      child.stdout.once('data', (text: Buffer) => tell(text.toString().trim()));
      child.once('exit', (code) => fail(new Error(`the program ended with ${code}`)));
    });
    return TestServer.#entered(child, folder, url);
  }

  static async #entered(child: ChildProcess, folder: string, url: string): Promise<TestServer> {
    const server = new TestServer(child, folder, url, Number(new URL(url).port));
    const entered = await server.get(`/?token=${server.token}`);
    server.cookie = String(entered.headers['set-cookie']).split(';')[0]!;
    return server;
  }

  get alive(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  state(): Promise<State> {
    return new Promise((tell) => {
      this.child.once('message', (message) => tell(message as State));
      this.child.send('state');
    });
  }

  /** Ends it as Ctrl-C does. */
  async close(): Promise<void> {
    if (!this.alive) return;
    const over = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.send('close');
    await over;
  }

  /** Sends a signal. @returns how it ended: its code, or the signal that it did not answer */
  end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals | null> {
    const over = new Promise<number | NodeJS.Signals | null>((tell) =>
      this.child.once('exit', (code, killed) => tell(code ?? killed)),
    );
    this.child.kill(signal);
    return over;
  }

  /** Of the process: the engine's. */
  children(): number[] {
    const { pid } = this.child;
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  }

  /** Whether it still takes connections. */
  accepts(): Promise<boolean> {
    return new Promise((tell) => {
      const socket = createConnection({ port: this.port, host: '127.0.0.1' });
      socket.on('connect', () => tell(true)).on('error', () => tell(false));
      socket.on('connect', () => socket.destroy());
    });
  }

  async forget(): Promise<void> {
    await this.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Node's fetch forbids setting Host. */
  get(path: string, headers: Record<string, string> = {}, method = 'GET', body?: Uint8Array): Promise<Answered> {
    return new Promise((finish, fail) => {
      const asked = request({ host: '127.0.0.1', port: this.port, path, method, headers, agent: false }, (response) => {
        let text = '';
        response.setEncoding('latin1').on('data', (chunk: string) => (text += chunk));
        response.on('end', () => finish({ status: response.statusCode!, headers: response.headers, text }));
      });
      asked.on('error', fail);
      asked.end(body);
    });
  }

  /** As the page's own requests. */
  own(path: string, headers: Record<string, string> = {}, method = 'GET', body?: Uint8Array): Promise<Answered> {
    return this.get(path, { cookie: this.cookie, origin: this.origin, ...headers }, method, body);
  }

  page(document?: string): Promise<TestPage> {
    return TestPage.open(this, document);
  }
}

export const newFolder = (): string => mkdtempSync(join(tmpdir(), 'mho-test-serve-'));

/** The other end of a page's socket. */
export class TestPage {
  document = '';
  left: readonly LeftJob[] = [];
  readonly jobs: { job: string; notice: JobNotice }[] = [];
  readonly notices: StudioNotice[] = [];
  /** The close code, once it is closed. */
  readonly closed: Promise<number>;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #id = 0;

  private constructor(readonly socket: WebSocket) {
    this.closed = new Promise((resolve) => socket.once('close', resolve));
  }

  static async open(server: TestServer, document?: string): Promise<TestPage> {
    const query = document === undefined ? '' : `?document=${document}`;
    const { origin, cookie } = server;
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/socket${query}`, { origin, headers: { cookie } });
    const page = new TestPage(socket);
    await new Promise<void>((welcome, fail) => {
      socket.on('error', fail);
      socket.on('message', (data: Buffer) => {
        const message = fromBytes(data) as FromServer;
        if (message.kind === 'welcome') {
          page.document = message.document;
          page.left = message.jobs;
          welcome();
        } else if (message.kind === 'answer') page.#waiting.get(message.id)?.(message.answer);
        else if (message.kind === 'job') page.jobs.push(message);
        else page.notices.push(message.notice);
      });
    });
    return page;
  }

  ask(name: string, params: unknown = {}): Promise<Answer> {
    return new Promise((finish) => {
      this.#waiting.set(++this.#id, finish);
      this.socket.send(toBytes({ id: this.#id, name, params }));
    });
  }

  async get<Name extends RequestName>(name: Name, params: Params<Name>): Promise<Result<Name>> {
    const answer = await this.ask(name, params);
    if (!answer.ok) throw new Error(`${name}: ${answer.fault.code} ${answer.fault.message}`);
    return answer.value as Result<Name>;
  }

  kinds(job: string): string[] {
    return this.jobs.filter((each) => each.job === job).map(({ notice }) => notice.kind);
  }

  /** Opens the digits. @returns what a run of them is asked */
  async digits(steps = 8): Promise<RunSetup> {
    const { data, sample } = await this.get('openSample', { name: 'digits' });
    return {
      data: data!.data,
      examples: [0],
      baseline: sample!.baseline,
      target: { index: 3 },
      methods: ['nig'],
      rule: 'secant',
      steps,
      backend: 'auto',
    };
  }

  leave(): void {
    this.socket.terminate();
  }
}

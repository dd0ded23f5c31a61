/** `mho serve`: who may ask, and the same requests over a WebSocket. */
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { fromBytes, toBytes, type FromServer } from '../../src/contract/wire';
import { serve, type Serving } from '../../src/main/hosts/serve';
import { engine } from '../../src/main/hosts/service/engine';

let folder: string;
let serving: Serving;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mho-serve-test-'));
  serving = await serve({
    engine,
    port: 0,
    pages: resolve('src/renderer'), // any folder of pages
    samples: resolve('resources/samples'),
    recovery: join(folder, 'recovery'),
    version: '0',
    opens: { sample: 'digits' },
  });
});
afterAll(async () => {
  await serving.close();
  rmSync(folder, { recursive: true, force: true });
});

const token = (): string => new URL(serving.url).searchParams.get('token')!;

/** Node's fetch forbids setting Host. */
const get = (
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<{ status: number; policy: string; text: string }> =>
  new Promise((finish, fail) => {
    const asked = request({ host: '127.0.0.1', port: serving.port, path, method, headers }, (response) => {
      let text = '';
      response.on('data', (chunk) => (text += chunk));
      response.on('end', () =>
        finish({ status: response.statusCode!, policy: String(response.headers['content-security-policy']), text }),
      );
    });
    asked.on('error', fail);
    asked.end();
  });

describe('who may ask', () => {
  it('listens on the loopback interface alone', () => {
    expect(new URL(serving.url).hostname).toBe('127.0.0.1');
    expect(token().length).toBeGreaterThanOrEqual(32);
  });

  it('gives the page to who has the token, with its policy', async () => {
    const page = await get(`/?token=${token()}`);
    expect(page.status).toBe(200);
    expect(page.policy).toContain("default-src 'none'");
    expect((await get('/')).status).toBe(403);
    expect((await get(`/?token=${token().slice(1)}x`)).status).toBe(403);
  });

  it('refuses other names and other sites', async () => {
    const path = `/?token=${token()}`;
    expect((await get(path, { host: `evil.example:${serving.port}` })).status).toBe(403);
    expect((await get(path, { origin: 'https://evil.example' })).status).toBe(403);
    expect((await get(path, { origin: 'null' })).status).toBe(403);
    expect((await get(path, { host: `localhost:${serving.port}` })).status).toBe(200);
  });

  it('serves its pages and nothing beside them', async () => {
    for (const path of ['/../../package.json', '/..%2f..%2fpackage.json', '/%2e%2e/contract/studio.ts', '/main.ts'])
      expect((await get(path)).status, path).toBe(404);
    expect((await get('/upload?name=x', {}, 'POST')).status).toBe(403);
    expect((await get('/download/x')).status).toBe(403);
  });

  it.each([
    ['without a token', '', true],
    ['with a wrong one', 'x'.repeat(32), true],
    ['from another site', null, 'https://evil.example'],
    ['from nowhere', null, false],
  ] as const)('a socket %s is refused', async (_how, given, origin) => {
    const from = origin === true ? `http://127.0.0.1:${serving.port}` : origin;
    const socket = new WebSocket(`ws://127.0.0.1:${serving.port}/socket?token=${given ?? token()}`, {
      ...(from ? { origin: from } : {}),
    });
    const said = await new Promise<string>((finish) => {
      socket.on('open', () => finish('open'));
      socket.on('error', (error) => finish(error.message));
    });
    socket.terminate();
    expect(said).toContain('403');
  });
});

describe('the same requests', () => {
  it('predict and run over a WebSocket; floats arrive as floats', async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${serving.port}/socket?token=${token()}`, {
      origin: `http://127.0.0.1:${serving.port}`,
    });
    const jobs: FromServer[] = [];
    const waiting = new Map<number, (value: never) => void>();
    socket.on('message', (data: Buffer) => {
      const message = fromBytes(data) as FromServer;
      if (message.kind === 'answer') waiting.get(message.id)!(message.answer as never);
      else if (message.kind === 'job') jobs.push(message);
    });
    await new Promise((open) => socket.on('open', open));
    let id = 0;
    const ask = (name: string, params: unknown = {}): Promise<{ ok: boolean; value: never; fault: never }> =>
      new Promise((finish) => {
        waiting.set(++id, finish as never);
        socket.send(toBytes({ id, name, params }));
      });
    expect((await ask('launch')).value).toEqual({ kind: 'sample', name: 'digits' });
    expect((await ask('launch')).value).toEqual({ kind: 'nothing' });
    const { data } = (await ask('openSample', { name: 'digits' })).value as { data: { data: string } };
    const asked = { data: data.data, examples: [0], baseline: { kind: 'constant', value: 0 } };
    const prediction = (await ask('predict', asked)).value as { outputs: { atInput: { data: unknown } }[] };
    expect(prediction.outputs[0]!.atInput.data).toBeInstanceOf(Float32Array);
    expect(prediction.outputs[0]!.atInput.data).toHaveLength(10);
    const run = { ...asked, target: { index: 3 }, methods: ['rescale'], rule: 'secant', steps: 1, backend: 'auto' };
    const { job } = (await ask('startRun', run)).value as { job: string };
    await expect.poll(() => jobs.map((each) => each.kind === 'job' && each.notice.kind).at(-1)).toBe('finished');
    expect(jobs.every((each) => each.kind === 'job' && each.job === job)).toBe(true);
    for (const name of ['save', 'leave', 'constructor', 'chooseFile'])
      expect(await ask(name), name).toMatchObject({ ok: false, fault: { code: 'REQUEST_INVALID' } });
    const { path } = (await ask('prepareDownload')).value as { path: string };
    expect((await get(`${path}?token=${token()}`)).text.slice(0, 2)).toBe('PK');
    socket.close();
  });
});

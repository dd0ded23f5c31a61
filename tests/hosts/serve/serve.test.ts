/** `mho serve`: who may ask, the same requests over a WebSocket, documents that outlive pages and engines. */
import { existsSync, readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { FileRef, RunSetup } from '../../../src/contract/studio';
import { guardConnections } from '../../../src/main/hosts/serve/connections';
import { newFolder, TestServer, type TestPage } from './server';

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start({ opens: { sample: 'digits' } });
});
afterAll(() => server.forget());

const LONG = 100_000;
/** Bytes: more than one buffer of Node may hold. */
const LARGE = 2 ** 31 + 2 ** 20;

describe('who may ask', () => {
  it('listens on the loopback interface alone', () => {
    expect(new URL(server.url).hostname).toBe('127.0.0.1');
    expect(server.token.length).toBeGreaterThanOrEqual(32);
  });

  it('takes the token from the address at once, for a cookie that no script reads and no other site sends', async () => {
    const entered = await server.get(`/?token=${server.token}`);
    expect(entered.status).toBe(303);
    expect(entered.headers.location).toBe('/');
    const [cookie] = entered.headers['set-cookie']!;
    expect(cookie).toMatch(new RegExp(`^mho-${server.port}=[\\w-]{32}; Path=/; HttpOnly; SameSite=Strict$`));
    expect(cookie).not.toContain(server.token);
    expect(entered.headers['referrer-policy']).toBe('no-referrer');
    const page = await server.own('/index.html');
    expect(page.headers['content-security-policy']).toContain("default-src 'none'");
  });

  it('gives the page to who has entered', async () => {
    expect((await server.get('/')).status).toBe(403);
    expect((await server.get(`/?token=${server.token.slice(1)}x`)).status).toBe(403);
    expect((await server.get('/', { cookie: `mho-${server.port}=${server.token}` })).status).toBe(403);
    expect((await server.get('/', { cookie: server.cookie.replace(`${server.port}`, '1') })).status).toBe(403);
    expect((await server.own('/')).status).toBe(404); // there is no page in the tests' folder
    expect((await server.get('/', { cookie: `other=1; ${server.cookie}` })).status).toBe(404);
    expect((await server.get('/', { authorization: `Bearer ${server.token}` })).status).toBe(404);
  });

  it('the token in a query enters, and does nothing else', async () => {
    expect((await server.get(`/upload?token=${server.token}&name=x`, {}, 'POST')).status).toBe(403);
    expect((await server.get(`/download/x?token=${server.token}`)).status).toBe(403);
    const { status } = await server.get(`/socket?token=${server.token}`);
    expect(status).toBe(404);
  });

  it('refuses other names, other sites and other ports', async () => {
    const path = `/?token=${server.token}`;
    expect((await server.get(path, { host: `evil.example:${server.port}` })).status).toBe(403);
    expect((await server.get(path, { origin: 'https://evil.example' })).status).toBe(403);
    expect((await server.get(path, { origin: 'null' })).status).toBe(403);
    expect((await server.get(path, { host: `localhost:${server.port}` })).status).toBe(303);
    for (const site of ['cross-site', 'same-site'])
      expect((await server.own('/download/x', { 'sec-fetch-site': site })).status, site).toBe(403);
    expect((await server.own('/download/x', { 'sec-fetch-site': 'same-origin' })).status).toBe(404);
    const upload = `/upload?name=x&document=x`;
    expect((await server.own(upload, { origin: 'http://127.0.0.1:1' }, 'POST')).status).toBe(403);
    expect((await server.get(upload, { cookie: server.cookie }, 'POST')).status).toBe(403);
  });

  it('is entered from a link of another site, too: the cookie comes once the page has come from here', async () => {
    const from = { 'sec-fetch-site': 'cross-site' };
    expect((await server.get(`/?token=${server.token}`, from)).status).toBe(303);
    expect((await server.get('/', from)).headers['refresh']).toBe('0; url=/');
    expect((await server.get('/', { 'sec-fetch-site': 'same-origin' })).headers['refresh']).toBeUndefined();
  });

  it('serves its pages and nothing beside them', async () => {
    for (const path of [
      '/../../package.json',
      '/..%2f..%2fpackage.json',
      '/%2e%2e/contract/studio.ts',
      '/main.ts',
      '//',
      '/%00.html',
      '/%',
    ])
      expect((await server.get(path)).status, path).toBe(404);
    expect((await server.get('http://127.0.0.1/')).status).toBe(400);
  });

  it.each([
    ['without a cookie', {}, true],
    ['with a wrong one', { cookie: `mho-0=${'x'.repeat(32)}` }, true],
    ['with one of a two-byte letter', { cookie: `mho-0=${'x'.repeat(31)}\u00e9` }, true],
    ['from another site', null, 'https://evil.example'],
    ['from nowhere', null, false],
  ] as const)('a socket %s is refused', async (_how, given, from) => {
    const origin = from === true ? server.origin : from;
    const cookie = given && 'cookie' in given ? given.cookie.replace('mho-0', `mho-${server.port}`) : server.cookie;
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/socket`, {
      ...(origin && { origin }),
      ...((given === null || 'cookie' in given) && { headers: { cookie } }),
    });
    const said = await new Promise<string>((finish) => {
      socket.on('open', () => finish('open'));
      socket.on('error', (error) => finish(error.message));
    });
    socket.terminate();
    expect(said).toContain('403');
    expect(server.alive).toBe(true);
  });
});

describe('the same requests', () => {
  it('predict and run over a WebSocket; floats arrive as floats', async () => {
    const page = await server.page();
    expect(await page.get('launch', {})).toEqual({ kind: 'sample', name: 'digits' });
    expect(await page.get('launch', {})).toEqual({ kind: 'nothing' });
    const setup = await page.digits();
    const { data, examples, baseline } = setup;
    const prediction = await page.get('predict', { data, examples: [...examples], baseline });
    expect(prediction.outputs[0]!.atInput.data).toBeInstanceOf(Float32Array);
    expect(prediction.outputs[0]!.atInput.data).toHaveLength(10);
    expect((await page.get('status', {})).backend).toEqual(prediction.backend);
    const { job } = await page.get('startRun', setup);
    await expect.poll(() => page.kinds(job).at(-1)).toBe('finished');
    expect(page.jobs.every((each) => each.job === job)).toBe(true);
    for (const name of ['save', 'leave', 'constructor', 'chooseFile'])
      expect(await page.ask(name), name).toMatchObject({ ok: false, fault: { code: 'REQUEST_INVALID' } });
    const { value } = (await page.ask('prepareDownload')) as { value: { path: string; name: string } };
    const { text, headers } = await server.own(value.path);
    expect(text.slice(0, 2)).toBe('PK');
    expect(Number(headers['content-length'])).toBe(text.length);
    page.leave();
  });

  it('a file that one page uploaded is not another’s', async () => {
    const [one, other] = [await server.page(), await server.page()];
    const bytes = new Uint8Array([1, 2, 3]);
    const upload = async (document: string, name: string) =>
      JSON.parse((await server.own(`/upload?document=${document}&name=${encodeURIComponent(name)}`, {}, 'POST', bytes)).text); // prettier-ignore
    const { value } = (await upload(one.document, '../x/\u0000model.keras')) as { value: FileRef };
    expect(value).toMatchObject({ name: 'model.keras', kind: 'model' });
    expect(await one.ask('openModel', { file: value.file })).toMatchObject({ fault: { code: 'MODEL_UNRECOGNISED' } });
    expect(await other.ask('openModel', { file: value.file })).toMatchObject({ fault: { code: 'FILE_NOT_GRANTED' } });
    expect(await upload('nobody', 'x')).toMatchObject({ ok: false, fault: { code: 'FILE_WRITE' } });
    expect(await upload(one.document, `${'\u00e9'.repeat(300)}.npy`)).toMatchObject({ ok: true });
    one.leave();
    other.leave();
  });
});

describe('a document outlives its page and the engine', () => {
  it('a page that is loaded again during a run has the run, how far it is, and what comes of it', async () => {
    const page = await server.page();
    const setup = await page.digits(LONG);
    const { job } = await page.get('startRun', setup);
    await expect.poll(() => page.kinds(job)).toContain('progress');
    page.leave();
    const again = await server.page(page.document);
    expect(again.document).toBe(page.document);
    expect(again.left).toMatchObject([{ job, setup: { steps: LONG } }]);
    expect(again.left[0]!.notices.map(({ kind }) => kind)).toContain('progress');
    await expect.poll(() => again.kinds(job)).toContain('progress');
    expect((await again.get('present', {}))!.document.modelOpen).toBe(true);
    await again.get('cancelRun', { job });
    await expect.poll(() => again.kinds(job).at(-1)).toBe('finished');
    const quick = await again.get('startRun', { ...setup, steps: 8 });
    again.leave();
    const third = await server.page(page.document);
    await expect
      .poll(async () => (await third.get('runList', {})).filter(({ job: of }) => of === quick.job).length)
      .toBe(1);
    third.leave();
  });

  it('a tab that was copied has a document of its own while the first one is there', async () => {
    const page = await server.page();
    const copy = await server.page(page.document);
    expect(copy.document).not.toBe(page.document);
    expect((await page.get('document', {})).runs).toBe(0);
    page.leave();
    copy.leave();
  });

  it('the engine killed in the middle of a run: told, started again, finished runs and model are there', async () => {
    const page = await server.page();
    const setup = await page.digits();
    const first = await page.get('startRun', setup);
    await expect.poll(() => page.kinds(first.job).at(-1)).toBe('finished');
    const { job } = await page.get('startRun', { ...setup, steps: LONG });
    await expect.poll(() => page.kinds(job)).toContain('progress');
    const before = (await server.state()).engine!;
    process.kill(before, 'SIGKILL');
    await expect.poll(() => page.kinds(job).at(-1)).toBe('failed');
    await expect
      .poll(() => page.notices)
      .toContainEqual(expect.objectContaining({ kind: 'engine', state: 'restarting' }));
    const runs = await page.get('runList', {});
    expect(runs.map((run) => run.job)).toEqual([first.job]);
    expect((await server.state()).engine).not.toBe(before);
    expect((await page.get('openedModel', {}))!.summary.name).toContain('digits');
    const { text } = await server.own('/nothing');
    expect(text).toContain('nothing here');
    page.leave();
  });
});

describe('what is left behind', () => {
  it('a page that stays away has left: its uploads are gone, its unsaved runs are offered again', async () => {
    const brief = await TestServer.start({ grace: 300 });
    const page = await brief.page();
    const setup = await page.digits();
    const { job } = await page.get('startRun', setup);
    await expect.poll(() => page.kinds(job).at(-1)).toBe('finished');
    await brief.own(`/upload?document=${page.document}&name=x.npy`, {}, 'POST', new Uint8Array(1000));
    const scratch = join(
      brief.folder,
      readdirSync(brief.folder).find((name) => name.startsWith('mho-serve-'))!,
    );
    expect(existsSync(join(scratch, page.document))).toBe(true);
    page.leave();
    await expect.poll(() => existsSync(join(scratch, page.document))).toBe(false);
    const later = await brief.page(page.document);
    expect(later.document).not.toBe(page.document);
    const [entry] = await later.get('recoveryList', {});
    expect(entry).toMatchObject({ runs: 1 });
    expect((await later.get('recover', { id: entry!.id })).runs).toHaveLength(1);
    await brief.forget();
  });

  it('runs of an uploaded session are offered again with those that came after, although the upload is gone', async () => {
    const brief = await TestServer.start({ grace: 300 });
    const finished = async (page: TestPage, setup: RunSetup): Promise<void> => {
      const { job } = await page.get('startRun', setup);
      await expect.poll(() => page.kinds(job).at(-1)).toBe('finished');
    };
    const first = await brief.page();
    await finished(first, await first.digits());
    const { value } = (await first.ask('prepareDownload')) as { value: { path: string } };
    const session = Buffer.from((await brief.own(value.path)).text, 'latin1');
    const page = await brief.page();
    const setup = await page.digits();
    const path = `/upload?document=${page.document}&name=s.mho`;
    const uploaded = JSON.parse((await brief.own(path, {}, 'POST', session)).text) as { value: FileRef };
    expect((await page.get('openSession', { file: uploaded.value.file })).runs).toHaveLength(1);
    const { data } = (await page.get('openedModel', {}))!;
    await finished(page, { ...setup, data: data!.data });
    page.leave();
    first.leave();
    const later = await brief.page();
    await expect.poll(async () => (await later.get('recoveryList', {})).map(({ runs }) => runs)).toEqual([2]);
    const [entry] = await later.get('recoveryList', {});
    expect((await later.get('recover', { id: entry!.id })).runs).toHaveLength(2);
    await brief.forget();
  });

  it('an upload that breaks off leaves nothing', async () => {
    const page = await server.page();
    const asked = request({
      host: '127.0.0.1',
      port: server.port,
      path: `/upload?document=${page.document}&name=half.npy`,
      method: 'POST',
      headers: { cookie: server.cookie, origin: server.origin, 'content-length': 1_000_000 },
    });
    asked.on('error', () => undefined);
    asked.write(Buffer.alloc(100_000));
    const scratch = join(
      server.folder,
      readdirSync(server.folder).find((name) => name.startsWith('mho-serve-'))!,
    );
    const own = join(scratch, page.document);
    const files = (): string[] => (existsSync(own) ? readdirSync(own, { recursive: true }).map(String) : []);
    await expect.poll(() => files().some((name) => name.endsWith('half.npy'))).toBe(true);
    asked.destroy();
    await expect.poll(files).toEqual([]);
    page.leave();
  });

  it('an upload lasts as long as something comes, however long that is; one that stands still ends', async () => {
    const idle = 3000; // ten times what lies between drops: on a busy machine they come late
    const patient = await TestServer.start({ idle });
    const page = await patient.page();
    const begin = (name: string) => {
      const { cookie, origin, port } = patient;
      const path = `/upload?document=${page.document}&name=${name}`;
      const asked = request({ host: '127.0.0.1', port, path, method: 'POST', headers: { cookie, origin } });
      const said = new Promise<string>((finish) => {
        asked.on('error', (error) => finish(error.message));
        asked.on('response', (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
          response.on('end', () => finish(text));
        });
      });
      return { asked, said };
    };
    const [slow, still] = [begin('slow.npy'), begin('still.npy')];
    still.asked.write('x');
    await new Promise<void>((enough) => {
      let drops = 0;
      const drip = setInterval(() => {
        slow.asked.write('x');
        if (++drops < 25) return;
        clearInterval(drip);
        enough();
      }, idle / 10);
    });
    expect(await still.said).toMatch(/hang up|ECONNRESET/);
    slow.asked.end();
    expect(JSON.parse(await slow.said)).toMatchObject({ ok: true, value: { name: 'slow.npy' } });
    await patient.forget();
  });

  it('no bound is set to how long a request takes: Node’s own would be five minutes', () => {
    const http = createServer();
    expect(http.requestTimeout).toBe(300_000);
    guardConnections(http);
    expect(http.requestTimeout).toBe(0);
  });

  it('a file of more than 2 GiB is served in pieces', async () => {
    const folder = newFolder();
    const large = join(folder, 'large.json');
    writeFileSync(large, 'begin');
    truncateSync(large, LARGE); // sparse: it takes no room
    const serving = await TestServer.start({ pages: folder }, folder);
    const { rss: before } = await serving.state();
    let got = 0;
    let most = before;
    await new Promise<void>((finish, fail) => {
      request({ host: '127.0.0.1', port: serving.port, path: '/large.json' }, (response) => {
        expect(Number(response.headers['content-length'])).toBe(statSync(large).size);
        response.on('data', (chunk: Buffer) => (got += chunk.length));
        response.on('end', finish);
      })
        .on('error', fail)
        .end();
    }).finally(async () => (most = (await serving.state()).rss));
    expect(got).toBe(LARGE);
    expect(most - before).toBeLessThan(200e6);
    await serving.forget();
  });
});

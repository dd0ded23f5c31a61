/** Electron's security checklist, point by point where the running program can show it. */
import { expect, test } from '@playwright/test';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { forget, launch, root, type Studio } from './studio';
import { gathering, listen } from './webrtc';

let studio: Studio;
test.beforeAll(async () => {
  studio = await launch();
});
test.afterAll(async () => {
  await studio.close();
  forget(studio.userData);
});

/** Runs in the page's own world; written as text because the page has a browser's globals. */
const inPage = <Value>(script: string): Promise<Value> => studio.page.evaluate(script);
const preferences = (): Promise<Record<string, unknown>> =>
  studio.app.evaluate(({ BrowserWindow }) => {
    const contents = BrowserWindow.getAllWindows()[0]!.webContents as unknown as {
      getLastWebPreferences(): Record<string, unknown>;
    };
    return contents.getLastWebPreferences();
  });
const fetched = (url: string): Promise<{ status: number; text: string; policy: string | null }> =>
  studio.app.evaluate(async ({ net }, address) => {
    const answer = await net.fetch(address);
    return {
      status: answer.status,
      text: await answer.text(),
      policy: answer.headers.get('content-security-policy'),
    };
  }, url);

test('1 loads secure content only: nothing reaches the network', async () => {
  let hits = 0;
  const server = createServer((_request, answer) => {
    hits++;
    answer.end('reached');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  try {
    expect(await inPage(`fetch('${url}').then(() => 'reached', () => 'refused')`)).toBe('refused');
    const image = `new Promise((done) => { const image = new Image(); image.onload = image.onerror = (event) => done(event.type); image.src = '${url}'; })`;
    expect(await inPage(image)).toBe('error');
    // Beneath the page's policy the session refuses as well.
    const below = await studio.app.evaluate(
      async ({ session }, address) =>
        session.defaultSession.fetch(address).then(
          () => 'reached',
          () => 'refused',
        ),
      url,
    );
    expect(below).toBe('refused');
    expect(hits).toBe(0);
  } finally {
    server.close();
  }
});

test('2 Node is not in the page', async () => {
  expect(await inPage('[typeof require, typeof process, typeof module, typeof Buffer, typeof global]')).toEqual(
    Array(5).fill('undefined'),
  );
  const { nodeIntegration, nodeIntegrationInWorker, nodeIntegrationInSubFrames } = await preferences();
  expect([nodeIntegration, nodeIntegrationInWorker ?? false, nodeIntegrationInSubFrames]).toEqual([
    false,
    false,
    false,
  ]);
});

test('3 the bridge lives in a world of its own', async () => {
  expect((await preferences())['contextIsolation']).toBe(true);
  // What the page does to its own prototypes does not reach the preload.
  const answer = await inPage<{ ok: boolean }>(`(() => {
    const own = Array.prototype.map;
    Array.prototype.map = () => { throw new Error('reached'); };
    return window.mho.filesFrom([]).then((files) => ({ ok: Array.isArray(files) })).finally(() => { Array.prototype.map = own; });
  })()`);
  expect(answer.ok).toBe(true);
  expect(await inPage(`(() => { try { window.mho.request = 1; } catch {} return typeof window.mho.request; })()`)).toBe(
    'function',
  );
});

test('4 pages are sandboxed', async () => {
  expect((await preferences())['sandbox']).toBe(true);
});

test('5 every permission is denied', async () => {
  expect(await inPage('Notification.requestPermission()')).toBe('denied');
  expect(
    await inPage(
      `new Promise((done) => navigator.geolocation.getCurrentPosition(() => done('given'), ({ code }) => done(code)))`,
    ),
  ).toBe(1);
  const media = `navigator.mediaDevices ? navigator.mediaDevices.getUserMedia({ audio: true }).then(() => 'given', ({ name }) => name) : 'none'`;
  expect(await inPage(media)).not.toBe('given');
  expect(await inPage(`navigator.permissions.query({ name: 'geolocation' }).then(({ state }) => state)`)).toBe(
    'denied',
  );
});

test('6, 8, 9, 10 web security is on, nothing insecure or experimental is switched on', async () => {
  const { webSecurity, allowRunningInsecureContent, experimentalFeatures, enableBlinkFeatures } = await preferences();
  expect([webSecurity, allowRunningInsecureContent, experimentalFeatures]).toEqual([true, false, false]);
  expect(enableBlinkFeatures ?? '').toBe('');
});

test("7 the policy is default-src 'none', and holds", async () => {
  const { policy } = await fetched('mho://studio/index.html');
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toMatch(/unsafe|\*|http/);
  // In a task of the page's own: what a test evaluates is let through.
  const own = (code: string): string =>
    `new Promise((done) => setTimeout(() => { try { done(${code}); } catch ({ name }) { done(name); } }, 0))`;
  expect(await inPage(own(`(0, eval)('1')`))).toBe('EvalError');
  expect(await inPage(own(`new Function('return 1')()`))).toBe('EvalError');
  const inline = `(() => { const script = document.createElement('script'); script.textContent = 'window.ran = true'; document.head.append(script); return window.ran ?? false; })()`;
  expect(await inPage(inline)).toBe(false);
  const frame = `new Promise((done) => { document.addEventListener('securitypolicyviolation', ({ effectiveDirective }) => done(effectiveDirective), { once: true }); const frame = document.createElement('iframe'); frame.src = 'data:text/html,x'; document.body.append(frame); setTimeout(() => done('shown'), 3000); })`;
  expect(await inPage(frame)).toBe('frame-src');
});

test('11, 12 there are no web views', async () => {
  expect((await preferences())['webviewTag']).toBe(false);
  const view = `(() => { const view = document.createElement('webview'); view.src = 'mho://studio/index.html'; document.body.append(view); return typeof view.getWebContentsId; })()`;
  expect(await inPage(view)).toBe('undefined');
});

test('13 the page stays where it is', async () => {
  for (const url of ['https://example.org/', 'file:///etc/passwd', 'mho://other/index.html', 'data:text/html,x']) {
    // Electron asks before it goes, or Chromium refuses by itself and says so. Whoever listens is there before it is tried.
    const refused = await studio.app.evaluateHandle(({ BrowserWindow }) => {
      const { webContents } = BrowserWindow.getAllWindows()[0]!;
      const told = new Promise<void>((done) => {
        webContents.once('will-navigate', () => done());
        webContents.once('console-message', () => done());
      });
      return { told };
    });
    await inPage(`void setTimeout(() => { location.href = '${url}'; }, 0)`);
    await refused.evaluate(({ told }) => told);
    expect(studio.page.url()).toBe('mho://studio/index.html');
  }
});

test('14 no new windows', async () => {
  const count = () => studio.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length);
  const before = await count();
  expect(await inPage(`window.open('mho://studio/index.html') === null`)).toBe(true);
  expect(await count()).toBe(before);
});

test('15 nothing is handed to the system to open', () => {
  const files = (folder: string): string[] =>
    readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
      entry.isDirectory() ? files(join(folder, entry.name)) : [join(folder, entry.name)],
    );
  const sources = [...files(join(root, 'src/main')), ...files(join(root, 'src/preload'))];
  expect(sources.length).toBeGreaterThan(20);
  for (const file of sources)
    expect(readFileSync(file, 'utf8'), file).not.toMatch(/openExternal|openPath\(|remote\b.*enable/);
});

test('16 an old Electron serves tests and nothing else', async () => {
  const script = `import('${join(root, 'scripts/setup/electronRuntime.mjs')}').then(({ electronRuntime }) => electronRuntime()).then((found) => console.log(JSON.stringify(found)))`;
  const { ELECTRON_OVERRIDE_DIST_PATH: _given, ...env } = process.env;
  const answer = execFileSync(process.execPath, ['-e', script], { encoding: 'utf8', env }).trim().split('\n').at(-1)!;
  const found = JSON.parse(answer) as { path?: string; why?: string; real?: boolean };
  if (found.path === undefined) expect(found.why).toContain('Electron');
  else expect(found.real).toBe(true);
  const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    devDependencies: Record<string, string>;
  };
  const [major] = /\d+/.exec(devDependencies['electron']!)!;
  expect(Number(major)).toBeGreaterThanOrEqual(45); // whoever raises it raises this
});

test('17 a message counts only from our own page', async () => {
  // Another window with the same preload on a page that is not ours.
  const answer = await studio.app.evaluate(
    async ({ BrowserWindow }, preload) => {
      const stranger = new BrowserWindow({
        show: false,
        webPreferences: { preload, sandbox: true, contextIsolation: true },
      });
      await stranger.loadURL('data:text/html,stranger');
      const said = await stranger.webContents.executeJavaScript(`window.mho.request('settings', {})`);
      stranger.destroy();
      return said as { ok: boolean; fault: { code: string } };
    },
    join(root, 'out/preload/index.js'),
  );
  expect(answer).toMatchObject({ ok: false, fault: { code: 'REQUEST_INVALID' } });
});

test('17 what does not fit the contract is refused', async () => {
  const code = (name: string, params: string): Promise<string> =>
    inPage(
      `window.mho.request(${JSON.stringify(name)}, ${params}).then((answer) => answer.ok ? 'ok' : answer.fault.code)`,
    );
  for (const name of ['nothing', '__proto__', 'constructor', 'toString', 'save', 'close', ''])
    expect(await code(name, '{}'), name).toBe('REQUEST_INVALID');
  expect(await code('openModel', `{ file: '/etc/passwd' }`)).toBe('REQUEST_INVALID');
  expect(await code('openModel', `{ file: '0123456789abcdef0123456789abcdef' }`)).toBe('FILE_NOT_GRANTED');
  expect(await code('openSession', `{ file: 'a', path: '/etc/passwd' }`)).toBe('FILE_NOT_GRANTED');
  expect(await code('openSample', `{ name: '../../package' }`)).toBe('REQUEST_INVALID');
  expect(await code('recover', `{ id: '..' }`)).toBe('REQUEST_INVALID');
  expect(await code('changeSettings', `{ theme: 'pink' }`)).toBe('REQUEST_INVALID');
  expect(await code('startRun', '{}')).toBe('REQUEST_INVALID');
  expect(await code('settings', '{}')).toBe('ok');
});

test('18 our own protocol, which serves the built pages and nothing else', async () => {
  expect(studio.page.url()).toBe('mho://studio/index.html');
  expect((await fetched('mho://studio/index.html')).status).toBe(200);
  for (const path of [
    '../../package.json',
    '..%2f..%2fpackage.json',
    '%2e%2e/%2e%2e/package.json',
    '../main/index.js',
    'none.js',
    '',
  ])
    expect((await fetched(`mho://studio/${path}`)).status, path).toBe(404);
  expect((await fetched('mho://elsewhere/index.html')).status).toBe(404);
  expect(await inPage(`fetch('file:///etc/passwd').then(() => 'read', () => 'refused')`)).toBe('refused');
});

test('20 the page gets three functions and no Electron', async () => {
  expect(await inPage('Object.keys(window.mho).sort()')).toEqual(['filesFrom', 'onNotice', 'request']);
  expect(await inPage('typeof window.require + typeof window.electron + typeof window.ipcRenderer')).toBe(
    'undefined'.repeat(3),
  );
  // A file that the page made itself has no path, so it opens nothing.
  expect(await inPage(`window.mho.filesFrom([new File(['x'], '/etc/passwd')])`)).toEqual([]);
});

test('nothing leaves by WebRTC, from the page or an empty frame in it', async () => {
  const listeners = await listen();
  try {
    const said = await inPage<string[]>(gathering(listeners, true));
    expect(listeners.heard, said.join('; ')).toEqual([]);
  } finally {
    listeners.close();
  }
});

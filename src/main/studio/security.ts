/**
 * All that keeps a page in its place, in one file: Electron's security checklist
 * (https://www.electronjs.org/docs/latest/tutorial/security), point by point where code can show it. A window shows our
 * own pages and nothing else, reaches no network, no file and no Node; what it sends is believed only after a check.
 */
import { app, protocol, type Session, type WebContents, type WebFrameMain, type WebPreferences } from 'electron';
import { readFile } from 'node:fs/promises';
import { extname, join, normalize, sep } from 'node:path';

const SCHEME = 'mho';
export const ORIGIN = `${SCHEME}://studio`;
export const PAGE = `${ORIGIN}/index.html`;

/** Nothing, plus exactly what the window needs; data and blob pictures are previews and exports. */
export const CONTENT_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
};

/** What every window is made with. */
export const webPreferences = (preload: string): WebPreferences => ({
  preload,
  sandbox: true,
  contextIsolation: true,
  nodeIntegration: false,
  nodeIntegrationInWorker: false,
  nodeIntegrationInSubFrames: false,
  webSecurity: true,
  allowRunningInsecureContent: false,
  experimentalFeatures: false,
  webviewTag: false,
  navigateOnDragDrop: false,
  spellcheck: false,
});

/** Before the app is ready. */
export function registerScheme(): void {
  // Every window asks for its sandbox; this also forbids one that would not. As root Chromium runs only without.
  if (!app.commandLine.hasSwitch('no-sandbox')) app.enableSandbox();
  protocol.registerSchemesAsPrivileged([{ scheme: SCHEME, privileges: { standard: true, secure: true } }]);
}

/**
 * A file of the built renderer.
 * @param folder of the built renderer; nothing outside it is served
 */
export async function page(folder: string, url: string): Promise<Response> {
  const headers = { 'content-security-policy': CONTENT_POLICY, 'x-content-type-options': 'nosniff' };
  const missing = new Response('not here', { status: 404, headers });
  let path: string;
  try {
    const { origin, host, pathname } = new URL(url);
    if (host !== 'studio' || (origin !== 'null' && origin !== ORIGIN)) return missing;
    path = normalize(join(folder, decodeURIComponent(pathname)));
  } catch {
    return missing;
  }
  const type = types[extname(path)];
  if (!path.startsWith(folder + sep) || !type) return missing;
  try {
    return new Response(new Uint8Array(await readFile(path)), { headers: { ...headers, 'content-type': type } });
  } catch {
    return missing;
  }
}

const allowedUrl = (url: string): boolean => /^(mho:\/\/studio\/|devtools:\/\/|data:|blob:mho:\/\/studio\/)/.test(url);

/** Closes a session: our pages alone, no permission, no network. */
export function secureSession(session: Session, folder: string): void {
  session.protocol.handle(SCHEME, ({ url }) => page(folder, url));
  session.setPermissionRequestHandler((_contents, _permission, answer) => answer(false));
  session.setPermissionCheckHandler(() => false);
  session.setDevicePermissionHandler(() => false);
  session.webRequest.onBeforeRequest(({ url }, answer) => answer({ cancel: !allowedUrl(url) }));
  session.on('will-download', (event) => event.preventDefault());
}

/** Whatever web contents come to be: no navigation, no new windows, no web views. */
export function secureContents(contents: WebContents): void {
  contents.on('will-navigate', (event) => event.preventDefault());
  contents.on('will-redirect', (event) => event.preventDefault());
  contents.on('will-attach-webview', (event) => event.preventDefault());
  contents.setWindowOpenHandler(() => ({ action: 'deny' }));
}

/** Whether a message comes from the top frame of our own page. */
export const fromOurPage = (frame: WebFrameMain | null): boolean =>
  frame !== null && frame.parent === null && frame.url.startsWith(`${ORIGIN}/`);

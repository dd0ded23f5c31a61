/**
 * All that keeps a page in its place, in one file: Electron's security checklist
 * (https://www.electronjs.org/docs/latest/tutorial/security), point by point where code can show it. A window shows our
 * own pages and nothing else, reaches no network, no file and no Node; what it sends is believed only after a check.
 */
import { app, protocol, type Session, type WebContents, type WebFrameMain, type WebPreferences } from 'electron';
import { contentPolicy, pageFile } from '../hosts/page';

const SCHEME = 'mho';
export const ORIGIN = `${SCHEME}://studio`;
export const PAGE = `${ORIGIN}/index.html`;

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
  // Our pages need no network. What is no request of a page's (WebRTC by TCP) goes by the proxy, and there is none.
  app.commandLine.appendSwitch('proxy-server', '0.0.0.0:0');
  app.commandLine.appendSwitch('proxy-bypass-list', '<-loopback>');
  protocol.registerSchemesAsPrivileged([{ scheme: SCHEME, privileges: { standard: true, secure: true } }]);
}

/** @param folder of the built pages */
export async function page(folder: string, url: string): Promise<Response> {
  const headers = { 'content-security-policy': contentPolicy(), 'x-content-type-options': 'nosniff' };
  const { host, pathname } = new URL(url);
  const file = host === 'studio' ? await pageFile(folder, pathname) : null;
  return file
    ? new Response(file.bytes, { headers: { ...headers, 'content-type': file.type } })
    : new Response('not here', { status: 404, headers });
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
  contents.setWebRTCIPHandlingPolicy('disable_non_proxied_udp');
}

/** Whether a message comes from the top frame of our own page. */
export const fromOurPage = (frame: WebFrameMain | null): boolean =>
  frame !== null && frame.parent === null && frame.url.startsWith(`${ORIGIN}/`);

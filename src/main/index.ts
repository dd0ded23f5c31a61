/** The studio: Electron's main process. Windows, menus, dialogs, files; the engine has a process of its own. */
import { app, BrowserWindow, nativeTheme, session, type IpcMainInvokeEvent, type MessagePortMain } from 'electron';
import { join } from 'node:path';
import type { Command } from '../contract/commands';
import type { StudioNotice } from '../contract/studio';
import { linkIn } from '../contract/unitLink';
import { EngineHost } from './hosts/engineProcess/host';
import { ownerOf } from './hosts/service/recovery';
import { opensPath, opensWith, ownWords, type Opens } from './studio/arguments';
import { utility } from './studio/engineChild';
import { setMenu } from './studio/menu';
import { answerRequests } from './studio/requests';
import { registerScheme, secureContents, secureSession } from './studio/security';
import { Store } from './studio/store';
import { StudioWindow } from './studio/window';

const out = join(__dirname, '..');
const windows = new Set<StudioWindow>();
let quitting = false;

registerScheme();
app.on('web-contents-created', (_event, contents) => secureContents(contents));

if (app.requestSingleInstanceLock()) start();
else app.quit(); // the first one opens what this one was given

function start(): void {
  const userData = app.getPath('userData');
  const store = new Store(userData);
  const engine = new EngineHost<MessagePortMain>(utility(join(__dirname, 'engine.js')), {
    samples: join(app.getAppPath(), 'resources', 'samples'),
    recovery: join(userData, 'recovery'),
    owner: ownerOf(process.pid),
    version: app.getVersion(),
  });
  /** Files that the system handed over before the app was ready. */
  const early: Opens[] = [];

  const notifyAll = (notice: StudioNotice): void => windows.forEach((window) => window.notify(notice));
  const focused = (): StudioWindow | undefined =>
    [...windows].find(({ browser }) => browser === BrowserWindow.getFocusedWindow()) ?? [...windows].at(-1);
  const command = (name: Command): void => focused()?.notify({ kind: 'command', command: name });

  const openWindow = (opens: Opens): void => {
    const window = new StudioWindow({
      engine,
      opens,
      preload: join(out, 'preload', 'index.js'),
      background: nativeTheme.shouldUseDarkColors ? '#16181d' : '#ffffff',
      autosave: () => store.settings.autosave,
      withModel: (hash) => store.withModel(hash),
      onOpened: (path, kind, hash) => {
        store.opened(path, kind, hash);
        app.addRecentDocument(path);
        refreshMenu();
      },
      onClosed: (closed) => windows.delete(closed),
      onStay: () => (quitting = false),
    });
    windows.add(window);
  };

  /** A link goes to the window that has its model open; all else has a window of its own. */
  const open = (opens: Opens): void => {
    const link = opens && 'link' in opens ? opens.link : null;
    const there = link === null ? undefined : [...windows].find(({ hash }) => hash === linkIn(link)!.hash);
    if (link === null || !there) return openWindow(opens);
    there.notify({ kind: 'link', link });
    there.browser.show();
  };

  const refreshMenu = (): void =>
    setMenu({
      command,
      recent: store.recent,
      open: ({ path, kind }) => {
        const window = focused();
        if (window) window.notify({ kind: 'open', file: window.grants.grant(path, kind) });
        else openWindow({ path, kind });
      },
      clearRecent: () => {
        store.clearRecent();
        app.clearRecentDocuments();
        refreshMenu();
      },
    });

  engine.on('state', (state, fault) => notifyAll({ kind: 'engine', state, fault }));
  engine.on('document', (document, state) => {
    for (const window of windows) if (window.document === document) window.state = state;
  });

  app.on('open-file', (event, path) => {
    event.preventDefault();
    if (app.isReady()) openWindow(opensPath(path));
    else early.push(opensPath(path));
  });
  app.on('second-instance', (_event, argv, folder) => {
    opensWith(ownWords(argv, app.isPackaged), folder).forEach(open);
  });
  app.on('activate', () => {
    if (windows.size === 0) openWindow(null);
  });
  app.on('before-quit', () => (quitting = true));
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin' || quitting) app.quit();
  });
  app.on('will-quit', () => void engine.stop());

  void app.whenReady().then(() => {
    nativeTheme.themeSource = store.settings.theme;
    secureSession(session.defaultSession, join(out, 'renderer'));
    answerRequests({
      engine,
      store,
      newWindow: openWindow,
      notifyAll,
      windowOf: (event: IpcMainInvokeEvent) =>
        [...windows].find(({ browser }) => !browser.isDestroyed() && browser.webContents === event.sender) ?? null,
    });
    refreshMenu();
    engine.start();
    const given = opensWith(ownWords(process.argv, app.isPackaged), process.cwd());
    (early.length > 0 ? early : given).forEach(open);
  });
}

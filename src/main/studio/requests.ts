/** Answers what windows ask: sender checked, parameters checked, then here or in the engine. */
import {
  app,
  clipboard,
  ClipboardItem,
  ipcMain,
  MessageChannelMain,
  nativeImage,
  nativeTheme,
  type IpcMainInvokeEvent,
  type MessagePortMain,
  type NativeImage,
} from 'electron';
import { z } from 'zod';
import { DROP_CHANNEL, JOB_CHANNEL, REQUEST_CHANNEL } from '../../contract/channels';
import { MhoError } from '../../contract/errors';
import { kindByEnding } from '../../contract/formats';
import {
  hostRequests,
  requests,
  startsJob,
  type Answer,
  type EngineRequestName,
  type FileRef,
  type HostRequestName,
  type JobRequestName,
  type Params,
  type RequestName,
  type Result,
  type StudioNotice,
} from '../../contract/studio';
import { AS_OTHER_FILES, writeSafely } from '../engine/sessions/write';
import type { Opens } from './arguments';
import { chooseData, chooseFile, chooseNewFile } from './dialogs';
import { checked } from '../hosts/checked';
import type { EngineHost } from '../hosts/engineProcess/host';
import { exists } from '../hosts/files';
import { pdfOf } from './pdf';
import { fromOurPage } from './security';
import type { Store } from './store';
import { faultOf, type StudioWindow } from './window';

export interface RequestSurroundings {
  readonly engine: EngineHost<MessagePortMain>;
  readonly store: Store;
  readonly windowOf: (event: IpcMainInvokeEvent) => StudioWindow | null;
  readonly newWindow: (opens: Opens) => void;
  readonly notifyAll: (notice: StudioNotice) => void;
}

type Handlers = {
  [Name in HostRequestName]: (window: StudioWindow, params: Params<Name>) => Promise<Result<Name>>;
};

const FORBIDDEN_IN_NAMES = /[\\/:*?"<>|]/g;
const exports: Readonly<Record<Params<'exportFile'>['kind'], string>> = {
  svg: 'SVG pictures',
  png: 'PNG pictures',
  csv: 'CSV tables',
  html: 'HTML reports',
  json: 'JSON files',
};

/** Electron's clipboard takes items, as the web's does; before it did so, pictures had a call of their own. */
async function copyPicture(png: Uint8Array<ArrayBuffer>): Promise<void> {
  const former = clipboard as { writeImage?: (image: NativeImage) => void };
  if (former.writeImage) former.writeImage(nativeImage.createFromBuffer(Buffer.from(png)));
  else await clipboard.write([new ClipboardItem({ 'image/png': new Blob([png], { type: 'image/png' }) })]);
}

function hostHandlers({ engine, store, newWindow, notifyAll }: RequestSurroundings): Handlers {
  return {
    chooseFile: async (window, { purpose }) => {
      const path = await chooseFile(window.browser, purpose);
      if (path === null) return null;
      return window.grants.grant(path, purpose === 'session' ? purpose : 'model');
    },
    chooseData: async (window) => (await chooseData(window.browser)).map((path) => window.grants.grant(path, 'data')),
    saveSession: (window) => window.save(),
    saveSessionAs: (window) => window.save(true),
    exportFile: async (window, { name, kind, bytes }) => {
      const suggested = name.replace(FORBIDDEN_IN_NAMES, '-');
      const path = await chooseNewFile(window.browser, suggested, { name: exports[kind], extensions: [kind] });
      if (path === null) return null;
      await writeSafely(path, (file) => file.writeFile(bytes), AS_OTHER_FILES);
      return window.grants.grant(path, 'data').name;
    },
    copy: async (_window, what) => {
      if (what.kind === 'text') await clipboard.writeText(what.text);
      else await copyPicture(what.png);
    },
    exportPdf: async (window, { name, ...picture }) => {
      const suggested = name.replace(FORBIDDEN_IN_NAMES, '-');
      const path = await chooseNewFile(window.browser, suggested, { name: 'PDF documents', extensions: ['pdf'] });
      if (path === null) return null;
      const bytes = await pdfOf(picture);
      await writeSafely(path, (file) => file.writeFile(bytes), AS_OTHER_FILES);
      return window.grants.grant(path, 'data').name;
    },
    recentList: async (window): Promise<readonly FileRef[]> =>
      (await store.present()).map(({ path, kind, hash }) => ({
        ...window.grants.grant(path, kind),
        ...(hash !== undefined && { hash }),
      })),
    clearRecent: async () => {
      store.clearRecent();
      app.clearRecentDocuments();
    },
    newWindow: async (window, { here }) => {
      if (here && window.model === null) return false;
      newWindow(here ? window.model : null);
      return true;
    },
    launch: async (window) => window.takeLaunch(),
    settings: async () => store.settings,
    changeSettings: async (_window, part) => {
      const settings = store.change(part);
      nativeTheme.themeSource = settings.theme;
      notifyAll({ kind: 'settings', settings });
      return settings;
    },
    status: async () => ({
      version: app.getVersion(),
      platform: `${process.platform}-${process.arch}, Electron ${process.versions.electron}`,
      engine: engine.state,
      backend: engine.backend,
    }),
  };
}

const isHostRequest = (name: RequestName): name is HostRequestName => Object.hasOwn(hostRequests, name);

/** Paths that the preload read off dropped files. */
const dropped = z.array(z.string().min(1)).max(1000);

export function answerRequests(around: RequestSurroundings): void {
  const host = hostHandlers(around) as Record<
    HostRequestName,
    (window: StudioWindow, params: unknown) => Promise<unknown>
  >;

  const startJob = async (window: StudioWindow, name: JobRequestName, params: unknown): Promise<Answer> => {
    const { port1, port2 } = new MessageChannelMain();
    const answer = await window.ask(name, params, port1);
    if (answer.ok && !window.browser.isDestroyed())
      window.browser.webContents.postMessage(JOB_CHANNEL, (answer.value as Result<JobRequestName>).job, [port2]);
    else port2.close();
    return answer;
  };

  ipcMain.handle(REQUEST_CHANNEL, async (event, name: unknown, params: unknown): Promise<Answer> => {
    const window = around.windowOf(event);
    if (!window || !fromOurPage(event.senderFrame)) {
      const details = { name: String(name).slice(0, 60), reason: 'it does not come from a window of Mho' };
      return { ok: false, fault: new MhoError('REQUEST_INVALID', details).fault };
    }
    const parsed = checked(requests, name, params);
    if (!parsed.ok) return parsed;
    const known = name as RequestName;
    try {
      if (isHostRequest(known)) return { ok: true, value: await host[known](window, parsed.value) };
      if (startsJob(known)) return await startJob(window, known, parsed.value);
      return await window.ask(known satisfies EngineRequestName, parsed.value);
    } catch (error) {
      return { ok: false, fault: faultOf(error) };
    }
  });

  ipcMain.handle(DROP_CHANNEL, async (event, paths: unknown): Promise<readonly FileRef[]> => {
    const window = around.windowOf(event);
    const parsed = dropped.safeParse(paths);
    if (!window || !fromOurPage(event.senderFrame) || !parsed.success) return [];
    const there = await Promise.all(parsed.data.map(exists));
    return parsed.data.filter((_, place) => there[place]).map((path) => window.grants.grant(path, kindByEnding(path)));
  });
}

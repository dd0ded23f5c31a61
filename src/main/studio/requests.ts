/** Answers what windows ask: sender checked, parameters checked, then here or in the engine. */
import { app, ipcMain, MessageChannelMain, nativeTheme, type IpcMainInvokeEvent } from 'electron';
import { z } from 'zod';
import { DROP_CHANNEL, JOB_CHANNEL, REQUEST_CHANNEL } from '../../contract/channels';
import { MhoError } from '../../contract/errors';
import {
  hostRequests,
  requests,
  type Answer,
  type EngineRequestName,
  type FileRef,
  type HostRequestName,
  type Params,
  type RequestName,
  type Result,
  type StudioNotice,
} from '../../contract/studio';
import { writeSafely } from '../engine/sessions/write';
import { chooseData, chooseFile, chooseNewFile } from './dialogs';
import type { EngineHost } from './engineHost';
import { exists, kindOf } from '../hosts/files';
import { fromOurPage } from './security';
import type { Store } from './store';
import { faultOf, type StudioWindow } from './window';

export interface RequestSurroundings {
  readonly engine: EngineHost;
  readonly store: Store;
  readonly windowOf: (event: IpcMainInvokeEvent) => StudioWindow | null;
  readonly newWindow: () => void;
  readonly notifyAll: (notice: StudioNotice) => void;
}

type Handlers = {
  [Name in HostRequestName]: (window: StudioWindow, params: Params<Name>) => Promise<Result<Name>>;
};

const exports: Readonly<Record<Params<'exportFile'>['kind'], string>> = {
  svg: 'SVG pictures',
  png: 'PNG pictures',
  csv: 'CSV tables',
  html: 'HTML reports',
};

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
      const suggested = name.replace(/[\\/:*?"<>|]/g, '-');
      const path = await chooseNewFile(window.browser, suggested, { name: exports[kind], extensions: [kind] });
      if (path === null) return null;
      await writeSafely(path, (file) => file.writeFile(bytes));
      return window.grants.grant(path, 'data').name;
    },
    recentList: async (window): Promise<readonly FileRef[]> =>
      (await store.present()).map(({ path, kind }) => window.grants.grant(path, kind)),
    clearRecent: async () => {
      store.clearRecent();
      app.clearRecentDocuments();
    },
    newWindow: async () => newWindow(),
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

const refused = (name: unknown, reason: string): Answer => ({
  ok: false,
  fault: new MhoError('REQUEST_INVALID', { name: String(name).slice(0, 60), reason }).fault,
});

const isRequest = (name: unknown): name is RequestName => typeof name === 'string' && Object.hasOwn(requests, name);
const isHostRequest = (name: RequestName): name is HostRequestName => Object.hasOwn(hostRequests, name);

/** Paths that the preload read off dropped files. */
const dropped = z.array(z.string().min(1)).max(1000);

export function answerRequests(around: RequestSurroundings): void {
  const host = hostHandlers(around) as Record<
    HostRequestName,
    (window: StudioWindow, params: unknown) => Promise<unknown>
  >;

  const startRun = async (window: StudioWindow, params: unknown): Promise<Answer> => {
    const { port1, port2 } = new MessageChannelMain();
    const answer = await window.ask('startRun', params, port1);
    if (answer.ok && !window.browser.isDestroyed())
      window.browser.webContents.postMessage(JOB_CHANNEL, (answer.value as Result<'startRun'>).job, [port2]);
    else port2.close();
    return answer;
  };

  ipcMain.handle(REQUEST_CHANNEL, async (event, name: unknown, params: unknown): Promise<Answer> => {
    const window = around.windowOf(event);
    if (!window || !fromOurPage(event.senderFrame)) return refused(name, 'it does not come from a window of Mho');
    if (!isRequest(name)) return refused(name, 'there is no such request');
    const parsed = requests[name].params.safeParse(params);
    if (!parsed.success) {
      const issue = parsed.error.issues[0]!;
      return refused(name, `${issue.path.join('.') || 'it'}: ${issue.message}`);
    }
    try {
      if (isHostRequest(name)) return { ok: true, value: await host[name](window, parsed.data) };
      if (name === 'startRun') return await startRun(window, parsed.data);
      return await window.ask(name satisfies EngineRequestName, parsed.data);
    } catch (error) {
      return { ok: false, fault: faultOf(error) };
    }
  });

  ipcMain.handle(DROP_CHANNEL, async (event, paths: unknown): Promise<readonly FileRef[]> => {
    const window = around.windowOf(event);
    const parsed = dropped.safeParse(paths);
    if (!window || !fromOurPage(event.senderFrame) || !parsed.success) return [];
    const there = await Promise.all(parsed.data.map(exists));
    return parsed.data.filter((_, place) => there[place]).map((path) => window.grants.grant(path, kindOf(path)));
  });
}

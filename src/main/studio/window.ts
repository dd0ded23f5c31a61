/** One window: one document of the engine, and the files that were picked in it. */
import { BrowserWindow, Menu, type MessagePortMain } from 'electron';
import { randomBytes } from 'node:crypto';
import { NOTICE_CHANNEL } from '../../contract/channels';
import { asMhoError, MhoError } from '../../contract/errors';
import { sessionFileName } from '../../contract/formats';
import type {
  Answer,
  DocumentState,
  EngineRequestName,
  Launch,
  OpenedModel,
  OpenedSession,
  Params,
  Prediction,
  StudioNotice,
} from '../../contract/studio';
import { linkIn } from '../../contract/unitLink';
import { askUnsaved, chooseNewFile, SESSION_FILES } from './dialogs';
import type { EngineHost } from '../hosts/engineProcess/host';
import { Grants } from '../hosts/files';
import type { Opens } from './arguments';
import { PAGE, webPreferences } from './security';
import type { Recent } from './store';

/** Milliseconds without a change. */
const AUTOSAVE_AFTER = 500;

/** Requests whose answer is another document. */
const REPLACING = new Set<EngineRequestName>([
  'openModel',
  'openSample',
  'reopenModel',
  'openSession',
  'recover',
  'reopenBefore',
]);

/** What a window is made with. */
export interface WindowOptions {
  readonly engine: EngineHost<MessagePortMain>;
  readonly preload: string;
  readonly icon?: string;
  readonly background: string;
  /** A file from the command line or the system, a link, or a sample. */
  readonly opens: Opens;
  /** Whether a session that has a file is saved by itself. */
  readonly autosave: () => boolean;
  /** What was opened lately with the model of this hash. */
  readonly withModel: (hash: string) => Recent | null;
  /** A model or session was opened or saved; the hash is its model's. */
  readonly onOpened: (path: string, kind: 'model' | 'session', hash: string | undefined) => void;
  readonly onClosed: (window: StudioWindow) => void;
  /** The user keeps the window open: a quit under way is off. */
  readonly onStay: () => void;
}

export class StudioWindow {
  readonly document = randomBytes(12).toString('hex');
  readonly grants = new Grants();
  readonly browser: BrowserWindow;
  #state: DocumentState = {
    title: null,
    session: null,
    dirty: false,
    runs: 0,
    notes: 0,
    judgements: 0,
    modelOpen: false,
    opening: null,
  };
  #launch: Launch;
  /** What the model was opened from; null where it came with a session. */
  #model: Opens = null;
  /** Of the model that is open, or that the open session is about. */
  #hash: string | undefined;
  #closing = false;
  #asking = false;
  #saving: NodeJS.Timeout | undefined;

  constructor(private readonly options: WindowOptions) {
    const { opens } = options;
    this.#launch = this.#launchOf(opens);
    this.browser = new BrowserWindow({
      width: 1440,
      height: 900,
      minWidth: 800,
      minHeight: 560,
      show: false,
      title: 'Mho',
      backgroundColor: options.background,
      icon: options.icon,
      webPreferences: webPreferences(options.preload),
    });
    this.browser.once('ready-to-show', () => this.browser.show());
    this.browser.on('close', (event) => {
      if (this.#closing) return;
      event.preventDefault();
      void this.close();
    });
    this.browser.on('closed', () => options.onClosed(this));
    // A page that died is loaded again; the document is the engine's, so nothing of it is lost.
    this.browser.webContents.on('render-process-gone', () => this.#load());
    // The page has menus of its own for what it shows; of fields and selected text the system knows best.
    this.browser.webContents.on('context-menu', (_event, { isEditable, selectionText, editFlags }) => {
      if (!isEditable && selectionText === '') return;
      Menu.buildFromTemplate([
        ...(isEditable ? [{ role: 'cut', enabled: editFlags.canCut } as const] : []),
        { role: 'copy', enabled: editFlags.canCopy },
        ...(isEditable ? [{ role: 'paste', enabled: editFlags.canPaste } as const] : []),
        { role: 'selectAll', enabled: editFlags.canSelectAll },
      ]).popup({ window: this.browser });
    });
    this.#load();
  }

  #launchOf(opens: Opens): Launch {
    if (opens === null) return { kind: 'nothing' };
    if ('sample' in opens) return { kind: 'sample', name: opens.sample };
    if ('link' in opens) {
      const lately = this.options.withModel(linkIn(opens.link)!.hash);
      return { kind: 'link', link: opens.link, file: lately && this.grants.grant(lately.path, lately.kind) };
    }
    return { kind: opens.kind === 'session' ? 'session' : 'model', file: this.grants.grant(opens.path, opens.kind) };
  }

  #load(): void {
    if (this.browser.isDestroyed()) return;
    this.browser.loadURL(PAGE).catch((error: Error) => {
      if (!this.browser.isDestroyed()) process.stderr.write(`The window could not be loaded: ${error.message}\n`);
    });
  }

  get state(): DocumentState {
    return this.#state;
  }

  set state(state: DocumentState) {
    this.#state = state;
    if (this.browser.isDestroyed()) return;
    this.browser.setTitle(`${state.title ?? 'Mho'}${state.dirty ? ' •' : ''}${state.title ? ' — Mho' : ''}`);
    this.browser.setDocumentEdited(state.dirty);
    this.notify({ kind: 'document', document: state });
    if (state.dirty && state.session && this.options.autosave()) this.#saveSoon();
  }

  /** Once the changes have come to rest. What goes wrong leaves it unsaved, and the window says why. */
  #saveSoon(): void {
    clearTimeout(this.#saving);
    this.#saving = setTimeout(() => {
      this.#saveTo(null).catch((error: unknown) => this.notify({ kind: 'unsaved', fault: faultOf(error) }));
    }, AUTOSAVE_AFTER);
  }

  /** Given once: a page that is loaded again finds what is open. */
  takeLaunch(): Launch {
    const launch = this.#launch;
    this.#launch = { kind: 'nothing' };
    return launch;
  }

  notify(notice: StudioNotice): void {
    if (!this.browser.isDestroyed()) this.browser.webContents.send(NOTICE_CHANNEL, notice);
  }

  /**
   * A request of the page to the engine, with the paths behind its tokens. Only the engine knows whether it replaces
   * unsaved runs (the same model opened again does not): then it refuses, and the user decides.
   */
  async ask(name: EngineRequestName, params: unknown, port?: MessagePortMain): Promise<Answer> {
    const paths = this.grants.of(params);
    const send = (unsaved: 'ask' | 'discard'): Promise<Answer> =>
      this.options.engine.request({ document: this.document, name, params, paths, unsaved }, { ...(port && { port }) });
    let answer = await send('ask');
    while (!answer.ok && answer.fault.code === 'RUNS_UNSAVED') {
      const choice = await this.#decide();
      if (choice === 'stay') return { ok: false, fault: new MhoError('KEPT_OPEN').fault };
      answer = await send(choice === 'discard' ? 'discard' : 'ask');
    }
    const [path] = Object.values(paths);
    if (answer.ok) this.#follow(name, params, path, answer.value);
    if (answer.ok && path !== undefined && (name === 'openModel' || name === 'openSession'))
      this.options.onOpened(path, name === 'openModel' ? 'model' : 'session', this.#hash);
    if (answer.ok && name === 'predict') this.options.engine.backend = (answer.value as Prediction).backend;
    return answer;
  }

  /** The model that this window has open, for another window on it. */
  get model(): Opens {
    return this.#model;
  }

  get hash(): string | undefined {
    return this.#hash;
  }

  #follow(name: EngineRequestName, params: unknown, path: string | undefined, value: unknown): void {
    if (REPLACING.has(name)) this.#hash = (value as OpenedModel | OpenedSession).summary?.hash;
    if (name === 'openModel' && path !== undefined) this.#model = { path, kind: 'model' };
    else if (name === 'openSample') this.#model = { sample: (params as Params<'openSample'>).name };
    else if (name === 'openSession' || name === 'recover' || name === 'reopenBefore') this.#model = null;
  }

  /** What the user wants to become of unsaved runs; `save` means that they are saved. */
  async #decide(): Promise<'save' | 'discard' | 'stay'> {
    const choice = await askUnsaved(this.browser, this.#state.title ?? 'this model');
    return choice === 'save' && !(await this.#saveOrSay()) ? 'stay' : choice;
  }

  /**
   * To the document's own file, or to one the user is asked for.
   * @returns false when the user closed the dialog
   * @throws the engine's fault
   */
  async save(ask = false): Promise<boolean> {
    if (!ask && (await this.#saveTo(null))) return true;
    const name = (this.#state.title ?? 'session').replace(/[\\/:*?"<>|]/g, '-');
    const path = await chooseNewFile(this.browser, sessionFileName(name), SESSION_FILES);
    if (path === null) return false;
    await this.#saveTo(path);
    this.options.onOpened(path, 'session', this.#hash);
    return true;
  }

  async #saveTo(path: string | null): Promise<boolean> {
    const answer = await this.options.engine.request({ document: this.document, name: 'save', params: { path } });
    if (!answer.ok) throw new EngineFault(answer);
    return answer.value as boolean;
  }

  /** For the prompts: what goes wrong is told by a message, and the window stays. */
  async #saveOrSay(): Promise<boolean> {
    for (let ask = false; ; ask = true) {
      try {
        return await this.save(ask);
      } catch (error) {
        const { message, remedy } = faultOf(error);
        const { dialog } = await import('electron');
        const { response } = await dialog.showMessageBox(this.browser, {
          type: 'error',
          message,
          detail: remedy,
          buttons: ['Save As…', 'Cancel'],
          defaultId: 0,
          cancelId: 1,
          noLink: true,
        });
        if (response !== 0) return false;
      }
    }
  }

  /** Asks about what is unsaved, then closes. */
  async close(): Promise<void> {
    if (this.#asking || this.#closing) return;
    this.#asking = true;
    try {
      if (this.#state.dirty && this.#state.runs + this.#state.notes > 0 && (await this.#decide()) === 'stay') {
        this.options.onStay();
        return;
      }
      this.#closing = true;
      clearTimeout(this.#saving);
      await this.options.engine.request({ document: this.document, name: 'close', params: {} });
      if (!this.browser.isDestroyed()) this.browser.destroy();
    } finally {
      this.#asking = false;
    }
  }
}

/** An answer that is a fault, on its way to who asked. */
class EngineFault extends Error {
  constructor(readonly answer: Extract<Answer, { ok: false }>) {
    super(answer.fault.message);
  }
}

export const faultOf = (error: unknown) =>
  error instanceof EngineFault ? error.answer.fault : asMhoError(error).fault;

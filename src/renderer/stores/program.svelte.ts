/** The program behind the window: the way to it, its state, its settings, and the files it remembers. */
import { defaultSettings } from '../../contract/defaults';
import type {
  EngineState,
  FileRef,
  RecoveryEntry,
  SampleInfo,
  Settings,
  StudioClient,
  StudioStatus,
} from '../../contract/studio';
import type { BackendInfo } from '../../contract/backends';
import { faultOf, messages, type About } from './messages.svelte';
import { appearance } from './theme.svelte';

export class Program {
  #client: StudioClient | null = null;
  status = $state.raw<StudioStatus | null>(null);
  engine = $state<EngineState>('starting');
  settings = $state.raw<Settings>(defaultSettings);
  /** What a crash left. */
  recovery = $state.raw<readonly RecoveryEntry[]>([]);
  recent = $state.raw<readonly FileRef[]>([]);
  samples = $state.raw<readonly SampleInfo[]>([]);

  get client(): StudioClient {
    if (!this.#client) throw new Error('The window is not connected yet.');
    return this.#client;
  }

  connect(client: StudioClient): void {
    this.#client = client;
  }

  /** Asks for settings and status, which everything else follows. */
  async ask(): Promise<void> {
    const [settings, status] = await Promise.all([
      this.client.request('settings', {}),
      this.client.request('status', {}),
    ]);
    this.apply(settings);
    this.status = status;
    this.engine = status.engine;
  }

  /** Asks for what the welcome offers. */
  async askOffers(): Promise<void> {
    this.recovery = await this.client.request('recoveryList', {});
    this.samples = await this.client.request('sampleList', {});
    await this.askRecent();
  }

  async askRecent(): Promise<void> {
    this.recent = await this.client.request('recentList', {});
  }

  /** Something was computed there. */
  computedOn(backend: BackendInfo): void {
    if (this.status) this.status = { ...this.status, backend };
  }

  /**
   * Runs a piece of work; a fault of it is shown, not thrown. True when it went well.
   * @param about of which earlier faults are over then
   */
  readonly guard = async (work: () => Promise<unknown>, about: About | null = null): Promise<boolean> => {
    try {
      await work();
      if (about) messages.outdated(about);
      return true;
    } catch (error) {
      messages.fault(faultOf(error), null, about);
      return false;
    }
  };

  /** Shows the host's dialog. Null when it was closed. */
  async choose(purpose: 'model-file' | 'model-folder' | 'session'): Promise<FileRef | null> {
    let file: FileRef | null = null;
    await this.guard(async () => (file = await this.client.request('chooseFile', { purpose })));
    return file;
  }

  async changeSettings(change: Partial<Settings>): Promise<void> {
    await this.guard(async () => this.apply(await this.client.request('changeSettings', change)));
  }

  /** Takes what a crash left off the list, until it is restored. True when that went well. */
  discardRecovery({ id }: RecoveryEntry): Promise<boolean> {
    return this.guard(() => this.client.request('discardRecovery', { id }));
  }

  restoreRecovery({ id }: RecoveryEntry): Promise<boolean> {
    return this.guard(() => this.client.request('restoreRecovery', { id }));
  }

  apply(settings: Settings): void {
    this.settings = settings;
    appearance.choice = settings.theme;
  }
}

/** What the window's frame shows: which view, which dialog, how its panels divide it. */
import type { Layout } from '../../contract/studio';
import type { PanelName } from '../../contract/view';
import type { View } from '../logic/views';

export type DialogName = 'settings' | 'keys' | 'palette';

class Shell {
  view = $state<View>('ranking');
  setupOpen = $state(true);
  dialog = $state<DialogName | null>(null);
  /** The width of the layer graph, of what it and the results have together. */
  share = $state(0.42);
  maximised = $state<PanelName | null>(null);
  /** Draws the whole layer graph, while it is shown. */
  graphPicture: (() => Promise<string | null>) | null = null;
  /** Counts up when the search field is to take the focus. */
  findAsked = $state(0);

  /** What is remembered between starts. */
  readonly layout = $derived<Layout>({ share: this.share, setUp: this.setupOpen, maximised: this.maximised });

  /** As it was left. */
  restore(layout: Layout | undefined): void {
    if (!layout) return;
    this.share = layout.share;
    this.setupOpen = layout.setUp;
    // a unit that nobody has chosen yet does not begin with the window
    this.maximised = layout.maximised === 'detail' ? null : layout.maximised;
  }

  toggleSetup(): void {
    // with a panel over everything, to ask for the set-up is to want it back
    this.setupOpen = this.maximised !== null || !this.setupOpen;
    this.maximised = null;
  }

  /** Gives a panel the whole window, or brings all back. */
  maximise(panel: PanelName): void {
    this.maximised = this.maximised === null ? panel : null;
  }
}

export const shell = new Shell();

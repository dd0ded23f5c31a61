/** What the window's frame shows: which view, which dialog, whether the set-up panel is open. */
import type { View } from '../logic/views';

export type DialogName = 'settings' | 'keys';

class Shell {
  view = $state<View>('ranking');
  setupOpen = $state(true);
  dialog = $state<DialogName | null>(null);
  /** Draws the whole layer graph, while it is shown. */
  graphPicture: (() => Promise<string | null>) | null = null;
  /** Counts up when the search field is to take the focus. */
  findAsked = $state(0);
}

export const shell = new Shell();

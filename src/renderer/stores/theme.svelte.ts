/** Light or dark: as the system says, or as chosen. */
import { tick } from 'svelte';
import type { Settings } from '../../contract/studio';
import type { Theme } from '../logic/colour';

class Appearance {
  choice = $state<Settings['theme']>('system');
  private systemDark = $state(false);
  /** What is drawn for a page of other colours than the window's. */
  private lent = $state<Theme | null>(null);
  /** What the window shows. */
  readonly own = $derived<Theme>(this.choice === 'system' ? (this.systemDark ? 'dark' : 'light') : this.choice);
  readonly theme = $derived<Theme>(this.lent ?? this.own);

  /** Draws in a theme. Nothing of it is painted where `draw` waits for nothing but what follows from it. */
  async drawnIn<Drawn>(theme: Theme, draw: () => Promise<Drawn> | Drawn): Promise<Drawn> {
    this.lent = theme;
    try {
      await tick();
      return await draw();
    } finally {
      this.lent = null;
    }
  }

  /** Follows the system until the window closes. */
  follow(query: {
    readonly matches: boolean;
    addEventListener(type: 'change', listener: (now: { readonly matches: boolean }) => void): void;
  }): void {
    this.systemDark = query.matches;
    query.addEventListener('change', ({ matches }) => (this.systemDark = matches));
  }
}

export const appearance = new Appearance();

/** Light or dark: as the system says, or as chosen. */
import type { Settings } from '../../contract/studio';
import type { Theme } from '../logic/colour';

class Appearance {
  choice = $state<Settings['theme']>('system');
  private systemDark = $state(false);
  readonly theme = $derived<Theme>(this.choice === 'system' ? (this.systemDark ? 'dark' : 'light') : this.choice);

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

/** The menu of what is under the pointer, or has the focus: right click, Shift F10, the Menu key; Ctrl C copies. */
import { pngOf } from '../logic/exports';
import { copyItems, type Forms } from '../logic/copying';
import type { MenuItem } from '../logic/menus';
import { messages } from './messages.svelte';
import { studio } from './studio.svelte';

/** What a thing offers; null where there is nothing at that place. @param at where it was asked: a row in a list, for example */
export type Offers = (at: Element) => readonly MenuItem[] | null;

class ContextMenu {
  asked = $state.raw<{ readonly items: readonly MenuItem[]; readonly box: DOMRect; readonly from: Element | null } | null>(null); // prettier-ignore
}
export const contextMenu = new ContextMenu();

/** Onto the clipboard, by the host; what was copied is told. */
const clipboard = {
  text: (text: string) => copied({ kind: 'text', text }),
  picture: async (svg: string) => copied({ kind: 'picture', png: (await pngOf(svg)) as Uint8Array<ArrayBuffer> }),
};

async function copied(what: Parameters<typeof studio.program.client.request<'copy'>>[1]): Promise<void> {
  await studio.program.guard(async () => {
    await studio.program.client.request('copy', what);
    messages.note('Copied.');
  });
}

/** Items that copy the forms of one thing. */
export const copyMenu = (forms: Forms): readonly MenuItem[] =>
  copyItems(forms, clipboard).map((item) => ({
    ...item,
    run: () => void studio.program.guard(async () => item.run()),
  }));

const isField = (element: EventTarget | null): boolean =>
  element instanceof HTMLElement && element.matches('input:not([type=checkbox], [type=radio]), textarea, select');

/** The place that keys are about: what has the focus, or the row in it that is the active one. */
function placeOfKeys(focused: Element): Element {
  const active = focused.getAttribute('aria-activedescendant');
  return (active === null ? null : document.getElementById(active)) ?? focused;
}

/** Gives an element a menu of its own; the innermost one that has something to offer wins. */
export function offering(node: HTMLElement, offers: Offers): { update(next: Offers): void; destroy(): void } {
  let given = offers;
  const open = (event: Event, at: Element, box: DOMRect): void => {
    if (event.defaultPrevented || isField(event.target)) return;
    const items = given(at);
    if (!items || items.length === 0) return;
    event.preventDefault();
    contextMenu.asked = { items, box, from: document.activeElement };
  };
  const byPointer = (event: MouseEvent): void => {
    // selected text is copied as ever: the host's own menu does that
    if (getSelection()?.isCollapsed === false) return;
    open(event, event.target as Element, new DOMRect(event.clientX, event.clientY, 0, 0));
  };
  const byKey = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || isField(event.target) || document.activeElement === null) return;
    const at = placeOfKeys(document.activeElement);
    if (event.key === 'ContextMenu' || (event.key === 'F10' && event.shiftKey))
      open(event, at, at.getBoundingClientRect());
    else if (event.key.toLowerCase() === 'c' && (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey) {
      if (getSelection()?.isCollapsed === false) return;
      const [first] = given(at) ?? [];
      if (!first) return;
      event.preventDefault();
      first.run();
    }
  };
  node.addEventListener('contextmenu', byPointer);
  node.addEventListener('keydown', byKey);
  return {
    update: (next) => (given = next),
    destroy: () => {
      node.removeEventListener('contextmenu', byPointer);
      node.removeEventListener('keydown', byKey);
    },
  };
}

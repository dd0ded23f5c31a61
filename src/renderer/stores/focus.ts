/**
 * The focus is never lost: where what has it goes away (a row is removed, a button is no longer offered, a view gives way to
 * another), what stands nearest to its place takes it.
 */

const FOCUSABLE =
  'a[href], button:not([disabled]), input:not([disabled]), select:not([disabled]), textarea:not([disabled]), summary, [tabindex]:not([tabindex="-1"])'; // prettier-ignore

/** Elements that had the focus before, for a dialog that has closed. */
const REMEMBERED = 8;

/** Where an element stood: itself and all around it, each with its place among its siblings. */
type Place = readonly { readonly element: Element; readonly at: number }[];

function placeOf(element: Element): Place {
  const place: { element: Element; at: number }[] = [];
  for (let each: Element | null = element; each && each !== document.body; each = each.parentElement)
    place.push({ element: each, at: each.parentElement ? [...each.parentElement.children].indexOf(each) : 0 });
  return place;
}

const usable = (element: Element): element is HTMLElement =>
  element instanceof HTMLElement &&
  element.isConnected &&
  element.matches(FOCUSABLE) &&
  element.closest('[inert], dialog:not([open])') === null &&
  element.getClientRects().length > 0;

/** What takes the next keys as its own: it gets the focus only where nothing else can have it. */
const FIELD = 'input, select, textarea';

/** The first thing in an element that can have the focus, itself included; fields last. */
function within(element: Element | undefined): HTMLElement | null {
  if (!element) return null;
  if (usable(element)) return element;
  const all = [...element.querySelectorAll(FOCUSABLE)].filter(usable);
  return all.find((each) => !each.matches(FIELD)) ?? all[0] ?? null;
}

/** What stands nearest to where something stood that is gone, or of no use any more. */
function nearest(place: Place): HTMLElement | null {
  for (const [depth, { element, at }] of place.entries()) {
    const parent = place[depth + 1]?.element ?? document.body;
    if (!parent.isConnected) continue;
    const around = [element.isConnected ? element : undefined, parent.children[at], parent.children[at - 1]];
    for (const each of around) {
      const found = within(each);
      if (found) return found;
    }
    if (usable(parent)) return parent;
  }
  return within(document.body);
}

/** Watches over the focus. @returns what ends that */
export function keepFocus(): () => void {
  let last: Place | null = null;
  let earlier: readonly Element[] = [];
  const lost = (): boolean => document.activeElement === null || document.activeElement === document.body;

  const took = ({ target }: FocusEvent): void => {
    if (!(target instanceof Element) || target === document.body) return;
    if (last) earlier = [...earlier.slice(1 - REMEMBERED), last[0]!.element];
    last = placeOf(target);
  };
  /** A click beside everything is no loss: what had the focus is still there. */
  const mend = (): void => {
    if (!last || !lost() || usable(last[0]!.element)) return;
    if (document.querySelector('dialog[open]')) return; // it takes the focus itself
    const outOfDialog = last.some(({ element }) => element.matches('dialog, [role=menu]'));
    const before = outOfDialog ? [...earlier].reverse().find(usable) : undefined;
    (before ?? nearest(last))?.focus({ preventScroll: true });
  };
  const soon = (): void => {
    // after what goes away together has gone, and what comes in its place is there
    if (last && lost()) requestAnimationFrame(mend);
  };
  const watching = new MutationObserver(soon);
  watching.observe(document.body, { subtree: true, childList: true, attributes: true, attributeFilter: ['disabled', 'hidden', 'tabindex'] }); // prettier-ignore
  document.addEventListener('focusin', took);
  return () => {
    watching.disconnect();
    document.removeEventListener('focusin', took);
  };
}

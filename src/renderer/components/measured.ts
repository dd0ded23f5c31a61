/** How wide a place is and how texts are written in it, told after each layout and before anything is painted. */

export interface Place {
  /** Pixels, without what scrolls. */
  readonly width: number;
  /** As CSS writes it. */
  readonly font: string;
  /** Pixels between letters. */
  readonly spacing: number;
}

const told = new WeakMap<Element, (place: Place) => void>();

/** One for all places: hundreds are read after one layout, since what is read between two changes costs a layout each. */
const observer = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const { fontWeight, fontSize, fontFamily, letterSpacing } = getComputedStyle(target);
    told.get(target)?.({
      width: target.clientWidth,
      font: `${fontWeight} ${fontSize} ${fontFamily}`,
      spacing: parseFloat(letterSpacing) || 0,
    });
  }
});

/** An action: tells a place's measures, at once and whenever its width changes. */
export function measured(element: Element, tell: (place: Place) => void) {
  told.set(element, tell);
  observer.observe(element);
  return { destroy: () => observer.unobserve(element) };
}

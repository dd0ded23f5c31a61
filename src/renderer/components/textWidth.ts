/** How wide text is drawn, without laying it out. */

const FONT = "13px 'Inter Variable', system-ui, -apple-system, 'Segoe UI', 'Noto Sans', 'DejaVu Sans', sans-serif";
/** Widths that are kept. */
const MOST = 20_000;
const known = new Map<string, number>();
let context: CanvasRenderingContext2D | null = null;

// what was measured before the window's typeface was there was measured in another
void document.fonts.ready.then(() => known.clear());

/** @param font as CSS writes it; default: that of the window's text */
export function textWidth(text: string, font = FONT): number {
  const key = `${font}\n${text}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  context ??= document.createElement('canvas').getContext('2d')!;
  context.font = font;
  const { width } = context.measureText(text);
  if (known.size >= MOST) known.clear();
  known.set(key, width);
  return width;
}

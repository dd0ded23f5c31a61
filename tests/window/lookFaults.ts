/** What can be measured of a look: by the page's own boxes, in whatever view and at whatever size it stands. */
import type { Page } from '@playwright/test';

/**
 * Letters below 11 pixels (in drawings as large as their scale makes them), text that is cut without saying so, what overlaps
 * among siblings that are laid out side by side, and a window that scrolls. A text that ends in an ellipsis says that it is
 * cut where a title, on it or around it, holds the whole. What a box scrolls is not cut.
 */
export const lookFaults = (page: Page): Promise<string[]> =>
  page.evaluate<string[]>(`(() => {
    const LEAST = 11;
    const found = new Set();
    const named = (element) =>
      element.tagName.toLowerCase() + [...element.classList].filter((name) => !name.startsWith('svelte-')).map((name) => '.' + name).join('');
    const says = (element) => named(element.parentElement) + ' > ' + named(element) + ' "' + element.textContent.trim().slice(0, 40) + '"';
    const hidden = (element) => !element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true }) || element.closest('[inert], .hidden-label, option');

    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const text = texts.currentNode.textContent.trim();
      const element = texts.currentNode.parentElement;
      if (!text || element.closest('script, style') || hidden(element)) continue;
      const range = document.createRange();
      range.selectNodeContents(texts.currentNode);
      const box = range.getBoundingClientRect();
      if (box.width < 1 || box.height < 1) continue;
      const style = getComputedStyle(element);
      const drawn = element.closest('svg') && element.getScreenCTM ? Math.hypot(element.getScreenCTM().a, element.getScreenCTM().b) : 1;
      const size = parseFloat(style.fontSize) * drawn;
      // of letters that are seen: those of a drawing that is scaled are told by it
      if (size < LEAST - 0.05) found.add('small ' + size.toFixed(1) + ': ' + says(element));
      if (element.closest('svg')) continue;
      for (let around = element; around && around !== document.documentElement; around = around.parentElement) {
        const clips = getComputedStyle(around);
        const own = around.getBoundingClientRect();
        if (clips.position === 'fixed') break;
        // a whole line that has no room left is left out, not cut
        const out = box.right <= own.left + 1 || box.left >= own.right - 1 || box.bottom <= own.top + 1 || box.top >= own.bottom - 1;
        if (out && clips.overflow !== 'visible') break;
        for (const [overflow, over] of [
          [clips.overflowX, Math.max(own.left - box.left, box.right - own.right)],
          [clips.overflowY, Math.max(own.top - box.top, box.bottom - own.bottom)],
        ]) {
          if (overflow === 'visible' || over <= 2) continue;
          if (overflow === 'auto' || overflow === 'scroll') { around = document.body; break; }
          const ends = clips.textOverflow === 'ellipsis' || clips.webkitLineClamp !== 'none';
          const whole = ends && around.closest('[title]');
          if (!whole) found.add((ends ? 'no title' : 'cut ' + overflow) + ': ' + says(element) + ' by ' + named(around));
          around = document.body;
          break;
        }
      }
    }

    for (const element of document.body.querySelectorAll('button, input, select, summary, canvas')) {
      if (hidden(element)) continue;
      // its own padding may be: what is in it may not
      const outer = element.getBoundingClientRect();
      const [before, after] = ['Left', 'Right'].map((side) => parseFloat(getComputedStyle(element)['padding' + side]));
      const box = { left: outer.left + before, right: outer.right - after, top: outer.top, bottom: outer.bottom };
      for (let around = element.parentElement; around && around !== document.body; around = around.parentElement) {
        const clips = getComputedStyle(around);
        const own = around.getBoundingClientRect();
        // what begins before all that can be scrolled to is never seen
        if (/auto|scroll/.test(clips.overflow) && box.left < own.left + around.clientLeft - around.scrollLeft - 2)
          found.add('out of reach: ' + says(element) + ' by ' + named(around));
        if (/auto|scroll/.test(clips.overflow) || clips.position === 'fixed') break;
        const out = box.right <= own.left + 1 || box.left >= own.right - 1 || box.bottom <= own.top + 1 || box.top >= own.bottom - 1;
        if (clips.overflow === 'visible') continue;
        if (!out && (own.left - box.left > 2 || box.right - own.right > 2 || own.top - box.top > 2 || box.bottom - own.bottom > 2))
          found.add('cut: ' + says(element) + ' ' + (element.getAttribute('aria-label') ?? '') + ' by ' + named(around));
        break;
      }
    }

    for (const parent of document.body.querySelectorAll('*')) {
      if (parent.children.length < 2 || parent.closest('svg, .js-plotly-plot')) continue;
      const { display } = getComputedStyle(parent);
      if (!/flex|grid|block/.test(display)) continue;
      const laid = [...parent.children].filter((child) => {
        const style = getComputedStyle(child);
        return /static|relative/.test(style.position) && style.display !== 'contents' && !hidden(child);
      });
      const boxes = laid.map((child) => [child, child.getBoundingClientRect()]).filter(([, box]) => box.width > 1 && box.height > 1);
      // in a row or a column neighbours alone can meet first
      for (let at = 1; at < boxes.length && at < 400; at++) {
        const [[one, a], [other, b]] = [boxes[at - 1], boxes[at]];
        const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        // two layers that share one cell of a grid are meant to
        const same = getComputedStyle(one).gridArea === getComputedStyle(other).gridArea && getComputedStyle(one).gridArea !== 'auto';
        if (wide > 1.5 && high > 1.5 && !same) found.add('overlap ' + Math.round(wide) + ' × ' + Math.round(high) + ': ' + says(one) + ' and ' + says(other));
      }
    }

    if (document.documentElement.scrollWidth > innerWidth || document.documentElement.scrollHeight > innerHeight) found.add('the window itself scrolls');
    return [...found];
  })()`);

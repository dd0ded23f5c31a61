/** The page of a report: how it looks, what it does without a network, and a policy under which nothing else can happen in it. */
import { escaped } from '../drawings/svg';

const STYLE = `:root{color-scheme:light dark;--text:#14171c;--soft:#49515d;--faint:#5f6875;--line:#e6e9ed;--ground:#fff;--sunken:#f4f5f7;--accent:#5a45d0;--up:#b2182b;--down:#2166ac;--warn:#8a5a00}
body{max-width:1080px;margin:40px auto;padding:0 24px;font:14px/1.55 'Inter Variable',Inter,system-ui,-apple-system,'Segoe UI',sans-serif;color:var(--text);background:var(--ground);overflow-wrap:anywhere}
h1{font-size:28px;letter-spacing:-.02em;line-height:1.2;margin:0 0 4px}h2{margin:44px 0 8px;font-size:19px;letter-spacing:-.01em}h3{margin:24px 0 6px;font-size:14px}
.lead{font-size:17px;margin:16px 0}.muted{color:var(--faint)}.warn{color:var(--warn);font-weight:600}.certain td{border-bottom:2px solid var(--accent)}.up{color:var(--up)}.down{color:var(--down)}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}th,td{padding:4px 12px 4px 0;text-align:left;border-bottom:1px solid var(--line);vertical-align:top}th{font-size:12px;color:var(--soft)}td.n,th.n{text-align:right}
th button{padding:0;border:0;background:none;font:inherit;color:inherit;cursor:pointer}th button:after{content:' ↕';color:var(--faint)}th[aria-sort=ascending] button:after{content:' ↑'}th[aria-sort=descending] button:after{content:' ↓'}
.find{position:sticky;top:0;z-index:1;display:flex;gap:8px;align-items:center;padding:8px 0;background:var(--ground)}.find input{flex:1;max-width:320px;padding:4px 8px;border:1px solid var(--line);border-radius:5px;font:inherit;color:inherit;background:var(--ground)}
tr.same{background:var(--sunken)}:focus-visible{outline:2px solid var(--accent);outline-offset:1px}
.inputs{display:grid;grid-template-columns:repeat(auto-fill,minmax(220px,1fr));gap:16px}.inputs figure{margin:0;overflow:hidden}.inputs img{display:block;width:128px;height:auto;margin:0 0 8px;image-rendering:pixelated}.letters{font-family:ui-monospace,'DejaVu Sans Mono',monospace;font-size:12px}.inputs table{font-size:12px}
svg{display:block;margin:0 auto;max-width:100%;height:auto;border-radius:8px;background:#fff}figure{margin:12px 0;padding:8px;border:1px solid var(--line);border-radius:10px;overflow:hidden}figure>svg{background:#fff}
.wide{overflow-x:auto}th,td.n{overflow-wrap:normal;white-space:nowrap}.wide table{font-size:13px}
summary{margin:8px 0;cursor:pointer;color:var(--soft)}footer{margin:56px 0 24px;color:var(--faint);font-size:12px}
@media(prefers-color-scheme:dark){:root{--text:#e9ebef;--soft:#b0b8c4;--faint:#929cab;--line:#282d37;--ground:#16191f;--sunken:#20242d;--accent:#a394f7;--up:#ee7a70;--down:#63aaf0;--warn:#e0ad4f}}
@media print{:root{color-scheme:light;--text:#14171c;--soft:#49515d;--faint:#5f6875;--line:#e6e9ed;--ground:#fff;--up:#b2182b;--down:#2166ac;--warn:#8a5a00}body{max-width:none;margin:0;padding:0;font-size:10pt}figure,tr{break-inside:avoid}.wide{overflow:visible}.wide table{font-size:8pt}thead{display:table-header-group}h2,h3{break-after:avoid}.find,th button:after{display:none}}`;

/**
 * Sorting by a column's head, a search over all units, the same unit marked in every table, and everything opened for print.
 * Written for any browser of these years: no build looks at it.
 */
const SCRIPT = `'use strict';
const rowsOf = (table) => [...table.tBodies[0].rows];
const valueOf = (row, at) => {
  const cell = row.cells[at];
  const number = cell ? Number(cell.dataset.v) : NaN;
  return cell && cell.dataset.v !== undefined && !Number.isNaN(number) ? number : cell ? cell.textContent : '';
};
for (const table of document.querySelectorAll('table.sort')) {
  [...table.tHead.rows[0].cells].forEach((head, at) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener('click', () => {
      const down = head.getAttribute('aria-sort') !== 'descending';
      for (const other of table.tHead.rows[0].cells) other.removeAttribute('aria-sort');
      head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
      const order = (a, b) => {
        const [x, y] = [valueOf(a, at), valueOf(b, at)];
        return typeof x === 'number' && typeof y === 'number' ? x - y : String(x).localeCompare(String(y), 'en', { numeric: true });
      };
      const unknown = (row) => Number(valueOf(row, at) === '');
      table.tBodies[0].append(...rowsOf(table).sort((a, b) => unknown(a) - unknown(b) || (down ? order(b, a) : order(a, b))));
    });
  });
}
const find = document.querySelector('.find input');
const told = document.querySelector('.find output');
if (find) find.addEventListener('input', () => {
  const asked = find.value.trim().toLowerCase();
  let shown = 0;
  for (const row of document.querySelectorAll('tr[data-unit]')) {
    row.hidden = !row.dataset.unit.toLowerCase().includes(asked);
    if (!row.hidden) shown++;
  }
  if (asked) for (const table of document.querySelectorAll('details:has(tr[data-unit])')) table.open = true;
  told.textContent = asked ? shown + (shown === 1 ? ' row' : ' rows') : '';
});
let marked = [];
document.addEventListener('mouseover', (event) => {
  const row = event.target.closest ? event.target.closest('tr[data-unit]') : null;
  for (const each of marked) each.classList.remove('same');
  marked = row ? [...document.querySelectorAll('tr[data-unit]')].filter((each) => each.dataset.unit === row.dataset.unit) : [];
  for (const each of marked) each.classList.add('same');
});
addEventListener('beforeprint', () => { for (const each of document.querySelectorAll('details')) each.open = true; });
`;

async function hashOf(text: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
  return `'sha256-${btoa(String.fromCharCode(...digest))}'`;
}

/**
 * A whole page that opens from a disk: its own style and script by their hashes, pictures and letters as data, and nothing else.
 * @param body markup. @param fonts `@font-face` rules
 */
export async function reportPage(title: string, body: string, fonts: string): Promise<string> {
  const style = `${fonts}${STYLE}`;
  const policy = `default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; font-src data:; style-src ${await hashOf(style)}; script-src ${await hashOf(SCRIPT)}`;
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta http-equiv="content-security-policy" content="${policy}"><meta name="viewport" content="width=device-width"><title>${escaped(title)}</title><style>${style}</style></head><body>${body}<script>${SCRIPT}</script></body></html>`;
}

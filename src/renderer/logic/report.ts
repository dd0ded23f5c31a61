/** The whole session as one HTML file that opens anywhere without a network: no scripts, pictures inside. */
import { selection } from '../stores/selection.svelte';
import { studio } from '../stores/studio.svelte';
import { exportText, standaloneSvg } from './exports';
import { finding } from './finding';
import { number, percent, shape, signed } from './format';
import { examplePlace, order, NO_FILTER, ranking } from './ranking';
import { methodWords, runLabel } from './words';

const escaped = (text: string): string => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);

const STYLE = `body{max-width:960px;margin:40px auto;padding:0 24px;font:14px/1.5 system-ui,sans-serif;color:#14171c;background:#fff}
h1{font-size:26px;letter-spacing:-.02em;margin:0}h2{margin:36px 0 8px;font-size:18px}table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{padding:3px 10px 3px 0;text-align:left;border-bottom:1px solid #e6e9ed}td.n,th.n{text-align:right}
.up{color:#b2182b}.down{color:#2166ac}.muted{color:#5f6875}svg{max-width:100%;height:auto;border:1px solid #e6e9ed;border-radius:8px}
@media(prefers-color-scheme:dark){body{background:#16191f;color:#e9ebef}.up{color:#ee7a70}.down{color:#63aaf0}.muted{color:#929cab}th,td{border-color:#282d37}}`;

const value = (amount: number, error: number | null): string =>
  `<td class="n ${amount >= 0 ? 'up' : 'down'}">${signed(amount, 4)}${error === null ? '' : ` <span class="muted">± ${number(error, 2)}</span>`}</td>`;

/** The report's text. `graph` is the layer graph's picture, if it is shown. */
export function reportHtml(graph: string | null): string {
  const { summary, current, columns, telling: hidden, sample } = studio;
  const parts: string[] = [];
  const title = studio.document?.title ?? summary?.name ?? 'Mho';
  parts.push(`<h1>${escaped(title)}</h1>`);
  if (summary)
    parts.push(
      `<p class="muted">${escaped(summary.format)}, ${summary.layers.length} layers, ${summary.parameters.toLocaleString('en-US')} parameters, SHA-256 ${escaped(summary.hash)}; takes ${escaped(summary.inputs.map((port) => `${port.name} ${shape(port.shape)}`).join(', '))}</p>`,
    );
  const found = finding(current, selection.example, hidden, sample);
  if (found?.top)
    parts.push(
      `<p><strong>${escaped(found.target)}</strong> (${number(found.atBaseline)} at the baseline, ${number(found.atInput)} at the input) owes most to unit ${found.top.unit} of ${escaped(found.top.layer)} (${signed(found.top.value)}).${found.residual === null ? '' : ` Largest residual over cuts: ${percent(found.residual)}.`}</p>`,
    );
  parts.push(
    '<h2>Runs</h2><table><tr><th>method</th><th>rule, steps</th><th>target</th><th>baseline</th><th class="n">F(x)</th><th class="n">F(x\')</th><th>computed on</th></tr>',
  );
  for (const run of columns) {
    const place = Math.max(0, examplePlace(run, selection.example));
    parts.push(
      `<tr><td>${escaped(methodWords[run.result.method].name)}</td><td>${run.result.rule ? `${run.result.rule}, ${run.result.steps}` : 'none'}</td><td>${escaped(run.result.target[place] ?? '')}</td><td>${escaped(run.asked.baseline)}</td><td class="n">${number(run.result.atInput[place]!, 5)}</td><td class="n">${number(run.result.atBaseline[place]!, 5)}</td><td>${escaped(`${run.result.backend.version}, ${run.result.backend.device}`)}</td></tr>`,
    );
    if (run.note) parts.push(`<tr><td colspan="7" class="muted">${escaped(run.note)}</td></tr>`);
  }
  parts.push('</table>');
  if (graph) parts.push(`<h2>Layers</h2>${graph}`);

  for (const example of studio.shownExamples) {
    const table = ranking(columns, example, ({ name }) => hidden.has(name));
    if (table.columns.length === 0) continue;
    const rows = order(table, { by: 'size', column: 0 }, true, { ...NO_FILTER, top: 40 });
    parts.push(`<h2>Largest units, example ${example}</h2><table><tr><th class="n">#</th><th>unit</th>`);
    for (const { run } of table.columns) parts.push(`<th class="n">${escaped(runLabel(run))}</th>`);
    parts.push('</tr>');
    rows.forEach((row, at) => {
      const layer = table.layers[table.layer[row]!]!;
      parts.push(`<tr><td class="n">${at + 1}</td><td>${escaped(layer.name)} #${table.unit[row]}</td>`);
      for (const column of table.columns)
        parts.push(value(column.values[row]!, column.hasErrors ? column.errors[row]! : null));
      parts.push('</tr>');
    });
    parts.push('</table>');
  }

  for (const run of current) {
    const place = examplePlace(run, selection.example);
    parts.push(
      `<h2>Sums by ${escaped(runLabel(run))}, example ${selection.example}</h2><p class="muted">F(x) − F(x') = ${signed(run.result.delta[place]!, 5)}. Only cuts are judged; a small residual does not make single neurons accurate.</p><table><tr><th>layer</th><th>kind</th><th class="n">sum</th><th class="n">residual</th><th class="n">error estimate</th></tr>`,
    );
    for (const layer of run.layers)
      parts.push(
        `<tr><td>${escaped(layer.name)}</td><td>${escaped(layer.kind)}</td>${value(layer.sum[place]!, null)}<td class="n">${layer.residual ? number(layer.residual[place]!, 2) : 'no cut'}</td><td class="n">${layer.error ? number(layer.error[place]!, 2) : ''}</td></tr>`,
      );
    parts.push('</table>');
  }
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(title)}</title><style>${STYLE}</style></head><body>${parts.join('')}<p class="muted">Made by Mho ${escaped(studio.status?.version ?? '')}, ${new Date().toISOString()}</p></body></html>`;
}

/** Asks the host to save the report. */
export async function exportReport(): Promise<void> {
  if (studio.columns.length === 0) return;
  const graph = document.querySelector<SVGSVGElement>('svg[aria-label="Layer graph"]');
  const name = (studio.document?.title ?? studio.summary?.name ?? 'mho').replace(/[^\w.-]+/g, '-');
  await exportText(`${name}.html`, 'html', reportHtml(graph ? standaloneSvg(graph, null) : null));
}

/** The whole session as one HTML file that opens anywhere without a network: pictures, letters and a small script inside. */
import type { NumericArray } from '../../contract/attribution';
import type { RunRecord } from '../../contract/studio';
import { certainWords, reachedWords, trustOf } from '../../contract/words/accuracy';
import { DROWNED } from '../../contract/words/alarms';
import { baselineWords } from '../../contract/words/runs';
import { count } from '../../contract/words/quantities';
import { completenessPicture, rankingPicture } from '../drawings/bars';
import { framed } from '../drawings/figure';
import { legendOf, type Marks } from '../drawings/legend';
import { pathPicture, scatterPicture } from '../drawings/plots';
import { escaped } from '../drawings/svg';
import { unitPicture } from '../drawings/unit';
import { layerNames } from '../stores/names.svelte';
import { examples } from '../stores/examples.svelte';
import { notebook } from '../stores/notebook.svelte';
import { unitMatrix } from '../drawings/unitMatrix';
import { exampleRows } from './exampleTable';
import { bandsOf, columnsOf, extentOf, matrixPixels, matrixRows, orderedColumns, orderedRows } from './matrix';
import { examplesMarkup, notebookMarkup, overExamplesMarkup, runsMarkup } from './reportTables';
import { runRow } from './runTable';
import { selection, type UnitKey } from '../stores/selection.svelte';
import { shell } from '../stores/shell.svelte';
import { studio } from '../stores/studio.svelte';
import { appearance } from '../stores/theme.svelte';
import { tolerance } from '../stores/tolerance.svelte';
import { agreement } from '../../contract/comparison';
import { certainFirst, unitTrust } from './certain';
import { deltaWords, layerSums } from './completeness';
import { errorLine, mapError, ofTotal } from './errorWords';
import { exportText, pixelUrl } from './exports';
import { PRESETS } from './figures';
import { finding, foundVerb, openWords } from './finding';
import { number, percent, shape, signed } from './format';
import { fontRules } from './fonts';
import { known } from './known';
import { imagePixels, lettersOf, pictureOf, range } from './inputs';
import { outputLabel } from './labels';
import { alongRequest } from './path';
import { looksLikeProbabilities, portOf, topValues } from './prediction';
import { isProvisional } from './provisional';
import { judgementsMarkup } from './reportJudge';
import { reportPage } from './reportPage';
import { byRank, examplePlace, order, NO_FILTER, ranking, unitCount, type Ranking } from './ranking';
import { sharedExtent, unitMaps } from './unitMaps';

/** Rows of a ranking that are drawn, and that the table below lists. */
const DRAWN = 30;
const LISTED = 200;
/** Points of a scatter: the largest. */
const MOST_POINTS = 4000;
/** Examples whose inputs are shown, numbers of one that is no picture, and values of a prediction. */
const PICTURED = 60;
const NUMBERS = 24;
const PREDICTED = 4;
/** Examples whose units are listed one by one, and units that are shown over all examples: a report is one file that is sent. */
const RANKED = 12;
const OVER_EXAMPLES = 40;

/** The first examples, with the one that is looked at among them. */
const rankedOf = (all: readonly number[], looked: number): readonly number[] => {
  const first = all.slice(0, RANKED);
  return first.includes(looked) || !all.includes(looked) ? first : [...first.slice(0, -1), looked];
};

/** @param error words of it, and whether they are marked */
const value = (amount: number, error: string, marked = false): string =>
  `<td class="n ${amount >= 0 ? 'up' : 'down'}" data-v="${amount}">${signed(amount, 4)}${error === '' ? '' : ` <span class="${marked ? 'warn' : 'muted'}">${error}</span>`}</td>`;
/** Pictures are drawn for light ground whatever the window shows: a report is printed and passed on. */
const figure = (picture: string, marks: Marks): string => {
  const legend = legendOf(marks, picture, 'light', layerNames.shown.prefix);
  const { svg } = framed(picture, { title: '', facts: [], legend }, PRESETS.own.page, 'light', '');
  return `<figure>${svg}</figure>`;
};

/** What a run's path came to at an example, and what is not to be believed of it. */
function remarksOf(run: RunRecord, example: number): readonly { readonly words: string; readonly marked: boolean }[] {
  const place = examplePlace(run, example);
  if (place < 0) return [];
  const { adaptive } = run.result;
  const reached = adaptive?.examples[place];
  const { marked, notes } = known([run], example, studio.runs.nameOf);
  return [
    ...(reached ? [{ words: reachedWords(reached, adaptive!.accuracy), marked: false }] : []),
    ...marked.map(({ words }) => ({ words, marked: true })),
    ...notes.map((words) => ({ words, marked: false })),
  ];
}

/** Every run of the document, shown or not. */
function runsPart(example: number): string {
  const { complete, nameOf } = studio.runs;
  const rows = complete.map((run) => runRow(run, nameOf(run), example, studio.model.opened?.labels));
  return runsMarkup(rows, ({ run }) => remarksOf(run, example));
}

/** What units are over the examples that runs of one question took; nothing of a single example. */
function overExamplesPart(main: RunRecord): string {
  const columns = columnsOf(studio.runs.complete, main);
  if (columns.length < 2) return '';
  const groups = columns.map(({ example, run, place }) => studio.labelOf(example) ?? run.result.target[place] ?? null);
  const layers = main.layers.flatMap(({ name }) => (studio.runs.telling.has(name) ? [name] : []));
  const rows = orderedRows(matrixRows(columns, layers, null), 'size', OVER_EXAMPLES);
  const places = orderedColumns(columns, groups, rows, 'class');
  const drawn = unitMatrix(
    {
      title: 'Units × examples',
      about: `${studio.runs.nameOf(main)}, ${main.asked.dataName}; colours to ±${number(extentOf(rows))}`,
      rows: rows.map(({ layer, unit }) => ({ layer: shortName(layer), unit })),
      columns: places.map((place) => ({ example: columns[place]!.example, group: groups[place] ?? null })),
      bands: bandsOf(places.map((place) => groups[place] ?? null)),
      pixels: matrixPixels(rows, places, 'light', false),
    },
    'light',
    pixelUrl,
  );
  return `<h2>Units over ${count(columns.length, 'example')}</h2><p class="muted">The ${count(rows.length, 'unit')} of the largest mean size; red raises, blue lowers. The spread is the standard deviation over the examples.</p>${figure(drawn, 'matrix')}<details><summary>As a table</summary>${overExamplesMarkup(rows)}</details>`;
}

/** What is known of the examples that were run, of many, too. */
function examplesPart(runs: readonly RunRecord[]): string {
  const facts = studio.runs.examples.flatMap((example) => examples.of(example) ?? []);
  if (facts.length < 2) return '';
  return `<h2>Examples</h2>${examplesMarkup(exampleRows(facts, runs), runs.map(studio.runs.nameOf))}`;
}

const shortName = (layer: string): string => layerNames.shown.short(layer);
/** A layer's name in a table, without what most names begin with. */
function layerCell(layer: string): string {
  const short = shortName(layer);
  return short === layer ? escaped(layer) : `<span title="${escaped(layer)}">${escaped(short)}</span>`;
}

function rankingPart(table: Ranking): string {
  const rows = order(table, { by: 'size', column: 0 }, true, { ...NO_FILTER, top: LISTED });
  const parts = [
    figure(rankingPicture(table, rows.subarray(0, DRAWN), 0, 'light', null, studio.runs.nameOf, shortName), 'ranking'),
  ];
  parts.push(
    `<details><summary>The ${count(rows.length, 'largest unit', 'largest units')} as a table</summary><table class="sort"><thead><tr><th class="n">#</th><th>unit</th>`,
  );
  for (const { run } of table.columns)
    parts.push(`<th class="n">${escaped(studio.runs.nameOf(run))}</th><th class="n">rank</th>`);
  parts.push('</tr></thead><tbody>');
  const [first] = table.columns;
  const certain = first?.hasErrors ? certainFirst(first, table.layer, byRank(first)) : 0;
  rows.forEach((row, at) => {
    const layer = table.layers[table.layer[row]!]!;
    parts.push(
      `<tr data-unit="${escaped(`${layer.name} #${table.unit[row]}`)}"${at + 1 === certain ? ' class="certain"' : ''}><td class="n" data-v="${at + 1}">${at + 1}</td><td>${layerCell(layer.name)} #${table.unit[row]}</td>`,
    );
    for (const column of table.columns) {
      const trust = unitTrust(column, table.layer[row]!, row);
      const error = trust ? errorLine(trust, column.errors[row]!, true) : '';
      parts.push(
        `${value(column.values[row]!, error, trust !== null && trust.trust !== 'fine')}<td class="n muted" data-v="${column.ranks[row]}">${column.ranks[row]}</td>`,
      );
    }
    parts.push('</tr>');
  });
  const said = first?.hasErrors
    ? `<p class="muted">By ${escaped(studio.runs.nameOf(first.run))}, ${certainWords(certain, table.unit.length)}: they stand apart from all below by more than their estimated errors. Errors in per cent are shares of their layer's total.</p>`
    : '';
  return `${said}${parts.join('')}</tbody></table></details>`;
}

/** The first column against each other one. */
function comparisonPart(table: Ranking): string {
  const [first, ...others] = table.columns;
  if (!first || others.length === 0) return '';
  const all = Uint32Array.from(first.values, (_, row) => row);
  const largest = all.length > MOST_POINTS ? all.filter((row) => first.ranks[row]! <= MOST_POINTS) : all;
  const parts = others.map((other) => {
    const { rankCorrelation, signFlips, distance } = agreement(first, other, all);
    return `<h3>${escaped(studio.runs.nameOf(other.run))} against ${escaped(studio.runs.nameOf(first.run))}</h3><p>Rank correlation <b>${Number.isFinite(rankCorrelation) ? rankCorrelation.toFixed(3) : 'n/a'}</b>, <b>${signFlips.length}</b> of ${all.length} units change their sign beyond both errors, distance <b>${percent(distance)}</b>.</p>${figure(scatterPicture(first, other, largest, 'light', studio.runs.nameOf), 'plot')}`;
  });
  return `<h2>Where the methods agree</h2>${parts.join('')}`;
}

function completenessPart(run: RunRecord, example: number): string {
  const sums = layerSums(run, example, tolerance.relative);
  if (!sums) return '';
  const { rows, judged, firstBroken } = sums;
  const says =
    judged === 0
      ? 'This method promises no sum; nothing is judged.'
      : sums.drowned
        ? `${escaped(DROWNED)}.`
        : firstBroken
          ? `<b>${escaped(firstBroken.layer.name)}</b> is the first layer beyond the tolerance of ${percent(tolerance.relative)}.`
          : `All ${judged} cuts are within ${percent(tolerance.relative)}.`;
  const listed = rows.map(
    ({ layer, sum, residual, error }) =>
      `<tr><td>${layerCell(layer.name)}</td><td>${escaped(layer.kind)}</td>${value(sum, '')}<td class="n"${residual === null ? '' : ` data-v="${Math.abs(residual)}"`}>${residual === null ? 'not judged' : number(residual, 2)}</td>${error === null ? '<td></td><td></td>' : [[error.units, error.unitsShare] as const, [error.neurons, error.neuronsShare] as const].map(([size, share]) => `<td class="n${trustOf(share) === 'fine' ? '' : ' warn'}" data-v="${size}">${ofTotal(size, share)}</td>`).join('')}</tr>`,
  );
  return `<h3>${escaped(studio.runs.nameOf(run))}</h3><p>F(x) − F(x') = ${deltaWords(sums, 5)}. ${says}</p>${figure(completenessPicture(sums, `Sums by ${studio.runs.nameOf(run)}`, 'light', shortName), 'completeness')}<details><summary>As a table</summary><table class="sort"><thead><tr><th>layer</th><th>kind</th><th class="n">sum</th><th class="n">residual</th><th class="n">error over units, est.</th><th class="n">over neurons</th></tr></thead><tbody>${listed.join('')}</tbody></table></details>`;
}

/** Units that are worth a picture: what the headline names, what is selected, what is pinned. */
function notable(example: number): UnitKey[] {
  const here = studio.runs.current.filter((run) => !isProvisional(run));
  const found = finding(here, example, studio.runs.telling, studio.model.opened);
  const keys = [found?.top, found?.against, selection.key, ...selection.pinned].filter((key) => key != null);
  const seen = new Set<string>();
  return keys.filter(({ layer, unit }) => {
    const key = `${layer}\n${unit}`;
    return !seen.has(key) && Boolean(seen.add(key));
  });
}

async function unitPart({ layer, unit }: UnitKey, runs: readonly RunRecord[], example: number): Promise<string> {
  const maps = await unitMaps(runs, layer, unit, example, (run, of) => studio.runs.contributions(run, of));
  const [main] = maps;
  const record = main?.run.layers.find(({ name }) => name === layer);
  if (!main || !record) return '';
  const [inputName] = studio.model.inputs?.rows?.arrays.keys() ?? [];
  const input = inputName === undefined ? null : await studio.inputOf(main.run, inputName, example);
  const units = unitCount(record);
  const place = examplePlace(main.run, example);
  return `<h3>${escaped(layer)} #${unit}</h3>${figure(
    unitPicture(
      {
        title: `${layer} #${unit}`,
        subtitle: `${record.kind} · ${shape(record.shape)}`,
        maps: maps.map(({ run, map, value, error, share }) => ({
          map,
          value,
          error: mapError(value, error, share),
          caption: studio.runs.nameOf(run),
          extent: sharedExtent(maps),
        })),
        input: input && { value: input, picture: pictureOf(input.shape, studio.model.known(inputName!)) },
        layer: { values: record.units.subarray(place * units, (place + 1) * units), unit },
        curve: null,
      },
      'light',
      pixelUrl,
    ),
    'unit',
  )}`;
}

/** One example of an input as it looks: a picture, letters, or its first numbers. */
function inputMarkup(name: string, value: NumericArray): string {
  const picture = pictureOf(value.shape, studio.model.known(name));
  if (picture.kind === 'image') {
    const data = imagePixels(value.data, picture, range(value.data));
    return `<img src="${pixelUrl(data, picture.width, picture.height)}" width="${picture.width}" height="${picture.height}" alt="${escaped(name)}">`;
  }
  const said =
    picture.kind === 'sequence'
      ? lettersOf(value.data, picture.alphabet)
      : Array.from(value.data.subarray(0, NUMBERS), (each) => number(each)).join(' ') +
        (value.data.length > NUMBERS ? ' …' : '');
  return `<p class="letters">${escaped(said)}</p>`;
}

/** What the model says of an example, where that is known: its largest values, at the input and at the baseline. */
function predictionMarkup(example: number): string {
  const told = studio.model.inputs?.told ?? null;
  const place = told?.examples.indexOf(example) ?? -1;
  const [output] = told?.prediction.outputs ?? [];
  if (!output || place < 0) return '';
  const says = looksLikeProbabilities(output, studio.model.probability(output.name) !== null) ? percent : number;
  const rows = topValues(output, place, PREDICTED).map(
    ({ index, atInput, atBaseline }) =>
      `<tr><td>${escaped(outputLabel(index, portOf(output), studio.model.opened))}</td><td class="n">${says(atInput)}</td><td class="n muted">${says(atBaseline)}</td></tr>`,
  );
  return `<table><tr><th>prediction</th><th class="n">input</th><th class="n">baseline</th></tr>${rows.join('')}</table>`;
}

/** The examples that were run: what went in, what they truly are, what came out. */
async function inputsPart(run: RunRecord, examples: readonly number[]): Promise<string> {
  const names = [...(studio.model.inputs?.rows?.arrays.keys() ?? [])];
  const cards = examples.slice(0, PICTURED).map(async (example) => {
    const values = await Promise.all(names.map((name) => studio.inputOf(run, name, example)));
    const shown = values.map((value, at) => (value ? inputMarkup(names[at]!, value) : ''));
    const truth = studio.labelOf(example);
    return `<figure><b>Example ${example}</b>${truth === undefined ? '' : `, truly ${escaped(truth)}`}${shown.join('')}${predictionMarkup(example)}</figure>`;
  });
  const left = examples.length - PICTURED;
  return `<h2>Inputs</h2><p class="muted">From ${escaped(run.asked.dataName)}, compared with ${escaped(baselineWords(run.asked.baseline))}.</p><div class="inputs">${(await Promise.all(cards)).join('')}</div>${left > 0 ? `<p class="muted">And ${count(left, 'example')} more.</p>` : ''}`;
}

/** The target along the path with the running sum of the cut that strays most, where the run can be looked into. */
async function pathPart(runs: readonly RunRecord[], example: number): Promise<string> {
  const run = runs.find(({ result }) => result.method === 'nig');
  const setup = run && studio.setupOf(run);
  if (!run || !setup || studio.jobs.running) return '';
  const { alphas, target, layers } = await studio.program.client.request(
    'alongPath',
    alongRequest(setup, run, example),
  );
  const apart = ({ running }: (typeof layers)[number]): number =>
    running.reduce((most, sum, at) => Math.max(most, Math.abs(sum - (target[at]! - target[0]!))), 0);
  const [cut] = layers.filter((layer) => layer.cut).sort((a, b) => apart(b) - apart(a));
  if (!cut) return '';
  const points = Array.from(alphas, (alpha, at) => ({
    alpha,
    expected: target[at]! - target[0]!,
    running: cut.running[at]!,
  }));
  return `<h2>From baseline to input, example ${example}</h2><p>By ${escaped(studio.runs.nameOf(run))}: of all cuts the sum of <b>${escaped(cut.name)}</b> strays most from the target on the way, by ${number(apart(cut), 2)}.</p>${figure(pathPicture(points, 'light'), 'plot')}`;
}

/**
 * The report's text, of the runs that are shown.
 * @param graph the layer graph's picture; null where it is not shown
 */
export async function reportHtml(graph: string | null): Promise<string> {
  const { summary } = studio.model;
  const { telling } = studio.runs;
  // what still sharpens is no result to pass on
  const columns = studio.runs.columns.filter((run) => !isProvisional(run));
  const here = studio.runs.current.filter((run) => !isProvisional(run));
  const parts: string[] = [];
  const title = studio.document?.title ?? summary?.name ?? 'Mho';
  parts.push(`<h1>${escaped(title)}</h1>`);
  if (summary)
    parts.push(
      `<p class="muted">${escaped(summary.name)}, ${escaped(summary.format)}: ${count(summary.layers.length, 'layer')}, ${summary.parameters.toLocaleString('en-US')} parameters, SHA-256 ${escaped(summary.hash)}; takes ${escaped(summary.inputs.map((port) => `${port.name} ${shape(port.shape)}`).join(', '))}</p>`,
    );
  const { prefix } = layerNames.shown;
  if (prefix !== '')
    parts.push(`<p class="muted">Most layers' names begin with ${escaped(prefix)}, which is left out in tables.</p>`);
  const found = finding(here, selection.example, telling, studio.model.opened);
  const open = found && openWords(found);
  if (open) parts.push(`<p class="lead"><b>${escaped(found.target)}</b>: ${open}.</p>`);
  if (found?.top)
    parts.push(
      `<p class="lead"><b>${escaped(found.target)}</b> (${number(found.atBaseline)} at the baseline, ${number(found.atInput)} at the input) ${foundVerb(found)} <b>${escaped(found.top.layer)} #${found.top.unit}</b> <span class="${found.top.value >= 0 ? 'up' : 'down'}">${signed(found.top.value)}</span>${found.top.error ? ` ± ${number(found.top.error, 2)}` : ''}${found.top.rivals > 0 ? `, or to one of ${count(found.top.rivals, 'other', 'others')} within the errors` : ''}.${found.residual === null ? '' : ` Largest residual over cuts: ${percent(found.residual)}.`}</p>`,
    );
  const [main] = columns;
  if (main)
    parts.push(runsPart(selection.example), await inputsPart(main, studio.runs.examples), examplesPart(columns));
  if (graph) parts.push(`<h2>Layers</h2>${figure(graph, 'graph')}`);
  parts.push(
    '<div class="find"><label for="find">Find a unit</label><input id="find" type="search" placeholder="layer, or layer #unit"><output for="find"></output></div>',
  );

  const ranked = rankedOf(studio.runs.examples, selection.example);
  for (const example of ranked) {
    const truth = studio.labelOf(example);
    parts.push(
      `<h2>Example ${example}${truth === undefined ? '' : `, truly ${escaped(truth)}`}: the largest units</h2>`,
    );
    const table = ranking(columns, example, ({ name }) => telling.has(name));
    if (table.columns.length > 0) parts.push(rankingPart(table));
  }
  const left = studio.runs.examples.length - ranked.length;
  if (left > 0) parts.push(`<p class="muted">Of ${count(left, 'more example')} the units are not listed one by one.</p>`); // prettier-ignore
  if (main) parts.push(overExamplesPart(main));

  const example = selection.example;
  const units = await Promise.all(notable(example).map((key) => unitPart(key, here, example)));
  if (units.some((text) => text !== '')) parts.push(`<h2>Units, example ${example}</h2>`, ...units);
  parts.push(comparisonPart(ranking(here, example, ({ name }) => telling.has(name))));
  parts.push(await pathPart(here, example));
  if (here.length > 0)
    parts.push(
      `<h2>Whether the sums are complete, example ${example}</h2><p class="muted">Only cuts are judged: layers that every path from input to target passes exactly once. A small residual does not make single neurons accurate.</p>`,
      ...here.map((run) => completenessPart(run, example)),
    );
  parts.push(judgementsMarkup(studio.judgements.all, figure));
  parts.push(notebookMarkup(notebook.notes));
  parts.push(
    `<footer>Made by Mho ${escaped(studio.program.status?.version ?? '')}, ${new Date().toISOString()}</footer>`,
  );
  const body = parts.join('');
  return reportPage(title, body, await fontRules(body));
}

/** Asks the host to save the report. */
export async function exportReport(): Promise<void> {
  const graph = (await appearance.drawnIn('light', () => shell.graphPicture?.())) ?? null;
  const name = (studio.document?.title ?? studio.model.summary?.name ?? 'mho')
    .replace(/\.mho$/, '')
    .replace(/[^\w.-]+/g, '-');
  await exportText(`${name}.html`, 'html', await reportHtml(graph));
}

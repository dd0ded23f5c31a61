/** The frame of exported pictures: what it says, that nothing of it is cut, and what files are called. */
import { readFileSync } from 'node:fs';
import { decode, encode } from 'fast-png';
import { DOMParser } from 'linkedom';
import { describe, expect, it } from 'vitest';
import { framed, type Figure } from '../../src/renderer/drawings/figure';
import { rankingPicture } from '../../src/renderer/drawings/bars';
import { legendOf } from '../../src/renderer/drawings/legend';
import { textWidth, wrapped } from '../../src/renderer/drawings/metrics';
import { fitting, paints } from '../../src/renderer/drawings/svg';
import { FILES, filesOf, RANGES } from '../../src/renderer/drawings/typeface';
import { runLabel } from '../../src/contract/words/runs';
import { factsOf, figureName, nameOf, PRESETS, roomOf, type PresetName } from '../../src/renderer/logic/figures';
import { withDensity } from '../../src/renderer/logic/png';
import { order, NO_FILTER, ranking } from '../../src/renderer/logic/ranking';
import { record } from './records';

const LONG = 'backbone/encoder/stage_3/block_11/residual_branch/convolution_before_the_last_normalisation';
const runs = [
  record('nig', [{ name: LONG, units: [3, -1, 0.5], errors: [0.1, 2.4, 0], residual: 0.0001 }]),
  record('rescale', [{ name: LONG, units: [2, 1, 0.25], residual: 0 }]),
];
const table = ranking(runs, 5, () => true);
const rows = order(table, { by: 'size', column: 0 }, true, NO_FILTER);
const asked = { model: 'resnet38.onnx', runs, example: 5, truth: 'green circle', called: runLabel };
const pictureFor = (preset: PresetName): string => rankingPicture(table, rows, 0, 'light', roomOf(preset).width);
const figure = (picture: string): Figure => ({
  title: 'Units by importance',
  facts: factsOf(asked),
  legend: legendOf('ranking', picture, 'light', ''),
});

interface Shape {
  getAttribute(name: string): string | null;
  readonly textContent: string;
  readonly parentNode: Shape;
  readonly nodeName: string;
}
const texts = (svg: string): Shape[] => [
  ...(
    new DOMParser().parseFromString(svg, 'image/svg+xml') as unknown as {
      querySelectorAll(selector: string): Iterable<Shape>;
    }
  ).querySelectorAll('text'),
];

it('calls the target as the labels do', () => {
  const target = (labels: readonly string[]) =>
    factsOf({ ...asked, runs: [named], labels }).find(([fact]) => fact === 'target')![1];
  const [run] = runs as [(typeof runs)[number]];
  const each = <Value>(value: Value): Value[] => run.result.target.map(() => value);
  const term = { layer: 'logits', shape: [4], index: each(3), labels: null, activations: [], behind: each(null) };
  const named = { ...run, result: { ...run.result, terms: [term] } };
  expect(target(['circle', 'square', 'triangle', 'star'])).toBe('star (logits[3])');
  expect(target([])).toBe('logits[3]');
});

describe.each(Object.keys(PRESETS) as PresetName[])('the frame, %s', (preset) => {
  const picture = pictureFor(preset);
  const { page } = PRESETS[preset];
  const made = framed(picture, figure(picture), page, 'light', '');

  it('says title, model, target, example, methods and baseline, and what marks mean', () => {
    const said = texts(made.svg)
      .map(({ textContent }) => textContent)
      .join(' ');
    for (const part of [
      'Units by importance',
      'model resnet38.onnx',
      'target logits[3]',
      'example 5 (green circle)',
      'NIG · 50',
      'baseline constant 0',
      'raises the target',
      '± estimated error',
    ])
      // prettier-ignore
      for (const word of part.split(' ')) expect(said).toContain(word);
  });

  it('keeps every line of its own inside, and the picture below its head', () => {
    const own = texts(made.svg).filter(({ parentNode }) => parentNode.getAttribute('role') === 'img');
    expect(own.length).toBeGreaterThan(1);
    for (const text of own) {
      const size = Number(text.getAttribute('font-size'));
      const bold = text.getAttribute('font-weight') !== null;
      expect(Number(text.getAttribute('x')) + textWidth(text.textContent, size, bold)).toBeLessThanOrEqual(made.width);
      expect(Number(text.getAttribute('y'))).toBeLessThanOrEqual(made.height);
    }
    if (page.width !== null) expect(made.width).toBe(Math.ceil(page.width));
    if (page.height !== null) expect(made.height).toBe(Math.ceil(page.height));
  });
});

it('a picture gives way to a narrow page: letters stay readable with one run in one column', () => {
  const one = ranking(runs.slice(0, 1), 5, () => true);
  const drawn = rankingPicture(one, rows, 0, 'light', roomOf('column').width);
  const { smallest } = framed(drawn, figure(drawn), PRESETS.column.page, 'light', '');
  expect(smallest).toBeGreaterThan(4.9);
});

it('a legend has what the picture shows, and no more', () => {
  const says = (units: readonly number[], errors?: readonly number[]): readonly string[] => {
    const of = ranking([record('nig', [{ name: 'a', units, ...(errors && { errors }) }])], 5, () => true);
    return legendOf('ranking', rankingPicture(of, Uint32Array.of(0, 1), 0, 'light'), 'light', '').map(({ says: words }) => words); // prettier-ignore
  };
  expect(says([2, 1])).toEqual(['raises the target']);
  expect(says([2, -1], [0.01, 0.01])).toEqual(['raises the target', 'lowers it', '± estimated error']);
  expect(paints.light.raises).not.toBe(paints.dark.raises);
});

it('a picture that calls layers by short names says what they leave out: what the window leaves out, whichever layers it shows', () => {
  const scope = 'backbone/encoder/';
  const one = record('nig', [{ name: `${scope}conv1`, units: [2, 1] }]);
  const table = ranking([one], 5, () => true);
  const drawn = rankingPicture(table, Uint32Array.of(0, 1), 0, 'light', null, undefined, (layer) => layer.slice(scope.length)); // prettier-ignore
  expect(drawn).toContain('>conv1<');
  expect(rankingPicture(table, Uint32Array.of(0, 1), 0, 'light')).toContain(`>${scope}conv1<`);
  for (const marks of ['ranking', 'completeness', 'graph', 'strips', 'matrix', 'curves'] as const)
    expect(legendOf(marks, drawn, 'light', scope).at(-1)!.says).toContain(scope);
  for (const marks of ['unit', 'plot'] as const)
    expect(legendOf(marks, drawn, 'light', scope).map(({ says }) => says).join()).not.toContain(scope); // prettier-ignore
  const { svg } = framed(drawn, { ...figure(drawn), legend: legendOf('ranking', drawn, 'light', scope) }, PRESETS.column.page, 'light', ''); // prettier-ignore
  expect(svg).toContain('left out: backbone/encoder/');
});

describe('names of files', () => {
  it('say model, what, method and example', () => {
    expect(nameOf({ ...asked, runs: runs.slice(0, 1) }, ['block2/conv1', 'unit11'])).toBe(
      'resnet38_block2-conv1_unit11_nig_green-circle',
    );
    expect(nameOf(asked, ['layers'])).toBe('resnet38_layers_nig-rescale_green-circle');
    expect(nameOf({ ...asked, truth: '3' }, ['layers'])).toBe('resnet38_layers_nig-rescale_example-5');
  });
  it('hold nothing that a file system forbids, in any script', () => {
    expect(figureName(['a/b\\c:*?"<>|d', null, '層 三', '..', '\u0000'])).toBe('a-b-c-d_層-三');
    expect(figureName([])).toBe('mho');
    expect(figureName(['x'.repeat(500), 'y'.repeat(500), 'z'.repeat(500)]).length).toBeLessThanOrEqual(160);
  });
});

describe('letters', () => {
  it('are counted one by one: what is shortened fits, and no letter is given away', () => {
    for (const text of [LONG, 'WWWWWWWWWWWWWWWW', 'iiiiiiiiiiiiiiiiiiiiiiiii', '層層層層層層層層']) {
      const short = fitting(text, 90, 11);
      expect(textWidth(short, 11)).toBeLessThanOrEqual(90);
    }
    expect(fitting('iiiiiiiiiiiiiiiiiiii', 90, 11)).toBe('iiiiiiiiiiiiiiiiiiii');
  });
  it('stay in their lines, long words broken', () => {
    const lines = wrapped(`target ${LONG} and more`, 200, 11);
    expect(lines.join('').replace(/\s/g, '')).toBe(`target${LONG}andmore`);
    for (const line of lines) expect(textWidth(line, 11)).toBeLessThanOrEqual(200);
  });
  it('say which files of the typeface they need', () => {
    expect(filesOf('plain − text')).toEqual(['latin']);
    expect(filesOf('F(α) ≤ ż')).toEqual(['latin', 'greek', 'latin-ext']);
    const sheet = readFileSync('node_modules/@fontsource-variable/inter/index.css', 'utf8');
    for (const file of FILES) for (const range of RANGES[file].split(',')) expect(sheet, file).toContain(range);
  });
});

it('a PNG says how dense it is, and can still be read', () => {
  const png = encode({ width: 2, height: 1, data: Uint8Array.of(1, 2, 3, 4, 5, 6), channels: 3 });
  const { resolution, data } = decode(withDensity(png, 300));
  expect(resolution).toEqual({ x: 11811, y: 11811, unit: 1 });
  expect([...data]).toEqual([1, 2, 3, 4, 5, 6]);
});

/** Pictures that stand alone: what is drawn where, in whose colours, and that nothing in them asks for anything else. */
import { readFileSync } from 'node:fs';
import { DOMParser } from 'linkedom';
import { describe, expect, it } from 'vitest';
import { completenessPicture, rankingPicture, residualShare } from '../../src/renderer/drawings/bars';
import { pathPicture, scatterPicture } from '../../src/renderer/drawings/plots';
import { alongAxis, lettersUnder } from '../../src/renderer/drawings/positions';
import { paints, soundXml } from '../../src/renderer/drawings/svg';
import { stripPicture, stripPlaces } from '../../src/renderer/drawings/strips';
import { unitPicture } from '../../src/renderer/drawings/unit';
import { layerSums } from '../../src/renderer/logic/completeness';
import { pictureOf } from '../../src/renderer/logic/inputs';
import { order, NO_FILTER, ranking } from '../../src/renderer/logic/ranking';
import { record } from './records';

interface Shape {
  getAttribute(name: string): string | null;
  readonly textContent: string;
}
/** The elements of a picture; parsing it is the check that it is well-formed enough to be read. */
const shapes = (svg: string, name: string): Shape[] => {
  const document = new DOMParser().parseFromString(svg, 'image/svg+xml') as unknown as {
    querySelectorAll(selector: string): Iterable<Shape>;
  };
  return [...document.querySelectorAll(name)];
};
const attribute = (shape: Shape, name: string): number => Number(shape.getAttribute(name));
const standsAlone = (svg: string): void => {
  expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg"/);
  expect(svg).not.toMatch(/NaN|undefined|var\(|class=|<script|href="(?!data:)/);
};

const runs = [
  record('nig', [
    { name: 'first', units: [3, -1, 0.5], errors: [0.1, 2.4, 0], residual: 0.0001 },
    { name: 'beside<skip>', units: [1, 1] },
    { name: 'last', units: [4, -0.9], errors: [0, 0], residual: -0.5 },
  ]),
  record('rescale', [
    { name: 'first', units: [2, 1, 0.25], residual: 0 },
    { name: 'beside<skip>', units: [0, 1] },
    { name: 'last', units: [3, 0], residual: 0 },
  ]),
];

it.each(['light', 'dark'] as const)('the colours of pictures are those of the window, %s', (theme) => {
  const sheet = readFileSync('src/renderer/styles/tokens.css', 'utf8');
  const block =
    theme === 'light'
      ? sheet.slice(0, sheet.indexOf("[data-theme='dark']"))
      : sheet.slice(sheet.indexOf("[data-theme='dark']"));
  const token = (name: string): string | undefined => new RegExp(`--${name}: (#[0-9a-f]+);`).exec(block)?.[1];
  const { letters, ...paint } = paints[theme];
  expect(paint).toEqual({
    ground: token('surface'),
    text: token('text'),
    soft: token('text-2'),
    faint: token('text-3'),
    line: token('line'),
    strong: token('line-strong'),
    accent: token('accent'),
    raises: token('raises'),
    lowers: token('lowers'),
    bad: token('bad'),
    warn: token('warn'),
  });
  expect(letters).toEqual({ A: token('base-a'), C: token('base-c'), G: token('base-g'), T: token('base-t') });
});

describe('bars of the ranking', () => {
  const table = ranking(runs, 5, () => true);
  const rows = order(table, { by: 'size', column: 0 }, true, NO_FILTER);

  it('a bar per unit and run, to the right and red where it raises, in proportion', () => {
    const svg = rankingPicture(table, rows, 0, 'light');
    standsAlone(svg);
    const bars = shapes(svg, 'rect').filter((shape) => shape.getAttribute('rx') === '1.5');
    expect(bars).toHaveLength(14);
    const [largest, next] = bars as [Shape, Shape];
    expect(largest.getAttribute('fill')).toBe(paints.light.raises);
    expect(attribute(next, 'width') / attribute(largest, 'width')).toBeCloseTo(3 / 4, 2);
    const lowering = bars.filter((shape) => shape.getAttribute('fill') === paints.light.lowers);
    expect(lowering).toHaveLength(2);
    const [negative] = lowering as [Shape];
    expect(attribute(negative, 'x') + attribute(negative, 'width')).toBeCloseTo(attribute(largest, 'x'), 1);
  });

  it('whiskers reach as far as the error on both sides, ties are marked, names are escaped', () => {
    const svg = rankingPicture(table, rows, 0, 'dark');
    const whiskers = shapes(svg, 'path').filter((shape) => shape.getAttribute('stroke-width') === '1.2');
    expect(whiskers).toHaveLength(2);
    expect(shapes(svg, 'text').filter(({ textContent }) => textContent === '≈').length).toBeGreaterThan(0);
    expect(svg).toContain('beside&#60;skip&#62;');
  });

  it('errors stand below values as shares of their layer, a line stands under the last unit that is certain', () => {
    const svg = rankingPicture(table, rows, 0, 'light');
    const texts = shapes(svg, 'text').map(({ textContent }) => textContent);
    // 3 ± 0.1 of a layer of 4.5, of which 2.5 are open: not a number yet; 4 ± 0 of one of 4.9
    expect(texts).toEqual(expect.arrayContaining(['not resolved', '± 0 %', 'first 1 certain']));
    const [line] = shapes(svg, 'path').filter((shape) => shape.getAttribute('stroke') === paints.light.accent);
    expect(line!.getAttribute('d')).toMatch(/^M16 60H/);
  });
});

describe('sums of layers', () => {
  const sums = layerSums(runs[0]!, 5, 0.01)!;

  it('only cuts are judged, and the first beyond the tolerance is named', () => {
    expect(sums.rows.map(({ residual, broken }) => [residual === null, broken])).toEqual([
      [false, false],
      [true, false],
      [false, true],
    ]);
    expect(sums).toMatchObject({ judged: 2, delta: 3 });
    expect(sums.firstBroken!.layer.name).toBe('last');
    expect(sums.worst).toBeCloseTo(0.5);
    expect(layerSums(runs[0]!, 6, 0.01)).toBeNull();
  });

  it("the line of F(x) − F(x') meets the bar of a complete layer, the tolerance stands among the residuals", () => {
    const svg = completenessPicture({ ...sums, rows: [{ ...sums.rows[0]!, sum: 3 }] }, 'Sums', 'light');
    standsAlone(svg);
    const bar = shapes(svg, 'rect').find((shape) => shape.getAttribute('fill') === paints.light.raises)!;
    const lines = shapes(svg, 'path').filter((shape) => shape.getAttribute('opacity') === '0.7');
    const [delta] = lines.map((shape) => Number(/^M([\d.]+)/.exec(shape.getAttribute('d')!)![1]));
    expect(attribute(bar, 'x') + attribute(bar, 'width')).toBeCloseTo(delta!, 1);
    expect(lines[1]!.getAttribute('stroke-dasharray')).toBe('3 3');
    expect([1e-8, 1e-4, 1, 10, 0].map(residualShare)).toEqual([0, 0.5, 1, 1, 0]);
  });

  it('a residual beyond the tolerance is drawn as such', () => {
    const svg = completenessPicture(sums, 'Sums', 'light');
    const bad = shapes(svg, 'rect').filter((shape) => shape.getAttribute('fill') === paints.light.bad);
    expect(bad).toHaveLength(1);
    expect(shapes(svg, 'text').map(({ textContent }) => textContent)).toContain('not judged');
  });
});

describe('positions', () => {
  const sequence = { shape: [4, 4], data: Float32Array.from([1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 1, 0, 0]) };
  const input = { value: sequence, picture: pictureOf(sequence.shape, null) };

  it('letters as high as their contributions, above the line where they raise', () => {
    const { glyphs, bars, middle } = alongAxis(
      { shape: [4], data: Float32Array.of(2, -1, 0, 1) },
      lettersUnder(input),
      400,
      64,
    );
    expect(bars).toEqual([]);
    expect(glyphs.map(({ letter }) => letter).join('')).toBe('AGTC');
    expect(glyphs[0]!.scale[1] / glyphs[3]!.scale[1]).toBeCloseTo(2, 5);
    expect(glyphs[0]!.y).toBe(middle);
    expect(glyphs[1]!.y).toBeGreaterThan(middle);
    expect(glyphs[2]!.scale).toEqual([0, 0]);
  });

  it('fewer positions than letters: bars over stretches of the sequence', () => {
    const { bars, foot, width } = alongAxis({ shape: [2], data: Float32Array.of(1, -1) }, lettersUnder(input), 400, 64);
    expect(foot.map(({ letter }) => letter).join('')).toBe('AGTC');
    expect(bars.map(({ x }) => x)).toEqual([0, width / 2]);
    expect(bars[0]!.up).toBeCloseTo(bars[1]!.down, 5);
  });

  it('a unit without an input at hand: bars alone; zeros draw nothing', () => {
    const { bars, foot } = alongAxis({ shape: [3], data: new Float32Array(3) }, null, 300, 64);
    expect(foot).toEqual([]);
    expect(bars.every(({ up, down }) => up + down === 0)).toBe(true);
  });

  it('the picture of a unit in a column: what does not fit beside stands below, nothing outside', () => {
    const map = { shape: [4, 4], data: Float32Array.from({ length: 16 }, (_, at) => at - 8) };
    const maps = ['NIG · 2 %', 'Rescale', 'Genomics'].map((caption) => ({ caption, map, value: 2, error: '± 0.012 (0.073 %)', extent: 8 })); // prettier-ignore
    const of = { title: 'conv #2', subtitle: 'Conv2D', maps, input: null, layer: { values: [1, 2, -3], unit: 1 }, curve: null }; // prettier-ignore
    const sizeOf = (room?: number) => {
      const svg = unitPicture(of, 'light', () => 'data:image/png;base64,', room);
      const [, , width, height] = /viewBox="(\S+) (\S+) (\S+) (\S+)"/.exec(svg)!.slice(1).map(Number);
      return { width: width!, height: height! };
    };
    const [whole, column] = [sizeOf(), sizeOf(400)];
    expect(whole.width).toBeGreaterThan(700);
    expect(column.width).toBeLessThanOrEqual(400);
    // two beside one another, and so no taller than a column's picture may be
    expect(column.height).toBeGreaterThan(whole.height);
    expect(column.height).toBeLessThan(1.6 * column.width);
  });

  it('maps beside one another begin at one height, though one of them is called in two lines', () => {
    const map = { shape: [4, 4], data: new Float32Array(16) };
    const maps = [
      { caption: 'NIG · 2 %', map, value: 2, error: '± 0.012 (0.073 %)', extent: 8 },
      { caption: 'Rescale', map, value: 2, error: '', extent: 8 },
    ];
    const svg = unitPicture({ title: 'conv #2', subtitle: 'Conv2D', maps, input: null, layer: null, curve: null }, 'light', () => 'data:image/png;base64,', 400); // prettier-ignore
    const places = [...svg.matchAll(/<g transform="translate\((\S+) (\S+)\)">/g)].map(([, x, y]) => [x, y]);
    expect(places).toHaveLength(2);
    expect(new Set(places.map(([x]) => x)).size).toBe(2);
    expect(new Set(places.map(([, y]) => y)).size).toBe(1);
  });

  it('the picture of a unit: one map per run, its layer, its way', () => {
    const map = { shape: [4], data: Float32Array.of(2, -1, 0, 1) };
    const svg = unitPicture(
      {
        title: 'scan <2>',
        subtitle: 'Conv1D · 4 × 12',
        maps: [
          { caption: 'NIG · 50', map, value: 2, error: '± 0.10 (1 %)', extent: 2 },
          { caption: 'Rescale', map, value: 2.5, error: '', extent: 2 },
        ],
        input,
        layer: { values: [1, 2, -3], unit: 1 },
        curve: {
          alphas: Float32Array.of(0, 0.5, 1),
          target: Float32Array.of(0, 2, 3),
          unit: {
            activation: Float32Array.of(0, 1, 2),
            gradient: Float32Array.of(1, 1, 0),
            running: Float32Array.of(0, 1, 2),
          },
        },
      },
      'light',
      () => 'data:image/png;base64,',
    );
    standsAlone(svg);
    const texts = shapes(svg, 'text').map(({ textContent }) => textContent);
    expect(texts).toEqual(
      expect.arrayContaining(['NIG · 50 +2.00 ± 0.10 (1 %)', 'Rescale +2.50', 'among the 3 of its layer']),
    );
    expect(texts.filter((text) => text === 'A')).toHaveLength(2);
    expect(shapes(svg, 'rect').filter((shape) => shape.getAttribute('stroke') === paints.light.accent)).toHaveLength(1);
  });
});

describe('a heat map', () => {
  const image = { shape: [2, 2, 1], data: Float32Array.of(0, 1, 0.5, 0) };
  const map = { shape: [2, 2], data: Float32Array.of(4, -4, 0, 1) };
  const drawn: { readonly data: Uint8ClampedArray; readonly columns: number; readonly rows: number }[] = [];
  const svg = unitPicture(
    {
      title: 'conv',
      subtitle: '',
      maps: [{ caption: 'NIG', map, value: 1, error: '', extent: 4 }],
      input: { value: image, picture: pictureOf(image.shape, null) },
      layer: null,
      curve: null,
    },
    'light',
    (data, columns, rows) => {
      drawn.push({ data, columns, rows });
      return `data:image/png;base64,${drawn.length}`;
    },
  );

  it('lies over the image in grey, red where it raises, and lets through what is small', () => {
    standsAlone(svg);
    const [under, over] = drawn as [(typeof drawn)[0], (typeof drawn)[0]];
    expect([...under.data.slice(4, 8)]).toEqual([255, 255, 255, 255]);
    const [raises, lowers, nothing] = [0, 4, 8].map((at) => [...over.data.slice(at, at + 4)]) as number[][];
    expect(raises![0]).toBeGreaterThan(raises![2]!);
    expect(lowers![2]).toBeGreaterThan(lowers![0]!);
    expect([raises![3], lowers![3]]).toEqual([255, 255]);
    expect(nothing![3]).toBeLessThan(100);
  });

  it('shows its scale, the same to both sides', () => {
    expect(shapes(svg, 'image')).toHaveLength(2);
    const texts = shapes(svg, 'text').map(({ textContent }) => textContent);
    expect(texts).toEqual(expect.arrayContaining(['−4.0', '+4.0']));
    expect(shapes(svg, 'stop')).toHaveLength(5);
  });
});

describe('plots of the report', () => {
  it('a point per unit; those that change their sign beyond both errors stand out', () => {
    const table = ranking(runs, 5, () => true);
    const [a, b] = table.columns as [(typeof table.columns)[0], (typeof table.columns)[0]];
    const svg = scatterPicture(a, b, Uint32Array.of(0, 1, 2, 3, 4, 5, 6), 'light');
    standsAlone(svg);
    const points = shapes(svg, 'circle');
    expect(points).toHaveLength(7);
    // unit 1 of `first` changes its sign, but its error is larger than itself
    expect(points.filter((shape) => shape.getAttribute('fill') === paints.light.warn)).toHaveLength(0);
    expect(attribute(points[0]!, 'cx')).toBeGreaterThan(attribute(points[1]!, 'cx'));
  });

  it('target and running sum begin at the same place', () => {
    const svg = pathPicture(
      [
        { alpha: 0, expected: 0, running: 0 },
        { alpha: 0.5, expected: 1, running: 0.8 },
        { alpha: 1, expected: 3, running: 3 },
      ],
      'light',
    );
    standsAlone(svg);
    const ways = shapes(svg, 'path').filter((shape) => shape.getAttribute('fill') === 'none');
    const ends = ways.map((shape) => /^(M[^L]+).*L([^L]+)$/.exec(shape.getAttribute('d')!)!.slice(1));
    expect(ends[0]).toEqual(ends[1]);
  });
});

describe('strips of layers', () => {
  const strip = (layer: string) => ({ layer, shares: [0.5, 1], value: '1', says: '' });
  const written = (names: readonly string[], short?: (layer: string) => string) =>
    shapes(stripPicture(names.map(strip), 'Where the error sits', 'light', short), 'text').map(({ textContent }) => textContent); // prettier-ignore

  it('give names the room that they need, up to two fifths of the width', () => {
    expect(stripPlaces(600, ['a', 'b']).left).toBeLessThan(70);
    const long = 'stage_0/residual_block_7/residual_add';
    expect(stripPlaces(600, ['a', long]).left).toBeGreaterThan(180);
    expect(stripPlaces(600, [long.repeat(4)])).toMatchObject({ left: 252, across: 286 });
    expect(written([long])).toContain(long);
  });

  it('leave out in a picture what the window leaves out', () => {
    expect(written(['backbone/encoder/conv'], (layer) => layer.slice(17))).toContain('conv');
  });
});

describe('names out of files', () => {
  it('cannot break a picture or bring a script into it', () => {
    const name = `</text><script>alert(1)</script>"'&\u0000\u0008\u001b[31m\ufffe\ud800 層`;
    const runs = [record('nig', [{ name, units: [3, -1], residual: 0 }])];
    const table = ranking(runs, 5, () => true);
    const pictures = [
      rankingPicture(table, Uint32Array.of(0, 1), 0, 'light'),
      completenessPicture(layerSums(runs[0]!, 5, 0.01)!, name, 'dark'),
    ];
    for (const picture of pictures) {
      expect(shapes(picture, 'script')).toEqual([]);
      expect(picture).not.toMatch(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u);
    }
  });

  it('lose in markup nothing but what XML forbids', () => {
    expect(soundXml('<a b="\u0000\t\u000b">\ud83d\ude00\udc00</a>')).toBe('<a b="�\t�">\ud83d\ude00�</a>');
  });
});

/** What the marks of pictures mean; a picture's legend has those that it shows. */
import { diverging, sequential, type ColourScale, type Theme } from '../logic/colour';
import { paints, tag, type Paint } from './svg';

interface Swatch {
  readonly markup: string;
  readonly width: number;
}
export interface LegendItem {
  /** @param size of the letters beside it, in pixels */
  readonly mark: (theme: Theme, size: number) => Swatch;
  readonly says: string;
}
interface Meaning extends LegendItem {
  /** Whether a picture has it; absent where it has it always. */
  readonly shown?: (picture: string, paint: Paint) => boolean;
}

const box =
  (fill: keyof Omit<Paint, 'letters'>, opacity: number | null = null): LegendItem['mark'] =>
  (theme, size) => ({
    markup: tag('rect', {
      y: size * 0.1,
      width: size,
      height: size * 0.8,
      rx: 1.5,
      fill: paints[theme][fill],
      opacity,
    }),
    width: size,
  });
const stroke =
  (ink: keyof Omit<Paint, 'letters'>, dash: string | null, width = 1.5): LegendItem['mark'] =>
  (theme, size) => ({
    markup: tag('path', { d: `M0 ${size / 2}h${size * 1.6}`, stroke: paints[theme][ink], 'stroke-width': width, 'stroke-dasharray': dash }), // prettier-ignore
    width: size * 1.6,
  });
/** A scale in steps: a gradient would want a name that no other picture of a page has. */
const scale =
  (colours: (theme: Theme) => ColourScale, from: number): LegendItem['mark'] =>
  (theme, size) => {
    const steps = 12;
    const wide = (size * 4) / steps;
    const colour = colours(theme);
    return {
      markup: Array.from(
        { length: steps },
        (_, at) =>
        tag('rect', { x: at * wide, y: size * 0.2, width: wide + 0.3, height: size * 0.6, fill: colour(from + ((1 - from) * at) / (steps - 1)) }), // prettier-ignore
      ).join(''),
      width: size * 4,
    };
  };
const whisker: LegendItem['mark'] = (theme, size) => ({
  markup: tag('path', { d: `M0 ${size / 2}h${size * 1.4}m0 -${size / 4}v${size / 2}M0 ${size / 4}v${size / 2}`, stroke: paints[theme].text, 'stroke-width': 1.2 }), // prettier-ignore
  width: size * 1.4,
});
const upright =
  (dash: string | null): LegendItem['mark'] =>
  (theme, size) => ({
    markup: tag('path', { d: `M${size / 2} 0v${size}`, stroke: paints[theme].text, 'stroke-width': 1.2, 'stroke-dasharray': dash }), // prettier-ignore
    width: size,
  });
const letter =
  (text: string): LegendItem['mark'] =>
  (theme, size) => ({
    markup: tag('text', { y: size * 0.9, 'font-size': size, fill: paints[theme].faint }, text),
    width: size * 0.9,
  });
const wedge: LegendItem['mark'] = (theme, size) => ({
  markup: tag('path', { d: `M0 ${size / 2}L${size * 1.6} ${size * 0.1}v${size * 0.8}Z`, fill: paints[theme].strong }),
  width: size * 1.6,
});

const SIGNS: readonly Meaning[] = [
  { mark: box('raises'), says: 'raises the target', shown: (picture, { raises }) => picture.includes(raises) },
  { mark: box('lowers'), says: 'lowers it', shown: (picture, { lowers }) => picture.includes(lowers) },
];

const MEANINGS = {
  ranking: [
    ...SIGNS,
    { mark: whisker, says: '± estimated error', shown: (picture) => picture.includes('stroke-width="1.2"') },
    { mark: box('faint', 0.4), says: 'not resolved: its error exceeds it', shown: (picture) => picture.includes('opacity="0.4"') }, // prettier-ignore
    { mark: letter('≈'), says: 'order within the errors', shown: (picture) => picture.includes('≈') },
    {
      mark: stroke('accent', null),
      says: 'certain above this line',
      shown: (picture) => picture.includes(' certain<'),
    },
  ],
  completeness: [
    ...SIGNS,
    { mark: upright(null), says: "F(x) − F(x')" },
    { mark: box('faint', 0.35), says: 'no cut: not judged', shown: (picture) => picture.includes('not judged') },
    { mark: upright('3 3'), says: 'tolerance' },
    { mark: box('bad'), says: 'beyond the tolerance', shown: (picture, { bad }) => picture.includes(`"${bad}"`) },
  ],
  graph: [
    { mark: scale((theme) => sequential(theme, 1), 0), says: 'importance mass of a layer, none to most' },
    { mark: wedge, says: 'flow: wide where much goes through' },
    { mark: box('raises', 0.66), says: 'raises the target' },
    { mark: box('lowers', 0.66), says: 'lowers it' },
  ],
  unit: [
    ...SIGNS,
    { mark: scale((theme) => diverging(theme, 1), -1), says: 'lowers to raises, at each position', shown: (picture) => picture.includes('<image') }, // prettier-ignore
    { mark: stroke('strong', '3 3'), says: 'target along the path', shown: (picture) => picture.includes('stroke-dasharray="3 3"') }, // prettier-ignore
  ],
  strips: [{ mark: scale((theme) => sequential(theme, 1), 0), says: 'none to most of a layer’s own' }],
  judged: [
    { mark: whisker, says: 'mean over layers and examples, 95 % over examples', shown: (picture) => picture.includes('stroke-width="1.6"') }, // prettier-ignore
  ],
  /** Units × examples say how they are coloured; plots carry a legend of their own, of curves that may be layers. */
  matrix: [],
  curves: [],
  plot: [],
} as const satisfies Record<string, readonly Meaning[]>;

/** Which marks a picture may have. */
export type Marks = keyof typeof MEANINGS;

/** Pictures that call layers by their names. */
const NAMING: ReadonlySet<Marks> = new Set<Marks>(['ranking', 'completeness', 'graph', 'strips', 'matrix', 'curves']);

/**
 * The legend of a picture: what it shows of the marks of its kind, and what its names of layers leave out.
 * @param scope that most names of the model's layers begin with; empty where there is none
 */
export const legendOf = (marks: Marks, picture: string, theme: Theme, scope: string): readonly LegendItem[] => [
  ...(MEANINGS[marks] as readonly Meaning[]).filter(({ shown }) => !shown || shown(picture, paints[theme])),
  ...(scope !== '' && NAMING.has(marks)
    ? [{ mark: letter('…'), says: `before names of layers, left out: ${scope}` }]
    : []),
];

/** docs/accuracy.md, from what was measured. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TOLERANCES, type Measured, type Reach } from './results';

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const mean = (values: readonly number[]): number => sum(values) / values.length;
export const percent = (share: number): string =>
  share === 0 ? '0 %' : `${share >= 0.1 ? Math.round(share * 100) : Number((share * 100).toPrecision(2))} %`;
const row = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;
export const table = (head: readonly string[], rows: readonly (readonly (string | number)[])[]): string =>
  [row(head), row(head.map((_, column) => (column === 0 ? '---' : '---:'))), ...rows.map(row)].join('\n');

const reachOf = ({ reach }: Measured, over: Reach['over'], tolerance: number): Reach =>
  reach.find((each) => each.over === over && each.tolerance === tolerance)!;
const within = ({ truly, tolerance }: Reach): number => truly.filter((each) => each <= tolerance).length;

/** How many of so many, over all networks. */
function share(all: readonly Measured[], of: (measured: Measured) => readonly [number, number]): string {
  const [part, whole] = all.map(of).reduce(([a, b], [c, d]) => [a + c, b + d], [0, 0]);
  return whole === 0 ? '–' : `${percent(part / whole)} of ${whole.toLocaleString('en')}`;
}

function costs(all: readonly Measured[], over: Reach['over']): string {
  return table(
    ['network', ...TOLERANCES.map((tolerance) => `${percent(tolerance)}: walks (most)`), ...TOLERANCES.map((tolerance) => `truly, worst at ${percent(tolerance)}`)], // prettier-ignore
    all.map((measured) => [
      `${measured.net}: ${measured.what}`,
      ...TOLERANCES.map((tolerance) => {
        const { walks } = reachOf(measured, over, tolerance);
        return `${Math.round(mean(walks))} (${Math.max(...walks)})`;
      }),
      ...TOLERANCES.map((tolerance) => percent(Math.max(...reachOf(measured, over, tolerance).truly))),
    ]),
  );
}

function truths(all: readonly Measured[]): string {
  const of = (over: Reach['over'], tolerance: number, part: (reach: Reach) => readonly [number, number]): string =>
    share(all, (measured) => part(reachOf(measured, over, tolerance)));
  return table(
    ['', ...TOLERANCES.map((tolerance) => `asked ${percent(tolerance)}`)],
    (
      [
        ['truly reached, over neurons', 'neurons', (reach) => [within(reach), reach.truly.length]],
        ['truly reached, over units', 'units', (reach) => [within(reach), reach.truly.length]],
        ['layers whose error is within its estimate', 'units', (reach) => [reach.layersCovered, reach.layers]],
        ['and within twice of it', 'units', (reach) => [reach.layersWithinTwice, reach.layers]],
        ['units within their ±', 'units', (reach) => [reach.unitsCovered, reach.units]],
        ['of the largest tenth of each layer', 'units', (reach) => [reach.largestCovered, reach.largest]],
        ['units called certain to lead that do', 'units', (reach) => [reach.certainRight, reach.certain]],
      ] as readonly [string, Reach['over'], (reach: Reach) => readonly [number, number]][]
    ).map(([name, over, part]) => [name, ...TOLERANCES.map((tolerance) => of(over, tolerance, part))]),
  );
}

/** Walks beside those of the smallest grid of a power of two that truly reaches it, example by example. */
function beside(all: readonly Measured[]): string {
  return table(
    ['asked', 'walks, mean', 'smallest even grid that truly reaches it', 'ratio'],
    TOLERANCES.map((tolerance) => {
      const pairs = all.flatMap((measured) => {
        const { walks } = reachOf(measured, 'neurons', tolerance);
        const { steps } = measured.smallest.find((each) => each.tolerance === tolerance)!;
        return walks.flatMap((own, example) => (steps[example] ? [[own, steps[example]] as const] : []));
      });
      const [own, oracle] = [mean(pairs.map(([walks]) => walks)), mean(pairs.map(([, steps]) => steps))];
      return [percent(tolerance), Math.round(own), Math.round(oracle), (own / oracle).toFixed(2)];
    }),
  );
}

function even(all: readonly Measured[]): string {
  return table(
    ['network', 'truly, worst', 'said', 'alarm in', 'layers within their estimate'],
    all.map(({ net, examples, even: own }) => [
      net,
      percent(Math.max(...own.truly)),
      percent(Math.max(...own.said)),
      `${own.alarms} of ${examples}`,
      percent(own.layersCovered / Math.max(1, own.layers)),
    ]),
  );
}

/** A run at 50 even steps that is wrong by more than this in some layer is bad; good ones are within a tenth of it. */
const BAD = 0.1;
const GOOD = 0.05;

function alarms(all: readonly Measured[]): string {
  const bad = all.filter(({ even: own }) => mean(own.truly) > BAD);
  const good = all.filter(({ even: own }) => Math.max(...own.truly) < GOOD);
  const count = (some: readonly Measured[]): string =>
    `${sum(some.map(({ even: own }) => own.alarms))} of ${sum(some.map(({ examples }) => examples))} examples`;
  return `On networks whose runs of 50 even steps are wrong by more than ${percent(BAD)} on average it is raised in ${count(bad)}; on those that are within ${percent(GOOD)} always, in ${count(good)}.`;
}

export function page(all: readonly Measured[]): string {
  const ordinary = all.filter(({ smallest }) => smallest[0]!.steps.every((steps) => steps !== null));
  const deep = join(__dirname, 'results/deep.md');
  return `# Accuracy

What the adaptive path costs, what it reaches, and how far its estimates can be trusted, measured on this repository's networks by
\`npm run docs:accuracy\`; the mathematics is in [secant.md](secant.md). Networks: the four with float64 truth of \`tests/reference\`, the two samples, and
small trained ones of the kinds that people have (\`bench/accuracy/train.py\`). The truth is the secant rule on 2,048 even segments; where a norm, a
ratio or a logarithm stands at the baseline, on 12,000 graded ones that begin at α = 1e-24; extrapolated where a layer is smooth. All of it in float32, the sums in float64. An error is
the L1 error over a layer's neurons or units as a share of its Σ|contribution|; of a run, its worst layer's. An estimate is an
estimate: a pair of kinks within one segment that cancel at its ends and in its middle is seen by nothing that is nested.

## What it costs
Backward walks, mean and most over the examples, estimate included. Over neurons:

${costs(all, 'neurons')}

Over units, what is bounded by default:

${costs(all, 'units')}

## Whether it is reached

${truths(all)}

## Beside even steps
Walks over neurons, beside the smallest grid of a power of two of even steps that truly reaches it (which nobody knows beforehand), on the ${ordinary.length} networks where 1,024 even steps come to 5 %:

${beside(ordinary)}

## At 50 even steps
Errors over units. The alarm names segments that are wider than the feature inside them. ${alarms(all)}

${even(all)}
${existsSync(deep) ? `\n${readFileSync(deep, 'utf8')}` : ''}`;
}

/** `mho judge`: which method's ranking the network itself bears out. */
import { version } from '../../../../../package.json';
import type { AttributionRequest } from '../../../../contract/attribution';
import { MhoError } from '../../../../contract/errors';
import type { Replacement } from '../../../../contract/interventions';
import { isMethod, type Judged, type JudgedLayer, type Judgement } from '../../../../contract/judgement';
import type { Session } from '../../../../contract/session';
import { printable, printableJson } from '../../../../contract/text';
import { replacementWords } from '../../../../contract/words/interventions';
import { aloneOf, judgedWords, judgementWords, judgingWords, MISLEADS } from '../../../../contract/words/judgement';
import { count, duration } from '../../../../contract/words/quantities';
import { devices } from '../../../engine/backends';
import { judge, type Judging } from '../../../engine/judge';
import { checkWritable } from '../../../engine/sessions';
import { pathFrom } from '../accuracy';
import { asking, type AskedGroup } from '../asking';
import { plain } from '../numbers';
import type { AskOptions } from '../options';
import { amongPooled } from '../replacements';
import { saveSomewhere } from '../saving';
import { right, table } from '../table';
import { EXIT, type Terminal } from '../terminal';
import { watched } from '../watching';

export interface JudgeOptions extends AskOptions {
  readonly methods: readonly Judged[];
  /** Names separated by commas; a handful by importance when absent. */
  readonly layers?: string;
  readonly to: Replacement;
  readonly steps?: number;
  readonly tolerance?: number;
  readonly maxPasses?: number;
  readonly seed: number;
  readonly sanity: boolean;
  readonly out?: string;
}

export async function judgeCommand(terminal: Terminal, path: string, options: JudgeOptions): Promise<number> {
  if (options.out) await checkWritable(options.out);
  const quiet = options.quiet === true;
  const { groups } = await asking(terminal, path, options);
  const [group, ...more] = await collected(groups());
  if (!group || more.length > 0)
    throw new MhoError('USAGE', {
      reason: 'examples that are judged together are of one size, and these have several: choose with --examples',
    });
  const request = requestOf(group, options);
  const { model, pool, pooled, source } = group;
  const to = amongPooled(options.to, pooled);
  const { result, fault } = await watched(terminal, quiet, ({ signal, told }) =>
    devices.use(options.backend, (device) =>
      judge(
        device,
        model.graph,
        { request, methods: options.methods, to, seed: options.seed, sanity: options.sanity, pool, source },
        { signal, onProgress: ({ done, total, at }) => told(done, total, { kind: 'judging', what: judgingWords(at) }) },
      ),
    ),
  );
  if (!result) throw fault!;
  const { judgement } = result;
  const session = sessionOf(group, request, result);
  const { path: saved, fault: unsaved } = options.out
    ? await saveSomewhere(options.out, session)
    : { path: null, fault: null };
  const { name, format, hash } = model.summary;
  if (options.json)
    terminal.out(`${printableJson({ model: { name, format, path, hash }, source, saved, ...judgement }, 1)}\n`);
  else {
    terminal.out(judgementTables(judgement));
    if (saved) terminal.out(`Saved to ${saved}\n`);
  }
  if (unsaved) throw unsaved;
  if (result.fault) throw result.fault;
  return EXIT.ok;
}

async function collected<Each>(all: AsyncGenerator<Each>): Promise<Each[]> {
  const found: Each[] = [];
  for await (const each of all) found.push(each);
  return found;
}

function requestOf({ request, examples }: AskedGroup, options: JudgeOptions): AttributionRequest {
  const { methods, steps, tolerance, maxPasses, layers } = options;
  const path = pathFrom({ method: methods.filter(isMethod), rule: 'secant', steps, tolerance, maxPasses } as Parameters<typeof pathFrom>[0]); // prettier-ignore
  return {
    ...request,
    methods: methods.filter(isMethod),
    rule: 'secant',
    ...path,
    layers: layers?.split(',').map((name) => name.trim()),
    exampleNumbers: examples,
  };
}

function sessionOf(
  { model, examples, source, files }: AskedGroup,
  request: AttributionRequest,
  judging: Judging,
): Session {
  const { inputs, baseline, target, minus, hold, walk } = request;
  return {
    created: judging.judgement.created,
    software: { mho: version, node: process.version, platform: `${process.platform} ${process.arch}` },
    model: model.summary,
    questions: [
      {
        inputs,
        source,
        files,
        examples,
        baseline,
        target,
        minus: minus ?? null,
        ...(hold?.length && { hold }),
        ...(walk?.length && { walk }),
      },
    ],
    runs: judging.results.map((run) => ({ ...run, question: 0 })),
    errors: judging.fault ? [judging.fault.fault] : [],
    notes: '',
    judgements: [judging.judgement],
  };
}

const mean = (values: readonly (number | null)[]): number | null => {
  const known = values.flatMap((value) => value ?? []);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
};
const two = (value: number | null): string => (value === null ? '–' : value.toFixed(2));

/** A judgement as a reader of the terminal wants it: the verdict, methods over all layers, each layer. */
export function judgementTables(judgement: Judgement): string {
  const { summaries, costs, layers, examples, targets, to } = judgement;
  const said = judgementWords(judgement).map((sentence) => `${printable(sentence)}\n`);
  const target = new Set(targets).size === 1 ? ` of ${printable(targets[0]!)}` : '';
  const overview = summaries.map(({ method, spearman, pearson, difference }) => {
    const { passes, milliseconds, error } = costs.find((each) => each.method === method)!;
    const told = (value: { mean: number; interval: { low: number; high: number } | null } | null): string =>
      value
        ? `${two(value.mean)}${value.interval ? ` (${two(value.interval.low)} to ${two(value.interval.high)})` : ''}`
        : '–';
    return [
      judgedWords[method].name,
      right(told(spearman.mean)),
      right(two(spearman.drop?.mean ?? null)),
      right(two(spearman.restore?.mean ?? null)),
      right(two(pearson.mean?.mean ?? null)),
      right(two(difference?.mean ?? null)),
      right(String(passes)),
      right(passes > 0 ? duration(milliseconds) : ''),
      right(error === null ? '' : `${plain(100 * error)} %`),
    ];
  });
  const head = ['Method', 'Spearman, both (95 %)', 'drop', 'restore', 'Pearson', 'Deletion', 'Passes', 'Time', 'Error'];
  return [
    ...said,
    '\n',
    `${count(examples.length, 'example')}${target}; units became ${replacementWords(to)}\n`,
    table(head, overview),
    ...layers.map((layer) => `\n${layerTable(layer, judgement)}`),
    ...(judgement.sanity.length > 0 ? [`\n${sanityTable(judgement)}`] : []),
    `\n${MISLEADS} Judge again with --to mean, or --to example:K.\n`,
  ].join('');
}

/** How rankings go with the true ones once all weights above a layer are re-drawn, and for another target: near 0 is as it should be. */
function sanityTable({ sanity, layers }: Judgement): string {
  const rows = [...new Set(sanity.map(({ method }) => method))].map((method) => [
    judgedWords[method].short,
    ...layers.map(({ name }) => {
      const check = sanity.find((each) => each.method === method && each.layer === name);
      return right(`${two(check?.stages.at(-1)?.spearman ?? null)} / ${two(check?.otherTarget ?? null)}`);
    }),
  ]);
  const head = ['', ...layers.map(({ name }) => printable(name))];
  return `Spearman with the true ranking, weights above re-drawn / another target: it should fall\n${table(head, rows)}`;
}

function layerTable(layer: JudgedLayer, { examples }: Judgement): string {
  const alone = aloneOf(layer);
  const facts = [
    count(layer.units, 'unit'),
    ...(layer.cut ? [] : ['no cut: something goes around it']),
    ...(layer.additive ? ['additive: judges nothing'] : alone === null ? [] : [`Σ drops / joint drop ${plain(alone)}`]),
  ];
  const rows = layer.methods.map((each) => {
    const changed = each.changes.filter((at) => at !== null).sort((a, b) => a - b);
    return [
      judgedWords[each.method].short,
      right(two(mean(each.spearman.drop))),
      right(two(mean(each.spearman.restore))),
      right(two(mean(each.spearman.mean))),
      right(two(mean(each.pearson.mean))),
      right(two(mean(each.signs.mean))),
      right(told(mean(each.comprehensiveness))),
      right(told(mean(each.leastFirst))),
      right(told(mean(each.insertion))),
      right(
        changed.length === 0
          ? '–'
          : `${changed[Math.floor((changed.length - 1) / 2)]} (${changed.length} of ${examples.length})`,
      ),
      right(String(Math.max(...each.ties))),
    ];
  });
  const bounds = layer.greedy
    ? `Most first less least first: ${layer.methods.map(({ method, difference }) => `${judgedWords[method].short} ${told(mean(difference))}`).join(', ')}; one by one, the best that was found is ${told(mean(layer.greedy.best))}.\n`
    : 'Best and worst orders were not looked for: with so many units that takes too long.\n';
  const head = [
    '',
    'ρ drop',
    'ρ restore',
    'ρ both',
    'r both',
    'signs',
    'most first',
    'least first',
    'insertion',
    'class changes after',
    'ties',
  ];
  return `${printable(layer.name)}: ${facts.join('; ')}\n${table(head, rows)}${bounds}`;
}

const told = (value: number | null): string => (value === null ? '–' : plain(value));

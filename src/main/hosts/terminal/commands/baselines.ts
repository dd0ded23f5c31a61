/** `mho baselines`: one target under several baselines, and what of its explanation they all agree on. */
import type { Method } from '../../../../contract/attribution';
import { MhoError } from '../../../../contract/errors';
import { layerSensitivity, type LayerSensitivity } from '../../../../contract/sensitivity';
import type { SessionRun } from '../../../../contract/session';
import { printable, printableJson } from '../../../../contract/text';
import { count } from '../../../../contract/words/quantities';
import { lowestSpearman, sensitivityWords } from '../../../../contract/words/sensitivity';
import { checkWritable } from '../../../engine/sessions';
import { pathFrom } from '../accuracy';
import { asking, type AskedGroup } from '../asking';
import { attributeInTerminal, togetherInOne, type Attributed } from '../attribution';
import { plain, signed } from '../numbers';
import type { AskOptions } from '../options';
import { saveSomewhere } from '../saving';
import { right, table } from '../table';
import { EXIT, type Terminal } from '../terminal';

export interface BaselinesOptions extends AskOptions {
  readonly among: readonly string[];
  readonly method: Method;
  readonly steps?: number;
  readonly tolerance?: number;
  readonly maxPasses?: number;
  readonly layers: string;
  readonly top: number;
  readonly out?: string;
}

/** `zeros,mean,example:3,7,noise:1*4`: whole numbers behind an example are further examples. */
export function amongFrom(text: string): readonly string[] {
  const words: string[] = [];
  for (const part of text.split(',').map((each) => each.trim())) {
    if (/^\d+$/.test(part) && words.at(-1)?.startsWith('example:')) words.push(`${words.pop()},${part}`);
    else words.push(part);
  }
  return [...new Set(words)];
}

export async function baselinesCommand(terminal: Terminal, path: string, options: BaselinesOptions): Promise<number> {
  const { method, steps, tolerance, maxPasses, layers } = options;
  const walk = pathFrom({ method: [method], rule: 'secant', steps, tolerance, maxPasses } as Parameters<typeof pathFrom>[0]); // prettier-ignore
  if (options.out) await checkWritable(options.out);
  const quiet = options.quiet === true;
  const [first, ...others] = options.among;
  if (first === undefined || others.length === 0)
    throw new MhoError('USAGE', { reason: '--among takes two baselines at the least: zeros,mean' });
  const { summary, groups } = await asking(terminal, path, { ...options, baseline: [first] }, others);
  const done: Attributed[] = [];
  const told: Told[] = [];
  let fault: MhoError | null = null;
  for await (const group of groups()) {
    const runs: Under[] = [];
    for (const { word, baseline, files } of amongOf(terminal, group, first)) {
      if (!quiet) terminal.err(`Baseline: ${printable(word)}\n`);
      const request = {
        ...group.request,
        baseline,
        methods: [method],
        rule: 'secant' as const,
        ...walk,
        layers: layers === 'all' ? undefined : layers.split(',').map((name) => name.trim()),
      };
      const { source, examples, labels } = group;
      const asked = { request, backend: options.backend, quiet };
      const attributed = await attributeInTerminal(terminal, group.model, asked, { source, files, examples, labels });
      done.push(attributed);
      const [run] = attributed.session.runs;
      if (run?.complete) runs.push({ word, run });
      ({ fault } = attributed);
      if (fault) break;
    }
    told.push(...toldOf(group.examples, runs));
    if (fault) break;
  }
  const { session } = togetherInOne(done, summary);
  const { path: saved, fault: unsaved } =
    options.out && session.runs.length > 0 ? await saveSomewhere(options.out, session) : { path: null, fault: null };
  const { name, format, hash } = summary;
  if (options.json)
    terminal.out(`${printableJson({ model: { name, format, path, hash }, saved, method, examples: told }, 1)}\n`);
  else {
    for (const each of told) terminal.out(`${sensitivityTables(each, options.top, layers !== 'all')}\n`);
    if (saved) terminal.out(`Saved to ${saved}\n`);
  }
  if (unsaved) throw unsaved;
  if (fault) throw fault;
  return EXIT.ok;
}

/** Those that can be made; of the others it is said why not. @throws why not, where one alone is left */
function amongOf(terminal: Terminal, { among, request, files }: AskedGroup, first: string) {
  const all = [{ word: first, baseline: request.baseline, files }];
  let refusal: MhoError | null = null;
  for (const { word, baseline, fault, source } of among)
    if (baseline) all.push({ word, baseline, files: { ...files, baseline: source ?? undefined } });
    else {
      refusal = fault;
      terminal.err(`Left out: ${printable(fault.message)}\n`);
    }
  if (all.length < 2 && refusal) throw refusal;
  return all;
}

interface Under {
  readonly word: string;
  readonly run: SessionRun;
}

/** What is told of an example. */
interface Told {
  readonly example: number;
  readonly target: string;
  readonly atInput: number;
  /** F at each baseline: the mean of its references. */
  readonly baselines: readonly { readonly word: string; readonly atBaseline: number }[];
  readonly layers: readonly LayerSensitivity[];
}

/** Of the examples that are complete under every baseline. */
function toldOf(examples: readonly number[], runs: readonly Under[]): readonly Told[] {
  if (runs.length < 2) return [];
  const counts = runs.map(({ run }) => run.examples.length);
  return examples.flatMap((example, asked): Told[] => {
    const places = runs.map(({ run }) => run.examples.indexOf(asked));
    if (places.includes(-1)) return [];
    const { run } = runs[0]!;
    return [
      {
        example,
        target: run.target[places[0]!]!,
        atInput: run.atInput[places[0]!]!,
        baselines: runs.map((each, at) => ({ word: each.word, atBaseline: each.run.atBaseline[places[at]!]! })),
        layers: run.layers.map((_, layer) => layerSensitivity(runs.map((each) => each.run.layers[layer]!), places, counts)), // prettier-ignore
      },
    ];
  });
}

/** @param units whether each layer's first units are listed */
function sensitivityTables({ example, target, atInput, baselines, layers }: Told, top: number, units: boolean): string {
  const [first] = baselines;
  const ends = baselines.map(({ word, atBaseline }) => [printable(word), right(plain(atBaseline))]);
  const told = layers.filter((layer) => layer.units.length > 1);
  const rows = told.map((layer) => [
    printable(layer.name),
    right(String(layer.units.length)),
    right(lowestSpearman(layer)?.toFixed(2) ?? '–'),
    right(`${layer.stay} of ${layer.first}`),
    right(String(layer.signs)),
  ]);
  const sameAsInput = baselines.flatMap(({ word }, at) =>
    layers.length > 0 && layers.every((layer) => layer.units.every(({ values }) => values[at] === 0)) ? [word] : [],
  );
  const all = told.reduce((sum, layer) => sum + layer.units.length, 0);
  const signs = told.reduce((sum, layer) => sum + layer.signs, 0);
  return [
    `Example ${example}: ${printable(target)} is ${plain(atInput)} at the input\n`,
    table(['Baseline', 'F there'], ends),
    ...sameAsInput.map((word) => `Against ${printable(word)} every contribution is 0: it is the input itself, or nothing that differs reaches the target.\n`), // prettier-ignore
    `\n${signs === 0 ? 'No unit changes its sign' : `${signs} of ${count(all, 'unit')} change their sign`} with the baseline, beyond their errors.\n`,
    table(['Layer', 'Units', 'Lowest Spearman', 'First that stay', 'Signs that depend'], rows),
    ...(units ? told.map((layer) => unitTable(layer, baselines, first!.word, top)) : []),
  ].join('');
}

function unitTable(layer: LayerSensitivity, baselines: Told['baselines'], first: string, top: number): string {
  const rows = layer.units
    .slice(0, top)
    .map(({ unit, values, best, worst, signDepends }) => [
      right(`#${unit}`),
      ...values.map((value) => right(signed(value))),
      right(best === worst ? String(best) : `${best}–${worst}`),
      signDepends ? 'depends' : '',
    ]);
  const head = ['Unit', ...baselines.map(({ word }) => printable(word)), 'Rank', 'Sign'];
  return `\n${printable(layer.name)}: ${sensitivityWords(layer, printable(first))}\n${table(head, rows)}`;
}

/** `mho study-paper`: the papers' questions, asked of the user's model. */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { MhoError } from '../../../../contract/errors';
import { printable, printableJson } from '../../../../contract/text';
import { count } from '../../../../contract/words/quantities';
import { devices } from '../../../engine/backends';
import { readColumn } from '../../../engine/data';
import { AS_OTHER_FILES, checkWritable, writeSafely } from '../../../engine/sessions/write';
import { study, type StudyPart } from '../../../engine/study';
import { asking, type AskedGroup, type Asking } from '../asking';
import { gathered, selectExamples } from '../inputs';
import { readingFrom, type AskOptions } from '../options';
import { markdownOf, studySections, type Section } from '../studySections';
import { right, table } from '../table';
import { EXIT, interruptible, type Terminal } from '../terminal';
import { timelessStudy } from '../timeless';
import { watched } from '../watching';

export interface StudyOptions extends AskOptions {
  /** Names separated by commas; a handful by importance when absent. */
  readonly layers?: string;
  readonly steps: number;
  readonly seed: number;
  /** `FILE` or `FILE#COLUMN` with what each example is. */
  readonly truth?: string;
  /** Files with the same examples, changed. */
  readonly contrast?: readonly string[];
  /** False: JSON without times and dates. */
  readonly times: boolean;
  readonly out?: string;
}

const PART_WORDS: Readonly<Record<StudyPart, string>> = {
  conductance: 'the formula of conductance',
  costs: 'costs',
  judge: 'the network as judge',
  ablation: 'ablation',
  selection: 'units as features',
  contrast: 'inputs that are changed',
};

export async function studyPaper(terminal: Terminal, path: string, options: StudyOptions): Promise<number> {
  const { layers, steps, seed, out } = options;
  if (steps % 2 !== 0)
    throw new MhoError('USAGE', {
      reason: `--steps ${steps}: an even number, since every second point tells the error`,
    });
  const files = out === undefined ? null : { json: join(out, 'study.json'), page: join(out, 'study.md') };
  if (files) {
    await makeFolder(out!);
    for (const file of Object.values(files)) await checkWritable(file);
  }
  const quiet = options.quiet === true;
  const { groups, ports } = await asking(terminal, path, options);
  let group: AskedGroup | null = null;
  for await (const each of groups()) {
    if (group)
      throw new MhoError('USAGE', {
        reason: 'examples that are studied together are of one size, and these have several: choose with --examples',
      });
    group = each;
  }
  const { model, request, examples, source } = group!;
  const truth = options.truth === undefined ? undefined : await truthFrom(terminal, options.truth, group!);
  const changed = options.contrast && (await changedFrom(terminal, options.contrast, ports, group!, options));
  const asked = {
    request: {
      ...request,
      methods: [],
      rule: 'secant' as const,
      steps,
      layers: layers?.split(',').map((name) => name.trim()),
      exampleNumbers: examples,
    },
    seed,
    truth,
    changed,
  };
  const { result, fault } = await watched(terminal, quiet, ({ signal, told }) =>
    devices.use(options.backend, (device) =>
      study(device, model.graph, asked, {
        signal,
        onProgress: (done, total, part) => told(done, total, { kind: 'judging', what: PART_WORDS[part] }),
      }),
    ),
  );
  if (!result) throw fault!;
  const { name, format, hash } = model.summary;
  const told = options.times ? result.study : timelessStudy(result.study);
  const json = `${printableJson({ model: { name, format, path, hash }, source, ...told }, 1)}\n`;
  const sections = studySections(result.study);
  if (files) {
    const title = `# ${name}: the papers' questions\n\n${basename(path)}, ${count(examples.length, 'example')} of ${source}; seed ${seed}.`;
    await writeSafely(files.json, (handle) => handle.writeFile(json), AS_OTHER_FILES);
    await writeSafely(files.page, (handle) => handle.writeFile(`${title}\n\n${markdownOf(sections, 2)}\n`), AS_OTHER_FILES); // prettier-ignore
    for (const file of Object.values(files)) terminal.err(`Wrote ${printable(file)}\n`);
  }
  terminal.out(options.json ? json : sections.map(drawn).join('\n'));
  if (result.fault) throw result.fault;
  return EXIT.ok;
}

/** With those above it. What is wrong with it, the first file says: a recursive mkdir of Node never ends in a folder like /proc. */
async function makeFolder(path: string): Promise<void> {
  const above = dirname(resolve(path));
  const made = await mkdir(path).catch((error: NodeJS.ErrnoException) => error);
  if (made?.code !== 'ENOENT' || above === resolve(path) || existsSync(above)) return;
  await makeFolder(above);
  await mkdir(path).catch(() => undefined);
}

function drawn({ title, said, head, rows }: Section): string {
  const cells = rows.map(([first, ...rest]) => [first!, ...rest.map(right)]);
  return [
    `${printable(title)}\n`,
    ...said.map((sentence) => `${printable(sentence)}\n`),
    ...(rows.length > 0 ? [table(head, cells)] : []),
  ].join('');
}

/** @throws TARGET_FILE, TARGET_EXAMPLES, … */
async function truthFrom(terminal: Terminal, text: string, { examples, pool }: AskedGroup): Promise<string[]> {
  const mark = text.lastIndexOf('#');
  const [path, column] = existsSync(text) || mark < 0 ? [text, null] : [text.slice(0, mark), text.slice(mark + 1)];
  const read = await interruptible(terminal, (signal) => readColumn(path, column, { signal }));
  const all = 'data' in read ? Array.from(read.data, String) : [...read];
  const want = Object.values(pool)[0]!.shape[0]!;
  const named = all.length === want + 1 ? all.slice(1) : all; // below its head
  if (named.length <= Math.max(...examples))
    throw new MhoError('TARGET_EXAMPLES', { source: path, have: named.length, want });
  return examples.map((example) => named[example]!);
}

/** @throws as inputs, USAGE where they are not as many */
async function changedFrom(
  terminal: Terminal,
  words: readonly string[],
  ports: Asking['ports'],
  { examples, request }: AskedGroup,
  options: AskOptions,
): Promise<AskedGroup['pool']> {
  const { groups, count: have } = await interruptible(terminal, (signal) =>
    gathered(words, ports, 'input', readingFrom(options), { signal }),
  );
  const sizes = (arrays: AskedGroup['pool']): string =>
    Object.entries(request.inputs).map(([name]) => arrays[name]?.shape.slice(1).join()).join(' '); // prettier-ignore
  const own = groups.length === 1 && sizes(groups[0]!.arrays) === sizes(request.inputs) ? groups[0]! : null;
  if (!own || have <= Math.max(...examples))
    throw new MhoError('USAGE', {
      reason: `--contrast ${words.join(' ')}: the same examples are needed, changed, in the same sizes; it has ${count(have, 'example')}`,
    });
  return selectExamples(own.arrays, examples);
}

/** `mho runs`: what a session holds, a line for each run, called as in the window. */
import { passesOf } from '../../../../contract/attribution';
import type { Session } from '../../../../contract/session';
import { printable, printableJson } from '../../../../contract/text';
import { worstShare } from '../../../../contract/words/accuracy';
import { count, duration, shareWords } from '../../../../contract/words/quantities';
import { baselineWords, pathWords } from '../../../../contract/words/runs';
import { targetName } from '../../../../contract/words/target';
import { openSession } from '../../../engine/sessions';
import { namedRuns } from '../namedRuns';
import { right, table } from '../table';
import { EXIT, interruptible, type Terminal } from '../terminal';

interface RunLine {
  readonly run: number;
  readonly name: string;
  readonly note: string;
  readonly method: string;
  /** As the input file numbers them. */
  readonly examples: readonly number[];
  /** One for each example; so is `error`. */
  readonly target: readonly string[];
  readonly baseline: string;
  /** Null where the method takes no path. */
  readonly path: string | null;
  readonly error: readonly (number | null)[];
  readonly passes: number;
  readonly durationMs: number;
  readonly created: string;
  /** Whether a view made it to look into another. */
  readonly aside: boolean;
}

function linesOf(session: Session): readonly RunLine[] {
  return namedRuns(session).map(({ record, name }, at) => {
    const run = session.runs[at]!;
    const places = run.examples.map((_, place) => place);
    return {
      run: at,
      name,
      note: record.note,
      method: run.method,
      examples: run.examples.map((place) => session.questions[run.question]!.examples[place]!),
      target: places.map((place) => targetName(record.result, place)),
      baseline: baselineWords(record.asked.baseline),
      path: pathWords(record.result),
      error: places.map((place) => worstShare(run.layers, place)),
      passes: passesOf(run),
      durationMs: run.durationMs,
      created: record.created,
      aside: record.aside !== undefined,
    };
  });
}

/** `0, 3, 6` or, of many, how many. */
const someOf = (examples: readonly number[]): string =>
  examples.length <= 4 ? examples.join(', ') : count(examples.length, 'example');

/** Where examples differ, each once. */
const each = (words: readonly string[]): string => {
  const different = [...new Set(words)];
  return different.length <= 3
    ? different.join(', ')
    : `${different.slice(0, 2).join(', ')} and ${different.length - 2} more`;
};

export async function runsCommand(terminal: Terminal, path: string, options: { json?: boolean }): Promise<number> {
  const session = await interruptible(terminal, (signal) => openSession(path, { signal }));
  const lines = linesOf(session);
  const { name, format, hash } = session.model;
  if (options.json) {
    terminal.out(`${printableJson({ session: path, model: { name, format, hash }, runs: lines }, 1)}\n`);
    return EXIT.ok;
  }
  const rows = lines.map((line) => {
    const worst = line.error.flatMap((share) => share ?? []);
    return [
      right(`${line.run}`),
      printable(line.name) + (line.aside ? ' (made by a view)' : ''),
      printable(each(line.target)),
      printable(line.baseline),
      someOf(line.examples),
      right(worst.length > 0 ? shareWords(Math.max(...worst)) : '–'),
      right(count(line.passes, 'walk')),
      right(duration(line.durationMs)),
    ];
  });
  const head = ['', 'run', 'target', 'baseline', 'examples', 'error', 'passes', 'took'];
  terminal.out(
    `${printable(`${name}: ${format}, hash ${hash.slice(0, 12)}; ${count(lines.length, 'run')}`)}\n${table(head, rows)}`,
  );
  if (session.notebook?.length) terminal.out(`${count(session.notebook.length, 'unit')} in the notebook.\n`);
  return EXIT.ok;
}

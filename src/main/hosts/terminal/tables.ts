/** Results as tables: top units of every layer by each method side by side, then residuals and errors. */
import type { LayerResult } from '../../../contract/attribution';
import type { Session, SessionRun } from '../../../contract/session';
import { printable } from '../../../contract/text';
import { duration } from '../../../contract/words/quantities';
import { askedWords } from '../../../contract/words/runs';
import { written } from '../../../contract/words/shape';
import { rankUnits } from '../../engine/attribution/ranking';
import { percent, plain, signed } from './numbers';

/** Examples that are printed; the others are in the session. */
const MOST_EXAMPLES = 8;
/** What stands in a cell where there is nothing to say. */
const NONE = '–';

type Cell = string | { content: string; hAlign: 'right' };

/** Characters that take two columns of a terminal, and none (marks, joiners). */
const WIDE =
  /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\p{Emoji_Presentation}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]/u;
const NONE_WIDE = /[\p{M}\p{Cf}]/u;

const columnsOf = (text: string): number => {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let columns = 0;
  for (const char of text) columns += NONE_WIDE.test(char) ? 0 : WIDE.test(char) ? 2 : 1;
  return columns;
};

/** A name longer than this would make every row of its table as long. */
const LONGEST_CELL = 200;

const clipped = (line: string): { text: string; columns: number } => {
  const text = line.length > LONGEST_CELL ? `${line.slice(0, LONGEST_CELL - 1)}…` : line;
  return { text, columns: columnsOf(text) };
};

/**
 * A table in lines of box-drawing characters, in time that grows with its cells. Ours, since the library that drew
 * them compares every cell with every row above it: a network of 20,000 nodes took it a minute.
 * @param compact no lines between rows
 */
export function table(head: readonly string[], rows: readonly (readonly Cell[])[], compact = true): string {
  const cells = [head, ...rows].map((row) =>
    row.map((cell) => {
      const [content, atRight] = typeof cell === 'string' ? [cell, false] : [cell.content, true];
      return { lines: content.split('\n').map(clipped), atRight };
    }),
  );
  const widths = head.map((_, column) =>
    cells.reduce((most, row) => row[column]!.lines.reduce((each, line) => Math.max(each, line.columns), most), 0),
  );
  const rule = (left: string, between: string, end: string): string =>
    `${left}${widths.map((width) => '─'.repeat(width + 2)).join(between)}${end}`;
  const drawn = cells.map((row) => {
    const height = Math.max(...row.map(({ lines }) => lines.length));
    return Array.from({ length: height }, (_, at) => {
      const parts = row.map(({ lines, atRight }, column) => {
        const { text, columns } = lines[at] ?? { text: '', columns: 0 };
        const room = ' '.repeat(widths[column]! - columns);
        return atRight ? ` ${room}${text} ` : ` ${text}${room} `;
      });
      return `│${parts.join('│')}│\n`;
    }).join('');
  });
  const between = `${rule('├', '┼', '┤')}\n`;
  const [first, ...others] = drawn;
  const body = others.length > 0 ? `${between}${others.join(compact ? '' : between)}` : '';
  return `${rule('┌', '┬', '┐')}\n${first!}${body}${rule('└', '┴', '┘')}\n`;
}

export const right = (content: string): Cell => ({ content, hAlign: 'right' });

/** A layer's place in the reading order is that of the first run that has it. */
function layerNames(runs: readonly SessionRun[]): string[] {
  return [...new Set(runs.flatMap(({ layers }) => layers.map(({ name }) => name)))];
}

interface At {
  readonly run: SessionRun;
  /** Place of the example among the run's complete ones; −1 when it is not complete. */
  readonly place: number;
  readonly layers: ReadonlyMap<string, LayerResult>;
}

/** All of a session: its runs, question by question, example by example. */
export function sessionTables(session: Session, top: number, exampleLabels?: readonly string[]): string {
  const parts: string[] = [];
  for (const [number, question] of session.questions.entries()) {
    const runs = session.runs.filter((run) => run.question === number);
    if (runs.length === 0) continue;
    for (const [index, name] of question.examples.slice(0, MOST_EXAMPLES).entries()) {
      const ats = runs.map((run) => ({
        run,
        place: run.examples.indexOf(index),
        layers: new Map(run.layers.map((layer) => [layer.name, layer])),
      }));
      if (ats.every(({ place }) => place < 0)) continue;
      const label = exampleLabels?.[name];
      parts.push(exampleTables(ats, `Example ${name}${label ? ` (${label})` : ''}`, top, session.model));
    }
    const hidden = question.examples.length - MOST_EXAMPLES;
    if (hidden > 0) parts.push(`${hidden} more examples are in the session and in --json.\n`);
    const { backend } = runs[0]!;
    const longest = Math.max(...runs.map(({ durationMs }) => durationMs));
    parts.push(`Computed in ${duration(longest)} on ${backend.version}, ${backend.device}.\n`);
    for (const run of runs)
      if (!run.complete)
        parts.push(
          `Incomplete: ${askedWords(run)} has ${run.examples.length} of ${question.examples.length} examples.\n`,
        );
  }
  for (const { code, message, remedy } of session.errors) parts.push(`${printable(`${code}: ${message} ${remedy}`)}\n`);
  if (session.notes) parts.push(`${session.notes.split('\n').map(printable).join('\n')}\n`);
  return parts.join('\n');
}

/** Where the path starts, when it is not a model input. */
function startWords(pathStart: string | null, model: Session['model']): string {
  if (pathStart) return ` along a path from ${printable(pathStart)}`;
  const whole = model.inputs.filter(({ dtype }) => dtype !== 'float32').map(({ name }) => printable(name));
  return whole.length ? `; the path starts at the embedded values of ${whole.join(', ')}` : '';
}

function exampleTables(ats: readonly At[], title: string, top: number, model: Session['model']): string {
  const { run, place } = ats.find((at) => at.place >= 0)!;
  const [atInput, atBaseline, delta] = [run.atInput, run.atBaseline, run.delta].map((values) => plain(values[place]!));
  const heading = `${title}: ${printable(run.target[place]!)} is ${atInput} at the input, ${atBaseline} at the baseline, difference ${delta}${startWords(run.pathStart, model)}`;
  const names = layerNames(ats.map((at) => at.run));
  const lead = (name: string): string[] => {
    const layer = ats.map(({ layers }) => layers.get(name)).find(Boolean)!;
    return [printable(name), written(layer.shape)];
  };
  const units = table(
    ['Layer', 'Shape', ...ats.map((at) => `Top units by ${askedWords(at.run)}`)],
    names.map((name) => [...lead(name), ...ats.map((at) => unitCell(at, name, top))]),
    false,
  );
  const cuts = table(
    ['Layer', 'Cut', ...ats.flatMap((at) => [`${at.run.method}: sum`, 'residual', 'error'])],
    names.map((name) => [
      printable(name),
      ats.some(({ layers }) => layers.get(name)?.cut) ? 'yes' : 'no',
      ...ats.flatMap((at) => sumCells(at, name)),
    ]),
  );
  return `${heading}\n${units}${cuts}`;
}

function unitCell({ layers, place }: At, name: string, top: number): string {
  const layer = layers.get(name);
  if (!layer || place < 0) return NONE;
  const carried = rankUnits([layer], place, top).filter(({ contribution }) => contribution !== 0);
  if (carried.length === 0) return '0';
  return carried
    .map(({ unit, contribution, error, tied }) => {
      const range = error === null ? '' : ` ± ${plain(error)}`;
      return `${`#${unit}`.padEnd(4)} ${signed(contribution)}${range}${tied ? ' ≈' : ''}`;
    })
    .join('\n');
}

function sumCells({ run, layers, place }: At, name: string): Cell[] {
  const layer = layers.get(name);
  if (!layer || place < 0) return [right(NONE), right(NONE), right(NONE)];
  const delta = run.delta[place]!;
  const { residual, error } = layer;
  const share = residual ? percent(residual[place]!, delta) : '';
  return [
    right(signed(layer.sum[place]!)),
    right(residual ? `${plain(residual[place]!)}${share ? ` (${share})` : ''}` : NONE),
    right(error ? plain(error[place]!) : NONE),
  ];
}

export const LEGEND = `#n unit, its contribution ± estimated error in units of the target; ≈ its order lies within the errors.
Only a layer that cuts the graph must sum to the difference: its residual is what is missing. Error is the estimated
L1 error over all neurons of the layer; a small residual alone does not make neurons right.
`;

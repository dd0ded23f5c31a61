/**
 * The tables of real models in docs/formats.md. Words after the command choose models by a part of their name; the others' rows stay
 * as they were measured. `missing` means those without a row, `page` none at all; `originals` renews what the original frameworks
 * give for the models that a test tries (tests/formats/real/expected.json), and measures nothing. Results lie in results.json, saved
 * after each model.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { kerasPythons } from '../../tests/formats/pythons';
// @ts-expect-error plain JavaScript, which runs before anything is installed
import { pythonWith } from '../../scripts/venv.mjs';
import { given, type Given, measured, type Measured, type Pythons, read, written } from './measure';
import { keyOf, MODELS, type RealModel } from './models';

const root = join(import.meta.dirname, '../..');
const stored = join(import.meta.dirname, 'results.json');
const expected = join(root, 'tests/formats/real/expected.json');
const page = join(root, 'docs/formats.md');

type Results = Readonly<Record<string, Measured>>;

const percent = (share: number | null): string => (share === null ? '' : `${Number((100 * share).toPrecision(2))} %`);
const power = (value: number | string | null): string =>
  typeof value === 'number' ? (value === 0 ? '0' : value.toExponential(1)) : (value ?? '');
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
/** Of what was said its first sentence: the rest is what to do about it, which whoever meets it reads. */
const brief = (text: string): string =>
  text.split(/\. (?=[A-Z])/)[0]!.replace(/^(?:\w+\.)*(\w+(?:Error|Argument)):? ?/, '$1: ');
const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
const inTable = (head: readonly string[], rows: readonly string[]): string =>
  [line(head), `|${head.map(() => '---|').join('')}`, ...rows].join('\n');

const HEAD = ['model', '', 'opens', 'from the original', 'attributed', 'residual', 'error', 'walks', 'time'];

function table(results: Results): string {
  const rows = MODELS.flatMap((model) => {
    const found = results[keyOf(model)];
    if (!found) return [];
    const { subject, opens, original, attributed, residual, error, walks, alarms, seconds } = found;
    return [
      line([
        keyOf(model),
        subject,
        brief(opens),
        typeof original === 'string' ? brief(original) : power(original),
        [brief(attributed), ...alarms].join('; '),
        power(residual),
        percent(error),
        walks === null ? '' : String(walks),
        seconds === null ? '' : `${Math.round(seconds)} s`,
      ]),
    ];
  });
  return inTable(HEAD, rows);
}

function boundTable(results: Results): string {
  const rows = MODELS.flatMap((model) => {
    const bound = results[keyOf(model)]?.bound;
    if (bound === undefined) return [];
    if (typeof bound === 'string') return [line([keyOf(model), brief(bound), '', ''])];
    const { outputs, contributions, layers, others } = bound;
    return [
      line([
        keyOf(model),
        power(outputs),
        power(contributions),
        `${layers}${others > 0 ? ` (${others} of one only)` : ''}`,
      ]),
    ];
  });
  return inTable(['model', 'outputs', 'contributions', 'layers'], rows);
}

/** Of a part of a page between two comments, what stands there. */
const between = (text: string, name: string, content: string): string =>
  text.replace(
    new RegExp(`(<!-- ${name}: .* -->\n)[^]*?(\n<!-- /${name} -->)`),
    (_, begin: string, end: string) => `${begin}\n${content}\n${end}`,
  );

const setUp = async (): Promise<Pythons> => ({
  onnxruntime: await (
    pythonWith(
      'onnxruntime',
      resolve(root, 'tests/formats/onnxruntime-requirements.txt'),
      'onnxruntime (60 MB)',
    ) as Promise<string>
  ).catch((error: Error) => error),
  keras: (await kerasPythons()).keras2,
});

const COMMANDS = ['missing', 'originals'];
function isChosen(model: RealModel, words: readonly string[], results: Readonly<Record<string, unknown>>): boolean {
  const named = words.filter((word) => !COMMANDS.includes(word));
  if (words.includes('missing') && results[keyOf(model)]) return false;
  return named.length === 0 || named.some((word) => keyOf(model).includes(word) || model.path.includes(word));
}

const known = <T>(path: string): Record<string, T> => (existsSync(path) ? read<Record<string, T>>(path) : {});

/** Does something with each of these models, in a folder that goes again. */
async function withEach(
  models: readonly RealModel[],
  work: (model: RealModel, folder: string, pythons: Pythons) => Promise<void>,
): Promise<void> {
  const pythons = await setUp();
  for (const model of models) {
    const folder = mkdtempSync(join(tmpdir(), 'mho-real-'));
    try {
      await work(model, folder, pythons);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

/** Of listed models only. */
const listed = <T>(of: Readonly<Record<string, T>>, models: readonly RealModel[]): Record<string, T> =>
  Object.fromEntries(models.flatMap((model) => (keyOf(model) in of ? [[keyOf(model), of[keyOf(model)]!]] : [])));

async function renew(words: readonly string[]): Promise<void> {
  const results = listed(known<Measured>(stored), MODELS);
  await withEach(
    MODELS.filter((each) => isChosen(each, words, results)),
    async (model, folder, pythons) => {
      const found = await measured(model, folder, pythons);
      process.stdout.write(`${keyOf(model)}: ${JSON.stringify(found)}\n`);
      results[keyOf(model)] = found;
      writeFileSync(stored, written(results));
    },
  );
}

async function renewOriginals(words: readonly string[]): Promise<void> {
  const tested = MODELS.filter((model) => model.tested);
  const values = listed(known<Given>(expected), tested);
  mkdirSync(dirname(expected), { recursive: true });
  await withEach(
    tested.filter((each) => isChosen(each, words, values)),
    async (model, folder, pythons) => {
      const found = await given(model, folder, pythons);
      process.stdout.write(`${keyOf(model)}: ${found ? Object.keys(found).join(', ') : 'nothing'}\n`);
      if (found) values[keyOf(model)] = found;
      // A model a line.
      const lines = Object.entries(values).map(([key, each]) => `${JSON.stringify(key)}: ${JSON.stringify(each)}`);
      writeFileSync(expected, `{\n${lines.join(',\n')}\n}\n`);
    },
  );
}

async function main(): Promise<void> {
  const words = process.argv.slice(2);
  if (words.includes('originals')) return renewOriginals(words);
  if (!words.includes('page')) await renew(words);
  const results = read<Results>(stored);
  const text = readFileSync(page, 'utf8');
  writeFileSync(page, between(between(text, 'real models', table(results)), 'bound models', boundTable(results)));
}

void main();

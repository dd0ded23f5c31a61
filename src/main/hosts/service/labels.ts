/** Names of a model's output values: from a file beside it or one that was given, and which place a name means. */
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import type { RunResult, TargetTerm } from '../../../contract/attribution';
import { MhoError } from '../../../contract/errors';
import type { ModelSummary, PortSummary } from '../../../contract/model';
import { written } from '../../../contract/words/shape';
import { FileFault, readRegular } from '../../engine/formats/files';
import type { Graph } from '../../engine/graph/graph';
import { placesAlong } from '../../engine/graph/moved';

/** Bytes: a thousand classes are some 20 kB. */
const LARGEST = 2 ** 20;
const FILES = ['labels.txt', 'labels.json', 'classes.txt', 'class_names.txt', 'class_names.json', 'config.json'];
/** What Hugging Face writes where nobody gave names. */
const NO_NAME = /^LABEL_\d+$/;

/**
 * One name per line; or JSON: a list, index → name (or `[id, name]`), or name → index, or one of these as `id2label` of a model's
 * configuration. Null when it is none of these.
 */
export function labelsOf(text: string): readonly string[] | null {
  if (!/^\s*[[{]/.test(text)) {
    const lines = text.split(/\r?\n/).map((line) => line.trim());
    return lines.filter((line) => line !== '');
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  const names: string[] = [];
  const known = value as object;
  const listed: unknown = Object.hasOwn(known, 'id2label') ? (known as { id2label: unknown }).id2label : known;
  if (typeof listed !== 'object' || listed === null) return null;
  for (const [key, given] of Object.entries(listed)) {
    const name: unknown = Array.isArray(given) ? given.at(-1) : given;
    if (typeof name === 'string' && /^\d+$/.test(key)) names[Number(key)] = name;
    else if (typeof name === 'number' && Number.isInteger(name) && name >= 0 && name < LARGEST) names[name] = key;
    else return null;
  }
  return names.includes(undefined as never) || names.every((name) => NO_NAME.test(name)) ? null : names;
}

/**
 * The names that lie beside a model, else those that its own file holds, when they are as many as one of its outputs has values along
 * an axis; empty without.
 */
export async function labelsOfModel(
  path: string,
  outputs: readonly PortSummary[],
  { labels: held = [] }: Pick<Graph, 'labels'>,
): Promise<readonly string[]> {
  const model = await stat(path).catch(() => null);
  const folder = model?.isDirectory() ? path : dirname(path);
  const own = `${basename(path, extname(path))}.labels.txt`;
  for (const file of [own, ...FILES]) {
    const place = join(folder, file);
    const info = await stat(place).catch(() => null);
    if (!info?.isFile() || info.size > LARGEST) continue; // a pipe would be waited for
    const labels = labelsOf(await readFile(place, 'utf8').catch(() => ''));
    if (labels && outputs.some(({ shape }) => labelAxis(shape, labels) !== null)) return labels;
  }
  return outputs.some(({ shape }) => labelAxis(shape, held) !== null) ? held : [];
}

/** The names of a file that was given, as many as an output or layer has values along an axis. @throws TARGET_LABELS */
export async function labelsFrom(
  path: string,
  { outputs, layers }: Pick<ModelSummary, 'outputs' | 'layers'>,
): Promise<readonly string[]> {
  const refuse = (reason: string, cause?: unknown): never => {
    throw new MhoError('TARGET_LABELS', { path, reason }, { cause });
  };
  const bytes = await readRegular(path, LARGEST).catch((error: unknown) =>
    refuse(error instanceof FileFault ? `it ${error.message}` : String(error), error),
  );
  const labels = labelsOf(bytes.toString('utf8')) ?? refuse('it is JSON of another form');
  if (labels.length === 0) refuse('it is empty');
  if ([...outputs, ...layers].some(({ shape }) => labelAxis(shape, labels) !== null)) return labels;
  const [{ name, shape }] = outputs as [PortSummary];
  return refuse(`it holds ${labels.length}, and ${name} has shape ${written(shape)}`);
}

/** The axis whose values the labels name: the last one of their number. Null where none is. */
export function labelAxis(shape: readonly (number | null)[], labels: readonly string[]): number | null {
  const axis = labels.length > 0 ? shape.lastIndexOf(labels.length) : -1;
  return axis < 0 ? null : axis;
}

/** A result with what its targets are called, where the labels tell. */
export const labelled = (result: RunResult, labels: readonly string[]): RunResult =>
  result.terms
    ? { ...result, terms: result.terms.map((term) => ({ ...term, labels: namesOf(term, labels) })) }
    : result;

function namesOf({ shape, index }: TargetTerm, labels: readonly string[]): TargetTerm['labels'] {
  const axis = labelAxis(shape, labels);
  if (axis === null) return null;
  return index.map((flat) => {
    const places = placesAlong(flat, shape);
    // a class at one of many positions is told from the same class at another
    const others = places.filter((_, other) => other !== axis && shape[other]! > 1);
    return `${labels[places[axis]!]!}${others.length > 0 ? ` at ${others.join(', ')}` : ''}`;
  });
}

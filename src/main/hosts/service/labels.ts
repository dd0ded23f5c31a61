/** Names of a model's output values, from a file that lies beside it. */
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import type { PortSummary } from '../../../contract/model';

/** Bytes: a thousand classes are some 20 kB. */
const LARGEST = 2 ** 20;
const FILES = ['labels.txt', 'labels.json', 'classes.txt', 'class_names.txt', 'class_names.json'];

/** One name per line; or JSON: a list, index → name (or `[id, name]`), or name → index. Null when it is none of these. */
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
  for (const [key, given] of Object.entries(value as object)) {
    const name: unknown = Array.isArray(given) ? given.at(-1) : given;
    if (typeof name === 'string' && /^\d+$/.test(key)) names[Number(key)] = name;
    else if (typeof name === 'number' && Number.isInteger(name) && name >= 0 && name < LARGEST) names[name] = key;
    else return null;
  }
  return names.includes(undefined as never) ? null : names;
}

/** The names that lie beside a model, when they are as many as one of its outputs has values; empty without. */
export async function labelsBeside(path: string, outputs: readonly PortSummary[]): Promise<readonly string[]> {
  const model = await stat(path).catch(() => null);
  const folder = model?.isDirectory() ? path : dirname(path);
  const own = `${basename(path, extname(path))}.labels.txt`;
  for (const file of [own, ...FILES]) {
    const place = join(folder, file);
    const info = await stat(place).catch(() => null);
    if (!info?.isFile() || info.size > LARGEST) continue; // a pipe would be waited for
    const labels = labelsOf(await readFile(place, 'utf8').catch(() => ''));
    if (labels && outputs.some(({ shape }) => labels.length > 0 && shape.at(-1) === labels.length)) return labels;
  }
  return [];
}

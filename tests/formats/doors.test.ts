/** What the contract says of each format holds: a file of it opens by the door and under each of the endings told there. */
import { encode as encodePng } from 'fast-png';
import { encode as encodeJpeg } from 'jpeg-js';
import { cpSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  DATA_FORMATS,
  kindByEnding,
  MODEL_FORMATS,
  type ModelFormat,
  SESSION_FORMAT,
  sessionFileName,
} from '../../src/contract/formats';
import { readData } from '../../src/main/engine/data';
import { npyBytes, npyHeader } from '../../src/main/engine/data/npy';
import { openModel } from '../../src/main/engine/formats';
import { MODEL_ARGUMENT, MODELS_GIVEN } from '../../src/contract/words/formats';
import { CASES, temporaryFolder, written } from './broken';

const folder = temporaryFolder();
const models: readonly (readonly [string, ModelFormat])[] = Object.entries(MODEL_FORMATS);

/** The reference networks' files that may be of a format, by its door and endings. */
const candidates = ({ door, endings, holds }: ModelFormat): string[] =>
  readdirSync(CASES, { recursive: true, encoding: 'utf8' })
    .map((name) => join(CASES, name))
    .filter((path) => {
      if (door === 'file') return endings.some((ending) => path.endsWith(ending)) && statSync(path).isFile();
      return statSync(path).isDirectory() && holds !== undefined && readdirSync(path).includes(holds);
    });

describe.each(models)('%s', (_key, format) => {
  it('opens through its door, under each of its endings', async () => {
    let opened = 0;
    for (const path of candidates(format)) {
      const { summary } = await openModel(path);
      if (!summary.format.endsWith(format.name)) continue; // what was zipped is told, too
      opened++;
      if (format.door === 'folder') {
        expect(kindByEnding(path)).toBe('model');
        const file = join(path, format.holds!);
        expect(format.endings.some((ending) => file.endsWith(ending))).toBe(true);
        expect((await openModel(file)).summary).toMatchObject({ format: summary.format, hash: summary.hash });
        break;
      }
      for (const ending of format.endings) {
        const named = join(folder, `model${ending}`);
        cpSync(path, named);
        expect(kindByEnding(named)).toBe('model');
        expect((await openModel(named)).summary).toMatchObject({ format: summary.format, hash: summary.hash });
      }
      break;
    }
    expect(opened).toBe(1);
  });

  it('is told in help, remedy and documentation', () => {
    const page = readFileSync(resolve(import.meta.dirname, '../../docs/formats.md'), 'utf8');
    const told = format.holds ?? format.endings[0];
    expect(page.split('\n').filter((line) => line.startsWith('|')).join('\n')).toContain(`\`${told}\``); // prettier-ignore
    expect(MODELS_GIVEN).toContain(told);
    if (format.door === 'file') expect(MODEL_ARGUMENT).toContain(told);
  });
});

it('data of each format is read under each of its endings', async () => {
  const numbers = Float32Array.from({ length: 12 }, (_, i) => 20 * i);
  const picture = { width: 2, height: 2, data: Uint8Array.from({ length: 16 }, (_, i) => (i % 4 === 3 ? 255 : 90)) };
  const cases = join(CASES, 'gated/inputs.npz');
  const files: Readonly<Record<keyof typeof DATA_FORMATS, () => Uint8Array>> = {
    npz: () => readFileSync(cases),
    npy: () => Buffer.concat([npyHeader([1, 2, 2, 3]), npyBytes(numbers)]),
    csv: () => Buffer.from(`${[...numbers].join()}\n`),
    png: () => encodePng({ ...picture, channels: 4, depth: 8 }),
    jpeg: () => encodeJpeg(picture, 90).data,
  };
  for (const [format, { endings }] of Object.entries(DATA_FORMATS) as [
    keyof typeof DATA_FORMATS,
    { endings: readonly string[] },
  ][])
    // prettier-ignore
    for (const ending of endings) {
      const path = written(folder, `data${ending}`, files[format]());
      expect(kindByEnding(path)).toBe('data');
      const shape = format === 'csv' ? [12] : [2, 2, 3];
      const { arrays } = await readData([path], [{ name: 'x', shape, dtype: 'float32' }]);
      expect(Object.keys(arrays).length, path).toBeGreaterThan(0);
    }
});

it('a session is called so once', () => {
  for (const ending of SESSION_FORMAT.endings) expect(kindByEnding(`a${ending.toUpperCase()}`)).toBe('session');
  expect(sessionFileName('a')).toBe('a.mho');
  expect(sessionFileName('a.mho')).toBe('a.mho');
});

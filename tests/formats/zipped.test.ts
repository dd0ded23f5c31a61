/** Zipped models: what is in the archive opens from it, and nothing leaves it. */
import { zipSync, type Zippable } from 'fflate';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openModel } from '../../src/main/engine/formats';
import { CASES, temporaryFolder, written } from './broken';
import { onnxFile } from './onnxFile';

const folder = temporaryFolder();
let made = 0;
const archive = (entries: Zippable): string => written(folder, `${made++}.zip`, zipSync(entries, { level: 6 }));

/** The files of a folder or a file, under a prefix. */
function under(prefix: string, path: string): Zippable {
  if (statSync(path).isFile()) return { [prefix + path.split('/').at(-1)!]: readFileSync(path) };
  return Object.fromEntries(
    readdirSync(path, { recursive: true, encoding: 'utf8' })
      .map((name) => join(path, name))
      .filter((file) => statSync(file).isFile())
      .map((file) => [prefix + relative(path, file), readFileSync(file)]),
  );
}

/** What an opening leaves behind. */
const left = (): string[] => readdirSync(tmpdir()).filter((name) => /^mho-[0-9a-f]{8}-[0-9a-f-]{27}$/.test(name));

describe('a zipped model', () => {
  const before = new Set(left());
  it.each(['saved_model', 'saved_model_keras2', 'tfjs_graph', 'tfjs_layers', 'model.keras', 'model.h5', 'frozen.pb'])(
    '%s opens as it does unpacked, one folder deep, deeper or not',
    async (name) => {
      const path = join(CASES, 'plain', name);
      const { summary } = await openModel(path);
      for (const prefix of ['', 'model/', 'a/b/c/']) {
        const zip = archive({ ...under(prefix, path), '__MACOSX/._model': new Uint8Array(4) });
        const opened = await openModel(zip);
        expect(opened.summary).toMatchObject({ hash: summary.hash, path: zip, format: `${summary.format}, zipped` });
        expect(opened.summary.layers).toEqual(summary.layers);
      }
      expect(left().filter((each) => !before.has(each))).toEqual([]);
    },
  );

  it('opens with the weights that lie beside it', async () => {
    const constants = { w: { shape: [4], data: [1, 2, 3, 4], external: { location: 'weights.bin', offset: 0 } } };
    const port = (name: string) => ({ name, shape: [1, 4] });
    const nodes = [{ op: 'Add', inputs: ['x', 'w'], outputs: ['y'] }];
    const file = onnxFile({ nodes, inputs: [port('x')], outputs: [port('y')], constants });
    const zip = archive({ 'm/model.onnx': file, 'm/weights.bin': new Uint8Array(Float32Array.of(5, 6, 7, 8).buffer) });
    const { graph } = await openModel(zip);
    expect(graph.values.flatMap(({ constant }) => (constant ? [...constant.data] : []))).toEqual([5, 6, 7, 8]);
  });

  it('is told by its own name where something in it is wrong', async () => {
    const entries = under('saved/', join(CASES, 'plain/saved_model_keras2'));
    delete entries['saved/variables/variables.data-00000-of-00001'];
    const zip = archive(entries);
    await expect(openModel(zip)).rejects.toMatchObject({
      code: 'MODEL_DAMAGED',
      details: { path: `${zip}/variables/variables.data-00000-of-00001`.replace(zip, `${zip}/saved`) },
    });
    expect(left().filter((each) => !before.has(each))).toEqual([]);
  });

  it('with a way out of it, or that unpacks beyond measure, or in another, is refused and leaves nothing', async () => {
    const keras = readFileSync(join(CASES, 'plain/model.keras'));
    const patched = (from: string, to: string, entries: Zippable): string => {
      const bytes = Buffer.from(zipSync(entries));
      for (let at = bytes.indexOf(from); at >= 0; at = bytes.indexOf(from, at + 1)) bytes.write(to, at);
      return written(folder, `${made++}.zip`, bytes);
    };
    const CASES_OF = [
      [patched('aa/model.keras', '../model.keras', { 'aa/model.keras': keras }), /^MODEL_/],
      [patched('aaaaaaa/model.keras', '/tmp/aa/model.keras', { 'aaaaaaa/model.keras': keras }), /^MODEL_/],
      [archive({ 'model.h5': new Uint8Array(8e8) }), /^MODEL_TOO_LARGE/],
      [archive({ 'model.zip': zipSync({ 'model.keras': keras }), 'not.pb': new Uint8Array(3) }), /^MODEL_ZIPPED/],
      [archive({ 'a.pb': new Uint8Array(3), 'a.pb/model.keras': keras }), /^MODEL_ZIPPED/],
    ] as const;
    for (const [path, code] of CASES_OF) await expect(openModel(path), path).rejects.toThrow(code);
    expect(left().filter((each) => !before.has(each))).toEqual([]);
    expect(readdirSync(folder).filter((name) => !/^\d+\.zip$/.test(name))).toEqual([]);
  });
});

/** Files as a model’s inputs, as a window is told of them. */
import { copyFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { encode as encodePng } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { howWords } from '../../../src/contract/words/data';
import { onnxFile } from '../../formats/onnxFile';
import { digits, folder, get, read, samples, start, write } from './studio';

describe('data', () => {
  const grey = (level: number, size = 16): Uint8Array =>
    encodePng({ width: size, height: size, channels: 1, depth: 8, data: new Uint8Array(size * size).fill(level) });

  it('pictures of another size and a table become examples, and say how', async () => {
    const service = start();
    await digits(service);
    const pictures = await read(service, [write('a.png', grey(51)), write('b.png', grey(255))]);
    expect(pictures).toMatchObject({ name: 'a.png and 1 more', examples: 2, faults: [], doubts: [] });
    expect(pictures.how.map(howWords)).toEqual(['2 × PNG, 16 × 16 grey, resized to 8 × 8, values 0 to 1']);
    expect(pictures.reading).toMatchObject({ range: '0..1', why: { kind: 'own data' } });
    const { image } = await get(service, 'inputRows', { data: pictures.data, examples: [0] });
    expect(image!.shape).toEqual([1, 8, 8, 1]);
    image!.data.forEach((value) => expect(value).toBeCloseTo(0.2, 6));

    const table = await read(service, [write('t.csv', `${Array(64).fill(0.5).join()}\n`)]);
    expect(table).toMatchObject({ examples: 1, faults: [], reading: null });
    await get(service, 'predict', { data: table.data, examples: [0], baseline: { kind: 'constant', value: 0 } });
  });

  it('the same pictures in another range, with a doubt about it', async () => {
    const service = start();
    await digits(service);
    const first = await read(service, [write('a.png', grey(255))]);
    const again = await get(service, 'rereadInputs', { data: first.data, reading: { range: '0..255' } });
    expect(again.data).not.toBe(first.data);
    expect(again.reading).toMatchObject({ range: '0..255', why: { kind: 'chosen' } });
    expect(again.doubts).toEqual([{ low: 255, high: 255, because: { kind: 'own data', low: 0, high: 1 } }]);
    const rows = await get(service, 'inputRows', { data: first.data, examples: [0] });
    expect(rows['image']!.data[0]).toBe(1);
  });

  it('letters become a sequence of the sample', async () => {
    const service = start();
    await get(service, 'openSample', { name: 'motifs' });
    const text = `sequence\n${'ACGT'.repeat(15)}\n`;
    const data = await read(service, [write('s.csv', text)]);
    expect(data).toMatchObject({ examples: 1, faults: [] });
    const short = await service.handle({
      document: 'one',
      name: 'readInputs',
      params: { files: ['token'] },
      paths: { token: write('short.csv', 'ACGT\n') },
    });
    expect(short).toMatchObject({ ok: false, fault: { code: 'INPUT_CELL' } });
    expect(!short.ok && short.fault.message).toContain('expected 60 letters, it has 4');
  });

  it('names of the output lie beside the model', async () => {
    const service = start();
    const path = join(folder, 'model.keras');
    copyFileSync(join(samples, 'digits', 'model.keras'), path);
    const labels = async (name: string, text: string): Promise<readonly string[]> => {
      write(name, text);
      return (await get(service, 'openModel', { file: 'token' }, { paths: { token: path } })).labels;
    };
    expect(await labels('labels.txt', 'too\nfew\n')).toEqual([]);
    const ten = Array.from({ length: 10 }, (_, at) => `digit ${at}`);
    expect(await labels('labels.json', JSON.stringify(ten))).toEqual(ten);
    const pairs = Object.fromEntries(ten.map((name, at) => [at, [`n${at}`, name]]));
    expect(await labels('labels.json', JSON.stringify(pairs))).toEqual(ten);
    const turned = Object.fromEntries(ten.map((name, at) => [name, at]));
    expect(await labels('labels.json', JSON.stringify(turned))).toEqual(ten);
    expect(await labels('labels.json', '{"a": "b"')).toEqual([]);
    expect(await labels('config.json', JSON.stringify({ hidden_size: 8, id2label: { ...ten } }))).toEqual(ten);
    const unnamed = Object.fromEntries(ten.map((_, at) => [at, `LABEL_${at}`]));
    expect(await labels('config.json', JSON.stringify({ id2label: unnamed }))).toEqual([]);
    expect(await labels('config.json', JSON.stringify({ architectures: ['ViT'], id2label: null }))).toEqual([]);
    expect(await labels('model.labels.txt', `${ten.join('\n')}\n`)).toEqual(ten);
  });

  it('names of the output stand in the model’s own metadata; a file beside it is believed before these', async () => {
    const service = start();
    const path = join(folder, 'named.onnx');
    const port = (name: string) => ({ name, shape: ['N', 3] });
    const graph = { nodes: [{ op: 'Relu', inputs: ['x'], outputs: ['y'] }], inputs: [port('x')], outputs: [port('y')] };
    const labels = async (metadata: Record<string, string>): Promise<readonly string[]> => {
      writeFileSync(path, onnxFile(graph, 17, metadata));
      return (await get(service, 'openModel', { file: 'token' }, { paths: { token: path } })).labels;
    };
    const names = ['cat', "dog's", 'owl "barn"'];
    expect(await labels({ author: 'me', names: `{0: 'cat', 1: "dog's", 2: 'owl "barn"'}` })).toEqual(names);
    expect(await labels({ classes: JSON.stringify(names) })).toEqual(names);
    expect(await labels({ classes: JSON.stringify(names.slice(1)) })).toEqual([]);
    write('labels.txt', 'a\nb\nc\n');
    expect(await labels({ names: JSON.stringify(names) })).toEqual(['a', 'b', 'c']);
  });

  it('several inputs come one by one, and replace each other', async () => {
    const service = start();
    const model = resolve('tests/samples/keras_layers/keras3/nested.keras');
    const { summary } = await get(service, 'openModel', { file: 'token' }, { paths: { token: model } });
    const size = (name: string): number => summary.inputs.find((port) => port.name === name)!.shape.reduce<number>((all, each) => all * each!, 1); // prettier-ignore
    const [left, right] = summary.inputs.map(({ name }) => name) as [string, string];
    const table = (name: string, value: number, rows = 1): string =>
      write(`${name}${value}.csv`, `${Array(size(name)).fill(value).join()}\n`.repeat(rows));
    const half = await read(service, [table(left, 1)], { input: left });
    expect(half.faults.map(({ code }) => code)).toEqual(summary.inputs.slice(1).map(() => 'INPUT_MISSING'));
    let whole = half;
    for (const { name } of summary.inputs.slice(1))
      whole = await read(service, [table(name, 2)], { input: name, into: whole.data });
    expect(whole.faults).toEqual([]);
    const other = await read(service, [table(right, 3, 2)], { input: right, into: whole.data });
    expect(other.faults[0]).toMatchObject({ code: 'INPUT_SHAPE' });
    const rows = await get(service, 'inputRows', { data: whole.data, examples: [0] });
    expect([rows[left]!.data[0], rows[right]!.data[0]]).toEqual([1, 2]);
  });

  it('comes back in a new engine as it was read', async () => {
    const before = start();
    await digits(before);
    const first = await read(before, [write('a.png', grey(255))], { reading: { range: '-1..1' } });
    const baseline = await read(before, [write('b.png', grey(0))], { purpose: 'baseline' });
    const after = start();
    const opened = (await get(after, 'openedModel', {}))!;
    expect(opened.data).toMatchObject({ data: first.data, reading: { range: '-1..1' } });
    const rows = await get(after, 'inputRows', { data: baseline.data, examples: [0] });
    expect(rows['image']!.data[0]).toBe(0);
  });

  it('token ids beyond the vocabulary are refused, with what was expected', async () => {
    const service = start();
    const model = resolve('tests/samples/keras_layers/keras3/embedding.keras');
    const { summary } = await get(service, 'openModel', { file: 'token' }, { paths: { token: model } });
    const [port] = summary.inputs;
    const count = port!.shape.reduce<number>((all, each) => all * (each ?? 1), 1);
    const ids = write('ids.csv', `${Array(count).fill(10_000).join()}\n`);
    const data = await read(service, [ids], { input: port!.name });
    const fault = data.faults.find(({ code }) => code === 'INPUT_RANGE');
    expect(fault!.message).toMatch(/holds 10000 at index 0, expected whole numbers from 0 to \d+/);
  });
});

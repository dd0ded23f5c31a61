/** `mho.json` beside a model: how pictures are read is kept there on request, and holds from then on; what else it says stays. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { IMAGE_PRESETS } from '../../../src/contract/data';
import { torchStages, transformer, type OwnModel } from '../../window/ownModels';
import { code, folder, get, start } from './studio';

let own: OwnModel;
let file: string;
beforeEach(() => {
  mkdirSync(join(folder, 'own'));
  own = torchStages(join(folder, 'own'));
  file = join(dirname(own.model), 'mho.json');
});
const opened = async () => {
  const service = start();
  await get(service, 'openModel', { file: 'model' }, { paths: { model: own.model } });
  const read = (reading = {}) =>
    get(service, 'readInputs', { files: ['picture'], reading }, { paths: { picture: own.picture! } });
  return { service, read };
};
const { fit: _, ...imagenet } = { ...IMAGE_PRESETS['ImageNet (mean, std)'], fit: null };

it('is written, and read by who opens the model next', async () => {
  writeFileSync(file, '{"pad_token_id": 3, "mine": [1], "image": {"range": "0..255"}}');
  const { service, read } = await opened();
  const usual = await read();
  expect(usual.reading).toMatchObject({ range: '0..255', mean: null, why: { kind: 'beside' } });
  const chosen = await read(imagenet);
  expect(chosen.reading).toMatchObject({ ...imagenet, why: { kind: 'chosen' } });
  expect(chosen.arrays[0]!.min).toBeLessThan(0);
  await get(service, 'keepReading', { data: chosen.data });
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({
    pad_token_id: 3,
    mine: [1],
    image: { ...imagenet, fit: 'stretch' },
  });
  const again = await (await opened()).read();
  expect(again.reading).toMatchObject({ ...imagenet, why: { kind: 'beside' } });
  expect(again.arrays[0]!.min).toBe(chosen.arrays[0]!.min);
});

it('one part that is wrong leaves the others, and a file that is none of ours is not written over', async () => {
  writeFileSync(file, '{"image": {"range": "wide"}, "check": 3}');
  expect((await (await opened()).read()).reading).toMatchObject({ range: '0..1', why: { kind: 'unknown' } });
  writeFileSync(file, 'notes of mine');
  const { service, read } = await opened();
  const { data } = await read(imagenet);
  expect(await code(service, { name: 'keepReading', params: { data } })).toBe('FILE_WRITE');
  expect(readFileSync(file, 'utf8')).toBe('notes of mine');
});

it('arrays were not read as pictures: there is nothing to keep', async () => {
  const { service } = await opened();
  const { data } = await get(service, 'readInputs', { files: ['data'] }, { paths: { data: own.data[0]! } });
  expect(await code(service, { name: 'keepReading', params: { data } })).toBe('NOTHING_OPEN');
});

describe('token ids by name', () => {
  const tokens = async (files: Readonly<Record<string, string>>) => {
    const { model } = transformer(join(folder, 'own'));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(model, name), text);
    return (await get(start(), 'openModel', { file: 'model' }, { paths: { model } })).tokens;
  };

  it.each([
    ['vocab.txt', '[PAD]\nthe\ncat\n', ['[PAD]', 'the', 'cat']],
    ['tokenizer.json', '{"model": {"vocab": {"the": 1, "cat": 3}}}', ['', 'the', '', 'cat']],
    ['tokenizer.json', '{"model": {"vocab": [["<s>", 0], ["a", -3.2]]}}', ['<s>', 'a']],
    ['mho.json', '{"vocabulary": ["x", "y"]}', ['x', 'y']],
    ['tokenizer.json', '{"model": {"vocab": {"the": -1, "cat": 1e12}}}', []],
    ['tokenizer.json', '[1', []],
  ] as const)('%s: %s', async (file, text, expected) => {
    expect(await tokens({ [file]: text })).toEqual(expected);
  });

  it('no more than the model has ids', async () => {
    const lines = Array.from({ length: 60 }, (_, id) => `t${id}`).join('\n');
    expect(await tokens({ 'vocab.txt': lines })).toHaveLength(50);
  });
});

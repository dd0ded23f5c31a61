import { expect, test } from 'vitest';
import { commandLines, rangesOf, shellWord, type Repeated } from '../../src/contract/words/command';

const RUN: Repeated = {
  model: '~/my models/net.keras',
  signature: undefined,
  parts: [{ paths: ['~/x.npz'], input: null }],
  reading: {},
  examples: [0, 1, 2, 7],
  baseline: { kind: 'word', word: 'fitting' },
  target: { index: 'argmax' },
  minus: null,
  output: 'logits',
  run: { method: 'nig', rule: 'secant', steps: 64, adaptive: null, pathStart: null, backend: { name: 'tensorflow' } },
  hold: [],
  walk: [],
};
const accuracy = { tolerance: 0.01, over: 'neurons', mostWalks: 600, untilTop: 5 } as const;

test('words are words for a shell, whatever is in them', () => {
  expect(shellWord('~/a b/c.npz')).toBe("~/'a b/c.npz'");
  expect(shellWord("it's $(rm -rf ~)")).toBe("'it'\\''s $(rm -rf ~)'");
  expect(shellWord('a\nb')).not.toContain('\n');
  expect(shellWord('')).toBe("''");
  expect(rangesOf([0, 1, 2, 7, 9, 10])).toBe('0-2,7,9-10');
});

test('even steps, and a path that goes as far as an accuracy asks', () => {
  expect(commandLines(RUN)).toEqual([
    "mho attribute ~/'my models/net.keras' --input ~/x.npz --examples 0-2,7 --baseline=fitting --target logits:argmax --method nig --rule secant --steps 64",
  ]);
  const [line] = commandLines({ ...RUN, run: { ...RUN.run, adaptive: { accuracy } } });
  expect(line).toMatch(/--method nig --tolerance 0.01 --tolerance-over neurons --until-top 5 --max-passes 600$/);
  const rescale = { ...RUN.run, method: 'rescale', rule: null, steps: 1 } as const;
  expect(commandLines({ ...RUN, run: rescale })[0]).toMatch(/--method rescale$/);
});

test('all that was asked is in it: inputs by name, a baseline out of files, differences, what is held, where the path starts', () => {
  const [line] = commandLines({
    ...RUN,
    signature: 'serve',
    parts: [{ paths: ['a.npy', 'b.npy'], input: 'left' }],
    reading: { range: '0..255', fit: 'crop', channels: 'bgr', mean: [0.5, 0, 1], std: [1, 2, 3] },
    baseline: { kind: 'files', parts: [{ paths: ['z.npy'], input: 'left' }], perExample: true },
    target: { layer: 'probs', index: [1, 2], afterActivation: true },
    minus: { layer: 'probs', index: 3 },
    hold: ['mask'],
    walk: ['ids'],
    run: { ...RUN.run, pathStart: 'embed', backend: { name: 'wasm' } },
  });
  for (const words of [
    '--signature serve --input left=a.npy left=b.npy --image-range 0..255 --image-fit crop --image-channels bgr --image-mean=0.5,0,1 --image-std=1,2,3',
    '--baseline left=z.npy --per-example',
    '--target probs:1,2 --minus probs:3 --after-activation',
    '--hold mask --walk ids --path embed --backend wasm',
  ])
    expect(line).toContain(words);
  expect(commandLines({ ...RUN, baseline: { kind: 'constant', value: -1 } })[0]).toContain('--baseline=-1');
});

test('where each example has a target of its own, each has a line of its own', () => {
  const lines = commandLines({ ...RUN, examples: [4, 9], target: { index: { each: [2, 0] } } });
  expect(lines.map((line) => /--examples \d+|--target \S+/g[Symbol.match](line))).toEqual([
    ['--examples 4', '--target logits:2'],
    ['--examples 9', '--target logits:0'],
  ]);
});

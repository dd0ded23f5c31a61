/** Names as they are shown: shorter, and still told apart. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clipped, fitted, inLetters, Names, namesOf } from '../../src/renderer/logic/names';

const SCOPED = [
  'input',
  'backbone/encoder/stem/projection',
  ...Array.from({ length: 20 }, (_, at) => `backbone/encoder/stage_${at % 4}/block_${at}/residual_add`),
  'logits',
];

describe('Names', () => {
  it('leave out the scope that nearly all share, as far as it goes', () => {
    const names = new Names(SCOPED);
    expect(names.prefix).toBe('backbone/encoder/');
    expect(names.short('backbone/encoder/stem/projection')).toBe('stem/projection');
    expect(names.short('logits')).toBe('logits');
  });

  it('know the scopes of every exporter', () => {
    expect(new Names(['/backbone/encoder/conv1/Conv', '/backbone/encoder/conv2/Conv']).prefix).toBe(
      '/backbone/encoder/',
    );
    expect(new Names(['model.layers.conv1', 'model.layers.conv2', 'model.layers.relu']).prefix).toBe('model.layers.');
    const torch = new Names(['input', 'net/stages.0/conv', 'net/stages.0/act', 'net/stages.1/conv', 'logits']);
    expect([torch.prefix, torch.short('net/stages.1/conv')]).toEqual(['net/', 'stages.1/conv']);
    expect(new Names(['my_model_conv', 'my_model_relu', 'my_model_dense']).prefix).toBe('my_model_');
  });

  it('leave whole what would be no word, too short or another name', () => {
    expect(new Names(['dense_1', 'dense_2', 'dense_3']).prefix).toBe('');
    expect(new Names(['block/conv', 'block/relu', 'block/pool', 'conv']).prefix).toBe('');
    expect(new Names(['a/conv', 'a/relu']).prefix).toBe('');
    expect(new Names(['backbone/conv']).prefix).toBe('');
    expect(new Names([]).prefix).toBe('');
    expect(new Names(['block1_conv', 'block1_relu', 'head_dense']).prefix).toBe('');
  });

  it('never make one of two names', () => {
    const part = fc.constantFrom('a', 'conv', 'block_1', 'stage.2', 'x', 'relu', '1');
    const name = fc
      .array(part, { minLength: 1, maxLength: 4 })
      .chain((parts) => fc.constantFrom('/', '.', '_').map((by) => parts.join(by)));
    fc.assert(
      fc.property(fc.uniqueArray(name, { minLength: 1, maxLength: 12 }), (all) => {
        const names = new Names(all);
        expect(new Set(all.map((each) => names.short(each))).size).toBe(all.length);
      }),
    );
  });

  it('are worked out once for a list', () => {
    expect(namesOf(SCOPED)).toBe(namesOf(SCOPED));
  });

  it('keep a unit’s number whole in however few letters', () => {
    const names = new Names(SCOPED);
    expect(names.unit('backbone/encoder/stage_3/block_3/residual_add', 2047, 20)).toBe('…residual_add #2047');
    expect(names.unit('backbone/encoder/stage_3/block_3/residual_add', 2047, 3)).toBe('… #2047');
    expect(names.unit('logits', 1)).toBe('logits #1');
  });
});

describe('names that are alike at both ends', () => {
  const alike = [1, 2, 13].map((at) => `transformer_encoder_feed_forward_network_${at}_followed_by_normalisation`);
  const words = ['query', 'key', 'value'].map((what) => `attention_over_many_positions_${what}_projection_of_heads`);

  it('keep what tells them apart in however few letters', () => {
    const names = new Names([...alike, 'input', ...words]);
    for (const letters of [60, 40, 24, 16, 10])
      for (const all of [alike, words]) {
        const shown = all.map((name) => names.inLetters(name, letters));
        expect(new Set(shown).size, `${letters}: ${shown.join(', ')}`).toBe(all.length);
        for (const text of shown) expect(text.length).toBeLessThanOrEqual(letters);
      }
    expect(names.inLetters(alike[2]!, 24)).toBe('transfor…13…ormalisation');
  });

  it('are as long as they may be, whatever letters they are of', () => {
    const text = fc.stringMatching(/^[ab1🦊_/]{0,12}$/u);
    fc.assert(
      fc.property(
        fc.uniqueArray(text, { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1, max: 14 }),
        (all, room) => {
          const names = new Names(all);
          for (const name of all) {
            const shown = names.fitted(name, room, (part) => Array.from(part).length);
            expect(Array.from(shown).length).toBeLessThanOrEqual(room);
            expect(shown).not.toMatch(/\p{Cs}/u);
          }
        },
      ),
    );
  });
});

describe('a cut text', () => {
  it('has the letters that it may have, more of them from its end', () => {
    expect(clipped('block0_attention/weights', 12)).toBe('bloc…weights');
    expect(clipped('weights', 7)).toBe('weights');
    expect(clipped('weights', 1)).toBe('…');
    expect(clipped('🦊🦊🦊🦊🦊', 3)).toBe('…🦊🦊');
  });

  it('gives up its scopes before itself, and the numbers of scopes last', () => {
    const name = 'stage_1/residual_block_15/expand_dense';
    expect(inLetters(name, 40)).toBe(name);
    expect(inLetters(name, 31)).toBe('stage_1/res…ock_15/expand_dense');
    expect(inLetters(name, 24)).toBe('s…e_1/r…_15/expand_dense');
    expect(inLetters(name, 19)).toBe('…1/…15/expand_dense');
    expect(inLetters(name, 18)).toBe('…r…15/expand_dense');
    expect(inLetters('stem/stage_1/block_15/residual_add', 20)).toBe('…1/…15/residual_add');
    expect(inLetters(name, 13)).toBe('…expand_dense');
    expect(inLetters(name, 8)).toBe('ex…dense');
  });

  it('is as long as its room lets it be, and no longer', () => {
    const widthOf = (text: string): number => [...text].reduce((sum, char) => sum + (char === 'i' ? 3 : 7), 0);
    fc.assert(
      fc.property(fc.stringMatching(/^[a-zA-Zi/]{1,40}$/), fc.integer({ min: 7, max: 300 }), (text, room) => {
        const shown = fitted(text, room, widthOf);
        expect(widthOf(shown)).toBeLessThanOrEqual(Math.max(7, room));
        if (shown !== text) expect(widthOf(text)).toBeGreaterThan(room);
      }),
    );
  });
});

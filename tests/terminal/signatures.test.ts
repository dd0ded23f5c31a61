import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { mho } from './terminal';

const folder = resolve(import.meta.dirname, '../field/signatures');
const asked = (model: string, ...more: string[]): string[] => [
  'attribute',
  resolve(folder, model),
  '--input',
  resolve(folder, 'case.in.npz'),
  '--steps',
  '4',
  ...more,
];

describe('--signature', () => {
  it('inspect says which is open and which others there are', async () => {
    const { out } = await mho(['inspect', resolve(folder, 'two')]);
    expect(out).toContain('signature: classify; --signature opens another: embed\n');
    const { out: other } = await mho(['inspect', resolve(folder, 'two'), '--signature', 'embed']);
    expect(other).toContain('signature: embed; --signature opens another: classify\n');
    expect(other).toContain('outputs: code [5] float32');
  });

  it('attribute runs the one that is asked for, and says which one it took where none is', async () => {
    const { code, out } = await mho(asked('two', '--signature', 'embed', '--target', 'code:1', '--json'));
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ model: { signature: 'embed' }, runs: [{ target: ['code[1]'] }, {}] });
    const { err } = await mho(asked('two', '--json'));
    expect(err).toContain('Signature: classify; --signature opens another: embed\n');
    expect((await mho(asked('one', '--json'))).err).not.toContain('Signature');
  });

  it('one that is not there is refused', async () => {
    const { code, err } = await mho(['inspect', resolve(folder, 'two'), '--signature', 'train']);
    expect(code).toBe(1);
    expect(err).toContain('SIGNATURE_UNKNOWN');
    expect(err).toContain('Give one that it has: classify, embed.');
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_ACCURACY, type Accuracy, type Method } from '../../../src/contract/attribution';
import { runNames, type NamedRun } from '../../../src/contract/words/runNames';
import { record } from '../../renderer/records';
import { reached } from '../../reached';

interface Given {
  readonly method?: Method;
  readonly name?: string | null;
  readonly baseline?: number;
  readonly steps?: number;
  readonly tolerance?: number;
  readonly examples?: readonly number[];
  readonly targets?: readonly string[];
  readonly data?: string;
  readonly hold?: readonly string[];
  readonly pathStart?: string | null;
  readonly created?: string;
}

function run(given: Given): NamedRun {
  const {
    method = 'nig',
    name = null,
    baseline = 0,
    steps = 50,
    tolerance,
    examples = [0],
    data = 'inputs.npz',
  } = given;
  const { targets = examples.map((example) => `logits[${example}]`), hold, pathStart = null, created } = given;
  const made = record(method, []);
  const accuracy: Accuracy | null = tolerance === undefined ? null : { ...DEFAULT_ACCURACY, tolerance };
  return {
    ...made,
    name,
    ...(created && { created }),
    asked: {
      dataName: data,
      examples,
      digests: examples.map((example) => `${data} ${example}`),
      baseline: { kind: 'constant', value: baseline },
      ...(hold && { hold }),
    },
    result: {
      ...made.result,
      steps,
      adaptive: accuracy && { accuracy, examples: examples.map(() => ({ ...reached(), goesOn: null })) },
      target: targets,
      examples: examples.map((_, place) => place),
      pathStart,
    },
  };
}
const names = (given: readonly Given[], ...beside: [Parameters<typeof runNames>[1]?]) =>
  runNames(given.map(run), ...beside);

describe('runs that stand together are called', () => {
  it.each<[string, readonly Given[], readonly string[]]>([
    ['by method and how far they went, where that tells them apart', [{ tolerance: 0.02 }, { method: 'rescale' }], ['NIG · 2 %', 'Rescale']], // prettier-ignore
    ['by the baseline', [{}, { baseline: 0.5 }, { method: 'rescale' }], ['NIG · baseline 0', 'NIG · baseline 0.5', 'Rescale']], // prettier-ignore
    ['by the target', [{ examples: [0] }, { examples: [0], targets: ['logits[9]'] }], ['NIG · logits[0]', 'NIG · logits[9]']], // prettier-ignore
    ['by what was asked of the path', [{ steps: 8 }, { steps: 50 }, { tolerance: 0.02 }], ['NIG · 8 steps', 'NIG · 50 steps', 'NIG · 2 %']], // prettier-ignore
    ['by the examples, where the target is the same', [{ targets: ['y'] }, { examples: [11], targets: ['y'] }], ['NIG · example 0', 'NIG · example 11']], // prettier-ignore
    ['by the data', [{ data: 'a.npz' }, { data: 'b.npz' }], ['NIG · a.npz', 'NIG · b.npz']],
    ['by what is held', [{}, { hold: ['mask'] }], ['NIG · inputs as usual', 'NIG · mask held']],
    ['by where the path starts', [{}, { pathStart: 'conv' }], ['NIG · from the input', 'NIG · from conv']],
    ['by the names that the user gave', [{ name: 'first look' }, {}], ['first look', 'NIG · 50']],
    ['by the date at last', [{ created: '2026-01-01T00:00:00' }, { created: '2026-01-02T00:00:00' }], ['NIG · 2026-01-01 00:00:00', 'NIG · 2026-01-02 00:00:00']], // prettier-ignore
    ['and are counted where nothing tells them apart', [{}, {}], ['NIG', 'NIG (2)']],
  ])('%s', (_, given, expected) => expect(names(given)).toEqual(expected));

  it('by the date only where two other things do not do', () => {
    const [created, later] = ['2026-01-01T00:00:00', '2026-01-02T00:00:00'];
    const given = [{ created }, { baseline: 0.5, created: later }, { targets: ['logits[9]'], created: later }];
    expect(names(given)[0]).toBe('NIG · baseline 0 · logits[0]');
    expect(
      names([
        { created, targets: ['3'] },
        { created, targets: ['9'] },
      ])[0],
    ).toBe('NIG · target 3');
  });

  it('each by what tells it, not all by what tells some', () => {
    expect(names([{}, { baseline: 0.5 }, { targets: ['logits[9]'] }])).toEqual([
      'NIG · baseline 0 · logits[0]',
      'NIG · baseline 0.5',
      'NIG · logits[9]',
    ]);
  });

  it('by the target of the example that is shown, by its label, and without the index of one value', () => {
    const both = { examples: [0, 11], targets: ['logits[1]', 'logits[2]'] };
    const other = { ...both, targets: ['logits[0]', 'logits[0]'] };
    const labels = ['circle', 'green circle', 'square'];
    expect(names([both, other], { example: 0, labels })).toEqual(['NIG · green circle', 'NIG · circle']);
    expect(names([both, other], { example: 11, labels })).toEqual(['NIG · square', 'NIG · circle']);
    const term = { layer: 'bound', shape: [1], index: [0], labels: null, activations: [], behind: [null] };
    const one = run({ targets: ['bound/pre[0]'] });
    const bound = { ...one, result: { ...one.result, terms: [term] } };
    expect(runNames([bound, run({ targets: ['other'] })])).toEqual(['NIG · bound', 'NIG · other']);
  });

  it('by their model, where they are of several, whatever else they differ in', () => {
    const [own, guest] = [run({}), run({ targets: ['logits[9]'], baseline: 0.5 })];
    const modelOf = (each: unknown) => (each === guest ? { hash: 'b', title: 'epoch-10' } : { hash: 'a', title: 'epoch-20' }); // prettier-ignore
    expect(runNames([own, guest], { modelOf })).toEqual(['NIG · of epoch-20', 'NIG · of epoch-10']);
    const alike = (each: unknown) => ({ hash: each === guest ? 'b' : 'a', title: 'model' });
    expect(runNames([own, guest], { modelOf: alike })).toEqual(['NIG · of model (1)', 'NIG · of model (2)']);
  });

  it('as of another session', () => {
    const [own, guest] = [run({}), run({})];
    expect(runNames([own, guest], { isGuest: (each) => each === guest })).toEqual([
      'NIG · this session',
      'NIG · other session',
    ]);
  });
});

const given: fc.Arbitrary<Given> = fc.record({
  method: fc.constantFrom<Method>('nig', 'rescale', 'internal-influence'),
  name: fc.constantFrom(null, null, null, 'first look', 'a name that is much too long for a column, a', 'a name that is much too long for a column, b'), // prettier-ignore
  baseline: fc.constantFrom(0, 0.5, 1),
  steps: fc.constantFrom(8, 50),
  examples: fc.constantFrom([0], [1], [0, 1], [0, 1, 2, 3]),
  data: fc.constantFrom('a.npz', 'b.npz'),
  pathStart: fc.constantFrom(null, 'conv'),
  created: fc.constantFrom('2026-01-01T00:00:00', '2026-01-01T00:00:01'),
});

/** All that could be said of a run beside its method. */
const everything = (one: Given, example: number): readonly string[] => {
  const { asked, result } = run(one);
  const place = Math.max(0, result.examples.findIndex((at) => asked.examples[at] === example)); // prettier-ignore
  return [
    `${one.steps} steps`,
    `baseline ${one.baseline}`,
    result.target[place]!,
    asked.examples.length > 3 ? `${asked.examples.length} examples` : `example ${asked.examples.join(', ')}`,
    one.data!,
    one.pathStart === null ? 'from the input' : `from ${one.pathStart}`,
    one.created!.replace('T', ' '),
  ];
};

it('no two names are equal', () => {
  fc.assert(
    fc.property(fc.array(given, { maxLength: 12 }), fc.nat(3), (all, example) => {
      expect(new Set(names(all, { example })).size).toBe(all.length);
    }),
    { numRuns: 300 },
  );
});

it('no name has a part that it does not need: without it, another run could be meant', () => {
  fc.assert(
    fc.property(fc.array(given, { maxLength: 8 }), fc.nat(3), (drawn, example) => {
      const all = drawn.map((one) => ({ ...one, name: null }));
      const parts = names(all, { example }).map((name) => name.replace(/ \(\d+\)$/, '').split(' · '));
      for (const [at, [method, ...mine]] of parts.entries()) {
        const others = all.filter((_, other) => other !== at && parts[other]![0] === method);
        // a method's only run says how far it went
        if (others.length === 0) expect(mine.length).toBeLessThanOrEqual(1);
        else
          for (const dropped of mine) {
            const kept = mine.filter((part) => part !== dropped);
            const meant = others.map((other) => everything(other, example));
            expect(meant.some((other) => kept.every((part) => other.includes(part)))).toBe(true);
          }
      }
    }),
    { numRuns: 300 },
  );
});

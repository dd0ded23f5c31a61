/** Units taken out, as the window measures them: whatever changes meanwhile, a number stands under its own question. */
import fc from 'fast-check';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Intervened, KnockOuts } from '../../../src/contract/interventions';
import type { Params } from '../../../src/contract/studio';
import { interventionsOf } from '../../../src/renderer/logic/interventions';
import { selection } from '../../../src/renderer/stores/selection.svelte';
import { Studio } from '../../../src/renderer/stores/studio.svelte';
import { FakeClient } from './client';
import { inputData, opened, predictionOf, rowsFor } from './models';

const backend = { name: 'cpu', device: 'CPU', version: 'test' } as const;
const none = new Float64Array(1);
/** F says what it was asked: the example, the baseline's value and how many units are out. */
const numberOf = ({ examples, baseline, interventions }: Params<'intervene'>): number =>
  100 * examples[0]! + 10 * (baseline.kind === 'constant' ? baseline.value : 0) + interventions.flatMap(({ units }) => units).length; // prettier-ignore
const intervenedOf = (params: Params<'intervene'>): Intervened => ({
  targets: ['y'],
  ...{ atInput: none, atBaseline: none, around: [], outputs: [], meanOver: null, durationMs: 1, backend },
  after: Float64Array.of(numberOf(params)),
});
const singlesOf = ({ layer, to, units }: Params<'knockOuts'>): KnockOuts => ({
  ...{
    layer,
    to,
    units,
    cut: true,
    meanOver: null,
    positions: null,
    targets: ['y'],
    atInput: none,
    atBaseline: none,
    without: none,
  },
  drop: [Float64Array.from(units)],
  restore: [Float64Array.from(units, (unit) => -unit)],
});
const layer = { kind: 'Dense', group: [], shape: [80], unitAxis: 0, units: 80, parameters: 0, inputs: [], unsupported: [] } as const; // prettier-ignore
const answers = {
  openSample: ({ name }: { name: string }) => opened({ hash: name, layers: [{ ...layer, name: 'a' }] }),
  inputRows: ({ examples }: { examples: readonly number[] }) => rowsFor(examples),
  estimate: () => ({ passes: 1, durationMs: 1, walks: null, basis: 'forward', memoryMB: 1 }) as const,
  predict: ({ examples }: { examples: readonly number[] }) => predictionOf(examples),
};

async function begin(
  more: ConstructorParameters<typeof FakeClient>[0] = {},
): Promise<{ studio: Studio; client: FakeClient }> {
  const client = new FakeClient({ ...answers, ...more });
  const studio = new Studio();
  await studio.start(client);
  await studio.openSample('net');
  studio.question.compareWith({ kind: 'constant', value: 0 });
  return { studio, client };
}
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 30; turn++) await Promise.resolve();
};

beforeEach(() => {
  vi.useFakeTimers();
  selection.clear();
  selection.example = 0;
  return () => vi.useRealTimers();
});

describe('units taken out in the window', () => {
  it('whatever changes while it is measured: what is shown is of its own question, and in the end of all that is out', async () => {
    const change = fc.oneof(
      fc.record({ do: fc.constant('toggle' as const), of: fc.nat({ max: 3 }) }),
      fc.record({ do: fc.constant('scale' as const), of: fc.nat({ max: 3 }) }),
      fc.record({ do: fc.constant('example' as const), of: fc.nat({ max: 2 }) }),
      fc.record({ do: fc.constant('baseline' as const), of: fc.nat({ max: 2 }) }),
      fc.record({ do: fc.constantFrom('back' as const, 'answer' as const, 'refuse' as const), of: fc.constant(0) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 25 }), async (changes) => {
        selection.example = 0;
        const { studio, client } = await begin({ knockOuts: singlesOf });
        const { interventions } = studio;
        const waiting = () => client.open.filter(({ name }) => name === 'intervene');
        const done = new Set<unknown>();
        const next = () => waiting().find((asked) => !done.has(asked));
        const answer = async (refuse: boolean) => {
          const asked = next();
          if (!asked) return;
          done.add(asked);
          if (refuse) asked.refuse(new Error('no'));
          else asked.answer(intervenedOf(asked.params as Params<'intervene'>));
          await settle();
        };
        const check = () => {
          const { shown, setup } = interventions;
          if (interventions.fault) expect(shown).toBeNull();
          if (!shown) return;
          expect(shown.setup).toEqual(setup);
          expect(shown.value.after[0]).toBe(numberOf({ ...shown.setup, interventions: interventionsOf(shown.out) }));
        };
        for (const { do: what, of } of changes) {
          if (what === 'toggle') interventions.toggle({ layer: 'a', unit: of });
          else if (what === 'scale') interventions.scale({ layer: 'a', unit: of }, 0.5);
          else if (what === 'example') studio.model.look(of);
          else if (what === 'baseline') studio.model.compareWith({ kind: 'constant', value: of });
          else if (what === 'back') interventions.putAllBack();
          else await answer(what === 'refuse');
          void interventions.ask();
          await settle();
          check();
          expect(waiting().filter((asked) => !done.has(asked)).length).toBeLessThanOrEqual(1);
        }
        for (let left = 0; left < 30 && next(); left++) await answer(false);
        check();
        expect(interventions.settled).toBe(true);
        if (interventions.many === 0) expect(interventions.shown).toBeNull();
        else if (!interventions.fault) expect(interventions.shown!.out).toEqual(interventions.out);
      }),
      { numRuns: 60 },
    );
  });

  it('are undone and done again with the rest of what is asked, a slider’s way as one; another model has none out', async () => {
    const { studio } = await begin({ intervene: intervenedOf, knockOuts: singlesOf });
    const saw = () => studio.model.changes.saw(studio.question.state, studio.model.data?.data);
    saw();
    studio.interventions.toggle({ layer: 'a', unit: 1 });
    saw();
    for (const factor of [0.9, 0.6, 0.2]) {
      studio.interventions.scale({ layer: 'a', unit: 2 }, factor);
      saw();
    }
    studio.model.undo();
    expect(studio.interventions.out.scaled).toEqual([]);
    expect(studio.interventions.out.taken).toEqual([{ layer: 'a', unit: 1 }]);
    studio.model.undo();
    expect(studio.interventions.many).toBe(0);
    studio.model.redo();
    studio.model.redo();
    expect(studio.interventions.out.scaled).toEqual([{ layer: 'a', unit: 2, factor: 0.2 }]);
    await studio.openSample('another');
    expect(studio.interventions.many).toBe(0);
  });

  it('are kept with what is asked; those that the model has come back', async () => {
    const { studio } = await begin({ intervene: intervenedOf, knockOuts: singlesOf });
    studio.interventions.take([{ layer: 'a', unit: 1 }, { layer: 'a', unit: 99 }, { layer: 'gone', unit: 0 }]); // prettier-ignore
    studio.interventions.become({ kind: 'zero' });
    const kept = studio.question.kept(studio.model.data, () => undefined);
    studio.interventions.putAllBack();
    await studio.model.askKept(kept);
    expect(studio.interventions.out).toEqual({
      taken: [{ layer: 'a', unit: 1 }],
      becomes: { kind: 'zero' },
      scaled: [],
    });
  });

  it('are measured one by one as well, in batches, until somebody stops it; under another question anew', async () => {
    const { studio, client } = await begin({ intervene: intervenedOf });
    const { interventions } = studio;
    interventions.take(Array.from({ length: 70 }, (_, unit) => ({ layer: 'a', unit })));
    void interventions.ask();
    await settle();
    const asked = () => client.open.filter(({ name }) => name === 'knockOuts');
    const answer = async (at: number) => {
      asked()[at]!.answer(singlesOf(asked()[at]!.params as Params<'knockOuts'>));
      await settle();
    };
    expect((asked()[0]!.params as Params<'knockOuts'>).units).toHaveLength(32);
    await answer(0);
    expect(asked()).toHaveLength(1); // the rest is asked for by the user
    expect(interventions.single({ layer: 'a', unit: 31 })).toEqual({ drop: 31, restore: -31 });
    void interventions.measure(interventions.out.taken);
    await settle();
    expect(interventions.measuring).toEqual({ done: 0, total: 38 });
    interventions.stop();
    await answer(1);
    expect(interventions.measuring).toBeNull();
    expect(interventions.single({ layer: 'a', unit: 40 })).toBeNull();
    studio.model.look(2);
    expect(interventions.single({ layer: 'a', unit: 31 })).toBeNull();
    expect(interventions.unmeasured).toHaveLength(70);
  });

  it('that cannot be measured say why, until an engine may answer again', async () => {
    const { studio, client } = await begin({ knockOuts: singlesOf });
    const { interventions } = studio;
    interventions.toggle({ layer: 'a', unit: 0 });
    void interventions.ask();
    await settle();
    client.open.find(({ name }) => name === 'intervene')!.refuse(new Error('no engine'));
    await settle();
    expect(interventions.fault?.message).toContain('no engine');
    expect(interventions.shown).toBeNull();
    client.notify({ kind: 'engine', state: 'ready', fault: null });
    await settle();
    client.open.findLast(({ name }) => name === 'intervene')!.answer(intervenedOf(client.asked('intervene').at(-1)!));
    await settle();
    expect([interventions.fault, interventions.shown?.value.after[0]]).toEqual([null, 1]);
    studio.model.use(inputData('other', 2, { faults: [] }), [0]);
    await settle();
    expect(interventions.shown).toBeNull();
  });
});

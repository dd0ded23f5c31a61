import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { OpenedSession, RunRecord, RunSetup } from '../../../src/contract/studio';
import { viewOf, type SessionView } from '../../../src/contract/view';
import { messages } from '../../../src/renderer/stores/messages.svelte';
import { selection } from '../../../src/renderer/stores/selection.svelte';
import { shell } from '../../../src/renderer/stores/shell.svelte';
import { Studio } from '../../../src/renderer/stores/studio.svelte';
import { record } from '../records';
import { FakeClient } from './client';
import { inputData, opened, predictionOf, rowsFor } from './models';

const layers = ['x', 'a', 'y'].map((name, at) => ({
  name,
  kind: 'Dense',
  group: [],
  shape: [3],
  unitAxis: 0,
  units: 3,
  parameters: 0,
  inputs: at === 0 ? [] : ['x'],
  unsupported: [],
}));
const model = opened({ layers });
const document = { title: 'net', session: null, dirty: false, runs: 0, modelOpen: true, opening: null };

/** A program that keeps one session file, whose runs have other ids each time that it is opened. */
class Program {
  runs: RunRecord[] = [];
  view: SessionView | null = null;
  #file: OpenedSession | null = null;
  #ids = 0;
  readonly client = new FakeClient({
    openSample: () => model,
    openedModel: () => model,
    inputRows: ({ examples }) => rowsFor(examples),
    predict: ({ examples }) => predictionOf(examples),
    estimate: () => ({ passes: 1, walks: null, durationMs: 1, basis: null, memoryMB: 1 }),
    runInputs: () => inputData('data', 8),
    removeRun: ({ run }) => void (this.runs = this.runs.filter((each) => each.run !== run)),
    keepView: ({ view }) => void (this.view = view),
    saveSession: () => {
      this.#file = { document, summary: model.summary, runs: this.runs, view: this.view, notebook: [] };
      return true;
    },
    openSession: () => this.#open(),
  });

  #open(): OpenedSession {
    const ids = new Map(this.#file!.runs.map(({ run }) => [run, this.#newId()]));
    this.runs = this.#file!.runs.map((run) => ({ ...run, run: ids.get(run.run)! }));
    this.view = this.#file!.view && viewOf(this.#file!.view, (run) => ids.get(run));
    return { document, summary: model.summary, runs: this.runs, view: this.view, notebook: [] };
  }
  #newId = (): string => `r${this.#ids++}`;

  /** What a job of one method makes. */
  made({ examples, baseline, target, methods, aside }: RunSetup): RunRecord {
    const [method] = methods;
    const made = record(method!, [{ name: 'a', units: [2, 1.5, -0.5] }]);
    const run = this.#newId();
    const each = (numbers: Float32Array): Float32Array => Float32Array.from(examples.flatMap(() => [...numbers]));
    const result = {
      ...made.result,
      examples: examples.map((_, place) => place),
      atInput: each(made.result.atInput),
      atBaseline: each(made.result.atBaseline),
      delta: each(made.result.delta),
      target: examples.map(() => 'y[1]'),
    };
    const one: RunRecord = {
      ...made,
      run,
      job: `job of ${run}`,
      created: new Date(this.#ids * 1000).toISOString(),
      ...(aside !== undefined && { aside }),
      asked: {
        ...made.asked,
        dataName: 'data.npz',
        examples,
        digests: examples.map(String),
        baseline: baseline.kind === 'constant' ? baseline : { kind: 'fitting', chosen: [] },
        target,
      },
      layers: made.layers.map((layer) => ({ ...layer, units: each(layer.units), sum: each(layer.sum) })),
      result,
    };
    this.runs = [...this.runs, one];
    return one;
  }
}

async function begun(): Promise<{ studio: Studio; program: Program }> {
  selection.clear();
  Object.assign(shell, { view: 'ranking', setupOpen: true });
  const program = new Program();
  const studio = new Studio();
  await studio.start(program.client);
  await studio.openSample('net');
  return { studio, program };
}

/** Runs what is asked, or a setup, to its end. */
async function run(studio: Studio, program: Program, setup: RunSetup | null = studio.model.setup): Promise<RunRecord> {
  void studio.run(setup);
  await vi.advanceTimersByTimeAsync(0);
  const made = program.made(setup!);
  const { tell } = program.client.jobs.at(-1)!;
  tell({ kind: 'run', run: made, unkept: null });
  tell({ kind: 'finished', cancelled: false });
  await vi.advanceTimersByTimeAsync(0);
  return made;
}
const even = (studio: Studio, change: Partial<RunSetup>): RunSetup => ({ ...studio.model.setup!, methods: ['rescale'], ...change }); // prettier-ignore

async function reopen(studio: Studio): Promise<void> {
  await studio.openSession({ file: 'f', name: 'f.mho', where: '', kind: 'session' });
  await vi.advanceTimersByTimeAsync(1000);
}

/** What is on the screen; runs by when they were made, since a session that is opened calls them otherwise. */
const seen = ({ runs, model: shownModel }: Studio) => {
  const { examples, baseline, target, methods } = shownModel.setup!;
  const when = (ids: ReadonlySet<string>) => runs.own.filter((one) => ids.has(one.run)).map(({ created }) => created);
  return {
    all: runs.own.map((one) => [one.created, runs.isAside(one)]),
    shown: when(runs.shown),
    pinned: when(runs.pinned),
    main: runs.main?.created ?? null,
    ...{ example: selection.example, layer: selection.layer, unit: selection.unit },
    ...{ tab: shell.view, setupOpen: shell.setupOpen },
    question: { examples, baseline, target, methods },
  };
};

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  messages.list = [];
});

describe('a session that is opened again', () => {
  it('asks what was asked of the run that is shown, not of one that a view made for itself', async () => {
    const { studio, program } = await begun();
    const main = await run(studio, program, even(studio, { examples: [0, 3], target: { index: 2 } }));
    await run(studio, program, even(studio, { target: { layer: 'a', index: [1] }, aside: main.job }));
    await studio.save();
    await reopen(studio);
    expect(studio.runs.columns.map(({ created }) => created)).toEqual([main.created]);
    expect(studio.model.setup).toMatchObject({ target: { index: 2 }, examples: [0, 3], methods: ['rescale'] });
    expect(studio.runs.own.map((one) => studio.runs.isAside(one))).toEqual([false, true]);
  });

  it('of a file that does not tell how it was shown, shows the last job that the user asked for', async () => {
    const { studio, program } = await begun();
    const main = await run(studio, program, even(studio, { target: { index: 2 } }));
    await run(studio, program, even(studio, { target: { layer: 'a', index: [1] }, aside: main.job }));
    await studio.save();
    program.view = null;
    await program.client.request('saveSession', {});
    await reopen(studio);
    expect(studio.runs.main!.created).toBe(main.created);
    expect(studio.model.setup).toMatchObject({ target: { index: 2 } });
  });

  it('shows nothing where nothing was shown', async () => {
    const { studio, program } = await begun();
    const { run: id } = await run(studio, program);
    studio.runs.toggle(id);
    await studio.save();
    await reopen(studio);
    expect(studio.runs.columns).toEqual([]);
    expect(studio.model.setup).not.toBeNull();
  });
});

describe('runs', () => {
  it('that are pinned stay shown beside the next one', async () => {
    const { studio, program } = await begun();
    const [first, second] = [await run(studio, program), await run(studio, program)];
    studio.runs.togglePin(second.run);
    const third = await run(studio, program);
    expect(studio.runs.columns).toEqual([second, third]);
    expect(studio.runs.columns).not.toContain(first);
  });

  it('are run again as they were asked', async () => {
    const { studio, program } = await begun();
    const first = await run(studio, program, even(studio, { examples: [3], target: { index: 2 }, baseline: { kind: 'constant', value: 0.5 } })); // prettier-ignore
    await run(studio, program);
    void studio.runAgain(first);
    await vi.advanceTimersByTimeAsync(0);
    expect(program.client.jobs.at(-1)!.setup).toMatchObject({
      examples: [3],
      target: { index: 2 },
      baseline: { kind: 'constant', value: 0.5 },
      methods: ['rescale'],
    });
    program.client.jobs.at(-1)!.tell({ kind: 'finished', cancelled: true });
  });
});

type Step =
  | { readonly kind: 'run'; readonly examples: readonly number[]; readonly value: number }
  | { readonly kind: 'aside' | 'toggle' | 'pin' | 'remove'; readonly of: number }
  | { readonly kind: 'unit'; readonly unit: number }
  | { readonly kind: 'look'; readonly example: number }
  | { readonly kind: 'tab'; readonly tab: 'ranking' | 'compare' | 'path' }
  | { readonly kind: 'fold' | 'save' | 'reopen' };
const steps: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('run' as const), examples: fc.constantFrom([0], [3], [0, 3]), value: fc.constantFrom(0, 0.5) }), // prettier-ignore
  fc.record({ kind: fc.constantFrom('aside', 'toggle', 'pin', 'remove'), of: fc.nat(5) }),
  fc.record({ kind: fc.constant('unit' as const), unit: fc.nat(2) }),
  fc.record({ kind: fc.constant('look' as const), example: fc.constantFrom(0, 3) }),
  fc.record({ kind: fc.constant('tab' as const), tab: fc.constantFrom('ranking', 'compare', 'path') }),
  fc.record({ kind: fc.constantFrom('fold', 'save', 'reopen') }),
);

describe('in any order', () => {
  it('what is read back is what was on the screen as it was saved', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { maxLength: 20 }), async (orders) => {
        const { studio, program } = await begun();
        await run(studio, program, even(studio, { baseline: { kind: 'constant', value: 0 } }));
        const run0 = (of: number) => studio.runs.own[of % Math.max(1, studio.runs.own.length)];
        for (const step of orders) {
          const { runs } = studio;
          if (step.kind === 'run')
            await run(studio, program, even(studio, { examples: [...step.examples], baseline: { kind: 'constant', value: step.value } })); // prettier-ignore
          else if (step.kind === 'aside')
            await run(studio, program, even(studio, { target: { layer: 'a', index: [1] }, aside: run0(step.of)?.job ?? '' })); // prettier-ignore
          else if (step.kind === 'toggle' && run0(step.of)) runs.toggle(run0(step.of)!.run);
          else if (step.kind === 'pin' && run0(step.of)) runs.togglePin(run0(step.of)!.run);
          else if (step.kind === 'remove' && runs.own.length > 1) await runs.remove(run0(step.of)!);
          else if (step.kind === 'unit') selection.selectUnit({ layer: 'a', unit: step.unit });
          else if (step.kind === 'look') studio.model.look(step.example);
          else if (step.kind === 'tab') shell.view = step.tab;
          else if (step.kind === 'fold') shell.setupOpen = !shell.setupOpen;
          else if (step.kind === 'save') await studio.save();
          else if (step.kind === 'reopen') {
            await studio.save();
            const before = seen(studio);
            await reopen(studio);
            const { question, ...after } = seen(studio);
            expect(after).toEqual(omit(before));
            const about = studio.runs.main;
            if (about && !studio.runs.isAside(about))
              expect(question).toMatchObject({ examples: about.asked.examples, baseline: about.asked.baseline, target: about.asked.target, methods: [about.result.method] }); // prettier-ignore
          }
        }
      }),
      { numRuns: 60 },
    );
  });
});

const omit = ({ question: _question, ...rest }: ReturnType<typeof seen>) => rest;

import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MhoError } from '../../../src/contract/errors';
import type { Notebook } from '../../../src/contract/notebook';
import type { OpenedSession, RunRecord, RunSetup } from '../../../src/contract/studio';
import { sessionView, viewOf, type PageView, type RunTableView, type SessionView } from '../../../src/contract/view';
import { messages } from '../../../src/renderer/stores/messages.svelte';
import { notebook } from '../../../src/renderer/stores/notebook.svelte';
import { selection } from '../../../src/renderer/stores/selection.svelte';
import { shell } from '../../../src/renderer/stores/shell.svelte';
import { Studio } from '../../../src/renderer/stores/studio.svelte';
import type { Question } from '../../../src/renderer/stores/question.svelte';
import type { ExamplesLook } from '../../../src/renderer/stores/looks.svelte';
import type { RankingTable } from '../../../src/renderer/stores/rankingTable.svelte';
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
const document = {
  title: 'net',
  session: null,
  dirty: false,
  runs: 0,
  notes: 0,
  judgements: 0,
  modelOpen: true,
  opening: null,
};

/** A program that keeps one session file, whose runs have other ids each time that it is opened. */
class Program {
  runs: RunRecord[] = [];
  view: SessionView | null = null;
  notebook: Notebook = [];
  #file: OpenedSession | null = null;
  #ids = 0;
  readonly client = new FakeClient({
    openSample: () => model,
    openedModel: () => model,
    inputRows: ({ examples }) => rowsFor(examples),
    predict: ({ examples }) => predictionOf(examples),
    estimate: () => ({ passes: 1, walks: null, durationMs: 1, basis: null, memoryMB: 1 }),
    runInputs: () => inputData('data', 8),
    readInputs: ({ purpose }) => (purpose === 'baseline' ? inputData('blank', 2) : inputData('other', 5)),
    openData: ({ data }) => inputData(data, data === 'other' ? 5 : 2),
    removeRun: ({ run }) => void (this.runs = this.runs.filter((each) => each.run !== run)),
    keepNotebook: ({ notebook: notes }) => void (this.notebook = notes),
    keepView: ({ view }) => void (this.view = view),
    saveSession: () => {
      this.#file = {
        document,
        summary: model.summary,
        runs: this.runs,
        view: this.view,
        notebook: this.notebook,
        judgements: [],
      };
      return true;
    },
    openSession: () => this.#open(),
    readSession: () => this.#other(),
    guestRuns: () => {
      const wanted = this.view?.guests ?? [];
      const runs = this.gone ? [] : wanted.map((id) => ({ ...this.#guests.get(id)!, run: id }));
      const missing = wanted.length - runs.length;
      return {
        runs,
        models: [],
        missing:
          missing === 0 ? [] : [new MhoError('GUESTS_AWAY', { runs: '1 run', session: 'other.mho', reason: '' }).fault],
      };
    },
  });
  /** Whether the other session's file is. */
  gone = false;
  readonly #guests = new Map<string, RunRecord>();

  /** Another session of the same model, with one run. */
  #other(): OpenedSession {
    const id = this.#newId();
    const guest = { ...record('rescale', [{ name: 'a', units: [1, 2, 3] }]), run: id, created: new Date(this.#ids * 1000).toISOString() }; // prettier-ignore
    this.#guests.set(id, guest);
    return { document, summary: model.summary, runs: [guest], view: null, notebook: [], judgements: [] };
  }

  #open(): OpenedSession {
    const ids = new Map(this.#file!.runs.map(({ run }) => [run, this.#newId()]));
    this.runs = this.#file!.runs.map((run) => ({ ...run, run: ids.get(run.run)! }));
    for (const [id, guest] of [...this.#guests]) {
      ids.set(id, this.#newId());
      this.#guests.set(ids.get(id)!, guest);
    }
    this.view = this.#file!.view && sessionView.parse(JSON.parse(JSON.stringify(viewOf(this.#file!.view, (run) => ids.get(run))))); // prettier-ignore
    return {
      document,
      summary: model.summary,
      runs: this.runs,
      view: this.view,
      notebook: this.#file!.notebook,
      judgements: [],
    };
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
  Object.assign(shell, { view: 'ranking', setupOpen: true, maximised: null });
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
const seen = ({ runs, model: shownModel, looks, question }: Studio) => {
  const { baselineData: _rows, ...asked } = question.state;
  const when = (ids: ReadonlySet<string>) =>
    runs.complete.filter((one) => ids.has(one.run)).map(({ created }) => created);
  const { a, b, ...compared } = looks.compare.view;
  return {
    all: runs.own.map((one) => [one.created, runs.isAside(one)]),
    shown: when(runs.shown),
    pinned: when(runs.pinned),
    main: runs.main?.created ?? null,
    ...{ example: selection.example, layer: selection.layer, unit: selection.unit },
    ...{ tab: shell.view, setupOpen: shell.setupOpen, maximised: shell.maximised },
    guests: when(new Set(runs.guests.map(({ run: id }) => id))),
    ...{ ranking: looks.ranking.view, graph: looks.graph.view, examples: looks.examples.view, page: looks.page.shown },
    runTable: { order: looks.runTable.order, chosen: when(looks.runTable.chosen) },
    compared: { ...compared, sides: [a, b].map((id) => when(new Set(id ? [id] : []))) },
    asked,
    data: shownModel.data?.name,
    reading: shownModel.reading,
  };
};

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  messages.list = [];
});

describe('a session that is opened again', () => {
  it('that does not tell what was asked, asks what was asked of the run that is shown, not of one that a view made for itself', async () => {
    const { studio, program } = await begun();
    const main = await run(studio, program, even(studio, { examples: [0, 3], target: { index: 2 } }));
    await run(studio, program, even(studio, { target: { layer: 'a', index: [1] }, aside: main.job }));
    await studio.save();
    const { asked: _asked, ...before } = program.view!;
    program.view = before;
    await program.client.request('saveSession', {});
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

describe('what is asked at the left', () => {
  it('comes back as it stood, though nothing was run with it; what was run is known beside it', async () => {
    const { studio, program } = await begun();
    await run(studio, program, even(studio, { examples: [0, 3] }));
    studio.model.chooseExamples([3]);
    studio.question.explain({ index: 1 });
    studio.question.compareWith({ kind: 'constant', value: 0.25 });
    studio.question.methods = ['nig', 'genomics'];
    await studio.save();
    await reopen(studio);
    expect(studio.model.setup).toMatchObject({ examples: [3], target: { index: 1 }, baseline: { kind: 'constant', value: 0.25 }, methods: ['nig', 'genomics'] }); // prettier-ignore
    expect(studio.runs.setups.get(studio.runs.main!.job)).toMatchObject({ examples: [0, 3], methods: ['rescale'] });
  });
});

describe('a notebook without any run', () => {
  it('comes back with its page, the unit that was selected and what was asked', async () => {
    const { studio, program } = await begun();
    notebook.write({ layer: 'a', unit: 2 }, { note: 'Edges.' });
    studio.model.chooseExamples([3]);
    studio.question.explain({ index: 1 });
    selection.selectUnit({ layer: 'a', unit: 2 });
    studio.looks.page.open('notebook');
    await studio.save();
    await reopen(studio);
    expect(program.view).not.toBeNull();
    expect(notebook.notes).toMatchObject([{ layer: 'a', unit: 2, note: 'Edges.' }]);
    expect([studio.looks.page.shown, selection.layer, selection.unit]).toEqual(['notebook', 'a', 2]);
    expect([studio.question.examples, studio.question.state.target, selection.example]).toEqual([[3], { index: 1 }, 3]);
  });
});

describe('how pictures were read', () => {
  it('is known of rows out of a session, until a file tells anew', async () => {
    const { studio, program } = await begun();
    await run(studio, program);
    studio.model.readAs({ range: '0..1', fit: 'crop', channels: 'bgr', mean: [0.5], std: [0.2], chosen: false });
    await studio.save();
    await reopen(studio);
    expect(studio.model.known('x').reading).toMatchObject({ channels: 'bgr', mean: [0.5] });
    Object.assign(program.client.answers, { readInputs: () => inputData('other', 2) });
    await studio.readInputs([{ file: 'i', name: 'other.npy', where: '', kind: 'data' }]);
    expect(studio.model.known('x').reading).toBeNull();
  });
});

describe('runs of another session', () => {
  it('are there again; where their file is not, that is said and nothing of them is lost', async () => {
    const { studio, program } = await begun();
    await run(studio, program);
    await studio.addGuests({ file: 'o', name: 'other.mho', where: '', kind: 'session' });
    studio.runs.toggle(studio.runs.guests[0]!.run);
    const { created } = studio.runs.guests[0]!;
    await studio.save();
    program.gone = true;
    await reopen(studio);
    expect(studio.runs.guests).toEqual([]);
    expect(messages.list.map(({ text }) => text).join()).toContain('1 run of other.mho');
    await studio.save();
    program.gone = false;
    await reopen(studio);
    expect(studio.runs.columns.map((each) => each.created)).toContain(created);
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
  | { readonly kind: 'page'; readonly to: PageView | 'back' | null }
  | { readonly kind: 'table'; readonly order: RunTableView['order']; readonly of: number }
  | { readonly kind: 'look'; readonly example: number }
  | { readonly kind: 'tab'; readonly tab: 'ranking' | 'compare' | 'path' }
  | { readonly kind: 'rank'; readonly to: Partial<RankingTable> }
  | { readonly kind: 'examples'; readonly to: Partial<ExamplesLook> }
  | { readonly kind: 'compare'; readonly of: number; readonly example: number | null; readonly byLayer: boolean }
  | {
      readonly kind: 'graph';
      readonly open: readonly string[];
      readonly x: number;
      readonly direction: 'down' | 'right';
    }
  | { readonly kind: 'ask'; readonly change: (question: Question) => void }
  | { readonly kind: 'maximise'; readonly panel: 'graph' | 'results' | null }
  | { readonly kind: 'read'; readonly range: '0..1' | '-1..1'; readonly chosen: boolean }
  | { readonly kind: 'fold' | 'guest' | 'data' | 'baseline' | 'save' | 'reopen' };
const changes: readonly ((question: Question) => void)[] = [
  (question) => question.explain({ index: 2 }),
  (question) => question.subtract(1),
  (question) => question.compareWith({ kind: 'constant', value: 0.25 }),
  (question) => question.compareWith({ kind: 'fitting', uniform: true }),
  (question) => (question.methods = ['genomics']),
  (question) => Object.assign(question, { even: true, steps: 7, rule: 'right' }),
  (question) => question.tolerate(0.005),
  (question) => question.turn('x', true, false),
  (question) => (question.pathStart = 'a'),
];
const steps: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('run' as const), examples: fc.constantFrom([0], [3], [0, 3]), value: fc.constantFrom(0, 0.5) }), // prettier-ignore
  fc.record({ kind: fc.constantFrom('aside', 'toggle', 'pin', 'remove'), of: fc.nat(5) }),
  fc.record({ kind: fc.constant('unit' as const), unit: fc.nat(2) }),
  fc.record({ kind: fc.constant('page' as const), to: fc.constantFrom('notebook' as const, { layer: 'a', unit: 2 }, { layer: 'x', unit: 0 }, 'back' as const, null) }), // prettier-ignore
  fc.record({ kind: fc.constant('table' as const), order: fc.constantFrom({ by: 'error' as const, descending: false }, { by: 'made' as const, descending: true }), of: fc.nat(5) }), // prettier-ignore
  fc.record({ kind: fc.constant('look' as const), example: fc.constantFrom(0, 3) }),
  fc.record({ kind: fc.constant('tab' as const), tab: fc.constantFrom('ranking', 'compare', 'path') }),
  fc.record({
    kind: fc.constant('rank' as const),
    to: fc.constantFrom<Partial<RankingTable>>(
      { search: 'a', sign: 'negative', sorting: { key: { by: 'name' }, descending: false } },
      { top: 50, within: true, layerOnly: true, sorting: { key: { by: 'error', column: 1 }, descending: true } },
      { layers: ['a'], everything: true, repeats: true },
      { scroll: 0 },
      { scroll: 4321.5 },
    ),
  }),
  fc.record({
    kind: fc.constant('examples' as const),
    to: fc.constantFrom<Partial<ExamplesLook>>(
      { part: 'units', units: { layer: 'a' }, of: 'three', against: 'five', rows: 'class' },
      { part: 'edit', units: 'pinned', columns: 'likeness', most: 256, ownScale: true },
      { part: 'table', units: null, of: '' },
      { sort: { by: 'correct', down: true }, scroll: 80 },
      { sort: { by: 'residual', run: 1, down: false } },
    ),
  }),
  fc.record({ kind: fc.constant('compare' as const), of: fc.nat(5), example: fc.constantFrom(null, 0, 3), byLayer: fc.boolean() }), // prettier-ignore
  fc.record({ kind: fc.constant('graph' as const), open: fc.subarray(['a/', 'b/']), x: fc.nat(9), direction: fc.constantFrom('down', 'right') }), // prettier-ignore
  fc.record({ kind: fc.constant('ask' as const), change: fc.constantFrom(...changes) }),
  fc.record({ kind: fc.constant('maximise' as const), panel: fc.constantFrom('graph', 'results', null) }),
  fc.record({ kind: fc.constant('read' as const), range: fc.constantFrom('0..1', '-1..1'), chosen: fc.boolean() }),
  fc.record({ kind: fc.constantFrom('fold', 'guest', 'data', 'baseline', 'save', 'reopen') }),
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
          else if (step.kind === 'page') {
            if (step.to === null) studio.looks.page.close();
            else if (step.to === 'back') studio.looks.page.step(-1);
            else studio.looks.page.open(step.to);
          } else if (step.kind === 'table') {
            const chosen = runs.complete[step.of % Math.max(1, runs.complete.length)]?.run;
            Object.assign(studio.looks.runTable, { order: step.order, chosen: new Set(chosen ? [chosen] : []) });
          } else if (step.kind === 'look') studio.model.look(step.example);
          else if (step.kind === 'tab') shell.view = step.tab;
          else if (step.kind === 'rank') Object.assign(studio.looks.ranking, step.to);
          else if (step.kind === 'examples') Object.assign(studio.looks.examples, step.to);
          else if (step.kind === 'compare') {
            const side = runs.complete[step.of % Math.max(1, runs.complete.length)]?.run ?? null;
            Object.assign(studio.looks.compare, { a: side, exampleB: step.example, byLayer: step.byLayer });
          } else if (step.kind === 'graph')
            Object.assign(studio.looks.graph, { open: step.open, direction: step.direction, camera: { x: step.x, y: 1, scale: 0.5, chosen: true } }); // prettier-ignore
          else if (step.kind === 'ask') step.change(studio.question);
          else if (step.kind === 'maximise') shell.maximised = step.panel;
          else if (step.kind === 'read')
            studio.model.readAs({ range: step.range, fit: 'crop', channels: 'bgr', mean: [0.5], std: null, chosen: step.chosen }); // prettier-ignore
          else if (step.kind === 'guest')
            await studio.addGuests({ file: 'o', name: 'other.mho', where: '', kind: 'session' });
          else if (step.kind === 'data')
            await studio.readInputs([{ file: 'i', name: 'other.npy', where: '', kind: 'data' }]);
          else if (step.kind === 'baseline')
            await studio.model.readBaseline([{ file: 'b', name: 'blank.npy', where: '', kind: 'data' }]);
          else if (step.kind === 'fold') shell.setupOpen = !shell.setupOpen;
          else if (step.kind === 'save') await studio.save();
          else if (step.kind === 'reopen') {
            await studio.save();
            const before = seen(studio);
            await reopen(studio);
            expect(seen(studio)).toEqual(before);
          }
        }
      }),
      { numRuns: 60 },
    );
  });
});

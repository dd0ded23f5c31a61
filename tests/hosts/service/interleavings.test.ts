/**
 * Thousands of orders of events against a plain account of what must hold: nothing finished is lost, no run is in two
 * places, no file is written that was not meant, and a document is dirty exactly when something is unsaved. Pages ask
 * without waiting for answers; every access to the disk, chunk and reading ends when the order says so; the engine dies
 * in between, and at the end the program. The orders are the same each time, so that what fails is the change's; others are played
 * by another MHO_SEED, and as many as MHO_INTERLEAVINGS says. Over 500 lines: what pages do and what must hold then share one account.
 */
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { DEFAULT_ACCURACY } from '../../../src/contract/attribution';
import type { Session } from '../../../src/contract/session';
import type {
  DocumentState,
  InputData,
  JobNotice,
  OpenedModel,
  OpenedSession,
  RunRecord,
} from '../../../src/contract/studio';
import { runName } from '../../../src/contract/words/runs';
import type { ServiceRequest, StudioService } from '../../../src/main/hosts/service';
import * as disk from './disk';
import { fresh, kept, MODELS, RECOVERY, serviceOf, settled, tagOf, walksOf } from './world';

vi.mock('node:fs/promises', () => import('./disk'));

const ORDERS = Number(process.env['MHO_INTERLEAVINGS'] ?? 3000);
const SEED = Number(process.env['MHO_SEED'] ?? 20_261_129);

const KINDS = ['open', 'run', 'save', 'saveAs', 'close', 'giveUp', 'leave', 'remove', 'restore', 'describe', 'before', 'openSession', 'recover', 'cancelOpening', 'cancelRun', 'continueRun', 'enoughRun', 'walk', 'predict', 'death'] as const; // prettier-ignore
const command = fc.record({
  kind: fc.oneof({ weight: 5, arbitrary: fc.constantFrom('run' as const, 'save' as const, 'saveAs' as const, 'open' as const) }, { weight: 4, arbitrary: fc.constantFrom(...KINDS) }), // prettier-ignore
  page: fc.constantFrom(0, 0, 0, 1),
  pick: fc.nat(7),
  unsaved: fc.constantFrom('ask' as const, 'discard' as const, 'keep' as const),
});
type Command = typeof command extends fc.Arbitrary<infer Value> ? Value : never;

const OPENS: ReadonlySet<string> = new Set(['open', 'openSession', 'before', 'recover']);

/** What gets into one another's way most: a run, a save and another model at the same time, then anything. */
const close = fc
  .tuple(
    fc.shuffledSubarray(['run', 'saveAs', 'open', 'save', 'run'] as const, { minLength: 3 }),
    fc.array(command, { maxLength: 6 }),
  )
  .map(([first, then]): Command[] => [
    { kind: 'run', page: 0, pick: 1, unsaved: 'ask' },
    ...first.map((kind): Command => ({ kind, page: 0, pick: 1, unsaved: 'discard' })),
    ...then,
  ]);

/** A walk that is still on when the next model is there and is run. */
const stale = fc
  .tuple(fc.shuffledSubarray(['predict', 'walk', 'describe'] as const), fc.array(command, { maxLength: 4 }))
  .map(([first, then]): Command[] => [
    { kind: 'walk', page: 0, pick: 0, unsaved: 'ask' },
    ...first.map((kind): Command => ({ kind, page: 0, pick: 1, unsaved: 'ask' })),
    { kind: 'open', page: 0, pick: 1, unsaved: 'discard' },
    { kind: 'run', page: 0, pick: 1, unsaved: 'keep' },
    ...then,
  ]);

/** Runs that go on: twice at once, while they are saved, taken out, replaced, cancelled or enough. */
const goingOn = fc
  .tuple(
    fc.shuffledSubarray(['continueRun', 'continueRun', 'saveAs', 'save', 'remove', 'restore', 'open', 'cancelRun', 'enoughRun', 'describe', 'death'] as const, { minLength: 3 }), // prettier-ignore
    fc.array(command, { maxLength: 6 }),
  )
  .map(([first, then]): Command[] => [
    { kind: 'run', page: 0, pick: 5, unsaved: 'keep' },
    ...first.map((kind): Command => ({ kind, page: 0, pick: 0, unsaved: 'keep' })),
    { kind: 'continueRun', page: 0, pick: 1, unsaved: 'keep' },
    ...then,
  ]);

/** What takes long in an order: it waits as long as anything else can go on, but for one time in eight. */
const SLOW = ['\n', '\n', 'chunk', 'chunk of a path', 'save', 'data', 'weights', 'stat'] as const;

/** A result that was complete. Each of these allows that it is gone. */
interface Finished {
  /** How far a window knows that it has come. */
  walks: number;
  /** By a death of the engine before anybody was told. */
  died: boolean;
  removed: boolean;
  givenUp: boolean;
  overwritten: boolean;
}

/** What a window knows. */
interface Page {
  readonly id: string;
  data: string | null;
  runs: Map<string, string>;
  /** How many walks its runs have taken. */
  readonly come: Map<string, number>;
  readonly removed: Map<string, string>;
  /** Those that it asked to take out: what is told of them by then is no news. */
  readonly removing: Set<string>;
  job: string | null;
  /** The end of the run that it started last, and the beginning of what went on last. */
  ended: Promise<void> | null;
  going: Promise<void> | null;
  /** Numbers of its runs that may bring something in yet. */
  started: number[];
  /** What it opened last, with the data of that. */
  opening: Promise<void> | null;
  /** Hash of the model that is open, as far as it was told. */
  model: string | null;
  told: DocumentState | null;
  /** Those that were put back: how far they have come was told then. */
  readonly putBack: Set<string>;
  /** Those that it had when it was told that its document holds none. */
  readonly past: Set<string>;
  /** Hashes of its runs' models. */
  readonly modelOf: Map<string, string | null>;
  /** Requests under way that replace what is open. */
  replacing: number;
  /** Counts its walks. */
  walks: number;
  /** Counts what ends a run: what was replaced, what was cancelled. */
  ends: number;
  /** After a death of the engine nobody knows what became of what was under way. */
  unsure: boolean;
}

const content = (path: string): Session | undefined => disk.get(path) as Session | undefined;
const tagsIn = (session: Session | undefined): string[] => session?.runs.map(tagOf) ?? [];

class Account {
  readonly finished = new Map<string, Finished>();
  readonly faults: string[] = [];
  pages: Page[] = [];
  service!: StudioService;
  #made = 0;
  /** Saves under way: the path, where one was given, by document. */
  readonly #saves = new Map<string, (string | null)[]>();
  #asked = 0;

  constructor() {
    fresh();
    this.start();
    this.pages = [this.#page(), this.#page()];
  }

  start(): void {
    kept.clear();
    this.service = serviceOf(
      (document, state) => {
        const page = this.pages.find(({ id }) => id === document);
        if (!page) return;
        page.told = state;
        if (state.runs === 0) for (const run of page.runs.keys()) page.past.add(run);
      },
      {
        written: (path, session) => this.#written(path, session),
        computed: (tag, { target }) => this.#computed(tag, target.index as number),
      },
    );
  }

  #page(): Page {
    return { id: `page${this.#made++}`, data: null, runs: new Map(), come: new Map(), removed: new Map(), removing: new Set(), putBack: new Set(), past: new Set(), modelOf: new Map(), job: null, ended: null, going: null, started: [], opening: null, model: null, told: null, replacing: 0, walks: 0, ends: 0, unsure: false }; // prettier-ignore
  }

  #of(tag: string): Finished {
    const known = this.finished.get(tag) ?? {
      walks: 0,
      died: false,
      removed: false,
      givenUp: false,
      overwritten: false,
    };
    this.finished.set(tag, known);
    return known;
  }

  /** A run's result is complete: from here on it is kept, unless the engine dies before anybody is told. */
  #computed(tag: string, run: number): void {
    this.#untold.add(tag);
    this.#of(tag).givenUp = this.#givenUp.has(run);
    this.#tagsOf.set(run, [...(this.#tagsOf.get(run) ?? []), tag]);
  }
  #runs = 0;
  readonly #untold = new Set<string>();
  readonly #tagsOf = new Map<number, string[]>();
  readonly #givenUp = new Set<number>();

  /** How far a run has come, as far as a page knows. */
  #told(page: Page, { run, result, model }: RunRecord): void {
    page.come.set(run, walksOf(result));
    page.modelOf.set(run, model);
    const known = this.#of(tagOf(result));
    known.walks = Math.max(known.walks, walksOf(result));
  }

  /** The user wants nothing of what the page has under way. */
  #giveUpStarted(started: readonly number[]): void {
    for (const run of started) {
      this.#givenUp.add(run);
      for (const tag of this.#tagsOf.get(run) ?? []) if (this.#untold.has(tag)) this.#of(tag).givenUp = true;
    }
  }

  /** A file outside the recovery folder is about to be written. */
  #written(path: string, session: Session): void {
    if (path.startsWith(RECOVERY)) return;
    const asked = [...this.#saves.values()].flat();
    const meant = asked.includes(path);
    if (!meant && !asked.includes(null)) this.faults.push(`${path} was written and nobody had asked`);
    for (const tag of tagsIn(content(path))) {
      if (tagsIn(session).includes(tag)) continue;
      if (meant) this.#of(tag).overwritten = true;
      else if (!this.#of(tag).removed) this.faults.push(`${path} lost ${tag} by a save of its own document`);
    }
  }

  async ask(page: Page, name: ServiceRequest['name'], params: unknown, more: Partial<ServiceRequest> = {}) {
    this.#asked++;
    const paths = { m0: MODELS[0], m1: MODELS[1], data: '/data.npz', s0: '/sessions/S.mho', s1: '/sessions/T.mho' };
    const answer = await this.service.handle({ document: page.id, name, params, paths, ...more });
    this.#asked--;
    return answer;
  }

  get waits(): boolean {
    return this.#asked > 0;
  }

  // ------------------------------------------------------------ what pages do

  issue(asked: Command): void {
    if (asked.kind === 'death') return this.#death();
    const page = this.pages[asked.page]!;
    const done = this.#commands[asked.kind](page, asked);
    if (OPENS.has(asked.kind)) page.opening = done;
  }

  /** The engine's process is gone with all that it was doing; pages are still there. */
  #death(): void {
    disk.steps.length = 0;
    this.#asked = 0;
    this.#saves.clear();
    for (const tag of this.#untold) this.#of(tag).died = true;
    this.#untold.clear();
    for (const each of this.#unknown) each.last ??= new Map(each.page.runs);
    for (const page of this.pages) {
      page.unsure = true;
      page.started = [];
      page.job = null;
      page.replacing = 0;
    }
    this.start();
  }

  /** Replaces what is open; given up with it is what the page showed then or was told of until it was answered. */
  async #replace(
    page: Page,
    name: ServiceRequest['name'],
    params: unknown,
    unsaved: ServiceRequest['unsaved'],
  ): Promise<void> {
    // prettier-ignore
    page.replacing++;
    const shown = page.runs;
    // Those that start from here on may be of what comes, and be given up with that.
    const startedBefore = new Set(page.started);
    const giveUp = (last: ReadonlyMap<string, string>): void => {
      if (unsaved !== 'discard') return;
      for (const tag of [...shown.values(), ...last.values()]) this.#of(tag).givenUp = true;
      this.#giveUpStarted(page.started);
    };
    const { service } = this;
    this.#unknown.push({ service, page, last: null, giveUp });
    const answer = await this.ask(page, name, params, { unsaved: unsaved ?? 'ask' });
    page.replacing--;
    this.#unknown.splice(this.#unknown.findIndex((each) => each.giveUp === giveUp), 1); // prettier-ignore
    if (!answer.ok) return;
    page.ends++;
    const before = page.runs;
    const value = answer.value as OpenedModel | OpenedSession;
    // The same model opened again leaves its runs alone, finished or not.
    const another = 'runs' in value || value.summary.hash !== page.model;
    page.model = value.summary?.hash ?? null;
    if ('runs' in value) {
      page.runs = new Map(value.runs.map((run) => [run.run, tagOf(run.result)]));
      for (const run of value.runs) {
        page.past.delete(run.run);
        this.#told(page, run);
      }
    } else await this.#forget(page);
    if (another) {
      giveUp(before);
      page.started = page.started.filter((run) => !startedBefore.has(run));
    }
    page.data = null;
    const read = await this.ask(page, 'readInputs', { files: ['data'] });
    if (read.ok) page.data = (read.value as InputData).data;
  }

  /** Another model's window shows none of the runs before; one may have been run on it before its opening was answered. */
  async #forget(page: Page): Promise<void> {
    const list = ((await this.ask(page, 'runList', {})) as { value?: readonly RunRecord[] }).value ?? [];
    const of = list[0]?.model;
    const stays = (run: string): boolean => of !== undefined && page.modelOf.get(run) === of && !page.past.has(run);
    page.runs = new Map([...page.runs].filter(([run]) => stays(run)));
  }

  /** What would be given up by what is under way; after a death it may have been. */
  readonly #unknown: {
    readonly service: StudioService;
    readonly page: Page;
    /** What the page showed as the engine died. */
    last: ReadonlyMap<string, string> | null;
    readonly giveUp: (last: ReadonlyMap<string, string>) => void;
  }[] = [];

  async #save(page: Page, path: string | null): Promise<void> {
    const saves = this.#saves;
    saves.set(page.id, [...(saves.get(page.id) ?? []), path]);
    await this.ask(page, 'save', { path });
    const left = [...(saves.get(page.id) ?? [])];
    left.splice(left.indexOf(path), 1);
    saves.set(page.id, left);
  }

  async #end(page: Page, name: 'close' | 'leave'): Promise<void> {
    this.pages[this.pages.indexOf(page)] = this.#page();
    await this.ask(page, name, {});
  }

  readonly #commands: Record<Exclude<Command['kind'], 'death'>, (page: Page, asked: Command) => Promise<void>> = {
    open: (page, { pick, unsaved }) => this.#replace(page, 'openModel', { file: `m${pick % 2}` }, unsaved),
    openSession: (page, { pick, unsaved }) => this.#replace(page, 'openSession', { file: `s${pick % 2}` }, unsaved),
    before: (page, { unsaved }) => this.#replace(page, 'reopenBefore', {}, unsaved),
    recover: async (page, { pick, unsaved }) => {
      const list = await this.ask(page, 'recoveryList', {});
      const entries = list.ok ? (list.value as { id: string }[]) : [];
      if (entries.length > 0) await this.#replace(page, 'recover', { id: entries[pick % entries.length]!.id }, unsaved);
    },
    // A patient user looks at what is open first.
    run: async (page, { pick, unsaved }) => {
      if (unsaved === 'keep') await page.opening;
      if (page.data === null || !this.pages.includes(page)) return;
      const number = this.#runs++;
      page.started.push(number);
      const setup = { data: page.data, examples: [0], baseline: { kind: 'constant', value: 0 }, target: { index: number }, methods: pick % 2 ? ['nig'] : ['nig', 'rescale'], rule: 'secant', steps: 1, backend: 'auto', ...(pick > 3 && { accuracy: DEFAULT_ACCURACY }) }; // prettier-ignore
      const { ends } = page;
      let end = (): void => undefined;
      page.ended = new Promise((resolve) => (end = resolve));
      const emit = (notice: JobNotice): void => {
        if (notice.kind === 'finished') end();
        if (notice.kind === 'finished' && notice.cancelled && this.pages.includes(page) && page.ends === ends && page.replacing === 0) this.faults.push('a run was cancelled and nobody had asked'); // prettier-ignore
        if (notice.kind !== 'run') return;
        const tag = tagOf(notice.run.result);
        page.runs.set(notice.run.run, tag);
        this.#untold.delete(tag);
        this.#told(page, notice.run);
      };
      const started = await this.ask(page, 'startRun', setup, { emit });
      if (started.ok) page.job = (started.value as { job: string }).job;
    },
    // A patient user waits for what is to go on, and for that it does before it is stopped.
    continueRun: async (page, { pick, unsaved }) => {
      if (unsaved === 'keep') await page.ended;
      const [run, tag] = [...page.runs][pick % Math.max(1, page.runs.size)] ?? [];
      if (run === undefined) return;
      const { ends } = page;
      const emit = (notice: JobNotice): void => {
        if (notice.kind === 'failed') this.faults.push(`going on failed: ${notice.fault.message}`);
        if (notice.kind === 'finished' && notice.cancelled && this.pages.includes(page) && page.ends === ends && page.replacing === 0) this.faults.push('a run that went on was cancelled and nobody had asked'); // prettier-ignore
        if (notice.kind !== 'run') return;
        if (notice.run.run !== run || tagOf(notice.run.result) !== tag)
          this.faults.push(`${tag} went on as another run`);
        const [known, walks] = [page.come.get(run) ?? 0, walksOf(notice.run.result)];
        const again = walks === known && page.putBack.delete(run);
        if (walks <= known && !again) this.faults.push(`${tag} went on from ${known} walks to ${walks}`);
        this.#told(page, notice.run);
        if (!page.removing.has(run)) page.runs.set(run, tag!);
      };
      const asked = { run, accuracy: { ...DEFAULT_ACCURACY, tolerance: 0.01 }, backend: 'auto' };
      const asking = this.ask(page, 'continueRun', asked, { emit });
      page.going = asking.then(() => undefined);
      const started = await asking;
      if (started.ok) page.job = (started.value as { job: string }).job;
    },
    enoughRun: async (page, { unsaved }) => {
      if (unsaved === 'keep') await page.going;
      if (page.job) await this.ask(page, 'enoughRun', { job: page.job });
    },
    cancelRun: async (page, { unsaved }) => {
      if (unsaved === 'keep') await page.going;
      page.ends++;
      if (page.job) await this.ask(page, 'cancelRun', { job: page.job });
    },
    // Somebody looks at values; of two walks in a page the later one stands.
    walk: async (page) => {
      if (page.data === null) return;
      const { ends } = page;
      const walk = (page.walks += 1);
      const asked = { data: page.data, example: 0, baseline: { kind: 'constant', value: 0 }, target: { index: 0 }, rule: 'secant', steps: 3 }; // prettier-ignore
      const answer = await this.ask(page, 'alongPath', asked);
      if (!answer.ok && answer.fault.code === 'CANCELLED' && this.pages.includes(page) && page.ends === ends && page.replacing === 0 && page.walks === walk) this.faults.push('a walk was cancelled and nobody had asked'); // prettier-ignore
    },
    predict: async (page) => {
      if (page.data !== null)
        await this.ask(page, 'predict', { data: page.data, examples: [0], baseline: { kind: 'constant', value: 0 } });
    },
    cancelOpening: async (page) => void (await this.ask(page, 'cancelOpening', {})),
    save: (page) => this.#save(page, null),
    saveAs: (page, { pick }) => this.#save(page, pick % 3 ? '/sessions/S.mho' : '/sessions/T.mho'),
    // A window that shows nothing unsaved closes without asking: nothing may be lost by that.
    close: async (page) => {
      if (page.told?.dirty || page.unsure || page.replacing > 0) return;
      this.#giveUpStarted(page.started);
      await this.#end(page, 'close');
    },
    giveUp: async (page) => {
      for (const tag of page.runs.values()) this.#of(tag).givenUp = true;
      this.#giveUpStarted(page.started);
      await this.#end(page, 'close');
    },
    leave: (page) => this.#end(page, 'leave'),
    remove: async (page, { pick }) => {
      const [run, tag] = [...page.runs][pick % Math.max(1, page.runs.size)] ?? [];
      if (run === undefined) return;
      page.runs.delete(run);
      page.removing.add(run);
      this.#of(tag!).removed = true;
      const answer = await this.ask(page, 'removeRun', { run });
      if (answer.ok) page.removed.set(run, tag!);
    },
    restore: async (page, { pick }) => {
      const [run, tag] = [...page.removed][pick % Math.max(1, page.removed.size)] ?? [];
      if (run === undefined) return;
      page.removed.delete(run);
      page.removing.delete(run);
      page.past.delete(run);
      const { runs } = page;
      const answer = await this.ask(page, 'restoreRun', { run });
      if (!answer.ok) return;
      runs.set(run, tag!);
      page.putBack.add(run);
      if (runs !== page.runs) return;
      this.#of(tag!).removed = false;
      this.#told(page, answer.value as RunRecord);
    },
    describe: async (page, { pick }) => {
      const [run] = [...page.runs][pick % Math.max(1, page.runs.size)] ?? [];
      if (run !== undefined) await this.ask(page, 'describeRun', { run, note: `note ${pick % 3}` });
    },
  };

  // ------------------------------------------------------------ what must hold once all is at rest

  async atRest(): Promise<void> {
    const where = new Map<string, string>();
    let open = 0;
    for (const page of this.pages) {
      const list = (await drained(this.ask(page, 'runList', {}))) as { value: readonly RunRecord[] };
      const { value: state } = (await drained(this.ask(page, 'document', {}))) as { value: DocumentState };
      if (state.modelOpen) open++;
      if (page.told && !page.unsure) expect(page.told).toEqual(state);
      if (!page.unsure) expect(list.value.map(({ run }) => run).sort()).toEqual([...page.runs.keys()].sort());
      for (const { run } of list.value) {
        if (where.has(run)) this.faults.push(`${run} is in ${where.get(run)} and in ${page.id}`);
        where.set(run, page.id);
      }
      for (const { run, result } of list.value) {
        const [have, told] = [walksOf(result), page.come.get(run) ?? 0];
        if (page.unsure ? have < told : have !== told)
          this.faults.push(`${tagOf(result)} has ${have} walks, ${told} were told`);
      }
      const held = list.value
        .map((run) => [tagOf(run.result), walksOf(run.result), runName(run), run.note].join())
        .sort();
      const file = state.session && content(`/sessions/${state.session.name}`);
      const { value: shown } = (await drained(this.ask(page, 'present', {}))) as { value: OpenedSession | null };
      if (file && !page.unsure && shown?.summary?.hash !== file.model.hash)
        this.faults.push(`${state.title} is the file of another model`);
      const inFile = file
        ? file.runs.map((run) => [tagOf(run), walksOf(run), run.label!.name, run.label!.note].join()).sort()
        : [];
      if (state.dirty !== (held.join() !== inFile.join()))
        this.faults.push(`dirty is ${state.dirty}: ${held.join('; ')} against ${inFile.join('; ')}`);
    }
    const onDevice = [...kept.values()];
    if (onDevice.some((count) => count < 0 || count > 1) || onDevice.filter((count) => count > 0).length !== open)
      this.faults.push(`${open} models are open, on the device: ${onDevice.join()}`);
    const ids = [...disk.entries.keys()].filter((path) => path.startsWith(RECOVERY) && path.endsWith('/document.json')).flatMap((path) => (JSON.parse(disk.get(path) as string) as { runs: { id: string }[] }).runs.map(({ id }) => id)); // prettier-ignore
    if (new Set(ids).size < ids.length) this.faults.push(`recovery folders hold a run twice: ${ids.join()}`);
  }

  /** The program is gone as well: what is in no file is offered by the next one. */
  async atTheEnd(): Promise<void> {
    for (const { last, giveUp } of this.#unknown) if (last) giveUp(last);
    disk.steps.length = 0;
    for (const path of disk.entries.keys())
      if (path.startsWith(RECOVERY) && path.endsWith('/document.json')) {
        const state = JSON.parse(disk.get(path) as string) as Record<string, unknown>;
        disk.put(path, JSON.stringify({ ...state, owner: { pid: 0, began: null } }));
      }
    this.pages = [];
    this.start();
    const judge = this.#page();
    const found = new Map<string, number>();
    const find = (result: Parameters<typeof tagOf>[0] & Parameters<typeof walksOf>[0]): void =>
      void found.set(tagOf(result), Math.max(found.get(tagOf(result)) ?? 0, walksOf(result)));
    for (const path of ['/sessions/S.mho', '/sessions/T.mho']) content(path)?.runs.forEach(find);
    const list = (await drained(this.ask(judge, 'recoveryList', {}))) as { value: readonly { id: string }[] };
    for (const { id } of list.value) {
      const back = (await drained(this.ask(this.#page(), 'recover', { id }))) as {
        value: { runs: readonly RunRecord[] };
      };
      for (const run of back.value.runs) find(run.result);
    }
    for (const [tag, { walks, died, removed, givenUp, overwritten }] of this.finished) {
      if (died || removed || givenUp || overwritten) continue;
      const have = found.get(tag);
      if (have === undefined) this.faults.push(`${tag} is lost`);
      else if (have < walks) this.faults.push(`${tag} had ${walks} walks and has ${have}`);
    }
  }
}

async function drained<Result>(asked: Promise<Result>): Promise<Result> {
  let done = false;
  void asked.then(() => (done = true));
  for (await settled(); !done; await settled()) {
    const next = disk.steps.shift();
    if (!next) throw new Error('it waits for nothing, and for ever');
    next.go();
  }
  return asked;
}

/** Does one order of events. @returns what went wrong, and how many events there were */
async function play(
  commands: readonly Command[],
  order: Uint8Array,
  slow: string,
): Promise<{ faults: readonly string[]; events: number }> {
  // prettier-ignore
  const account = new Account();
  const left = [...commands];
  let events = 0;
  const [first] = account.pages;
  account.issue({ kind: 'open', page: 0, pick: 0, unsaved: 'ask' });
  for (await settled(); disk.steps.length > 0 || first!.data === null; await settled()) disk.steps.shift()?.go();
  for (;;) {
    await settled();
    if (disk.steps.length + left.length === 0) break;
    const drawn = order[events++] ?? 0;
    const quick = disk.steps.filter(({ label }) => !label.startsWith(slow));
    const steps = drawn % 8 === 0 || quick.length + left.length === 0 ? disk.steps : quick;
    // Commands come a little more often than their share, so that several are under way at once.
    const next = steps[Math.floor(drawn / 8) % (steps.length + (left.length > 0 ? 2 : 0))];
    if (next) {
      disk.steps.splice(disk.steps.indexOf(next), 1);
      next.go();
    } else account.issue(left.shift()!);
  }
  if (account.waits) account.faults.push('something was never answered');
  await account.atRest();
  await account.atTheEnd();
  return { faults: account.faults, events };
}

describe('whatever the order of events', () => {
  it(
    `nothing is lost, mixed up or written unasked, in ${ORDERS} orders`,
    { timeout: Math.max(600_000, 200 * ORDERS) },
    async () => {
      let [orders, events] = [0, 0];
      await fc.assert(
        fc.asyncProperty(
          fc.oneof(fc.array(command, { minLength: 3, maxLength: 14 }), close, stale, goingOn),
          fc.uint8Array({ minLength: 160, maxLength: 160 }),
          fc.constantFrom(...SLOW),
          async (commands, order, slow) => {
            const played = await play(commands, order, slow);
            orders++;
            events += played.events;
            expect(played.faults).toEqual([]);
          },
        ),
        { numRuns: ORDERS, seed: SEED },
      );
      console.info(`${orders} orders of ${events} events`);
    },
  );
});

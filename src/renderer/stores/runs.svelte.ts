/** The runs of one document, and which of them are shown. Another document has another one of these. */
import { METHODS, type Round } from '../../contract/attribution';
import type { LayerSummary, ModelSummary } from '../../contract/model';
import type { LayerContributions, RunRecord, RunSetup } from '../../contract/studio';
import type { SessionView } from '../../contract/view';
import { runNames } from '../../contract/words/runNames';
import { count } from '../../contract/words/quantities';
import { runLabel } from '../../contract/words/runs';
import { hiddenLayers, matchedLayers, modelTitle, targetLayers } from '../../contract/checkpoints';
import { renamedRun } from '../logic/checkpoints';
import { repeatedLayers } from '../logic/neurons';
import { PROVISIONAL, provisionalRun } from '../logic/provisional';
import { examplePlace } from '../logic/ranking';
import type { Fallen } from '../logic/sharpen';
import { messages } from './messages.svelte';
import type { Program } from './program.svelte';
import { selection } from './selection.svelte';
import { Sharpening } from './sharpening.svelte';

/** A model as runs name it. */
export interface OfModel {
  readonly hash: string | null;
  readonly title: string;
}

/** Layers of runs whose contributions are kept at hand. */
const MOST_KEPT = 40;

/** The example at a place of a result. */
const exampleAt = (run: RunRecord, place: number): number | undefined => run.asked.examples[place];

/** Runs of one job by method, whichever was quicker. */
const inOrder = (runs: readonly RunRecord[]): readonly RunRecord[] =>
  runs.toSorted((a, b) => (a.job === b.job ? METHODS.indexOf(a.result.method) - METHODS.indexOf(b.result.method) : 0));

export class Runs {
  /** Of the document itself. */
  own = $state.raw<readonly RunRecord[]>([]);
  /** Of other sessions that were opened to compare with, their layers called as those of the open model. */
  guests = $state.raw<readonly RunRecord[]>([]);
  /** Those of a session that was opened again, whose own sessions were not read yet, or are not there any more. */
  awaited = $state.raw<readonly string[]>([]);
  /** Of guests: the model that they are of as it is called, and how their layers are called there by their names here. */
  #from = $state.raw<ReadonlyMap<string, { readonly title: string; readonly names: ReadonlyMap<string, string> }>>(
    new Map(),
  );
  /** Runs shown as columns. */
  shown = $state.raw<ReadonlySet<string>>(new Set());
  /** Runs that stay shown when another one is made. */
  pinned = $state.raw<ReadonlySet<string>>(new Set());
  /** What each job of this window was asked, by which its runs are looked into further. */
  setups = $state.raw<ReadonlyMap<string, RunSetup>>(new Map());
  /** The run that sharpens; null while none does. */
  sharpening = $state.raw<Sharpening | null>(null);
  /** What was shown before the run that sharpens. */
  #before: ReadonlySet<string> = new Set();
  readonly #contributions = new Map<string, Promise<LayerContributions>>();

  /** What it has come to at the selected example; null before the first round there. */
  readonly provisional = $derived.by((): RunRecord | null => {
    const { sharpening, program } = this;
    const round = sharpening?.rounds.get(sharpening.of.asked.examples.indexOf(selection.example));
    if (!sharpening || !round) return null;
    const { of, job, elapsedMs: durationMs } = sharpening;
    const backend = program.status?.backend ?? { name: 'cpu', device: '', version: '' };
    return provisionalRun(round, { ...of, job, backend, durationMs }, this.#layersByName);
  });
  readonly #layersByName = $derived.by(() => new Map(this.layers().map((layer) => [layer.name, layer])));
  /** Runs that are there, the document's own before others. Those of one press of Run stand in the order of the methods. */
  readonly complete = $derived(inOrder([...this.own, ...this.guests]));
  /** The same with the one that sharpens, in its place. */
  readonly all = $derived.by((): readonly RunRecord[] => {
    const { own, guests, provisional, sharpening } = this;
    if (!provisional) return this.complete;
    const before = own.findIndex(({ run }) => run === sharpening?.of.continues);
    const place = before < 0 ? own.length : before;
    return inOrder([...own.slice(0, place), provisional, ...own.slice(place), ...guests]);
  });
  /** What they are called, each by what tells it from the others; runs that a view made for itself stand apart from the rest. */
  readonly #names = $derived.by((): ReadonlyMap<string, string> => {
    const { all, guests } = this;
    const beside = {
      example: selection.example,
      labels: this.labels(),
      isGuest: (run: RunRecord) => guests.includes(run),
      modelOf: (run: RunRecord) => ({ hash: run.model, title: this.#from.get(run.run)?.title ?? this.model().title }),
    };
    const named = (runs: readonly RunRecord[]) =>
      runNames(runs, beside).map((name, at) => [runs[at]!.run, name] as const);
    return new Map([...named(all), ...named(all.filter((run) => !this.isAside(run)))]);
  });
  readonly columns = $derived(this.all.filter(({ run }) => this.shown.has(run)));
  /** The columns that know the selected example. */
  readonly current = $derived(this.columns.filter((run) => examplePlace(run, selection.example) >= 0));
  readonly main = $derived(this.current[0] ?? null);
  /** Examples that a shown run took. */
  readonly examples = $derived([
    ...new Set([
      ...this.columns.flatMap((run) => run.result.examples.map((place) => exampleAt(run, place)!)),
      ...(this.sharpening && this.shown.has(PROVISIONAL)
        ? [...this.sharpening.rounds.keys()].map((place) => this.sharpening!.of.asked.examples[place]!)
        : []),
    ]),
  ]);
  /** Layers whose units are neurons between input and target: what a ranking is about. */
  readonly hidden = $derived.by(() => hiddenLayers(this.layers(), this.main ? targetLayers(this.main) : new Set()));
  /** Layers that only hand on what the one before them carries → the first of their row. */
  readonly repeats = $derived.by(() => repeatedLayers(this.layers(), this.all, selection.example));
  /** Hidden layers, each row of repeating ones once. */
  readonly telling = $derived(new Set([...this.hidden].filter((name) => !this.repeats.has(name))));

  /** @param layers of the open model */
  constructor(
    private readonly program: Program,
    private readonly layers: () => readonly LayerSummary[],
    /** What the values of its output are called. */
    private readonly labels: () => readonly string[] = () => [],
    /** Which model is open, and what it is called; no hash where nothing tells. */
    private readonly model: () => OfModel = () => ({ hash: null, title: '' }),
  ) {}

  /** Whether a view made it for itself. */
  isAside({ aside }: RunRecord): boolean {
    return aside !== undefined;
  }

  /** Hash of the model that the document is about. */
  get #hash(): string | undefined {
    return this.model().hash ?? this.own[0]?.model;
  }

  /** Whether it is of another model than the document: a checkpoint of the same net, say. */
  isOfAnother({ model }: RunRecord): boolean {
    return model !== this.#hash;
  }

  /** What a run is called beside the others, at the selected example. */
  readonly nameOf = (run: RunRecord): string => this.#names.get(run.run) ?? runLabel(run);

  /** Of a run that is not the document's own, where it comes from; null also where its name says so already. */
  originOf(run: RunRecord): string | null {
    if (!this.guests.includes(run)) return null;
    const origin = this.isOfAnother(run) ? 'other model' : 'other session';
    return this.nameOf(run).split(' · ').includes(origin) ? null : origin;
  }

  /**
   * Takes the runs of a session, shown as they were; where nobody told how, those of the last job that the user asked for.
   * @returns the run that the window is about: none that a view made for itself, where there is another
   */
  take(runs: readonly RunRecord[], view: SessionView | null = null): RunRecord | null {
    const last = runs.findLast((run) => !this.isAside(run)) ?? runs.at(-1) ?? null;
    const named = (ids: readonly string[] = []): readonly RunRecord[] =>
      ids.flatMap((id) => runs.find(({ run }) => run === id) ?? []);
    const shown = named(view?.shown);
    this.awaited = view?.guests ?? [];
    const ids = [...shown.map(({ run }) => run), ...(view?.shown ?? []).filter((run) => this.awaited.includes(run))];
    const told = view?.shown !== undefined && (ids.length > 0 || view.shown.length === 0);
    this.own = runs;
    this.pinned = new Set(named(view?.pinnedRuns).map(({ run }) => run));
    this.shown = new Set(told ? ids : runs.filter(({ job }) => job === last?.job).map(({ run }) => run));
    return shown.find((run) => !this.isAside(run)) ?? last;
  }

  /** How they are shown: the one that the views are about first. */
  get view(): Pick<SessionView, 'shown' | 'pinnedRuns' | 'guests'> {
    const { main, columns, complete, pinned, guests, awaited } = this;
    const shown = [...new Set([...(main ? [main] : []), ...columns])].filter((run) => complete.includes(run));
    const all = [...guests.map(({ run }) => run), ...awaited];
    return {
      shown: [...shown.map(({ run }) => run), ...awaited.filter((run) => this.shown.has(run))],
      ...(pinned.size > 0 && { pinnedRuns: [...pinned] }),
      ...(all.length > 0 && { guests: all }),
    };
  }

  /**
   * Runs of other sessions, to compare with: of the open model, or of one that shares layers with it. Those that were awaited
   * stand in their order.
   * @param models that they are of
   * @returns those that can be compared with, their layers called as here
   */
  welcome(runs: readonly RunRecord[], models: readonly ModelSummary[]): readonly RunRecord[] {
    const hidden = hiddenLayers(this.layers(), new Set());
    const there = new Map(models.map((model) => [model.hash, matchedLayers(this.layers(), model.layers)]));
    const from = new Map(this.#from);
    const guests = runs.flatMap((run) => {
      const [names, model] = [there.get(run.model), models.find(({ hash }) => hash === run.model)];
      if (!this.isOfAnother(run) || !names || !model) return this.isOfAnother(run) ? [] : [run];
      const renamed = renamedRun(run, names);
      if (!renamed.layers.some(({ name }) => hidden.has(name))) return [];
      from.set(run.run, { title: modelTitle(model), names: new Map([...names].map(([other, here]) => [here, other])) });
      return [renamed];
    });
    const taken = new Set(guests.map(({ run }) => run));
    this.#from = from;
    this.guests = [...this.guests.filter(({ run }) => !taken.has(run)), ...guests];
    this.awaited = this.awaited.filter((run) => !taken.has(run));
    return guests;
  }

  /**
   * A run of this document is complete.
   * @param setup null where it went on: what its job was asked stays
   * @param made what its job has made with it; shown, unless a view asked for it
   */
  add(run: RunRecord, setup: RunSetup | null, made: readonly RunRecord[]): void {
    if (setup) this.setups = new Map(this.setups).set(run.job, setup);
    this.#forget(run.run);
    if (this.sharpening) this.sharpening.job = run.job;
    // after a reload it is told once more of those that were complete by then
    const known = this.own.findIndex((other) => other.run === run.run);
    this.own = known < 0 ? [...this.own, run] : this.own.with(known, run);
    if (this.isAside(run)) return;
    if (this.sharpening && run.result.adaptive) this.#settle(run.run);
    else if (made.length === 1 && !this.shown.has(PROVISIONAL)) this.shown = new Set([...this.pinned, run.run]);
    else this.shown = new Set([...this.shown, run.run]);
    if (examplePlace(run, selection.example) < 0)
      selection.example = exampleAt(run, run.result.examples[0] ?? 0) ?? selection.example;
  }

  /**
   * The path of the run that sharpens has had a round. With the first one it is shown: in place of the run that it goes on
   * from, or of all that was shown.
   */
  round(round: Round): void {
    const { sharpening } = this;
    if (!sharpening) return;
    const first = sharpening.rounds.size === 0;
    sharpening.take(round);
    if (!first || sharpening.rounds.size === 0) return;
    const { continues, asked } = sharpening.of;
    this.#before = this.shown;
    const own = ({ run, job }: RunRecord) => (continues === null ? job === sharpening.job : run !== continues);
    const kept = this.columns.filter(own).map(({ run }) => run);
    this.shown = new Set([...this.pinned, ...kept, PROVISIONAL]);
    if (!asked.examples.includes(selection.example))
      selection.example = asked.examples[round.example] ?? selection.example;
  }
  /** Nothing sharpens any more. Where no run came of it, what was shown before is shown again. */
  settle(): void {
    if (this.sharpening) this.#settle(null);
  }

  /** @param run that takes the place of the one that sharpened: shown where that was */
  #settle(run: string | null): void {
    const { sharpening } = this;
    const took = sharpening!.rounds.size > 0;
    sharpening!.end();
    this.sharpening = null;
    const shown = new Set(this.shown);
    const seen = shown.delete(PROVISIONAL);
    const instead = run ?? sharpening!.of.continues;
    if (instead !== null && (seen || !took)) shown.add(instead);
    this.shown = seen && shown.size === 0 ? this.#before : shown;
  }

  /** How the estimate of what sharpens has fallen at the selected example. */
  readonly fallen = $derived.by((): readonly Fallen[] => {
    const { sharpening } = this;
    return sharpening?.fallen.get(sharpening.of.asked.examples.indexOf(selection.example)) ?? [];
  });

  /** Lets go of contributions of a run that is another one by now. */
  #forget(run: string): void {
    for (const key of this.#contributions.keys()) if (key.startsWith(`${run}\n`)) this.#contributions.delete(key);
  }

  toggle(run: string): void {
    const shown = new Set(this.shown);
    if (!shown.delete(run)) shown.add(run);
    this.shown = shown;
  }

  /** Whether a run stays shown when another one is made; one that is to stay is shown. */
  togglePin(run: string): void {
    const pinned = new Set(this.pinned);
    if (!pinned.delete(run)) {
      pinned.add(run);
      this.shown = new Set([...this.shown, run]);
    }
    this.pinned = pinned;
  }

  /** What a run was asked, while its model is open here; null otherwise. @param hash of the model that is open */
  setupOf({ job, model }: RunRecord, hash: string | undefined): RunSetup | null {
    return (hash === model && this.setups.get(job)) || null;
  }

  /** `[examples, …shape]` of one layer of one run; asked once, then kept. */
  contributions(run: string, layer: string): Promise<LayerContributions> {
    const key = `${run}\n${layer}`;
    const known = this.#contributions.get(key);
    if (known) return known;
    const there = this.#from.get(run)?.names.get(layer) ?? layer;
    const asked = this.program.client.request('contributions', { run, layer: there });
    this.#contributions.set(key, asked);
    asked.catch(() => this.#contributions.delete(key));
    if (this.#contributions.size > MOST_KEPT) this.#contributions.delete(this.#contributions.keys().next().value!);
    return asked;
  }

  /** Takes runs out of the session, all of which can be undone at once. */
  async remove(...gone: readonly RunRecord[]): Promise<void> {
    const { guard, client } = this.program;
    const named = gone.length === 1 ? this.nameOf(gone[0]!) : count(gone.length, 'run');
    await guard(async () => {
      for (const { run } of gone) {
        await client.request('removeRun', { run });
        this.own = this.own.filter((other) => other.run !== run);
      }
      messages.note(`Removed ${named}.`, {
        label: 'Undo',
        run: () =>
          void guard(async () => {
            for (const { run } of gone) {
              const back = await client.request('restoreRun', { run });
              this.own = [...this.own, back].sort((a, b) => a.created.localeCompare(b.created));
            }
          }),
      });
    });
  }

  /** Compares no longer with a run of another session; its file stays as it is. */
  dropGuest(guest: RunRecord): void {
    const { guests, shown } = this;
    const name = this.nameOf(guest);
    this.guests = guests.filter((other) => other !== guest);
    this.shown = new Set([...shown].filter((run) => run !== guest.run));
    void this.program.guard(() => this.program.client.request('forgetGuest', { run: guest.run }));
    messages.note(`${name} was put away; its session stays as it is.`, {
      label: 'Undo',
      run: () => {
        this.guests = [...this.guests, guest];
        if (shown.has(guest.run)) this.shown = new Set([...this.shown, guest.run]);
      },
    });
  }

  /** Names a run and notes something on it; an empty name is the made one again. True when it was kept. */
  describe(run: RunRecord, name: string, note: string): Promise<boolean> {
    return this.program.guard(async () => {
      const described = await this.program.client.request('describeRun', { run: run.run, name, note });
      this.own = this.own.map((other) => (other.run === run.run ? described : other));
    });
  }
}

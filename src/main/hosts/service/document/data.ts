/** A document's data: what was read from files for the model's inputs, and what a run is asked with it. */
import type { AttributionRequest } from '../../../../contract/attribution';
import type { EditMade, InputPort } from '../../../../contract/data';
import { MhoError } from '../../../../contract/errors';
import type { Question } from '../../../../contract/session';
import type { DataSource } from '../../../../contract/setup';
import { editedWords } from '../../../../contract/words/edits';
import type { Edit, InputData, RunSetup } from '../../../../contract/studio';
import type { DataRead } from '../../../engine/data';
import { fittingBaseline, madeBaseline, type Pool } from '../../../engine/data/baselines';
import { variation } from '../../../engine/graph/varied';
import { matched, placesOf, rowsOf, type Arrays } from '../arrays';
import { inputData, inputFaults, readSource } from '../data';
import { editedRow } from '../editing';
import type { Engine } from '../engine';
import type { SavedState } from '../recovery';
import type { OpenModel } from './model';

export interface OpenData extends DataRead {
  /** What it is read again from; null for rows out of a session or a run. */
  readonly source: DataSource | null;
  readonly name: string;
  /** Number that each row goes by; null where they are counted from 0. */
  readonly rows: readonly number[] | null;
  /** What was changed of the example that it is. */
  readonly edited?: readonly EditMade[];
  /** The data that it was an example of. */
  readonly among?: Pick<OpenData, 'arrays' | 'rows'>;
}

/** The arrays that are inputs, by input. */
export function byInput(arrays: Arrays, ports: readonly InputPort[]): Arrays {
  return Object.fromEntries([...matched(arrays, ports)].map(([entry, input]) => [input, arrays[entry]!]));
}

/** @throws INPUT_…, OPENING_CANCELLED */
export async function readOpenData(
  engine: Pick<Engine, 'readData'>,
  source: DataSource,
  ports: readonly InputPort[],
  signal: AbortSignal,
): Promise<OpenData> {
  return { ...(await readSource(engine, source, ports, signal)), rows: null };
}

export type Purpose = 'input' | 'baseline';

/**
 * What was read last stays whole, and what was read before that, since it may just be asked for; of older data only the
 * rows that runs were asked with are held, by the runs.
 */
const WHOLE = 2;
/** Edited examples that are held; of older ones runs hold what they were asked with. */
const MOST_EDITED = 8;

export class Data {
  readonly #open: Record<Purpose, [handle: string, data: OpenData][]> = { input: [], baseline: [] };
  /** Apart from what was read: an edit pushes no file out, and is never what is open. */
  #edited: [handle: string, data: OpenData][] = [];

  /** From which files everything came that was ever read here: what a run repeats. */
  readonly #sources = new Map<string, DataSource>();

  constructor(
    private readonly engine: Engine,
    /** What runs hold of data that are open no more. */
    private readonly ofRuns: (handle: string, purpose: Purpose | null) => OpenData | null,
  ) {}

  take(handle: string, data: OpenData, purpose: Purpose): void {
    const { [purpose]: open } = this.#open;
    open.push([handle, data]);
    if (data.source) this.#sources.set(handle, data.source);
    if (open.length > WHOLE) open.shift();
  }

  /** Takes what is open elsewhere, by the same handles; rows that only a run holds stay there. */
  takeOpen(other: Data): void {
    for (const purpose of ['input', 'baseline'] as const)
      for (const [handle, data] of other.#open[purpose]) this.take(handle, data, purpose);
  }

  /**
   * Why data cannot take the place of those that are open; null where they can, and where nothing is open that is of more use.
   * A baseline has to fit as a whole; of several inputs some may still be missing, or be of another number of examples.
   * @param input that a file was read for alone
   */
  wrong({ arrays }: OpenData, purpose: Purpose, input: string | null, { ports }: OpenModel): MhoError | null {
    const misfit = (given: Arrays, of: readonly InputPort[]): MhoError | null => {
      const faults = inputFaults(this.engine, given, of);
      const missing = faults.filter(({ code }) => code === 'INPUT_MISSING');
      return faults.find((fault) => missing.length === of.length || !missing.includes(fault)) ?? null;
    };
    if (purpose === 'baseline') return inputFaults(this.engine, arrays, ports)[0] ?? null;
    const before = this.#open.input.at(-1)?.[1];
    if (!before || misfit(before.arrays, ports) !== null) return null;
    if (input === null) return misfit(arrays, ports);
    const given = byInput(arrays, ports)[input];
    return given ? misfit({ [input]: given }, ports.filter(({ name }) => name === input)) : null; // prettier-ignore
  }

  /** The files that data were read from; null for rows out of a session. */
  sourceOf(handle: string): DataSource | null {
    return this.#sources.get(handle) ?? null;
  }

  clear(): void {
    this.#open.input = [];
    this.#open.baseline = [];
    this.#edited = [];
  }

  /**
   * Takes an example with changes as data of its own.
   * @throws INPUT_UNKNOWN, EXAMPLES_RANGE, EDIT_OUTSIDE, HANDLE_UNKNOWN
   */
  edit(handle: string, of: string, example: number, edits: readonly Edit[], { ports }: OpenModel): void {
    const { arrays, rows, name, among = { arrays, rows } } = this.get(of, 'input');
    const [place] = placesOf([example], rows);
    const edited = editedRow(byInput(arrays, ports), place!, edits);
    const made = edits.map((each) => each.made);
    const called = `${name}, ${editedWords(example, made)}`;
    const data = {
      arrays: edited,
      how: [],
      reading: null,
      source: null,
      name: called,
      rows: [example],
      edited: made,
      among,
    };
    this.#edited = [...this.#edited, [handle, data] as [string, OpenData]].slice(-MOST_EDITED);
  }

  /** What was read last for the inputs. */
  get latest(): string | null {
    return this.#open.input.at(-1)?.[0] ?? null;
  }

  /** What was read whole under a handle, and not changed since; null for what is a run's alone, or a changed example. */
  whole(handle: string): OpenData | null {
    return [...this.#open.input, ...this.#open.baseline].find(([id]) => id === handle)?.[1] ?? null;
  }

  /** @param purpose what it is asked for: of data that are open no more, runs know less than a file @throws HANDLE_UNKNOWN */
  get(handle: string, purpose: Purpose | null = null): OpenData {
    const open = this.#find(handle)?.data ?? this.ofRuns(handle, purpose);
    if (!open) throw new MhoError('HANDLE_UNKNOWN', { what: 'data', id: handle });
    return open;
  }

  purposeOf(handle: string): Purpose {
    return this.#find(handle)?.purpose ?? 'input';
  }

  #find(handle: string): { readonly purpose: Purpose; readonly data: OpenData } | null {
    for (const purpose of ['input', 'baseline'] as const) {
      const found = this.#open[purpose].find(([id]) => id === handle);
      if (found) return { purpose, data: found[1] };
    }
    const edited = this.#edited.find(([id]) => id === handle);
    return edited ? { purpose: 'input', data: edited[1] } : null;
  }

  /** For the recovery folder: what can be read again, or is a run's. */
  get saved(): SavedState['data'] {
    return (['input', 'baseline'] as const).flatMap((purpose) =>
      this.#open[purpose].map(([id, { source }]) => ({
        id,
        path: source?.parts[0]?.paths[0] ?? '',
        ...(source && { source }),
        ...(purpose === 'baseline' && { baseline: true }),
      })),
    );
  }

  // ------------------------------------------------------------ shown

  shown(handle: string, { ports }: OpenModel): InputData {
    const data = this.get(handle);
    return { ...inputData(this.engine, handle, data, ports), ...(data.edited && { edited: data.edited }) };
  }

  /** Rows of data, by the model's inputs. @throws EXAMPLES_RANGE */
  rows(handle: string, examples: readonly number[], { ports }: OpenModel): Arrays {
    const { arrays, rows } = this.get(handle);
    const places = placesOf(examples, rows);
    const entryOf = new Map([...matched(arrays, ports)].map(([entry, input]) => [input, entry]));
    return Object.fromEntries(
      ports.flatMap(({ name }) => {
        const entry = entryOf.get(name);
        return entry === undefined ? [] : [[name, rowsOf(arrays[entry]!, places)]];
      }),
    );
  }

  /** By which numbers the examples of data go. */
  examplesOf(handle: string): readonly number[] {
    const { arrays, rows } = this.get(handle, 'input');
    return rows ?? [...Array(Object.values(arrays)[0]?.shape[0] ?? 0).keys()];
  }

  // ------------------------------------------------------------ asked

  /** What the engine is asked for a set-up. @throws INPUT_…, EXAMPLES_RANGE, HANDLE_UNKNOWN */
  request(setup: Omit<RunSetup, 'backend'>, model: OpenModel): AttributionRequest {
    const { data, examples, baseline, aside: _aside, ...rest } = setup;
    const inputs = this.#inputs(data, 'input', model);
    const places = placesOf(examples, this.get(data, 'input').rows);
    const rows = Object.fromEntries(Object.entries(inputs).map(([name, array]) => [name, rowsOf(array, places)]));
    return {
      ...rest,
      inputs: rows,
      baseline: this.#baseline(setup, inputs, rows, model),
      exampleNumbers: examples,
    };
  }

  /** All examples of data; of one that was changed, those that it was among. */
  #pool(handle: string, arrays: Arrays, { ports }: OpenModel): Pool {
    const { rows, among } = this.get(handle, 'input');
    const pool = among ? byInput(among.arrays, ports) : arrays;
    const count = Object.values(pool)[0]?.shape[0] ?? 0;
    return {
      arrays: pool,
      numbers: (among ?? { rows }).rows ?? Array.from({ length: count }, (_, example) => example),
    };
  }

  question(setup: RunSetup, request: AttributionRequest): Question {
    const inputs = this.sourceOf(setup.data);
    const baseline = setup.baseline.kind === 'data' ? this.sourceOf(setup.baseline.data) : null;
    return {
      inputs: request.inputs,
      source: this.get(setup.data, 'input').name,
      ...((inputs ?? baseline) && { files: { ...(inputs && { inputs }), ...(baseline && { baseline }) } }),
      examples: setup.examples,
      baseline: request.baseline,
      target: request.target,
      minus: request.minus ?? null,
      ...(request.hold?.length && { hold: request.hold }),
      ...(request.walk?.length && { walk: request.walk }),
    };
  }

  /** Arrays as the model's inputs. @throws INPUT_… */
  #inputs(handle: string, purpose: Purpose, { ports }: OpenModel): Arrays {
    const { arrays } = this.get(handle, purpose);
    const names = matched(arrays, ports);
    // values that are not finite are looked for in the asked rows alone, by the engine
    const fault = inputFaults(this.engine, arrays, ports).find(({ code }) => code !== 'INPUT_VALUE');
    if (fault) throw fault;
    return Object.fromEntries([...names].map(([array, input]) => [input, arrays[array]!]));
  }

  /** @param all of the data that are asked about @param inputs the asked examples of them */
  #baseline(
    { data, baseline, examples, ...turned }: Pick<RunSetup, 'data' | 'baseline' | 'examples' | 'hold' | 'walk'>,
    all: Arrays,
    inputs: Arrays,
    model: OpenModel,
  ): AttributionRequest['baseline'] {
    if (baseline.kind === 'constant') return baseline;
    if (baseline.kind !== 'data') {
      const { varied } = variation(model.graph, turned);
      if (baseline.kind === 'fitting')
        return fittingBaseline(model.ports, varied, inputs, baseline.uniform ? 'uniform' : 'fitting');
      return madeBaseline(model.ports, varied, { inputs, numbers: examples }, baseline, this.#pool(data, all, model));
    }
    const arrays = this.#inputs(baseline.data, 'baseline', model);
    const perExample = baseline.perExample === true;
    const count = Object.values(arrays)[0]?.shape[0] ?? 0;
    if (!perExample || count <= 1) return { kind: 'arrays', perExample, arrays };
    const places = placesOf(examples, this.get(baseline.data, 'baseline').rows);
    return {
      kind: 'arrays',
      perExample,
      arrays: Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, rowsOf(array, places)])),
    };
  }
}

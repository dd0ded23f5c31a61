/** One reading of data: its rows for the pickers, and what the model predicts of them. Other data are another one. */
import type { NumericArray } from '../../contract/attribution';
import type { InputData, Params, Prediction } from '../../contract/studio';
import { exampleOf } from '../logic/inputs';
import { Activity } from './activity.svelte';
import { Edited } from './edited.svelte';
import type { Program } from './program.svelte';
import { Latest } from './latest';
import type { UnitKey } from './selection.svelte';
import { Verdicts } from './verdicts.svelte';

/** As many examples as are read at once. */
const BLOCK = 64;
/** Bytes of rows beyond the first block that are kept at hand. */
const MOST_BYTES = 64e6;
/** Units whose activity is kept. */
const MOST_ACTIVE = 32;

/** Rows of data as they were asked for: `arrays` by the model's inputs, `[examples, …]` in the order of `examples`. */
export interface Rows {
  readonly examples: readonly number[];
  readonly arrays: ReadonlyMap<string, NumericArray>;
}

/** A prediction, and the examples it is of, in its order. */
export interface Told {
  readonly prediction: Prediction;
  readonly examples: readonly number[];
}

/** The numbers that rows of data go by, in their order. */
export const idsOf = ({ rows, examples }: InputData): readonly number[] =>
  rows ?? Array.from({ length: examples }, (_, at) => at);

/** Some rows of data. */
async function rowsOf(program: Program, data: InputData, examples: readonly number[]): Promise<Rows> {
  const arrays = await program.client.request('inputRows', { data: data.data, examples: [...examples] });
  return { examples, arrays: new Map(Object.entries(arrays)) };
}

/** The first rows of data, with the numbers that they go by. */
export const readRows = (program: Program, data: InputData): Promise<Rows> =>
  rowsOf(program, data, idsOf(data).slice(0, BLOCK));

/** One example's row; null where it was not read. */
export function rowOf(rows: Rows | null, input: string, example: number): NumericArray | null {
  const array = rows?.arrays.get(input);
  const place = rows?.examples.indexOf(example) ?? -1;
  return array && place >= 0 && place < array.shape[0]! ? exampleOf(array, place) : null;
}

const bytesOf = ({ arrays }: Rows): number =>
  [...arrays.values()].reduce((total, { data }) => total + data.byteLength, 0);

export class Inputs {
  readonly ids: readonly number[];
  /** Where each example stands among them. */
  readonly #places: ReadonlyMap<number, number>;
  rows = $state.raw<Rows | null>(null);
  /** Blocks of rows after the first, those that were asked for last at the end; null while one is being read. */
  #blocks = $state.raw<ReadonlyMap<number, Rows | null>>(new Map());
  told = $state.raw<Told | null>(null);
  /** What examples are sought by. */
  filter = $state('');
  /** Where a range of examples begins. */
  anchor: number | null = null;
  readonly verdicts: Verdicts;
  /** Examples that somebody began to change. */
  readonly #edited = new Map<number, Edited>();
  /** Units whose activity was asked for, the last one at the end. */
  readonly #active = new Map<string, Activity>();
  readonly #newest = new Latest();

  /** @param labels what each example truly is, where that is known */
  constructor(
    private readonly program: Program,
    readonly data: InputData,
    readonly labels: readonly string[],
  ) {
    this.ids = idsOf(data);
    this.#places = new Map(this.ids.map((example, place) => [example, place]));
    this.verdicts = new Verdicts(program, data.data, this.ids);
  }

  has(example: number): boolean {
    return this.#places.has(example);
  }

  /** An example with its changes. @param asked how the model is asked about it, at the time of asking */
  edited(example: number, asked: ConstructorParameters<typeof Edited>[3]): Edited | null {
    if (!this.has(example)) return null;
    const edited = this.#edited.get(example) ?? new Edited(this.program, this.data, example, asked);
    this.#edited.set(example, edited);
    return edited;
  }

  /** How active a unit is at these examples; what was asked is kept for the units that were looked at last. @param elements of its layer */
  activity({ layer, unit }: UnitKey, elements: number): Activity {
    const key = JSON.stringify([layer, unit]);
    const activity =
      this.#active.get(key) ?? new Activity(this.program, this.data.data, this.ids, { layer, unit }, elements);
    this.#active.delete(key);
    this.#active.set(key, activity);
    for (const oldest of this.#active.keys()) if (this.#active.size > MOST_ACTIVE) this.#active.delete(oldest);
    return activity;
  }

  /** Reads the rows that pickers show first, unless a fault of the data keeps them from being inputs at all. */
  async read(): Promise<void> {
    if (this.data.faults.every(({ code }) => code === 'INPUT_MISSING'))
      this.rows = await readRows(this.program, this.data);
  }

  row(input: string, example: number): NumericArray | null {
    const place = this.#places.get(example);
    if (place === undefined) return null;
    const block = Math.floor(place / BLOCK);
    return rowOf(block === 0 ? this.rows : (this.#blocks.get(block) ?? null), input, example);
  }

  /** Reads the rows of examples that are about to be seen, where they are not at hand. */
  async show(examples: readonly number[]): Promise<void> {
    const wanted = new Set(examples.map((example) => Math.floor((this.#places.get(example) ?? 0) / BLOCK)));
    const missing = [...wanted].filter((block) => block > 0 && !this.#blocks.has(block));
    if (missing.length === 0) return;
    this.#blocks = new Map([...this.#blocks, ...missing.map((block) => [block, null] as const)]);
    await Promise.all(
      missing.map(async (block) => {
        const examples = this.ids.slice(block * BLOCK, (block + 1) * BLOCK);
        const read = await rowsOf(this.program, this.data, examples).catch(() => null);
        if (read) this.#keep(block, read, wanted);
        // the data are open no more: asked for again, they may be
        else this.#blocks = new Map([...this.#blocks].filter(([other]) => other !== block));
      }),
    );
  }

  #keep(block: number, read: Rows, wanted: ReadonlySet<number>): void {
    const blocks = new Map(this.#blocks);
    blocks.delete(block);
    blocks.set(block, read);
    let bytes = [...blocks.values()].reduce((total, rows) => total + (rows ? bytesOf(rows) : 0), 0);
    for (const [other, rows] of blocks) {
      if (bytes <= MOST_BYTES) break;
      if (!rows || wanted.has(other)) continue;
      blocks.delete(other);
      bytes -= bytesOf(rows);
    }
    this.#blocks = blocks;
  }

  /**
   * Predicts examples anew; the newest asking wins.
   * @param failed is told why there is no prediction
   */
  predict(
    asked: Pick<Params<'predict'>, 'examples' | 'baseline' | 'hold' | 'walk' | 'backend'>,
    failed: (error: unknown) => void,
  ): Promise<void> {
    return this.#newest.ask(
      this.program.client.request('predict', { ...asked, data: this.data.data }),
      (prediction) => {
        this.told = { prediction, examples: asked.examples };
        this.program.computedOn(prediction.backend);
      },
      failed,
    );
  }
}

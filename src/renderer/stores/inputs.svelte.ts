/** One reading of data: its rows for the pickers, and what the model predicts of them. Other data are another one. */
import type { NumericArray } from '../../contract/attribution';
import type { InputData, Params, Prediction } from '../../contract/studio';
import { exampleOf } from '../logic/inputs';
import type { Program } from './program.svelte';
import { Latest } from './latest';

/** As many examples as a picker reads at once. */
const PICKER_ROWS = 64;

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

/** The first rows of data, with the numbers that they go by. */
export async function readRows(program: Program, data: InputData): Promise<Rows> {
  const examples = idsOf(data).slice(0, PICKER_ROWS);
  const arrays = await program.client.request('inputRows', { data: data.data, examples });
  return { examples, arrays: new Map(Object.entries(arrays)) };
}

/** One example's row; null where it was not read. */
export function rowOf(rows: Rows | null, input: string, example: number): NumericArray | null {
  const array = rows?.arrays.get(input);
  const place = rows?.examples.indexOf(example) ?? -1;
  return array && place >= 0 && place < array.shape[0]! ? exampleOf(array, place) : null;
}

export class Inputs {
  readonly ids: readonly number[];
  rows = $state.raw<Rows | null>(null);
  told = $state.raw<Told | null>(null);
  readonly #newest = new Latest();

  /** @param labels what each example truly is, where that is known */
  constructor(
    private readonly program: Program,
    readonly data: InputData,
    readonly labels: readonly string[],
  ) {
    this.ids = idsOf(data);
  }

  /** Reads the rows that pickers show, unless a fault of the data keeps them from being inputs at all. */
  async read(): Promise<void> {
    if (this.data.faults.every(({ code }) => code === 'INPUT_MISSING'))
      this.rows = await readRows(this.program, this.data);
  }

  row(input: string, example: number): NumericArray | null {
    return rowOf(this.rows, input, example);
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

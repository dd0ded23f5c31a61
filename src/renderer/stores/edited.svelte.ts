/** One example that is changed: the changes in their order, and what the model says of it then. */
import type { MhoFault } from '../../contract/errors';
import type { Edit, InputData, Params, Prediction } from '../../contract/studio';
import { withEdits } from '../logic/editing';
import { Latest } from './latest';
import { faultOf } from './messages.svelte';
import type { Program } from './program.svelte';

/** Milliseconds after which changes that follow on one another are asked about. */
const PAUSE = 120;

type Asked = Omit<Params<'predict'>, 'data' | 'examples'>;

export class Edited {
  edits = $state.raw<readonly Edit[]>([]);
  /** What the changes made that were asked about last, as data of their own, and what the model says of them. */
  #held = $state.raw<{ readonly of: readonly Edit[]; readonly data: InputData; readonly prediction: Prediction } | null>(null); // prettier-ignore
  fault = $state.raw<MhoFault | null>(null);
  readonly #newest = new Latest();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param of the data that the example is of @param asked how the model is asked, at the time of asking */
  constructor(
    private readonly program: Program,
    private readonly of: InputData,
    readonly example: number,
    private readonly asked: () => Asked,
  ) {}

  /** The data of the present changes; null while there are none, or they are on their way. */
  get data(): InputData | null {
    return this.#held?.of === this.edits ? this.#held.data : null;
  }
  get prediction(): Prediction | null {
    return this.#held?.of === this.edits ? this.#held.prediction : null;
  }

  /** An input's values with the changes. */
  values(input: string, original: Float32Array): Float32Array {
    return withEdits(original, this.edits, input);
  }

  change(edit: Edit): void {
    this.#take([...this.edits, edit]);
  }
  undo(): void {
    this.#take(this.edits.slice(0, -1));
  }
  undoAll(): void {
    this.#take([]);
  }

  #take(edits: readonly Edit[]): void {
    this.edits = edits;
    this.fault = null;
    this.#newest.drop();
    clearTimeout(this.#timer);
    if (edits.length > 0) this.#timer = setTimeout(() => void this.#ask(edits), PAUSE);
  }

  #ask(edits: readonly Edit[]): Promise<void> {
    const { client } = this.program;
    const answer = async () => {
      const data = await client.request('editInputs', { data: this.of.data, example: this.example, edits: [...edits] });
      const [fault] = data.faults;
      if (fault) throw { fault };
      const prediction = await client.request('predict', {
        ...this.asked(),
        data: data.data,
        examples: [this.example],
      });
      return { of: edits, data, prediction };
    };
    return this.#newest.ask(
      answer(),
      (held) => (this.#held = held),
      (error) => (this.fault = faultOf(error)),
    );
  }
}

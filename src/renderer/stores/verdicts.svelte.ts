/** What the model says of all examples of the data. */
import type { Params } from '../../contract/studio';
import { AskedOfAll } from './askedOfAll.svelte';
import type { Program } from './program.svelte';

export interface Verdict {
  /** Place of the largest value of the output; −1 where one of its values is not a number. */
  readonly top: number;
  readonly value: number;
}

type Asked = Omit<Params<'verdicts'>, 'data' | 'examples'>;

/** By example, of each output of the model. */
export class Verdicts extends AskedOfAll<ReadonlyMap<string, Verdict>, Asked> {
  constructor(
    program: Program,
    private readonly data: string,
    ids: readonly number[],
  ) {
    super(program, ids);
  }

  protected async batch(asked: Asked, examples: number[]) {
    const { outputs, backend } = await this.program.client.request('verdicts', { ...asked, data: this.data, examples });
    const told = examples.map(
      (_, at) => new Map(outputs.map(({ name, top, value }) => [name, { top: top[at]!, value: value[at]! }])),
    );
    return { told, backend };
  }
}

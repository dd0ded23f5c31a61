/** How active a unit is at all examples of the data, and at which of its positions most. */
import type { Params } from '../../contract/studio';
import { MOST_AT_ONCE } from '../../contract/unitValues';
import { LARGEST_BATCH } from '../logic/examples';
import type { Peak } from '../logic/unitExamples';
import { AskedOfAll } from './askedOfAll.svelte';
import type { Program } from './program.svelte';
import type { UnitKey } from './selection.svelte';

type Asked = Omit<Params<'unitActivations'>, 'data' | 'examples' | 'layer' | 'unit'>;

export class Activity extends AskedOfAll<Peak, Asked> {
  /** @param elements of the unit's layer, of one example */
  constructor(
    program: Program,
    private readonly data: string,
    ids: readonly number[],
    private readonly unit: UnitKey,
    elements: number,
  ) {
    super(program, ids, Math.max(1, Math.min(LARGEST_BATCH, Math.floor(MOST_AT_ONCE / elements))));
  }

  protected async batch(asked: Asked, examples: number[]) {
    const { layer, unit } = this.unit;
    const { value, position, backend } = await this.program.client.request('unitActivations', {
      ...asked,
      data: this.data,
      examples,
      layer,
      unit,
    });
    return { told: examples.map((_, at) => ({ value: value[at]!, position: position[at]! })), backend };
  }
}

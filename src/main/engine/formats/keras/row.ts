/** What a row of the layer table is. */
import type { ValueId } from '../../graph/graph';
import type { LayerCall } from './call';

/**
 * Which axis of the layer's output counts units: the last; the one of `data_format`; as in the input, where the layer
 * keeps the axes in place.
 */
export type Units = 'last' | 'format' | 'kept';

export interface LayerRow {
  /** The layer's value; where it gives several, all of them. */
  readonly translate: (call: LayerCall) => ValueId | ValueId[];
  readonly units: Units;
  /** Whether it works on values with a time axis before the layer's own (`lead`). */
  readonly overTime?: boolean;
  /** Whether numbers known when the file is opened may be among its inputs. */
  readonly takesConstants?: boolean;
  /** Whether it may work on values of unknown shape: element by element only. */
  readonly anyShape?: boolean;
}

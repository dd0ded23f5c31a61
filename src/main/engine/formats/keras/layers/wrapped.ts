/** Wrappers that leave a trained layer as it is. */
import type { ValueId } from '../../../graph/graph';
import { type LayerCall, NotExpressible } from '../call';
import { layerSpec } from '../config';
import type { LayerRow } from '../row';
import { layersOverTime } from './time';

/** The layer inside. Its kernel was divided by its largest singular value in training, and is stored so. */
function spectral(call: LayerCall): ValueId | ValueId[] {
  const { kind, config, isKeras } = layerSpec(call.config.get('layer'));
  const row = isKeras && Object.hasOwn(layersOverTime, kind) ? layersOverTime[kind]! : null;
  if (!row) throw new NotExpressible(`${kind} inside`);
  if (config.get('data_format') === 'channels_first') throw new NotExpressible('channels first inside');
  return row.translate(call.with({ kind, config }));
}

export const wrapping: Readonly<Record<string, LayerRow>> = {
  SpectralNormalization: { translate: spectral, units: 'last', overTime: true },
};

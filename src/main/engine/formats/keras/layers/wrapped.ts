/** Wrappers that leave a trained layer as it is. */
import type { ValueId } from '../../../graph/graph';
import { type LayerCall, NotExpressible } from '../call';
import { layerSpec } from '../config';
import { archiveKeys } from '../keys';
import type { LayerRow } from '../row';
import { pictures } from './picture';
import { layersOverTime } from './time';

/** The layer inside. Its kernel was divided by its largest singular value in training, and is stored so. */
function spectral(call: LayerCall): ValueId | ValueId[] {
  const { kind, config, isKeras } = layerSpec(call.config.get('layer'));
  const row = isKeras && Object.hasOwn(layersOverTime, kind) ? layersOverTime[kind]! : null;
  if (!row) throw new NotExpressible(`${kind} inside`);
  if (config.get('data_format') === 'channels_first') throw new NotExpressible('channels first inside');
  // Keras 3 casts what comes out to the type of what went in.
  if (call.keras >= 3 && call.to.builder.at(call.input).dtype !== 'float32')
    throw new NotExpressible('whole numbers for its input, to which Keras cuts its output');
  return row.translate(call.with({ kind, config }));
}

/** One layer after the other. */
function pipeline(call: LayerCall): ValueId {
  const layers = call.config.list('layers').map(layerSpec);
  const keys = archiveKeys(layers);
  return layers.reduce<ValueId>((x, { name, kind, config, isKeras }) => {
    const row = isKeras ? inPipeline(kind) : null;
    if (!row) throw new NotExpressible(`${kind} inside`);
    const inner = { kind, config, inputs: [x], masks: [null] };
    const made = row.translate(call.within(keys.get(name)!, inner));
    if (Array.isArray(made)) throw new NotExpressible('several outputs inside');
    return made;
  }, call.input);
}

const inPipeline = (kind: string): LayerRow | null =>
  [layersOverTime, pictures].map((rows) => (Object.hasOwn(rows, kind) ? rows[kind]! : null)).find(Boolean) ?? null;

export const wrapping: Readonly<Record<string, LayerRow>> = {
  SpectralNormalization: { translate: spectral, units: 'last', overTime: true },
  Pipeline: { translate: pipeline, units: 'last' },
};

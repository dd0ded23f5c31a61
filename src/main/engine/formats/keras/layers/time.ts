/** The wrapper that applies a layer at every time step, and the layers that it can apply. */
import type { ValueId } from '../../../graph/graph';
import { type LayerCall, NotExpressible } from '../call';
import { layerSpec } from '../config';
import type { LayerRow } from '../row';
import { activationLayers } from './activation';
import { attentionLayers } from './attention';
import { convolutions } from './conv';
import { core, oneInput } from './core';
import { merging } from './merge';
import { normalisation } from './norm';
import { pooling } from './pool';
import { recurrentLayers } from './recurrent';
import { reshaping } from './reshape';

const { Dot: _, ...joining } = merging;

/** Layers that treat every position alike, or whose windows can be one step long in time. */
const overTime: Readonly<Record<string, LayerRow>> = {
  ...activationLayers,
  ...attentionLayers,
  ...convolutions,
  ...core,
  ...joining,
  ...normalisation,
  ...pooling,
  ...recurrentLayers,
  ...reshaping,
};

/** Keras calls their arithmetic from this wrapper, past what reads quantised weights. */
const CALLED_BARE: ReadonlySet<string> = new Set(['Dense', 'EinsumDense', 'Embedding', 'ReversibleEmbedding']);

/** The inner layer with the time axis before its own. Inner models are the network's business. */
function timeDistributed(call: LayerCall): ValueId {
  const inner = layerSpec(call.config.get('layer'));
  const row = Object.hasOwn(layersOverTime, inner.kind) && inner.isKeras ? layersOverTime[inner.kind]! : null;
  if (!row) throw new NotExpressible(`${inner.kind} at every time step`);
  if (CALLED_BARE.has(inner.kind) && call.held().some(({ numbers }) => numbers !== 'real'))
    throw new NotExpressible('quantised weights, which Keras takes without their scales there');
  const lead = call.lead + 1;
  const value = row.translate(call.with({ kind: inner.kind, config: inner.config, inputs: [oneInput(call)], lead }));
  if (!Array.isArray(value)) return value;
  if (value.length > 1) throw new NotExpressible('several outputs');
  return value[0]!;
}

export const layersOverTime: Readonly<Record<string, LayerRow>> = {
  ...Object.fromEntries(Object.entries(overTime).map(([kind, row]) => [kind, { ...row, overTime: true }])),
  TimeDistributed: { translate: timeDistributed, units: 'last', overTime: true },
};

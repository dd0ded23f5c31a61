/** Activations as layers, with their parameters. */
import type { Shape, ValueId } from '../../../graph/graph';
import { ConfigFault } from '../../json';
import { softmaxOver } from '../../tensors/compositions';
import { activationOf, provideActivationLayers } from '../activations';
import { type LayerCall, NotExpressible } from '../call';
import type { LayerRow } from '../row';
import { isSince } from '../version';

const kept = (translate: LayerRow['translate']): LayerRow => ({ translate, units: 'kept', anyShape: true });

/** Keras 3's ReLU: max_value, negative_slope, threshold. */
function relu(call: LayerCall): ValueId {
  const { config } = call;
  const maxValue = config.has('max_value') ? config.number('max_value') : null;
  const slope = config.number('negative_slope', 0);
  const threshold = config.number('threshold', 0);
  const x = [call.input];
  if (maxValue !== null || threshold !== 0) return call.op('clippedRelu', x, { maxValue, threshold, slope }, 'relu');
  return slope === 0 ? call.op('relu', x, {}, 'relu') : call.op('leakyRelu', x, { slope }, 'relu');
}

/** Slopes are learnt, one for all positions along `shared_axes`. */
function prelu(call: LayerCall): ValueId {
  const shared = call.config.has('shared_axes') ? call.axes('shared_axes', 1) : [];
  const inner: Shape = call.shape().slice(call.lead);
  const shape = inner.map((size, axis) => (shared.includes(axis + call.lead) ? 1 : size));
  const slopes = call.weights(['alpha', shape])[0]!;
  return call.op('prelu', [call.input, slopes], {}, 'prelu');
}

/** What a softmax hides from itself. */
const HIDDEN = -1e9;

/** Over what a mask leaves; null where there is none. Where it leaves nothing, the mean of all, and since Keras 3.14 nothing. */
function masked(call: LayerCall): ValueId | null {
  const mask = call.mask();
  if (mask === null) return null;
  const x = call.input;
  const axis = call.axis(call.config.get('axis') ?? -1);
  // Of fewer axes, Keras lays it over the examples.
  if (call.shape(mask).length !== call.shape(x).length) throw new NotExpressible('a mask of this shape');
  const shown = call.op('select', [mask, x, call.scalar('hidden', HIDDEN)], {}, 'shown');
  const made = call.op('softmax', [shown], { axis }, 'softmax');
  return isSince(call.version, 3, 14) ? call.op('mul', [made, mask], {}, 'seen') : made;
}

function softmax(call: LayerCall): ValueId {
  const hidden = masked(call);
  if (hidden) return hidden;
  const axes = [...new Set(call.axes('axis', -1))].sort((a, b) => a - b);
  if (axes.length === 1) return call.op('softmax', [call.input], { axis: axes[0]! }, 'softmax');
  const over = axes.map((axis) => axis - call.lead + 1);
  return call.value(
    call.assembled('softmax', (to) => softmaxOver(to, call.tensor(), over)),
    'softmax',
  );
}

const slopeOf = (call: LayerCall): number =>
  call.config.has('negative_slope') ? call.config.number('negative_slope') : call.config.number('alpha', 0.3);

export const activationLayers: Readonly<Record<string, LayerRow>> = {
  Activation: {
    ...kept((call) => {
      const activation = activationOf(call);
      return activation ? activation(call.input) : call.op('identity', [call.input], {}, 'identity');
    }),
    anyShape: false,
  },
  ReLU: kept(relu),
  LeakyReLU: kept((call) => call.op('leakyRelu', [call.input], { slope: slopeOf(call) }, 'leaky_relu')),
  ELU: kept((call) => call.op('elu', [call.input], { alpha: call.config.number('alpha', 1) }, 'elu')),
  PReLU: { translate: prelu, units: 'kept' },
  Softmax: { translate: softmax, units: 'kept' },
  ThresholdedReLU: kept((call) => {
    const threshold = call.config.number('theta', 1);
    if (threshold < 0) throw new ConfigFault(`theta is ${threshold}, which is below 0`);
    return call.op('threshold', [call.input], { threshold, value: 0 }, 'threshold');
  }),
};

provideActivationLayers((kind) => (Object.hasOwn(activationLayers, kind) ? activationLayers[kind]!.translate : null));

/** Dense, embedding, rescaling, and what does nothing when a trained model is used. */
import type { Constant, ValueId } from '../../../graph/graph';
import { ConfigFault } from '../../json';
import { picked } from '../../tensors/array';
import { activationOf } from '../activations';
import { type LayerCall, NotExpressible } from '../call';
import { maskingOf } from '../masks';
import { kernelOf, type Steps, tablesOf } from '../quantised';
import type { LayerRow } from '../row';

/** x · kernel + bias, then the activation; over the last axis of values of any rank. */
function dense(call: LayerCall): ValueId {
  const { config } = call;
  const units = config.whole('units');
  const { kernel, bias, steps } = kernelOf(call, {
    shape: [call.shape().at(-1) ?? null, units],
    bias: config.flag('use_bias', true) ? [units] : null,
    summed: [0],
    kept: [1],
  });
  const x = rounded(call, call.input, steps, [call.shape().length - 1], 'rounded');
  const product = call.op('matmul', [x, kernel], { transposeA: false, transposeB: false }, 'matmul');
  return finish(call, product, bias);
}

/** Values as they meet a quantised kernel. @param axes that share a step */
export function rounded(
  call: LayerCall,
  x: ValueId,
  steps: Steps | null,
  axes: readonly number[],
  inside: string,
): ValueId {
  return steps ? call.op('roundToSteps', [x], { ...steps, axes }, inside) : x;
}

/** Bias and activation, each a value of its own. */
export function finish(call: LayerCall, linear: ValueId, bias: ValueId | undefined): ValueId {
  const pre = bias === undefined ? linear : call.op('add', [linear, bias], {}, 'pre');
  return activationOf(call)?.(pre) ?? pre;
}

function embedding(call: LayerCall): ValueId {
  const { config } = call;
  const [rows, features] = [config.whole('input_dim'), config.whole('output_dim')];
  const apart = config.has('tie_weights') && !config.flag('tie_weights', true);
  const { table } = tablesOf(call, rows, features, apart);
  const indices = call.fixed();
  // Where padding is masked it is id 0.
  if (!indices)
    return call.op(
      'embedding',
      [call.input, table],
      config.flag('mask_zero', false) ? { padding: 0 } : {},
      'embedding',
    );
  // Rows that every example takes alike, as those of positions.
  const taken = picked(call.array(table), 0, Array.from(indices.data));
  const shape = [...indices.shape, features];
  return call.derived(`rows_${call.input}`, () => ({ shape, data: taken.data as Float32Array }));
}

/** An embedding, or, called in reverse, the product that leads from its features back to its rows. */
function reversibleEmbedding(call: LayerCall): ValueId {
  const { config } = call;
  if (call.argument(1, 'reverse') !== true) return embedding(call);
  const apart = !config.flag('tie_weights', true);
  const features = config.whole('output_dim');
  const { back, steps } = tablesOf(call, config.whole('input_dim'), features, apart);
  const x = rounded(call, call.input, steps, [call.shape().length - 1], 'rounded');
  const logits = call.op('matmul', [x, back], { transposeA: false, transposeB: !apart }, 'matmul');
  if (!config.has('logit_soft_cap')) return logits;
  const cap = config.number('logit_soft_cap');
  const bent = call.op('tanh', [call.op('mul', [logits, call.scalar('share', 1 / cap)], {}, 'uncapped')], {}, 'bent');
  return call.op('mul', [bent, call.scalar('cap', cap)], {}, 'capped');
}

/** scale · x + offset. */
function rescaling(call: LayerCall): ValueId {
  const scale = call.config.array('scale');
  const offset = call.config.has('offset') ? call.config.array('offset') : { shape: [], data: Float32Array.of(0) };
  return scaleAndShift(call, scale, offset);
}

/** As one affine op where the numbers go by the last axis or are single, else as a product and a sum. */
export function scaleAndShift(call: LayerCall, scale: Constant, offset: Constant, x: ValueId = call.input): ValueId {
  const channels = call.shape(x).at(-1);
  const perChannel = ({ shape, data }: Constant): Constant | null => {
    if (typeof channels !== 'number' || !(data instanceof Float32Array)) return null;
    if (data.length === 1) return { shape: [channels], data: new Float32Array(channels).fill(data[0]!) };
    return data.length === channels && shape.at(-1) === channels ? { shape: [channels], data } : null;
  };
  const [scales, offsets] = [perChannel(scale), perChannel(offset)];
  if (scales && offsets) {
    const constants = [call.derived('scale', () => scales), call.derived('offset', () => offsets)];
    return call.op('affine', [x, ...constants], {}, 'affine');
  }
  const product = call.op('mul', [x, call.derived('scale', () => scale)], {}, 'scaled');
  return call.op('add', [product, call.derived('offset', () => offset)], {}, 'shifted');
}

/** γ · x with a learnt γ per channel: ConvNeXt's (arXiv 2201.03545). */
function layerScale(call: LayerCall): ValueId {
  const [gamma] = call.weights(['gamma', [call.config.whole('projection_dim')]]);
  return call.op('mul', [call.input, gamma!], {}, 'scaled');
}

const unchanged: LayerRow = {
  translate: (call) => call.op('identity', [call.input], {}, 'identity'),
  units: 'kept',
  anyShape: true,
};

/** What is padding becomes 0; where padding is 0 already, every value stays as it is. */
const masking: LayerRow = {
  ...unchanged,
  translate: (call) => {
    if (call.config.number('mask_value', 0) === 0) return unchanged.translate(call);
    const shape = call.shape().slice(0, -1);
    if (shape.filter((size) => size === null).length > 1) throw new NotExpressible('several free sizes');
    const wide = [...shape.map((size) => size ?? -1), 1];
    const counts = call.truth('reshape', [maskingOf(call)], { shape: wide }, 'counts');
    return call.op('select', [counts, call.input, call.scalar('zero', 0)], {}, 'shown');
  },
  anyShape: false,
};

export const core: Readonly<Record<string, LayerRow>> = {
  Dense: { translate: dense, units: 'last' },
  Embedding: { translate: embedding, units: 'last', takesConstants: true },
  ReversibleEmbedding: { translate: reversibleEmbedding, units: 'last', takesConstants: true },
  Rescaling: { translate: rescaling, units: 'kept' },
  LayerScale: { translate: layerScale, units: 'kept' },
  Masking: masking,
  Identity: unchanged,
  ActivityRegularization: unchanged,
  Dropout: unchanged,
  SpatialDropout1D: unchanged,
  SpatialDropout2D: unchanged,
  SpatialDropout3D: unchanged,
  AlphaDropout: unchanged,
  GaussianDropout: unchanged,
  GaussianNoise: unchanged,
  StochasticDepth: unchanged,
  // Augmentation does nothing at inference.
  AugMix: unchanged,
  Equalization: unchanged,
  RandAugment: unchanged,
  Solarization: unchanged,
  RandomBrightness: unchanged,
  RandomColorDegeneration: unchanged,
  RandomColorJitter: unchanged,
  RandomContrast: unchanged,
  RandomElasticTransform: unchanged,
  RandomErasing: unchanged,
  RandomFlip: unchanged,
  RandomGaussianBlur: unchanged,
  RandomGrayscale: unchanged,
  RandomHeight: unchanged,
  RandomHue: unchanged,
  RandomInvert: unchanged,
  RandomPerspective: unchanged,
  RandomPosterization: unchanged,
  RandomRotation: unchanged,
  RandomSaturation: unchanged,
  RandomSharpness: unchanged,
  RandomShear: unchanged,
  RandomTranslation: unchanged,
  RandomWidth: unchanged,
  RandomZoom: unchanged,
};

/** For layers that want one input only. */
export function oneInput(call: LayerCall): ValueId {
  if (call.inputs.length !== 1) throw new ConfigFault(`it has ${call.inputs.length} inputs, expected 1`);
  return call.inputs[0]!;
}

/** Dense, embedding, rescaling, and what does nothing when a trained model is used. */
import type { Constant, ValueId } from '../../../graph/graph';
import { ConfigFault } from '../../json';
import { picked } from '../../tensors/array';
import { activationOf } from '../activations';
import { type LayerCall, NotExpressible } from '../call';
import type { LayerRow } from '../row';

/** x · kernel + bias, then the activation; over the last axis of values of any rank. */
function dense(call: LayerCall): ValueId {
  const { config } = call;
  if (config.has('quantization_mode')) throw new NotExpressible('quantised weights');
  const units = config.whole('units');
  const features = call.shape().at(-1) ?? null;
  const biased = config.flag('use_bias', true);
  const [kernel, bias] = call.weights(['kernel', [features, units]], ...(biased ? ([['bias', [units]]] as const) : []));
  const product = call.op('matmul', [call.input, kernel!], { transposeA: false, transposeB: false }, 'matmul');
  return finish(call, product, bias);
}

/** Bias and activation, each a value of its own. */
export function finish(call: LayerCall, linear: ValueId, bias: ValueId | undefined): ValueId {
  const pre = bias === undefined ? linear : call.op('add', [linear, bias], {}, 'pre');
  return activationOf(call)?.(pre) ?? pre;
}

function embedding(call: LayerCall): ValueId {
  const { config } = call;
  if (config.has('quantization_mode')) throw new NotExpressible('quantised weights');
  const [table] = call.weights(['embeddings', [config.whole('input_dim'), config.whole('output_dim')]]);
  const indices = call.fixed();
  // Where padding is masked it is id 0.
  if (!indices)
    return call.op(
      'embedding',
      [call.input, table!],
      config.flag('mask_zero', false) ? { padding: 0 } : {},
      'embedding',
    );
  // Rows that every example takes alike, as those of positions.
  const rows = picked(call.array(table!), 0, Array.from(indices.data));
  const shape = [...indices.shape, config.whole('output_dim')];
  return call.derived(`rows_${call.input}`, () => ({ shape, data: rows.data as Float32Array }));
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

/** Masking with 0 leaves every value as it is: what it masks is zero already. What reads the mask is refused. */
const masking: LayerRow = {
  ...unchanged,
  translate: (call) => {
    if (call.config.number('mask_value', 0) !== 0) throw new NotExpressible('a mask value other than 0');
    return unchanged.translate(call);
  },
};

export const core: Readonly<Record<string, LayerRow>> = {
  Dense: { translate: dense, units: 'last' },
  Embedding: { translate: embedding, units: 'last', takesConstants: true },
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
  RandomBrightness: unchanged,
  RandomColorDegeneration: unchanged,
  RandomColorJitter: unchanged,
  RandomContrast: unchanged,
  RandomElasticTransform: unchanged,
  RandomErasing: unchanged,
  RandomFlip: unchanged,
  RandomGaussianBlur: unchanged,
  RandomGrayscale: unchanged,
  RandomHue: unchanged,
  RandomInvert: unchanged,
  RandomPerspective: unchanged,
  RandomPosterization: unchanged,
  RandomRotation: unchanged,
  RandomSaturation: unchanged,
  RandomSharpness: unchanged,
  RandomShear: unchanged,
  RandomTranslation: unchanged,
  RandomZoom: unchanged,
};

/** For layers that want one input only. */
export function oneInput(call: LayerCall): ValueId {
  if (call.inputs.length !== 1) throw new ConfigFault(`it has ${call.inputs.length} inputs, expected 1`);
  return call.inputs[0]!;
}

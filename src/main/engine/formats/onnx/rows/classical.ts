/** Ops of the domain ai.onnx.ml that converters of scikit-learn write: scalers, encoders, linear models. */
import * as host from '../../tensors/array';
import { NotExpressible, type HostArray } from '../../tensors/array';
import type { Tensor } from '../../tensors/assembly';
import { converted } from '../../tensors/casts';
import { isNotNumber, safeDivision, selected } from '../../tensors/compositions';
import * as matrices from '../../tensors/matrices';
import * as moves from '../../tensors/moves';
import * as reductions from '../../tensors/reductions';
import type { OnnxCall } from '../call';
import { passed, type Row } from './row';

/** One number for all features, or one for each. */
const perFeature = (list: readonly number[], missing: number): HostArray =>
  list.length > 1 ? host.reals([list.length], list) : host.scalar(list[0] ?? missing);

const scaler: Row = (call) => {
  const offset = perFeature(call.floats('offset') ?? [], 0);
  const scale = perFeature(call.floats('scale') ?? [], 1);
  return call.to.binary('mul', call.to.binary('sub', call.input(0), offset), scale);
};

/** Each row by its length, or by its largest number. */
const normaliser: Row = (call) => {
  const { to } = call;
  const x = call.input(0);
  const axes = [to.rank(x) - 1];
  const by = call.text('norm', 'MAX');
  if (by === 'MAX') return safeDivision(to, x, reductions.reduce(to, 'max', x, axes, true));
  if (by === 'L1')
    return safeDivision(to, x, reductions.reduce(to, 'sum', to.unary('abs', x, {}, Math.abs), axes, true));
  if (by !== 'L2') throw new NotExpressible(`a norm ${by}`);
  const squares = reductions.reduce(
    to,
    'sum',
    to.unary('square', x, {}, (each) => each * each),
    axes,
    true,
  );
  return safeDivision(to, x, to.unary('sqrt', squares, {}, Math.sqrt));
};

/** x · coefficientsᵀ + intercepts: [rows, outputs]. */
function linear(call: OnnxCall, outputs: number): Tensor {
  const { to } = call;
  const coefficients = call.floats('coefficients') ?? [];
  const features = coefficients.length / outputs;
  if (!Number.isInteger(features) || features < 1)
    throw new NotExpressible(`${coefficients.length} coefficients for ${outputs} outputs`);
  const kernel = host.transposed(host.reals([outputs, features], [...coefficients]), [1, 0]);
  const made = matrices.matmul(to, real(call, call.input(0)), kernel);
  const intercepts = call.floats('intercepts');
  return intercepts?.length ? to.binary('add', made, host.reals([intercepts.length], [...intercepts])) : made;
}
const real = ({ to }: OnnxCall, x: Tensor): Tensor => converted(to, x, 'real');

/** What becomes of scores, one row an example. */
function transformed(call: OnnxCall, scores: Tensor): Tensor {
  const { to } = call;
  const by = call.text('post_transform', 'NONE');
  if (by === 'NONE') return scores;
  if (by === 'LOGISTIC') return to.unary('sigmoid', scores, {}, null);
  if (by === 'SOFTMAX') return reductions.softmax(to, scores, to.rank(scores) - 1, 'softmax');
  throw new NotExpressible(`scores transformed by ${by}`);
}

const regressor: Row = (call) => transformed(call, linear(call, call.int('targets', 1)));

/** Labels, which nothing passes to, and scores; of one score both sides, as onnxruntime has them (softmax of one is left out). */
const classifier: Row = (call) => {
  const { to } = call;
  const labels = call.ints('classlabels_ints')?.length || call.texts('classlabels_strings')?.length || 0;
  const rows = call.floats('intercepts')?.length || labels;
  if (rows < 1) throw new NotExpressible('no classes');
  const scores = linear(call, rows);
  const label = to.unknown([scores], 'the label of the largest score', null);
  if (!(rows === 1 && labels === 2)) return [label, transformed(call, scores)];
  const by = call.text('post_transform', 'NONE');
  const last = to.rank(scores) - 1;
  if (by === 'LOGISTIC') {
    const both = moves.concat(to, [to.unary('neg', scores, {}, null), scores], last);
    return [label, to.unary('sigmoid', both, {}, null)];
  }
  if (by !== 'NONE' && by !== 'SOFTMAX') throw new NotExpressible(`one score transformed by ${by}`);
  return [label, moves.concat(to, [to.binary('sub', host.scalar(1), scores), scores], last)];
};

/** Numbers that stand for others. */
const imputer: Row = (call) => {
  const { to } = call;
  const x = call.input(0);
  const floats = call.floats('imputed_value_floats');
  const wholes = call.ints('imputed_value_int64s');
  const values = perFeature(floats?.length ? floats : (wholes ?? []), 0);
  const replaced = floats?.length ? call.float('replaced_value_float', 0) : call.int('replaced_value_int64', 0);
  const condition = Number.isNaN(replaced) ? isNotNumber(to, x) : to.binary('equal', x, host.scalar(replaced));
  return selected(to, condition, values, x);
};

/** The inputs' features side by side. */
const vectoriser: Row = (call) => {
  const { to } = call;
  const parts = call.inputs.map((_, i) => {
    const x = real(call, call.input(i));
    return to.rank(x) === 1 ? to.unsqueeze(x, [1]) : x;
  });
  return moves.concat(to, parts, to.rank(parts[0]!) - 1);
};

/** Features picked. */
const extractor: Row = (call) => {
  const { to } = call;
  const x = call.input(0);
  const places = to.array(call.input(1), 'positions');
  const picked = moves.gather(to, x, host.reshaped(places, [places.data.length]), to.rank(x) - 1);
  return to.rank(x) === 1 ? to.unsqueeze(picked, [0]) : picked;
};

/** Most keys that are compared one by one. */
const MOST_KEYS = 4096;

/** For each number whether it is one of these, along a new last axis. */
function compared(call: OnnxCall, x: Tensor, keys: readonly number[]): Tensor {
  if (keys.length < 1 || keys.length > MOST_KEYS) throw new NotExpressible(`${keys.length} keys`);
  const { to } = call;
  return real(call, to.binary('equal', to.unsqueeze(x, [to.rank(x)]), host.wholes([...keys])));
}

/** Numbers for numbers; others by a number for all of them. */
const encoder: Row = (call) => {
  const { to } = call;
  const listed = (name: string): readonly number[] | null => {
    const [wholes, reals, tensor] = [call.ints(`${name}_int64s`), call.floats(`${name}_floats`), call.array(`${name}_tensor`)]; // prettier-ignore
    return wholes?.length ? wholes : reals?.length ? reals : tensor ? [...tensor.data] : null;
  };
  const [keys, values] = [listed('keys'), listed('values')];
  if (!keys || !values || keys.length !== values.length) throw new NotExpressible('texts');
  const whole = Boolean(call.ints('values_int64s')?.length) || call.array('values_tensor')?.whole === true;
  const missing = call.array('default_tensor')?.data[0] ?? (whole ? call.int('default_int64', -1) : call.float('default_float', 0)); // prettier-ignore
  const x = call.input(0);
  const found = compared(call, x, keys);
  const apart = host.reals(
    [keys.length, 1],
    Float32Array.from(values, (each) => each - missing),
  );
  const make = (): Tensor => {
    const sum = to.squeeze(matrices.matmul(to, found, apart), [to.rank(x)]);
    return to.binary('add', sum, host.scalar(missing));
  };
  return whole ? to.asWhole(make) : make();
};

/** A place for each category; none of them where a number is no category. */
const oneHot: Row = (call) => {
  const categories = call.ints('cats_int64s');
  if (!categories?.length) throw new NotExpressible('texts');
  if (!call.int('zeros', 1)) throw new NotExpressible('other categories refused');
  return compared(call, call.input(0), categories);
};

const never =
  (what: string): Row =>
  () => {
    throw new NotExpressible(what);
  };
const trees = never('decision trees, whose output goes in steps and has no slope anywhere');
const vectors = never('support vectors');

export const classical: Readonly<Record<string, Row>> = {
  'ai.onnx.ml.Scaler': scaler,
  'ai.onnx.ml.Normalizer': normaliser,
  'ai.onnx.ml.LinearRegressor': regressor,
  'ai.onnx.ml.LinearClassifier': classifier,
  /** Its tensor under the name of the list of maps that it becomes. */
  'ai.onnx.ml.ZipMap': passed,
  'ai.onnx.ml.Binarizer': (call) =>
    real(call, call.to.binary('greater', call.input(0), host.scalar(call.float('threshold', 0)))),
  'ai.onnx.ml.Imputer': imputer,
  'ai.onnx.ml.FeatureVectorizer': vectoriser,
  'ai.onnx.ml.ArrayFeatureExtractor': extractor,
  'ai.onnx.ml.LabelEncoder': encoder,
  'ai.onnx.ml.OneHotEncoder': oneHot,
  'ai.onnx.ml.TreeEnsemble': trees,
  'ai.onnx.ml.TreeEnsembleClassifier': trees,
  'ai.onnx.ml.TreeEnsembleRegressor': trees,
  'ai.onnx.ml.SVMClassifier': vectors,
  'ai.onnx.ml.SVMRegressor': vectors,
};

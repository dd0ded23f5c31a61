/** Numbers that are known when the file is opened, and steps that pass values on. */
import * as host from '../../tensors/array';
import { NotExpressible, product, range } from '../../tensors/array';
import { symbolic } from '../../tensors/assembly';
import { passed, type Row } from './row';

const shapeRow: Row = (call) => host.wholes([...call.to.shape(call.input(0))]);

export const constants: Readonly<Record<string, Row>> = {
  Identity: passed,
  StopGradient: passed,
  PreventGradient: passed,
  Snapshot: passed,
  CheckNumerics: passed,
  PlaceholderWithDefault: passed,
  EnsureShape: passed,
  IdentityN: (call) => call.inputs,
  Const: (call) => {
    const tensor = call.node.attributes.get('value')?.tensor;
    if (!tensor || call.type('dtype') === 7) throw new NotExpressible('a constant that is no number');
    return tensor();
  },
  Shape: shapeRow,
  ShapeN: (call) => call.inputs.map((x) => host.wholes([...call.to.shape(x)])),
  Size: (call) => host.wholes([product(call.to.shape(call.input(0)))], []),
  Rank: (call) => host.wholes([call.to.rank(call.input(0))], []),
  Range: (call) => {
    const given = [0, 1, 2].map((i) => call.to.array(call.input(i), 'a range'));
    const [start, limit, delta] = given.map(({ data }) => data[0]!) as [number, number, number];
    const count = Math.max(0, Math.ceil((limit - start) / delta));
    if (!(count <= 1e6)) throw new NotExpressible(`a range of ${count} numbers`);
    const numbers = range(count).map((i) => start + i * delta);
    return given.every(({ whole }) => whole) ? host.wholes(numbers) : host.reals([count], numbers);
  },
  LinSpace: (call) => {
    const [start, stop, count] = [0, 1, 2].map((i) => call.to.array(call.input(i), 'a range').data[0]!) as [
      number,
      number,
      number,
    ];
    if (!(count >= 1 && count <= 1e6)) throw new NotExpressible(`a range of ${count} numbers`);
    const step = count > 1 ? (stop - start) / (count - 1) : 0;
    return host.reals(
      [count],
      range(count).map((i) => start + i * step),
    );
  },
  InvertPermutation: (call) => {
    const order = call.list(0, 'an order');
    return host.wholes(order.map((_, place) => order.indexOf(place)));
  },
  DebugIdentity: passed,
  Fill: (call) => {
    const value = call.to.array(call.input(1), 'a number');
    return host.filled(
      call.list(0, 'a shape').map((size) => (symbolic(size) ? 1 : size)),
      value.data[0]!,
      value.whole,
    );
  },
  ZerosLike: (call) =>
    host.filled(
      call.to.shape(call.input(0)).map((size) => (symbolic(size) ? 1 : size)),
      0,
      false,
    ),
  OnesLike: (call) =>
    host.filled(
      call.to.shape(call.input(0)).map((size) => (symbolic(size) ? 1 : size)),
      1,
      false,
    ),
  BroadcastArgs: (call) => host.wholes(host.broadcastShape(call.list(0, 'a shape'), call.list(1, 'a shape'))),
};

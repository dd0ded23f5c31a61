/** Numbers that are known when the file is opened, and steps that pass values on. */
import * as host from '../../tensors/array';
import { NotExpressible, product, range, type HostArray } from '../../tensors/array';
import { symbolic } from '../../tensors/assembly';
import { passed, type Row } from './row';

export const constants: Readonly<Record<string, Row>> = {
  Identity: passed,
  Dropout: (call) => {
    const x = call.input(0);
    const shape = call.to.shape(x).map((size) => (symbolic(size) ? 1 : size));
    return call.outputs > 1 ? [x, host.filled(shape, 1, true)] : x;
  },
  Constant: (call) => {
    const value = call.array('value');
    if (value) return value;
    if (call.has('value_float')) return host.scalar(call.float('value_float', 0));
    if (call.has('value_int')) return host.wholes([call.int('value_int', 0)], []);
    const ints = call.has('value_ints') ? call.ints('value_ints') : null;
    if (ints) return host.wholes([...ints]);
    const floats = call.has('value_floats') ? call.floats('value_floats') : null;
    if (floats) return host.reals([floats.length], [...floats]);
    throw new NotExpressible('a constant that is no number');
  },
  ConstantOfShape: (call) => {
    const value = call.array('value') ?? host.scalar(0);
    const shape = call.to.list(call.input(0), 'a shape').map((size) => (symbolic(size) ? 1 : size));
    return host.filled(shape, value.data[0]!, value.whole);
  },
  Shape: (call) => {
    const shape = call.to.shape(call.input(0));
    const rank = shape.length;
    const place = (value: number): number => Math.min(Math.max(value < 0 ? value + rank : value, 0), rank);
    return host.wholes([...shape.slice(place(call.int('start', 0)), place(call.int('end', rank)))]);
  },
  Size: (call) => host.wholes([product(call.to.shape(call.input(0)))], []),
  Range: (call) => {
    const [start, limit, delta] = [0, 1, 2].map((i) => call.to.array(call.input(i), 'a range')) as [
      HostArray,
      HostArray,
      HostArray,
    ];
    const count = Math.max(0, Math.ceil((limit.data[0]! - start.data[0]!) / delta.data[0]!));
    if (!(count <= 1e6)) throw new NotExpressible(`a range of ${count} numbers`);
    const numbers = range(count).map((i) => start.data[0]! + i * delta.data[0]!);
    return start.whole ? host.wholes(numbers) : host.reals([count], numbers);
  },
};

/** Discrete Fourier transforms as what they are: products with sines and cosines. A complex value is two real ones. */
import * as host from './array';
import { type HostArray, isArray, NotExpressible, range } from './array';
import { type Assembly, symbolic, type Tensor } from './assembly';
import { mixed } from './compositions';
import * as moves from './moves';
import { along } from './pieces';
import * as sliding from './sliding';

/** The matrices of a transform have twice its square in numbers: longer ones are made of two shorter ones. */
const LONGEST = 4096;
/** Longer ones still are refused: their factors could be as long. */
const MOST = 2 ** 20;

export interface Complex {
  readonly re: Tensor;
  /** null: zeros */
  readonly im: Tensor | null;
}

/** cos and sin of 2π · place · frequency / length, [places, frequencies]. @throws NotExpressible over LONGEST */
function waves(places: number, length: number, count: number): readonly [cosines: HostArray, sines: HostArray] {
  if (!(length >= 1 && length <= LONGEST)) throw new NotExpressible(`a length of ${length}, of at most ${LONGEST}`);
  const [cosines, sines] = [new Float32Array(places * count), new Float32Array(places * count)];
  for (let place = 0; place < places; place++)
    for (let frequency = 0; frequency < count; frequency++) {
      // Whole turns are left out while they are whole numbers: the angle keeps all its digits.
      const angle = (2 * Math.PI * ((place * frequency) % length)) / length;
      cosines[place * count + frequency] = Math.cos(angle);
      sines[place * count + frequency] = Math.sin(angle);
    }
  return [host.reals([places, count], cosines), host.reals([places, count], sines)];
}

const minus = (array: HostArray): HostArray => host.mapped(array, (each) => -each);

/** A last part of an axis left out, or zeros behind it. */
function ofLength(to: Assembly, x: Complex, axis: number, length: number): Complex {
  const size = to.shape(x.re)[axis]!;
  const rank = to.rank(x.re);
  const padding = range(rank).map((each): readonly [number, number] => [0, each === axis ? length - size : 0]);
  const fitted = (value: Tensor): Tensor =>
    size > length
      ? along(to, value, axis, 0, length)
      : size < length
        ? moves.pad(to, value, padding, 'constant', 0)
        : value;
  return { re: fitted(x.re), im: x.im && fitted(x.im) };
}

const known = (to: Assembly, x: Complex, axis: number): number => {
  const size = to.shape(x.re)[axis]!;
  if (symbolic(size)) throw new NotExpressible('a transform of a free length');
  return size;
};

/**
 * Along one axis.
 * @param length null: the axis's; a longer one means zeros behind it, a shorter one that the rest is left out
 * @param oneSided only frequencies up to the middle: of real values the others are their conjugates
 */
export function fourier(to: Assembly, x: Complex, axis: number, length: number | null, oneSided: boolean): Complex {
  const size = known(to, x, axis);
  const all = length ?? size;
  const wanted = oneSided ? Math.floor(all / 2) + 1 : all;
  if (all > LONGEST) {
    const whole = ofTwo(to, ofLength(to, x, axis, all), axis, all);
    return { re: along(to, whole.re, axis, 0, wanted), im: along(to, imaginary(to, whole), axis, 0, wanted) };
  }
  const places = Math.min(size, all);
  const [cosines, sines] = waves(places, all, wanted);
  const cut = (value: Tensor): Tensor => (places === size ? value : along(to, value, axis, 0, places));
  const turned = (name: string, value: Tensor, by: HostArray): Tensor =>
    to.part(name, () => mixed(to, cut(value), axis, by));
  const re = turned('cosines', x.re, cosines);
  const im = turned('sines', x.re, minus(sines));
  if (!x.im) return { re, im };
  return {
    re: to.binary('add', re, turned('cosines_of_imaginary', x.im, sines)),
    im: to.binary('add', im, turned('sines_of_imaginary', x.im, cosines)),
  };
}

/**
 * A long transform as rows of shorter ones, turned, and columns of shorter ones (Cooley and Tukey 1965): of place n₁ · b + n₂ and
 * frequency k₁ + a · k₂, for a length of a · b.
 */
function ofTwo(to: Assembly, x: Complex, axis: number, length: number): Complex {
  let b = Math.floor(Math.sqrt(length));
  while (length % b !== 0) b--;
  const a = length / b;
  if (length > MOST || a > LONGEST)
    throw new NotExpressible(`a length of ${length}, which is no product of two below ${LONGEST}`);
  const rank = to.rank(x.re);
  const swapped = range(rank).map((each) => (each === axis ? rank - 1 : each === rank - 1 ? axis : each));
  const lead = to.shape(to.transpose(x.re, swapped)).slice(0, -1);
  const both = ({ re, im }: Complex, move: (part: Tensor) => Tensor): Complex => ({ re: move(re), im: im && move(im) });
  const grid = both(x, (part) => to.reshape(to.transpose(part, swapped), [...lead, a, b]));
  const rows = to.part('rows', () => fourier(to, grid, rank - 1, null, false));
  const [cosines, sines] = twiddles(a, b, length);
  const turned = product(to, rows, { re: cosines, im: minus(sines) });
  const columns = to.part('columns', () => fourier(to, turned, rank, null, false));
  const order = [...range(rank - 1), rank, rank - 1];
  return both(columns, (part) => to.transpose(to.reshape(to.transpose(part, order), [...lead, length]), swapped));
}

/** cos and sin of 2π · row · column / length. */
function twiddles(rows: number, columns: number, length: number): readonly [cosines: HostArray, sines: HostArray] {
  const made = [Math.cos, Math.sin].map((wave) =>
    host.reals(
      [rows, columns],
      Float32Array.from({ length: rows * columns }, (_, at) =>
        wave((2 * Math.PI * Math.floor(at / columns) * (at % columns)) / length),
      ),
    ),
  );
  return [made[0]!, made[1]!];
}

/** (a + bi)(c + di), of any product */
export function product(
  to: Assembly,
  x: Complex,
  y: Complex,
  times: (one: Tensor, other: Tensor) => Tensor = (one, other) => to.binary('mul', one, other),
): Complex {
  const both = (one: Tensor | null, other: Tensor | null): Tensor | null => one && other && times(one, other);
  const plain = times(x.re, y.re);
  const turned = both(x.im, y.im);
  const [first, second] = [both(x.re, y.im), both(x.im, y.re)];
  return {
    re: turned ? to.binary('sub', plain, turned) : plain,
    im: first && second ? to.binary('add', first, second) : (first ?? second),
  };
}

const scaled = (to: Assembly, value: Tensor, by: number): Tensor => to.binary('mul', value, host.scalar(by));

/** Back from frequencies, along one axis: the transform with its parts exchanged, before and after; of real ones its conjugate. */
export function inverseFourier(to: Assembly, x: Complex, axis: number, length: number | null): Complex {
  const all = length ?? known(to, x, axis);
  const { re, im } = fourier(to, x.im ? { re: x.im, im: x.re } : x, axis, all, false);
  const other = imaginary(to, { re, im });
  return x.im
    ? { re: scaled(to, other, 1 / all), im: scaled(to, re, 1 / all) }
    : { re: scaled(to, re, 1 / all), im: scaled(to, other, -1 / all) };
}

/**
 * Back to real values, from frequencies up to the middle: the others are their conjugates.
 * @param length of what comes out
 */
export function realInverseFourier(to: Assembly, x: Complex, axis: number, length: number): Tensor {
  known(to, x, axis);
  const half = Math.floor(length / 2) + 1;
  const fitted = ofLength(to, x, axis, half);
  if (length > LONGEST) {
    const mirrored = (value: Tensor): Tensor =>
      moves.gather(to, value, host.wholes(range(length - half, 1).map((place) => length - half + 1 - place)), axis);
    const whole = (value: Tensor, other: Tensor): Tensor => moves.concat(to, [value, other], axis);
    const im = imaginary(to, fitted);
    const full = { re: whole(fitted.re, mirrored(fitted.re)), im: whole(im, to.unary('neg', mirrored(im), {}, (each) => -each)) }; // prettier-ignore
    return inverseFourier(to, full, axis, null).re;
  }
  const [cosines, sines] = waves(half, length, length).map((array) =>
    host.reals(
      array.shape,
      Float32Array.from(array.data, (each, at) => {
        const frequency = Math.floor(at / length);
        return ((frequency === 0 || 2 * frequency === length ? 1 : 2) * each) / length;
      }),
    ),
  ) as [HostArray, HostArray];
  const re = to.part('cosines', () => mixed(to, fitted.re, axis, cosines));
  return fitted.im
    ? to.binary('sub', re, to.part('sines', () => mixed(to, fitted.im!, axis, sines))) // prettier-ignore
    : re;
}

/**
 * Short-time transforms of [examples, samples]: windows that overlap, by one convolution.
 * @param window one weight per sample of a frame
 * @returns [examples, frames, frequencies] of each part
 */
export function shortTimeFourier(
  to: Assembly,
  x: Tensor,
  step: number,
  window: HostArray,
  oneSided: boolean,
): Required<Complex> & { readonly im: Tensor } {
  const [length] = window.shape as [number];
  const count = oneSided ? Math.floor(length / 2) + 1 : length;
  const signal = to.unsqueeze(x, [2]);
  const windows = { size: [length], strides: [step], dilations: [1], padding: [[0, 0]] as const };
  const [cosines, sines] = waves(length, length, count).map((array, i) => {
    const filter = host.combined(array, host.reshaped(window, [length, 1]), (a, b) => (i ? -a * b : a * b));
    return host.reshaped(filter, [length, 1, count]);
  }) as [HostArray, HostArray];
  const made = (name: string, filter: HostArray): Tensor =>
    to.part(name, () => sliding.conv(to, signal, filter, 2, [1], windows, 1));
  return { re: made('cosines', cosines), im: made('sines', sines) };
}

/** √(re² + im²) */
export function magnitude(to: Assembly, { re, im }: Complex): Tensor {
  const square = (x: Tensor): Tensor => to.unary('square', x, {}, (each) => each * each);
  if (!im) return to.unary('abs', re, {}, Math.abs);
  const power = to.part('power', () => to.binary('add', square(re), square(im)));
  return to.unary('sqrt', power, {}, Math.sqrt);
}

export const imaginary = (to: Assembly, { re, im }: Complex): Tensor =>
  im ?? (isArray(re) ? host.filled(re.shape, 0, false) : to.binary('mul', re, host.scalar(0)));

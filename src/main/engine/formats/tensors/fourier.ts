/** Discrete Fourier transforms as what they are: products with sines and cosines. A complex value is two real ones. */
import * as host from './array';
import { type HostArray, isArray, NotExpressible } from './array';
import { type Assembly, symbolic, type Tensor } from './assembly';
import { mixed } from './compositions';
import * as moves from './moves';
import * as sliding from './sliding';

/** The matrices of a transform have twice its square in numbers. */
const LONGEST = 4096;

export interface Complex {
  readonly re: Tensor;
  /** null: zeros */
  readonly im: Tensor | null;
}

/** cos and sin of 2π · place · frequency / length, [places, frequencies]. */
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

/**
 * Along one axis.
 * @param length null: the axis's; a longer one means zeros behind it, a shorter one that the rest is left out
 * @param oneSided only frequencies up to the middle: of real values the others are their conjugates
 */
export function fourier(to: Assembly, x: Complex, axis: number, length: number | null, oneSided: boolean): Complex {
  const size = to.shape(x.re)[axis]!;
  if (symbolic(size)) throw new NotExpressible('a transform of a free length');
  const all = length ?? size;
  const places = Math.min(size, all);
  const [cosines, sines] = waves(places, all, oneSided ? Math.floor(all / 2) + 1 : all);
  const cut = (value: Tensor): Tensor => {
    const along = <T>(these: T, others: T): T[] => to.shape(value).map((_, each) => (each === axis ? these : others));
    return places === size ? value : moves.slice(to, value, along<number | null>(0, null), along<number | null>(places, null), along(1, 1)); // prettier-ignore
  };
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

/** Fourier transforms of keras.ops: a complex value is two real ones, there as here. */
import * as host from '../../tensors/array';
import { NotExpressible, range } from '../../tensors/array';
import { type Assembly, symbolic, type Tensor } from '../../tensors/assembly';
import { type Complex, fourier, imaginary, inverseFourier, realInverseFourier, shortTimeFourier } from '../../tensors/fourier'; // prettier-ignore
import * as moves from '../../tensors/moves';
import type { Arguments } from './given';
import { type Operation, operation } from './row';

const both = (to: Assembly, value: Complex): readonly Tensor[] => [value.re, imaginary(to, value)];

function parted(given: Arguments): Required<Complex> {
  const [re, im] = given.tensors('x');
  if (!re || !im) throw new NotExpressible('a value without its two parts');
  return { re, im };
}

const lengthOf = (given: Arguments): number | null => (given.has('fft_length') ? given.number('fft_length') : null);

/** Over the last so many axes. */
const transform = (axes: number, apply: typeof fourier | typeof inverseFourier): Operation =>
  operation('x', (given, to) => {
    const x: Complex = parted(given);
    const rank = to.rank(x.re);
    return both(to, range(axes, rank - axes).reduce((value, axis) => apply(to, value, axis, null, false), x)); // prettier-ignore
  });

/** Weights of a frame, as scipy makes them for spectra: of a length of one more, the last left out. */
const WINDOWS: Readonly<Record<string, (turn: number) => number>> = {
  hann: (turn) => 0.5 - 0.5 * Math.cos(turn),
  hamming: (turn) => 0.54 - 0.46 * Math.cos(turn),
};

function windowOf(given: Arguments, to: Assembly, length: number): Float32Array {
  const name = given.raw('window');
  if (name === null) return new Float32Array(length).fill(1);
  if (typeof name !== 'string') {
    const { data } = to.array(given.tensor('window'), 'a window');
    if (data.length !== length) throw new NotExpressible(`a window of ${data.length} for ${length}`);
    return Float32Array.from(data);
  }
  const weight = Object.hasOwn(WINDOWS, name) ? WINDOWS[name]! : null;
  if (!weight) throw new NotExpressible(`window ${name}`);
  return Float32Array.from({ length }, (_, place) => weight((2 * Math.PI * place) / length));
}

/** Frames of `fft_length` that overlap, each weighed in its middle by the window. */
function shortTime(given: Arguments, to: Assembly): readonly Tensor[] {
  const signal = given.tensor('x');
  if (to.rank(signal) !== 2) throw new NotExpressible('several axes beside the samples');
  if (symbolic(to.shape(signal)[1]!)) throw new NotExpressible('a free number of samples');
  const [own, step, length] = ['sequence_length', 'sequence_stride', 'fft_length'].map((name) =>
    given.number(name),
  ) as [number, number, number];
  const weights = new Float32Array(length);
  weights.set(windowOf(given, to, own), Math.floor((length - own) / 2));
  const side = Math.floor(length / 2);
  const x = given.flag('center', true) ? moves.pad(to, signal, [[0, 0], [side, side]], 'reflect', 0) : signal; // prettier-ignore
  return both(to, shortTimeFourier(to, x, step, host.reals([length], weights), true));
}

/** By class name in keras.ops. */
export const spectra = {
  FFT: transform(1, fourier),
  FFT2: transform(2, fourier),
  IFFT2: transform(2, inverseFourier),
  RFFT: operation('x fft_length', (given, to) => {
    const x = given.tensor('x');
    return both(to, fourier(to, { re: x, im: null }, to.rank(x) - 1, lengthOf(given), true));
  }),
  IRFFT: operation('x fft_length', (given, to) => {
    const x = parted(given);
    const axis = to.rank(x.re) - 1;
    return realInverseFourier(to, x, axis, lengthOf(given) ?? 2 * (to.shape(x.re)[axis]! - 1));
  }),
  STFT: operation('x sequence_length sequence_stride fft_length window center', shortTime),
} satisfies Readonly<Record<string, Operation>>;

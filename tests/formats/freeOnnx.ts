/** A recurrent net over a length that its file leaves free, or fixes. */
import { random } from '../random';
import { INT64, onnxFile, type Tensor } from './onnxFile';

const next = random(17);
const weights = (...shape: number[]): Tensor => ({
  shape,
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => 6 * (next() - 0.5)),
});
const [w, r, b] = [weights(1, 12, 2), weights(1, 12, 3), weights(1, 24)];

/** x `[n, steps, 2]` → LSTM of three → its last step, `[n, 3]`. */
export const recurrentFile = (steps: number | string): Uint8Array =>
  onnxFile({
    inputs: [{ name: 'x', shape: ['n', steps, 2] }],
    outputs: [{ name: 'last' }],
    constants: { w, r, b, end: { shape: [], data: [-1], type: INT64 }, axes: { shape: [1], data: [1], type: INT64 } },
    nodes: [
      { op: 'Transpose', inputs: ['x'], outputs: ['timed'], attributes: { perm: [1, 0, 2] } },
      { op: 'LSTM', inputs: ['timed', 'w', 'r', 'b'], outputs: ['all'], attributes: { hidden_size: 3 }, name: 'lstm' },
      { op: 'Squeeze', inputs: ['all', 'axes'], outputs: ['steps'] },
      { op: 'Gather', inputs: ['steps', 'end'], outputs: ['last'], attributes: { axis: 0 } },
    ],
  });

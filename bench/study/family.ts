/** One dense layer in networks that are alike but for its size: what the formula of conductance costs as it grows. */
import { GraphBuilder } from '../../src/main/engine/graph/builder';
import type { Graph, ValueId } from '../../src/main/engine/graph/graph';
import { numbersFrom } from '../../src/main/engine/attribution/random';

export const WIDTHS = [4, 8, 16, 32, 64, 128, 256];
export const INPUTS = 32;
const BEHIND = 16;

/** 32 inputs, a dense layer `wide` of so many units with ReLU, one of 16 with ReLU, one value; weights by chance. */
export function dense(width: number): Graph {
  const builder = new GraphBuilder(`dense${width}`);
  const next = numbersFrom(7 * width + 1);
  const drawn = (name: string, shape: number[]): ValueId => {
    const scale = Math.sqrt(3 / shape[0]!);
    const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => scale * (2 * next() - 1));
    return builder.constant({ shape, data }, name);
  };
  const layer = (name: string, output: ValueId): ValueId => {
    builder.layer({ name, kind: 'Dense', group: [], output, unitAxis: 0, inputs: [], parameters: 0 });
    return output;
  };
  const times = (x: ValueId, name: string, shape: number[]): ValueId =>
    builder.add('matmul', [x, drawn(name, shape)], { transposeA: false, transposeB: false }, `${name}_product`);
  const x = layer('x', builder.input('x', [INPUTS]));
  const wide = layer('wide', builder.add('relu', [times(x, 'W', [INPUTS, width])], {}, 'wide'));
  const behind = layer('behind', builder.add('relu', [times(wide, 'V', [width, BEHIND])], {}, 'behind'));
  builder.output('out', layer('out', times(behind, 'v', [BEHIND, 1])));
  return builder.build();
}

/** The op table: one row per canonical op. The compiler asks for every one. */
import * as tf from '@tensorflow/tfjs-core';
import { MhoError } from '../../../contract/errors';
import type { OpName } from '../graph/ops';
import { binary } from './binary';
import { convolution } from './convolution';
import { elementwise } from './elementwise';
import { matrices } from './matrices';
import { normalisation } from './normalisation';
import { pooling } from './pooling';
import { reductions } from './reductions';
import type { OpRule } from './rule';
import { structural } from './structural';

const refuse = ({ attributes }: { readonly attributes: { readonly kind: string } }): never => {
  throw new MhoError('OP_UNSUPPORTED', { layer: attributes.kind, kind: attributes.kind });
};

export const ops: { readonly [Op in OpName]: OpRule<Op> } = {
  ...elementwise,
  ...binary,
  ...matrices,
  ...convolution,
  ...pooling,
  ...reductions,
  ...normalisation,
  ...structural,
  // Whole numbers have no path between them: it starts behind the table.
  embedding: {
    run: ([indices, table]) => tf.gather(table!, tf.cast(indices!, 'int32')),
    gradient: () => [null, null],
    multiplier: () => [null, null],
  },
  // Refused by name before a run starts; this is the last guard.
  unknown: {
    run: (_inputs, context) => refuse(context),
    gradient: refuse,
    multiplier: refuse,
  },
};

/** The op table: one row per canonical op. The compiler asks for every one. */
import * as tf from '@tensorflow/tfjs-core';
import { MhoError } from '../../../contract/errors';
import { waysWords } from '../../../contract/words/ways';
import type { OpName } from '../graph/ops';
import { binary } from './binary';
import { convolution } from './convolution';
import { elementwise } from './elementwise';
import { matrices } from './matrices';
import { normalisation } from './normalisation';
import { partsRule } from './parts';
import { pooling } from './pooling';
import { quantised } from './quantised';
import { reductions } from './reductions';
import type { OpRule } from './rule';
import { selection } from './selection';
import { structural } from './structural';

const refuse = ({ attributes }: { readonly attributes: { readonly kind: string } }): never => {
  const ways = [{ kind: 'report' }] as const;
  const { kind } = attributes;
  throw new MhoError('OP_UNSUPPORTED', { layer: kind, kind, remedy: waysWords(ways) }, { ways });
};

type Table = { readonly [Op in OpName]: OpRule<Op> };

const rows: Table = {
  ...elementwise,
  ...binary,
  ...matrices,
  ...convolution,
  ...pooling,
  ...reductions,
  ...normalisation,
  ...quantised,
  ...structural,
  ...selection,
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

const withParts = <Op extends OpName>(op: Op): [Op, OpRule<Op>] => [
  op,
  { ...rows[op], parts: partsRule(op, rows[op]) },
];

/** Every op's rules, those for RevealCancel's parts among them. */
export const ops = Object.fromEntries((Object.keys(rows) as OpName[]).map((op) => withParts(op))) as unknown as Table;

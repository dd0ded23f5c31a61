/** The entries of a SavedModel: which it has, which is opened, and what is said where there is none. */
import { MhoError } from '../../../../contract/errors';
import { nearest } from '../../graph/target';
import { entries } from '../protobuf';
import { isReal } from '../tensorflow/node';
import type { MetaGraphDef, SignatureDef } from '../tensorflow/proto';

export interface Signature {
  readonly name: string;
  readonly signature: SignatureDef;
}

/** In the order in which one is taken where none is asked for: what a server would call, then as the file lists them. */
const SERVING = ['serving_default', 'serve'];

/**
 * Those with inputs and outputs, by name; first those that give and take real numbers.
 * @throws MODEL_NO_SIGNATURE, MODEL_NO_FUNCTION
 */
function signaturesOf(meta: MetaGraphDef, path: string): readonly Signature[] {
  const all = [...entries(meta.signatures)]
    .filter(([, each]) => each.inputs.length && each.outputs.length)
    .map(([name, signature]) => ({ name, signature }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  if (all.length === 0) {
    const called = traced(meta);
    throw called === null
      ? new MhoError('MODEL_NO_FUNCTION', { path })
      : new MhoError('MODEL_NO_SIGNATURE', { path, function: called });
  }
  const rank = ({ name, signature: { inputs, outputs } }: Signature): number => {
    const real = [inputs, outputs].every((ports) => ports.some(({ value }) => isReal(value.dtype)));
    const place = SERVING.indexOf(name);
    return (real ? 0 : SERVING.length + 1) + (place < 0 ? SERVING.length : place);
  };
  return [...all].sort((a, b) => rank(a) - rank(b));
}

/** One signature, all there are by name, sorted, and the one that is opened where none is asked for. */
export interface Opened extends Signature {
  readonly names: readonly string[];
  readonly first: string;
}

/** @param asked the name of one @throws MODEL_NO_SIGNATURE, MODEL_NO_FUNCTION, SIGNATURE_UNKNOWN */
export function openedOf(meta: MetaGraphDef, path: string, asked: string | undefined): Opened {
  const all = signaturesOf(meta, path);
  const first = all[0]!;
  const names = all.flatMap(({ name }) => (isCopy(name, all) ? [] : [name])).sort();
  const opened = asked === undefined ? first : all.find(({ name }) => name === asked);
  if (opened) return { ...opened, names, first: first.name };
  const hint = nearest(asked!, all);
  throw new MhoError('SIGNATURE_UNKNOWN', { path, signature: asked!, hint, signatures: names.join(', ') });
}

/** Keras 3 writes what serves under two names. */
function isCopy(name: string, all: readonly Signature[]): boolean {
  const [given, serving] = [name, SERVING[0]].map((each) => all.find((other) => other.name === each)?.signature);
  if (name !== SERVING[1] || !given || !serving) return false;
  const told = ({ inputs, outputs }: SignatureDef): string =>
    [inputs, outputs]
      .map((ports) =>
        ports
          .map(({ key }) => key)
          .sort()
          .join('\n'),
      )
      .join('\n\n');
  return told(given) === told(serving);
}

/** A function of the model itself that was called before it was saved, so that it can be given a signature: its name. */
function traced({ objects }: MetaGraphDef): string | null {
  const nodes = objects?.nodes ?? [];
  const functions = (nodes[0]?.children ?? []).filter(({ node }) => nodes[node]?.function?.concrete.length);
  const best = ['__call__', 'call', 'serve', 'predict'].find((name) => functions.some((each) => each.name === name));
  return best ?? functions[0]?.name ?? null;
}

/** Names that variables give to the layers they belong to: `sequential/h/kernel` to h. */
export function layersOfVariables({ objects }: MetaGraphDef): ReadonlySet<string> {
  const owners = (objects?.nodes ?? []).flatMap(({ variable }) => variable?.name.split('/').at(-2) ?? []);
  return new Set(owners.filter((name) => name !== ''));
}

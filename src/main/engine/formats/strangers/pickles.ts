/** What a Python pickle says that it is made of, read as text: nothing in it is run. */
import { latin1, type Told } from './look';

/** The number that PyTorch's files of before 1.6 begin with. */
const TORCH_LEGACY = '\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.';

/** A protocol's number; else what the first protocol writes for an object, a dictionary or a list. */
const PICKLED = /^(?:\x80[\x02-\x05]|c[\w.]+\n\w+\n(?:p\d+\n|q[\s\S]|[()])|\((?:[dl]p\d+\n|i\w))/;

export const isPickle = (head: Uint8Array): boolean => PICKLED.test(latin1(head.subarray(0, 256)));

/** Modules that tell who made what is pickled. */
const PREPARES = /^sklearn\.(?:preprocessing|impute|feature_\w+|decomposition|utils|compose)\b/;
const TREES = /\b(?:xgboost|lightgbm|catboost)\b|\bsklearn\.(?:ensemble|tree)\b/;

/**
 * @param head the pickle, or its beginning
 */
export function inPickle(head: Uint8Array): Told {
  const text = latin1(head);
  if (text.startsWith(TORCH_LEGACY) || text.includes('ctorch._utils\n') || /ctorch\.nn\.modules|ctorch\n/.test(text))
    return inTorch(text);
  if (text.includes('StructuredToParameterName@@')) return { name: 'paddleWeights' };
  const all = classes(text);
  const [first = null] = all;
  const trees = TREES.exec(text)?.[0];
  // A forest among other things does not make the whole a forest: what comes first does.
  if (trees !== undefined && (first === null || TREES.test(first.module)))
    return { name: 'trees', about: first?.class ?? trees };
  if (first && /^sklearn\b/.test(first.module)) {
    if (keyBefore(text, first.at) === null) return { name: 'sklearn', about: first.class };
    // Of several, the one that predicts.
    const kept = all.filter(({ module, at }) => /^sklearn\b/.test(module) && keyBefore(text, at) !== null);
    const { at } = kept.find(({ module }) => !PREPARES.test(module)) ?? first;
    return { name: 'sklearnInside', about: keyBefore(text, at)! };
  }
  if (first && /^(?:keras|tensorflow|tf_keras)\b/.test(first.module)) return { name: 'kerasPickle' };
  return { name: 'pickle', about: first ? `${first.module}.${first.class}` : 'plain values' };
}

/** PyTorch's pickles. @param text latin-1 */
export function inTorch(text: string): Told {
  if (/\bultralytics\.nn\b/.test(text)) return { name: 'ultralytics' };
  if (/(?:pytorch-)?lightning_version/.test(text)) return { name: 'torchLightning' };
  const module = /c([\w.]+)\n(\w+)\n/g;
  const body = text.startsWith(TORCH_LEGACY) ? text.slice(TORCH_LEGACY.length) : text;
  const whole = /ctorch\.nn\.modules/.test(body);
  for (const found of body.matchAll(module)) {
    const [, from, name] = found as unknown as [string, string, string];
    if (whole) {
      if (/^(?:collections|torch\._utils|torch$|__builtin__|builtins|_codecs|numpy)/.test(from)) continue;
      const key = keyBefore(body, found.index);
      return key === null ? { name: 'torchModel', about: name } : { name: 'torchInside', about: key };
    }
    if (from === 'torch._utils' && /^_rebuild_(?:tensor|parameter)/.test(name)) {
      // What is rebuilt first, with no dictionary around it, is all that there is.
      return /X[\s\S]{4}[\w./-]+(?:q.|r[\s\S]{4})?$/.test(body.slice(0, found.index))
        ? { name: 'torchWeights' }
        : { name: 'torchTensor' };
    }
    if (from === 'collections' && name === 'OrderedDict') {
      const key = keyBefore(body, found.index);
      return key === null ? { name: 'torchWeights' } : { name: 'torchWeightsInside', about: key };
    }
  }
  return { name: 'torchWeights' };
}

/** The text that stands right before a place: the key of a dictionary's value. Not those of what is inside an object. */
function keyBefore(text: string, at: number): string | null {
  const key = /(?:X([\s\S]{4})|\x8c([\s\S]))([\w .-]+)(?:q[\s\S]|r[\s\S]{4}|\x94)?$/.exec(
    text.slice(Math.max(0, at - 200), at),
  );
  if (!key) return null;
  const [, long, short, name] = key as unknown as [string, string | undefined, string | undefined, string];
  const length = long === undefined ? short!.charCodeAt(0) : Buffer.from(long, 'latin1').readUInt32LE(0);
  // Its number in the pickle's memory may look like a part of it.
  return length === name.length || /^q.$/.test(name.slice(length)) ? name.slice(0, length) : null;
}

/** The classes that are pickled, by either way of naming one, in their order. */
function classes(text: string): { readonly module: string; readonly class: string; readonly at: number }[] {
  const global = /c([A-Za-z_][\w.]*)\n([A-Za-z_]\w*)\n/g;
  const stack = /\x8c[\s\S]([A-Za-z_][\w.]*)\x94(?:\x8c[\s\S])([A-Za-z_]\w*)\x94\x93/g;
  const plain = /^(?:copyreg|copy_reg|__builtin__|builtins|collections|_codecs|numpy|joblib)\b/;
  const all = [global, stack].flatMap((pattern) => [...text.matchAll(pattern)]);
  const found = all.filter(([, module]) => !plain.test(module!)).sort((a, b) => a.index - b.index);
  return found.map((each) => ({ module: each[1]!, class: each[2]!, at: each.index }));
}

/** Files of text: JSON, XML, and what people write by hand. */
import { latin1, few, type Told } from './look';

type Json = Readonly<Record<string, unknown>>;

const has = (json: Json, ...keys: readonly string[]): boolean => keys.every((key) => Object.hasOwn(json, key));

/** Keys that tell what a JSON object is, first found first. */
const OBJECTS: readonly (readonly [(json: Json) => boolean, (json: Json) => Told])[] = [
  [(json) => has(json, 'class_name', 'config'), () => ({ name: 'kerasArchitecture' })],
  [(json) => has(json, 'modelTopology') && !has(json, 'weightsManifest'), () => ({ name: 'kerasArchitecture' })],
  [(json) => has(json, 'weightsManifest') || has(json, 'weights', 'paths'), () => ({ name: 'tfjsManifest' })],
  [(json) => has(json, 'tree_info'), () => ({ name: 'trees', about: 'LightGBM' })],
  [(json) => has(json, 'irVersion', 'graph'), () => ({ name: 'onnxText', about: 'json' })],
  [(json) => has(json, 'learner'), () => ({ name: 'trees', about: 'XGBoost' })],
  [(json) => has(json, 'oblivious_trees'), () => ({ name: 'trees', about: 'CatBoost' })],
  [(json) => has(json, 'nodes', 'arg_nodes', 'heads'), () => ({ name: 'mxnet' })],
  [(json) => has(json, 'base_code', 'program'), () => ({ name: 'paddle' })],
  [
    (json) => has(json, 'model_type') || has(json, 'architectures'),
    (json) => ({ name: 'transformersConfig', about: text(json['model_type']) }),
  ],
  [(json) => has(json, 'model', 'added_tokens') || has(json, 'tokenizer_class'), () => ({ name: 'tokenizer' })],
  [(json) => has(json, 'nbformat', 'cells'), () => ({ name: 'notebook' })],
  [
    (json) =>
      Object.keys(json).length <= 6 &&
      ['error', 'message', 'status', 'detail'].some((key) => typeof json[key] === 'string') &&
      !Object.values(json).some((value) => Array.isArray(value)),
    (json) => ({
      name: 'answer',
      about: text(
        ['error', 'message', 'detail', 'status'].map((key) => json[key]).find((each) => typeof each === 'string'),
      ),
    }),
  ],
];

/** Of what a file says of itself, as much as a sentence bears. */
const text = (value: unknown): string => {
  const whole = typeof value === 'string' ? value.replace(/\s+/g, ' ').trim() : 'of no type that is told';
  return whole.length > 60 ? `${whole.slice(0, 57)}...` : whole;
};

export function inJson(json: Json): Told {
  for (const [test, tell] of OBJECTS) if (test(json)) return tell(json);
  const keys = Object.keys(json);
  return { name: 'json', about: keys.length > 0 ? few(keys.map(text)) : 'nothing' };
}

/** Beginnings of texts, first found first. */
const BEGINNINGS: readonly (readonly [RegExp, Told | ((found: RegExpExecArray) => Told)])[] = [
  [/^<(?:!doctype\s+html|html|head|body)\b/i, { name: 'page' }],
  [/^(?:<\?xml[^>]*>\s*)?(?:<!--[\s\S]*?-->\s*)*<(?:\w+:)?PMML\b/, { name: 'pmml' }],
  [/^(?:<\?xml[^>]*>\s*)?<net\b[\s\S]*<layers?\b/, { name: 'openvino' }],
  [/^(?:<\?xml[^>]*>\s*)?<Error>\s*<Code>(\w+)/, ([, code]) => ({ name: 'answer', about: code! })],
  [/^(?:<\?xml[^>]*>\s*)?(?:<!--[\s\S]*?-->\s*)*<(?:!doctype\s+html|html)\b/i, { name: 'page' }],
  [/^\[\s*\{\s*"(?:paths|weights)"\s*:/, { name: 'tfjsManifest' }],
  [
    /^(?:#[^\n]*\n|\s)*(?:name\s*:\s*"[^"]*"|input\s*:|layers?\s*\{)[\s\S]*\b(?:layers?\s*\{|input_(?:dim|shape))/,
    { name: 'caffePrototxt' },
  ],
  [/^(?:[#;][^\n]*\n|\s)*\[(?:net|network)\][\s\S]*\b(?:batch|width|channels|inputs)\s*=/, { name: 'darknetConfig' }],
  [
    /^(?:404|403|401|429|500)?:?\s*(Not Found|Forbidden|Access Denied|Entry not found|Invalid credentials[^\n]*|Too Many Requests)/i,
    ([, said]) => ({ name: 'answer', about: said! }),
  ],
  [/^ir_version:\s*\d+\s/, { name: 'onnxText', about: 'textproto' }],
  [/^<\s*ir_version:\s*\d+/, { name: 'onnxText', about: 'onnxtxt' }],
  [/^[^\n,;\t]*([,;\t])[^\n]*\n(?:[^\n,;\t]*\1)?-?[\d.]+(?:e[+-]?\d+)?\1?/i, { name: 'table' }],
  [/\b(?:modelTopology|weightsManifest)\b/, { name: 'tfjsScript' }],
  [/^(?:#[^\n]*\n|\s|"""[\s\S]*?""")*(?:import|from)\s+\w+/, { name: 'source' }],
];

/** What a text is; null for one that tells nothing. */
export function inText(head: Uint8Array): Told | null {
  const whole = latin1(head)
    .replace(/^\xef\xbb\xbf/, '')
    .trimStart();
  for (const [pattern, told] of BEGINNINGS) {
    const found = pattern.exec(whole);
    if (found) return typeof told === 'function' ? told(found) : told;
  }
  return null;
}

/** Whether a file may be a text; UTF-8 counts. */
export const isText = (head: Uint8Array): boolean =>
  !head.some((byte) => byte < 9 || (byte > 13 && byte < 32 && byte !== 27));

/**
 * What people have in hand that is no model of ours: told by content, so that the refusal can say which line gets out of it what opens.
 * Nothing that a file holds is run, and nothing is unpacked beyond its first bytes.
 */
import { dirname, join } from 'node:path';
import { inflateSync, gunzipSync, constants } from 'node:zlib';
import { MhoError } from '../../../../contract/errors';
import type { Stranger, StrangerName } from '../../../../contract/strangers';
import { type Source, sourceAt, withFile } from '../source';
import { openArchive } from '../zip';
import { byHead } from './heads';
import { latin1, standsAt, type Told } from './look';
import { inPickle, isPickle } from './pickles';
import { inJson, inText, isText } from './texts';
import { inZip } from './zips';

/** Of what a head unpacks to. */
const LARGEST_HEAD = 2 ** 20;
/** Folders hold these beside any model: they do not tell what the folder is. */
const TELLS_LITTLE: ReadonlySet<StrangerName> = new Set<StrangerName>([
  'json',
  'source',
  'notebook',
  'picture',
  'numpy',
  'table',
  'log',
  'page',
  'answer',
  'tokenizer',
  'transformersConfig',
  'session',
  'empty',
  'pickle',
  'gzip',
]);
/** Without the network, which a folder may describe beside them. */
const WEIGHTS: ReadonlySet<StrangerName> = new Set<StrangerName>([
  'safetensors',
  'torchWeights',
  'torchWeightsInside',
  'kerasWeights',
  'jax',
  'transformersConfig',
]);

/** What a file or folder is, where it is no model of ours; null where nothing tells. @throws MODEL_DAMAGED for half a ZIP archive */
export async function strangerOf(source: Source): Promise<Stranger | null> {
  if (source.isFolder) return ofFolder(source);
  const told = byHead(source.head, source.size) ?? (await byContent(source));
  const named = told ? { name: told.name, path: source.path, about: told.about ?? '' } : null;
  return (await amongOthers(source, named)) ?? named;
}

/** The first of the files of a folder, or of a folder in it, that tells what it is. */
export async function strangerIn(sources: readonly Source[]): Promise<Stranger | null> {
  for (const source of sources) {
    const found = await strangerOf(source).catch((error: unknown) => {
      if (error instanceof MhoError) return null;
      throw error;
    });
    if (found && !TELLS_LITTLE.has(found.name)) return found;
  }
  return null;
}

async function byContent(source: Source): Promise<Told | null> {
  const { head } = source;
  if (standsAt(head, 0, 'PK\x03\x04') || standsAt(head, 0, 'PK\x05\x06'))
    return withFile(source.path, source.reading, 'it is missing', async (file) => inZip(await openArchive(file)));
  if (standsAt(head, 257, 'ustar')) return inTar(head);
  const packed = unpacked(head);
  if (packed) return inPacked(packed.head) ?? (packed.by === 'gzip' ? { name: 'gzip' } : null);
  if (isPickle(head)) return inPickle(head);
  const json = await source.json();
  if (json) return inJson(json);
  if (isFlax(head)) return { name: 'jax' };
  const wide = standsAt(head, 0, '\xff\xfe') || standsAt(head, 0, '\xfe\xff');
  if (wide) return inText(Buffer.from(new TextDecoder(head[0] === 0xff ? 'utf-16le' : 'utf-16be').decode(head)));
  return isText(head) ? inText(head) : null;
}

/** A map of MessagePack with the names that Flax gives, or with arrays as it writes them: shape, type, numbers. */
const isFlax = (head: Uint8Array): boolean =>
  /^[\x81-\x8f][\xa1-\xbf][\w./-]+[\s\S]*\x93[\x90-\x9f][\s\S]{0,40}?[\xa5-\xa8](?:b?float\d\d|u?int\d\d?)/.test(
    latin1(head),
  ) ||
  /^(?:[\x80-\x8f]|\xde[\s\S]{2})[\xa0-\xbf](?:params|step|opt_state|batch_stats|model|target|transformer|encoder)/.test(
    latin1(head.subarray(0, 40)),
  );

/** The name of a tar archive's first file tells as much as it needs. */
function inTar(head: Uint8Array): Told {
  const first = latin1(head.subarray(0, 100))
    .replace(/\0[\s\S]*$/, '')
    .replace(/^\.\//, '');
  if (first === 'model_config.yaml') return { name: 'nemo' };
  return first === 'sys_info' || first === 'pickle' || first === 'storages'
    ? { name: 'torchWeights' }
    : { name: 'archive' };
}

/** What is packed in a file, as far as its head tells. */
function inPacked(head: Uint8Array): Told | null {
  if (standsAt(head, 257, 'ustar')) return inTar(head);
  if (isPickle(head)) return inPickle(head);
  const told = byHead(head, Infinity);
  return told?.name === 'r' || told?.name === 'trees' ? told : null;
}

/** The beginning of what gzip or zlib packed; null for other files. */
function unpacked(head: Uint8Array): { readonly by: 'gzip' | 'zlib'; readonly head: Uint8Array } | null {
  const gzip = standsAt(head, 0, '\x1f\x8b\x08');
  const zlib = head[0] === 0x78 && ((head[0] << 8) | head[1]!) % 31 === 0;
  if (!gzip && !zlib) return null;
  const by = gzip ? 'gzip' : 'zlib';
  try {
    const options = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: LARGEST_HEAD };
    return { by, head: new Uint8Array((gzip ? gunzipSync : inflateSync)(head, options)) };
  } catch {
    return gzip ? { by, head: new Uint8Array() } : null; // more than a head, or damaged: what it is packed by is known
  }
}

/** The last eight bytes of a table of TensorFlow's checkpoints. */
const TABLE_END = '\x57\xfb\x80\x8b\x24\x75\x47\xdb';
const CHECKPOINT_PART = /^(.+)\.(?:index|meta|data-\d{5}-of-\d{5})$/;

/** Weights, or the model that they are a part of where a folder of Hugging Face describes it beside them. */
export const besideConfig = async (weights: Stranger, source: Source): Promise<Stranger> =>
  (await amongOthers(source, weights)) ?? weights;

/** What a file is by those beside it: a part of something, which has to be given as a whole. */
async function amongOthers(source: Source, told: Stranger | null): Promise<Stranger | null> {
  const at = dirname(source.path);
  const folder = await sourceAt(at, { ...source.reading, given: at, root: at }).catch(() => null);
  if (!folder) return null;
  const { entries } = folder;
  const beside = (test: RegExp): string | undefined => entries.find((name) => test.test(name));
  if (entries.includes('saved_model.pb') && /^(?:fingerprint|keras_metadata|saved_model_config)/.test(source.name))
    return { name: 'savedModelPart', path: source.path, about: at };
  const prefix = CHECKPOINT_PART.exec(source.name)?.[1];
  if (prefix !== undefined && entries.includes(`${prefix}.index`) && !told) {
    const above = dirname(at);
    const parent = await sourceAt(above, { ...source.reading, given: above, root: above }).catch(() => null);
    if (parent?.entries.includes('saved_model.pb')) return { name: 'savedModelPart', path: source.path, about: above };
    return checkpointAt(folder, prefix);
  }
  if (source.name === 'checkpoint' && prefixesIn(entries).length > 0) return ofFolder(folder);
  if (!told) return null;
  if (WEIGHTS.has(told.name)) return transformersAt(folder);
  if (told.name === 'mxnet') {
    const params = beside(/\.params$/) ?? source.name.replace(/-symbol\.json$/, '-0000.params');
    return { ...told, about: join(at, params) };
  }
  if (told.name === 'mxnetParams') return { ...told, about: join(at, beside(/-symbol\.json$/) ?? 'model-symbol.json') };
  if (told.name === 'paddle')
    return { ...told, about: beside(/\.pdiparams$/) ?? source.name.replace(/\.\w+$/, '.pdiparams') };
  return null;
}

const prefixesIn = (entries: readonly string[]): string[] =>
  entries
    .flatMap((name) => (name.endsWith('.index') ? [name.slice(0, -'.index'.length)] : []))
    .filter((prefix) => entries.some((name) => name.startsWith(`${prefix}.data-`)));

/** A checkpoint in a folder, if its index is one. */
async function checkpointAt(folder: Source, prefix: string): Promise<Stranger | null> {
  const index = join(folder.path, `${prefix}.index`);
  const end = await withFile(
    index,
    { ...folder.reading, root: folder.path },
    'it is missing',
    async ({ handle, size }) => {
      const bytes = new Uint8Array(8);
      if (size >= 8) await handle.read(bytes, 0, 8, size - 8);
      return latin1(bytes);
    },
  ).catch(() => '');
  if (end !== TABLE_END) return null;
  const name = folder.entries.includes(`${prefix}.meta`) ? 'checkpointGraph' : 'checkpoint';
  return { name, path: folder.path, about: join(folder.path, prefix) };
}

/** Ends of classes, and the task that the exporter has for each: of a folder it finds none by itself. */
const TASKS: readonly (readonly [end: string, task: string])[] = [
  ['ForSequenceClassification', 'text-classification'],
  ['ForTokenClassification', 'token-classification'],
  ['ForQuestionAnswering', 'question-answering'],
  ['ForMultipleChoice', 'multiple-choice'],
  ['ForMaskedLM', 'fill-mask'],
  ['ForCausalLM', 'text-generation'],
  ['LMHeadModel', 'text-generation'],
  ['ForConditionalGeneration', 'text2text-generation'],
  ['ForImageClassification', 'image-classification'],
  ['ForObjectDetection', 'object-detection'],
  ['ForSemanticSegmentation', 'image-segmentation'],
  ['ForAudioClassification', 'audio-classification'],
  ['ForCTC', 'automatic-speech-recognition'],
];

function taskOf(architectures: unknown): string {
  const first: unknown = Array.isArray(architectures) ? architectures[0] : undefined;
  const found = typeof first === 'string' ? TASKS.find(([end]) => first.endsWith(end)) : undefined;
  return found?.[1] ?? 'feature-extraction';
}

const WEIGHTS_BESIDE = /\.(?:safetensors|bin|pt|pth|msgpack|h5|ckpt)$/;

/** A folder as the libraries of Hugging Face save it. */
async function transformersAt(folder: Source): Promise<Stranger | null> {
  if (!folder.entries.includes('config.json') || !folder.entries.some((name) => WEIGHTS_BESIDE.test(name))) return null;
  const config = await sourceAt(join(folder.path, 'config.json'), folder.reading).catch(() => null);
  const json = (await config?.json()) ?? {};
  const told = inJson(json);
  if (told.name !== 'transformersConfig') return null;
  return { name: 'transformers', path: folder.path, about: told.about ?? '', task: taskOf(json['architectures']) };
}

/** Folders that are one thing as a whole. */
async function ofFolder(folder: Source): Promise<Stranger | null> {
  const { entries, path } = folder;
  const transformers = await transformersAt(folder);
  if (transformers) return transformers;
  if (entries.includes('model_index.json')) return { name: 'diffusers', path, about: '' };
  if (entries.includes('adapter_config.json')) return { name: 'peft', path, about: '' };
  const last = prefixesIn(entries)
    .sort(new Intl.Collator('en', { numeric: true }).compare)
    .at(-1);
  const checkpoint = last === undefined ? null : await checkpointAt(folder, last);
  if (checkpoint) return checkpoint;
  if (entries.includes('Manifest.json') && entries.includes('Data')) {
    const manifest = await sourceAt(join(path, 'Manifest.json'), folder.reading).catch(() => null);
    if ((await manifest?.json())?.['itemInfoEntries'] !== undefined) return { name: 'coreml', path, about: '' };
  }
  if (entries.some((name) => ['_CHECKPOINT_METADATA', 'manifest.ocdbt', '_METADATA'].includes(name)))
    return { name: 'jax', path, about: '' };
  return null;
}

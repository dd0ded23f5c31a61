/** Recognises a saved model and opens it: one file per format, each decides by content whether a file is its. */
import { createHash } from 'node:crypto';
import { dirname, relative } from 'node:path';
import type { Unchecked } from '../../../contract/check';
import { MhoError } from '../../../contract/errors';
import { MODEL_FORMAT_NAMES, MODEL_FORMATS, type ModelFormat, type ModelFormatName } from '../../../contract/formats';
import type { ModelSummary } from '../../../contract/model';
import type { Graph } from '../graph/graph';
import { notFiniteWeights } from '../graph/doubts';
import { summarised } from '../graph/summary';
import { frozenGraph } from './frozenGraph';
import { graphModel } from './graphModel/open';
import { kerasArchive } from './kerasArchive';
import { kerasHdf5 } from './kerasHdf5';
import { layersModel } from './layersModel';
import { onnx } from './onnx/open';
import { besideOf } from './beside';
import { paddingBeside } from './padding';
import { type Proof, proofBeside } from './proof';
import { savedModel } from './savedModel/open';
import { atSizes, checkSizes } from './sizes';
import { zipped } from './zipped';
import { type Format, LARGEST_JSON, type Opening, type Source, sourceAt, sourcesIn, withFile } from './source';
import { strangerIn, strangerOf } from './strangers';
import { strangerFault } from './strangers/fault';
import { byHead } from './strangers/heads';
import { isText } from './strangers/texts';

const OPENING_BRACE = 0x7b;

export interface OpenedModel {
  readonly graph: Graph;
  readonly summary: ModelSummary;
  /** Names of the other models in the folder that was given; empty where there was one, or a file was given. */
  readonly beside: readonly string[];
  /** Inputs, and what the model's framework gives for them, where they lie beside it. */
  readonly proof?: Proof | Unchecked;
}

const formats: Readonly<Record<ModelFormatName, Format>> = {
  kerasArchive,
  kerasHdf5,
  layersModel,
  graphModel,
  onnx,
  frozenGraph,
  savedModel,
  zipped: zipped(async (folder) => {
    const { format, source } = await find(folder);
    return { format: MODEL_FORMATS[format].name, ...(await formats[format].open(source)) };
  }),
};

interface Match {
  readonly format: ModelFormatName;
  readonly source: Source;
}
interface Found extends Match {
  readonly beside: readonly string[];
}

/**
 * Opens a model file, or a model in a folder: of several, one of the format that stands first in the contract's table, and of several
 * of that the first by name.
 * @param path resolved
 * @throws MhoError MODEL_*; MODEL_UNREADABLE where a reader or a translator met what it did not foresee
 */
export async function openFound(path: string, around: Omit<Opening, 'given' | 'root'>): Promise<OpenedModel> {
  let at = path;
  try {
    const given = await sourceAt(path, { ...around, given: path, root: dirname(path) });
    const { format, source, beside } = await find(given);
    at = source.path;
    const {
      graph: opened,
      parameters,
      hashed,
      signatures,
      reading: examples,
      fewerBits,
      format: inside,
    } = await formats[format].open(source);
    checkSizes(opened, around.choices);
    const folder = source.isFolder ? source.path : dirname(source.path);
    const padding = hasLookup(opened) ? await paddingBeside(folder, source.reading.root) : null;
    const said = await besideOf(folder, source.reading.root);
    const reading = said?.image;
    const graph = { ...opened, ...(padding !== null && { padding }), ...(reading && { reading }) };
    const hash = Symbol.iterator in hashed ? createHash('sha256') : hashed;
    if (Symbol.iterator in hashed) for (const part of hashed) hash.update(part);
    const summary = summarised(graph, {
      format: inside === undefined ? MODEL_FORMATS[format].name : `${inside}, ${MODEL_FORMATS[format].name}`,
      path: source.path,
      hash: hash.digest('hex'),
      parameters,
      ...(examples !== undefined && examples !== 'batched' && { examples }),
      ...(fewerBits && { fewerBits }),
      ...(signatures && { signatures: signatures.names, signature: signatures.open }),
    });
    const notFinite = notFiniteWeights(graph);
    const proof = await proofBeside(source, graph, said?.check);
    return {
      graph,
      summary: notFinite.length > 0 ? { ...summary, notFinite } : summary,
      beside,
      ...(proof && { proof }),
    };
  } catch (error) {
    if (error instanceof MhoError) throw atSizes(error, around.choices);
    // A fault of ours, but it is this file that meets it: whoever opened it is told which, whoever mends it finds the cause.
    const reason = error instanceof Error ? error.message : String(error);
    throw new MhoError('MODEL_UNREADABLE', { path: at, reason }, { cause: error });
  }
}

const hasLookup = ({ nodes }: Graph): boolean => nodes.some(({ op }) => op === 'embedding');

async function matching(source: Source): Promise<Match | null> {
  for (const format of MODEL_FORMAT_NAMES) if (await formats[format].match(source)) return { format, source };
  return null;
}

/** The file or folder itself, else a model inside it. @throws MODEL_STRANGER, MODEL_UNRECOGNISED, and what looking at files throws */
async function find(source: Source): Promise<Found> {
  if (!source.isFolder) {
    // What its first bytes tell comes first: some begin as a format of ours does.
    if (byHead(source.head, source.size) === null) {
      const own = (await toldFolder(source)) ?? (await matching(source));
      if (own) return { ...own, beside: [] };
      await refuseBrokenJson([source]);
    }
    throw (await strangeFile(source)) ?? unrecognised(source, seenOf(source));
  }
  const own = await matching(source);
  if (own) return { ...own, beside: [] };
  const { sources: inside, refused } = await sourcesIn(source);
  const files = await matches(
    inside.filter((each) => !each.isFolder),
    refused,
  );
  if (files.length > 0) return firstOf(source, files);
  const folders: Match[] = [];
  const below: Source[] = [];
  for (const folder of inside.filter((each) => each.isFolder)) {
    const match = await matching(folder);
    if (match) folders.push(match);
    else {
      const deeper = await sourcesIn(folder);
      refused.push(...deeper.refused);
      const deep = deeper.sources.filter((each) => !each.isFolder);
      below.push(...deep);
      folders.push(...(await matches(deep, refused)));
    }
  }
  if (folders.length > 0) return firstOf(source, folders);
  if (refused[0]) throw refused[0];
  await refuseBrokenJson(inside.filter(({ name }) => name === 'model.json'));
  const stranger = (await strangerOf(source)) ?? (await strangerIn([...inside, ...below]));
  if (stranger) throw strangerFault(stranger);
  const seen = source.entries.slice(0, 4).join(', ');
  throw unrecognised(source, source.entries.length ? `it holds ${seen}` : 'it is empty');
}

/** The refusal of a file that is no model: what it is, else the model beside it that names it; null where nothing tells. */
async function strangeFile(source: Source): Promise<MhoError | null> {
  const stranger = await strangerOf(source);
  if (stranger) return strangerFault(stranger);
  if (isText(source.head)) return null;
  const at = dirname(source.path);
  const folder = await sourceAt(at, { ...source.reading, given: at, root: at });
  const files = (await sourcesIn(folder)).sources.filter((each) => !each.isFolder && each.size <= LARGEST_NAMING);
  for (const { format, source: model } of await matches(files, [])) {
    if (model.path === source.path || !(await names(model, source.name))) continue;
    const about = MODEL_FORMATS[format].door === 'folder' ? at : model.path;
    return strangerFault({ name: 'beside', path: source.path, about });
  }
  return null;
}

/** Bytes of a model that is searched for the names of its other files: those with weights elsewhere are small. */
const LARGEST_NAMING = 2 ** 26;

/** Whether a model's file holds the name of another. */
async function names({ path, reading, size }: Source, name: string): Promise<boolean> {
  return withFile(path, reading, 'it is missing', async ({ handle }) => {
    const bytes = Buffer.alloc(size);
    await handle.read(bytes, 0, size, 0);
    return bytes.includes(name);
  });
}

/** The folder that a file of it tells, where that file was given (`saved_model.pb`). */
async function toldFolder(source: Source): Promise<Match | null> {
  for (const format of MODEL_FORMAT_NAMES) {
    const { holds }: ModelFormat = MODEL_FORMATS[format];
    if (holds !== source.name) continue;
    const folder = await sourceAt(dirname(source.path), source.reading);
    if (await formats[format].match(folder)) return { format, source: folder };
  }
  return null;
}

/** A half-copied model.json is no format's, but it is a model. @throws MODEL_DAMAGED */
async function refuseBrokenJson(sources: readonly Source[]): Promise<void> {
  for (const source of sources)
    if (source.head[0] === OPENING_BRACE && source.size <= LARGEST_JSON && (await source.json()) === null)
      throw new MhoError('MODEL_DAMAGED', { path: source.path, reason: 'it is not complete JSON' });
}

/** @param refused gets the faults of what cannot be looked at: told where no model is found */
async function matches(sources: readonly Source[], refused: MhoError[]): Promise<Match[]> {
  const found: Match[] = [];
  for (const source of sources)
    try {
      const match = await matching(source);
      if (match) found.push(match);
    } catch (error) {
      if (!(error instanceof MhoError)) throw error;
      refused.push(error);
    }
  return found;
}

const byNumber = new Intl.Collator('en', { numeric: true });

/** Of several models in a folder, the one that is taken, and the names of the others. */
function firstOf(folder: Source, found: readonly Match[]): Found {
  const name = ({ source }: Match): string => relative(folder.path, source.path);
  const [first, ...others] = [...found].sort(
    (a, b) =>
      MODEL_FORMAT_NAMES.indexOf(a.format) - MODEL_FORMAT_NAMES.indexOf(b.format) || byNumber.compare(name(a), name(b)),
  );
  return { ...first!, beside: others.map(name) };
}

const unrecognised = (source: Source, seen: string): MhoError =>
  new MhoError('MODEL_UNRECOGNISED', { path: source.path, seen });

/** What a file that nothing is known of looks like. */
function seenOf({ head }: Source): string {
  if (!isText(head)) return 'it is of no kind that is known';
  const text = new TextDecoder().decode(head).replace(/\s+/g, ' ').trim();
  return `it is a text that begins with “${text.length > 40 ? `${text.slice(0, 37)}…` : text}”`;
}

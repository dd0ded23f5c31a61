/** Recognises a saved model and opens it: one file per format, each decides by content whether a file is its. */
import { createHash } from 'node:crypto';
import { dirname, relative } from 'node:path';
import { MhoError } from '../../../contract/errors';
import { MODEL_FORMAT_NAMES, MODEL_FORMATS, type ModelFormat, type ModelFormatName } from '../../../contract/formats';
import type { ModelSummary } from '../../../contract/model';
import type { Graph } from '../graph/graph';
import { notFiniteWeights } from '../graph/doubts';
import { summarised } from '../graph/layers';
import { graphModel } from './graphModel/open';
import { kerasArchive } from './kerasArchive';
import { kerasHdf5 } from './kerasHdf5';
import { layersModel } from './layersModel';
import { onnx } from './onnx/open';
import { paddingBeside } from './padding';
import { savedModel } from './savedModel/open';
import { checkSizes } from './sizes';
import { type Format, LARGEST_JSON, type Opening, type Source, sourceAt, sourcesIn } from './source';

const OPENING_BRACE = 0x7b;

export interface OpenedModel {
  readonly graph: Graph;
  readonly summary: ModelSummary;
  /** Names of the other models in the folder that was given; empty where there was one, or a file was given. */
  readonly beside: readonly string[];
}

const formats: Readonly<Record<ModelFormatName, Format>> = {
  kerasArchive,
  kerasHdf5,
  layersModel,
  graphModel,
  onnx,
  savedModel,
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
    const { graph: opened, parameters, hashed, signatures } = await formats[format].open(source);
    checkSizes(opened, around.choices);
    const folder = source.isFolder ? source.path : dirname(source.path);
    const padding = hasLookup(opened) ? await paddingBeside(folder, source.reading.root) : null;
    const graph = padding === null ? opened : { ...opened, padding };
    const hash = createHash('sha256');
    for (const part of hashed) hash.update(part);
    const summary = summarised(graph, {
      format: MODEL_FORMATS[format].name,
      path: source.path,
      hash: hash.digest('hex'),
      parameters,
      ...(signatures && { signatures: signatures.names, signature: signatures.open }),
    });
    const notFinite = notFiniteWeights(graph);
    return { graph, summary: notFinite.length > 0 ? { ...summary, notFinite } : summary, beside };
  } catch (error) {
    if (error instanceof MhoError) throw error;
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

/** The file or folder itself, else a model inside it. */
async function find(source: Source): Promise<Found> {
  const own = (await toldFolder(source)) ?? (await matching(source));
  if (own) return { ...own, beside: [] };
  if (!source.isFolder) {
    await refuseBrokenJson([source]);
    throw unrecognised(source, kindOf(source));
  }
  const { sources: inside, refused } = await sourcesIn(source);
  const files = await matches(
    inside.filter((each) => !each.isFolder),
    refused,
  );
  if (files.length > 0) return firstOf(source, files);
  const folders: Match[] = [];
  for (const folder of inside.filter((each) => each.isFolder)) {
    const match = await matching(folder);
    if (match) folders.push(match);
    else {
      const below = await sourcesIn(folder);
      refused.push(...below.refused);
      folders.push(
        ...(await matches(
          below.sources.filter((each) => !each.isFolder),
          refused,
        )),
      );
    }
  }
  if (folders.length > 0) return firstOf(source, folders);
  if (refused[0]) throw refused[0];
  await refuseBrokenJson(inside.filter(({ name }) => name === 'model.json'));
  const seen = source.entries.slice(0, 4).join(', ');
  throw unrecognised(source, source.entries.length ? `it holds ${seen}` : 'it is empty');
}

/** The folder that a file of it tells, where that file was given (`saved_model.pb`). */
async function toldFolder(source: Source): Promise<Match | null> {
  if (source.isFolder) return null;
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

/** What a file that is no model looks like. */
function kindOf({ head, size }: Source): string {
  if (size === 0) return 'it is empty';
  const first = [...head.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return head[0] === OPENING_BRACE ? 'JSON without a model' : `it begins with ${first}`;
}

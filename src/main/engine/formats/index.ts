/** Opens a saved model, whatever format it is in. One file per format; each decides by content whether a file is its. */
import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { MhoError } from '../../../contract/errors';
import type { ModelSummary } from '../../../contract/model';
import type { Graph } from '../graph/graph';
import { summarised } from '../graph/layers';
import { kerasArchive } from './kerasArchive';
import { kerasHdf5 } from './kerasHdf5';
import { layersModel } from './layersModel';
import { graphModel } from './graphModel/open';
import { onnx } from './onnx/open';
import { savedModel } from './savedModel/open';
import { type Format, LARGEST_JSON, type Source, sourceAt, sourcesIn } from './source';

const OPENING_BRACE = 0x7b;

export interface OpenedModel {
  readonly graph: Graph;
  readonly summary: ModelSummary;
}

const formats: readonly Format[] = [kerasArchive, kerasHdf5, layersModel, graphModel, onnx, savedModel];

interface Match {
  readonly format: Format;
  readonly source: Source;
}

/**
 * Opens a model file, or the one model in a folder.
 * @throws MhoError MODEL_*
 */
export async function openModel(path: string): Promise<OpenedModel> {
  const { format, source } = await find(await sourceAt(resolve(path)));
  const { graph, parameters, hashed } = await format.open(source);
  const hash = createHash('sha256');
  for (const part of hashed) hash.update(part);
  const summary = summarised(graph, { format: format.name, path: source.path, hash: hash.digest('hex'), parameters });
  return { graph, summary };
}

async function matching(source: Source): Promise<Match | null> {
  for (const format of formats) if (await format.match(source)) return { format, source };
  return null;
}

/** The file or folder itself, else the only model inside it. */
async function find(source: Source): Promise<Match> {
  const own = await matching(source);
  if (own) return own;
  if (!source.isFolder) {
    await refuseBrokenJson([source]);
    throw unrecognised(source, kindOf(source));
  }
  const inside = await sourcesIn(source);
  const files = await matches(inside.filter((each) => !each.isFolder));
  if (files.length === 1) return files[0]!;
  if (files.length > 1) throw ambiguous(source, files);
  const folders: Match[] = [];
  for (const folder of inside.filter((each) => each.isFolder)) {
    const match = await matching(folder);
    if (match) folders.push(match);
    else folders.push(...(await matches((await sourcesIn(folder)).filter((each) => !each.isFolder))));
  }
  if (folders.length === 1) return folders[0]!;
  if (folders.length > 1) throw ambiguous(source, folders);
  await refuseBrokenJson(inside.filter(({ name }) => name === 'model.json'));
  const seen = source.entries.slice(0, 4).join(', ');
  throw unrecognised(source, source.entries.length ? `it holds ${seen}` : 'it is empty');
}

/** A half-copied model.json is no format's, but it is a model. @throws MODEL_DAMAGED */
async function refuseBrokenJson(sources: readonly Source[]): Promise<void> {
  for (const source of sources)
    if (source.head[0] === OPENING_BRACE && source.size <= LARGEST_JSON && (await source.json()) === null)
      throw new MhoError('MODEL_DAMAGED', { path: source.path, reason: 'it is not complete JSON' });
}

async function matches(sources: readonly Source[]): Promise<Match[]> {
  const found: Match[] = [];
  for (const source of sources) {
    const match = await matching(source);
    if (match) found.push(match);
  }
  return found;
}

const ambiguous = (folder: Source, found: readonly Match[]): MhoError =>
  new MhoError('MODEL_AMBIGUOUS', { path: folder.path, found: found.map(({ source }) => source.name).join(', ') });

const unrecognised = (source: Source, seen: string): MhoError =>
  new MhoError('MODEL_UNRECOGNISED', { path: source.path, seen });

/** What a file that is no model looks like. */
function kindOf({ head, size }: Source): string {
  if (size === 0) return 'it is empty';
  const first = [...head.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return head[0] === OPENING_BRACE ? 'JSON without a model' : `it begins with ${first}`;
}

/** Reads a session that anybody may have written, in the thread of `reading/`: sized before it is read, checked before it is believed. */
import type { AdaptiveResult, LayerResult, NumericArray, Reached, SavedGrid } from '../../../contract/attribution';
import { MhoError } from '../../../contract/errors';
import {
  manifestSchema,
  SESSION_FORMAT,
  SESSION_VERSION,
  type Manifest,
  type Session,
} from '../../../contract/session';
import { overPositions } from '../attribution/positions';
import { magnitudes } from '../attribution/results';
import { Allowance, reasonOf, TooLarge } from '../data/allowance';
import { NpyFault, type WideArray } from '../data/npy';
import { readNpyEntry, readWideNpyEntry } from '../data/npz';
import { FileFault, openRegular } from '../formats/files';
import { openArchive, type Archive } from '../formats/zip';
import { extentOf, LARGEST_ARRAY, LARGEST_MANIFEST, MANIFEST, MOST_ARRAYS } from './limits';

class Damaged extends Error {}

/**
 * @param onDisk told the file's size
 * @param room as for `openSession`
 * @returns the session, and all its arrays
 */
export async function readSession(
  path: string,
  onDisk: (bytes: number) => void,
  room?: number,
): Promise<{ value: Session; arrays: WideArray['data'][] }> {
  try {
    const file = await openRegular(path);
    try {
      onDisk(file.size);
      const allowance = new Allowance(file.size, room);
      const archive = await openArchive(file, MOST_ARRAYS);
      const manifest = await readManifest(path, archive, allowance);
      const reader = new Reader(archive, allowance);
      return { value: await reader.session(manifest), arrays: reader.arrays };
    } finally {
      await file.close();
    }
  } catch (error) {
    throw asSessionError(path, error);
  }
}

function asSessionError(path: string, error: unknown): MhoError {
  const damaged = (reason: string) => new MhoError('SESSION_DAMAGED', { path, reason }, { cause: error });
  if (error instanceof TooLarge) {
    const { what, have, limit } = error;
    return new MhoError('SESSION_TOO_LARGE', { path, what, have, limit }, { cause: error });
  }
  if (error instanceof MhoError) {
    if (error.code === 'MODEL_TOO_LARGE') return new MhoError('SESSION_TOO_LARGE', error.details, { cause: error });
    if (error.code.startsWith('SESSION_')) return error;
    return damaged(String(error.details['reason'] ?? error.sentence));
  }
  if (error instanceof FileFault)
    return error.trouble === 'missing' ? new MhoError('SESSION_NOT_FOUND', { path }) : damaged(`it ${error.message}`);
  return damaged(reasonOf(error));
}

async function readManifest(path: string, archive: Archive, allowance: Allowance): Promise<Manifest> {
  const size = archive.sizes.get(MANIFEST);
  if (size === undefined) throw new Damaged(`${MANIFEST} is missing from it`);
  // Its bytes, and its text at two for each.
  allowance.take(3 * size);
  const bytes = await archive.read(MANIFEST, LARGEST_MANIFEST);
  allowance.take(extentOf(bytes));
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw new Damaged(`${MANIFEST} is not JSON: ${(error as Error).message.slice(0, 100)}`);
  }
  const { format, version } = (value ?? {}) as { format?: unknown; version?: unknown };
  if (format !== SESSION_FORMAT) throw new Damaged(`${MANIFEST} does not belong to a session`);
  if (typeof version === 'number' && version > SESSION_VERSION)
    throw new MhoError('SESSION_NEWER', { path, have: version, limit: SESSION_VERSION });
  const parsed = manifestSchema.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw new Damaged(`${MANIFEST}, ${issue.path.join('.').slice(0, 120) || 'top'}: ${issue.message.slice(0, 120)}`);
  }
  allowance.give(3 * size);
  return parsed.data;
}

/** Bytes of a numpy file beside its numbers; headers are padded to a multiple of 64. */
const LARGEST_HEADER = 2 ** 16;
/** The widest numbers that are read. */
const WIDEST = 8;

const shown = (shape: readonly number[]): string => `[${shape.join(', ')}]`;
const floats = (values: readonly (number | null)[]): Float32Array =>
  Float32Array.from(values, (value) => value ?? Number.NaN);

type Named = Manifest['questions'][number]['inputs'];

/** What a layer says in one number for each example. */
const PER_EXAMPLE = ['sum', 'residual', 'error', 'unitsError', 'neuronsTotal', 'unitsTotal', 'certain'] as const;

class Reader {
  /** The numbers of all arrays that were made. */
  readonly arrays: WideArray['data'][] = [];
  readonly #arrays = new Map<string, NumericArray>();

  constructor(
    private readonly archive: Archive,
    private readonly allowance: Allowance,
  ) {}

  async session(manifest: Manifest): Promise<Session> {
    const { created, software, model, errors, notes, view, notebook, judgements } = manifest;
    const questions = [];
    for (const question of manifest.questions) questions.push(await this.#question(question));
    this.allowance.foresee(this.#declared(manifest));
    const runs = [];
    for (const run of manifest.runs) {
      const question = questions[run.question];
      if (!question) throw new Damaged(`a run belongs to question ${run.question} of ${questions.length}`);
      if (run.examples.some((example) => example >= question.examples.length))
        throw new Damaged(`a run has example ${Math.max(...run.examples)} of ${question.examples.length}`);
      runs.push(await this.#run(run));
    }
    return {
      created,
      software,
      model,
      questions,
      runs,
      errors,
      notes,
      ...(view && { view }),
      ...(notebook && { notebook }),
      ...(judgements && { judgements }),
    };
  }

  /** Bytes of the layers' arrays, as far as the archive has entries that can hold them; the rest is damaged anyway. */
  #declared({ runs }: Manifest): number {
    let bytes = 0;
    for (const { examples, layers } of runs)
      for (const { shape, contributions, spread } of layers) {
        const count = shape.reduce((product, size) => product * size, examples.length);
        for (const entry of [contributions, spread])
          if (entry !== null && count <= (this.archive.sizes.get(`${entry}.npy`) ?? 0)) bytes += 4 * count;
      }
    return bytes;
  }

  async #question(question: Manifest['questions'][number]): Promise<Session['questions'][number]> {
    const { source, files, examples, baseline, target, minus, hold, walk } = question;
    const inputs = await this.#named(question.inputs);
    for (const [name, { shape }] of Object.entries(inputs))
      if (shape[0] !== examples.length)
        throw new Damaged(`the input ${name} has shape ${shown(shape)} for ${examples.length} examples`);
    for (const { index } of [target, ...(minus ? [minus] : [])])
      if (typeof index === 'object' && 'each' in index && index.each.length !== examples.length)
        throw new Damaged(`a target has ${index.each.length} indices for ${examples.length} examples`);
    return {
      inputs,
      source,
      ...(files && { files }),
      examples,
      baseline: baseline.kind === 'constant' ? baseline : { ...baseline, arrays: await this.#named(baseline.arrays) },
      target,
      minus,
      ...(hold && { hold }),
      ...(walk && { walk }),
    };
  }

  async #named(entries: Named): Promise<Record<string, NumericArray>> {
    const arrays: [string, NumericArray][] = [];
    for (const { name, array, lost } of entries) {
      const near = await this.#array(array);
      arrays.push([name, lost ? { ...near, lost: (await this.#array(lost, near.shape)).data } : near]);
    }
    return Object.fromEntries(arrays);
  }

  async #run(run: Manifest['runs'][number]): Promise<Session['runs'][number]> {
    const examples = run.examples.length;
    const perExample = (values: readonly unknown[], what: string): void => {
      if (values.length !== examples) throw new Damaged(`${what} has ${values.length} values for ${examples} examples`);
    };
    perExample(run.target, 'target');
    perExample(run.atInput, 'atInput');
    perExample(run.atBaseline, 'atBaseline');
    perExample(run.delta, 'delta');
    for (const { layer, index, labels, activations, behind } of run.terms ?? []) {
      perExample(index, `the target ${layer}`);
      perExample(behind, `what target ${layer} stands behind`);
      if (behind.some((each) => each !== null && each >= activations.length))
        throw new Damaged(`the target ${layer} stands behind an activation that is not told`);
      if (labels) perExample(labels, `the labels of target ${layer}`);
    }
    const layers: LayerResult[] = [];
    for (const layer of run.layers) {
      const { name, kind, shape, unitAxis, cut } = layer;
      if (unitAxis !== null && unitAxis >= shape.length)
        throw new Damaged(`layer ${name} of shape ${shown(shape)} has no axis ${unitAxis}`);
      for (const key of PER_EXAMPLE) if (layer[key]) perExample(layer[key], `${key} of layer ${name}`);
      const units = unitAxis === null ? 1 : shape[unitAxis]!;
      const whole = [examples, ...shape];
      const contributions = (await this.#array(layer.contributions, whole)).data;
      const overAll =
        layer.units === undefined
          ? this.#overPositions(contributions, examples, shape, unitAxis)
          : (await this.#array(layer.units, [examples, units])).data;
      const unitError = layer.unitError === null ? null : (await this.#array(layer.unitError, [examples, units])).data;
      layers.push({
        name,
        kind,
        shape,
        unitAxis,
        cut,
        contributions,
        sum: floats(layer.sum),
        residual: layer.residual && floats(layer.residual),
        error: layer.error && floats(layer.error),
        units: overAll,
        // Files of before have none of these; what follows from the rest is made of it.
        neuronsTotal: layer.neuronsTotal ? floats(layer.neuronsTotal) : magnitudes(contributions, examples),
        unitsTotal: layer.unitsTotal ? floats(layer.unitsTotal) : magnitudes(overAll, examples),
        unitsError: layer.unitsError ? floats(layer.unitsError) : unitError && magnitudes(unitError, examples),
        unitError,
        certain: layer.certain ? Int32Array.from(layer.certain) : null,
        spread: layer.spread === null ? null : (await this.#array(layer.spread, whole)).data,
        ...(layer.references !== undefined && {
          references: (await this.#references(layer.references, examples, units, name)).data,
        }),
      });
    }
    const { atInput, atBaseline, delta, deltaUncertainty, alarms } = run;
    return {
      ...run,
      adaptive: run.adaptive ? await this.#adaptive(run.adaptive, examples) : null,
      faults: run.faults ?? [],
      remarks: run.remarks ?? [],
      atInput: floats(atInput),
      atBaseline: floats(atBaseline),
      delta: floats(delta),
      deltaUncertainty: deltaUncertainty ? floats(deltaUncertainty) : null,
      layers,
      alarms: alarms ?? [],
    };
  }

  #overPositions(...of: Parameters<typeof overPositions>): Float32Array {
    const [, examples, shape, unitAxis] = of;
    this.allowance.take(Float32Array.BYTES_PER_ELEMENT * examples * (unitAxis === null ? 1 : shape[unitAxis]!));
    const units = overPositions(...of);
    this.arrays.push(units);
    return units;
  }

  async #adaptive(
    { accuracy, grid, examples }: NonNullable<Manifest['runs'][number]['adaptive']>,
    count: number,
  ): Promise<AdaptiveResult> {
    if (examples.length !== count) throw new Damaged(`adaptive has ${examples.length} examples of ${count}`);
    const total = examples.reduce((sum, each) => each.grid.reduce((a, b) => a + b, sum), 0);
    const points = await this.#wide(grid, total);
    if (!(points instanceof Float64Array)) throw new Damaged(`the array ${grid} is not float64`);
    let from = 0;
    const all: Reached[] = [];
    for (const { estimate, grid: lengths, saved, ...rest } of examples) {
      this.allowance.take(Float64Array.BYTES_PER_ELEMENT * lengths.reduce((a, b) => a + b, 0));
      const lines = lengths.map((length) => points.slice(from, (from += length)));
      this.arrays.push(...lines);
      all.push({ ...rest, estimate: estimate ?? Number.NaN, grid: lines, saved: saved && (await this.#saved(saved)) });
    }
    return { accuracy, examples: all };
  }

  async #saved({ about, arrays }: { about: SavedGrid['about']; arrays: Named }): Promise<SavedGrid> {
    const read: [string, WideArray['data']][] = [];
    for (const { name, array } of arrays) read.push([name, await this.#wide(array)]);
    return { about, arrays: Object.fromEntries(read) };
  }

  /** Numbers in a row, as they are; each place that names them has its own. @param want how many, where the manifest says it */
  async #wide(entry: string, want?: number): Promise<WideArray['data']> {
    const file = this.#file(entry, want === undefined ? undefined : [want]);
    const { shape, data } = await asDamaged(entry, readWideNpyEntry(this.archive, file, LARGEST_ARRAY, this.allowance));
    if (shape.length !== 1 || (want !== undefined && data.length !== want))
      throw new Damaged(`the array ${entry} has shape ${shown(shape)}, expected [${want ?? 'any'}]`);
    this.arrays.push(data);
    return data;
  }

  /** Units of each reference; how many those are the array tells. */
  async #references(entry: string, examples: number, units: number, layer: string): Promise<NumericArray> {
    const array = await this.#array(entry);
    const [rows, references = 0, columns] = array.shape;
    if (array.shape.length !== 3 || rows !== examples || references < 2 || columns !== units)
      throw new Damaged(`the references of layer ${layer} have shape ${shown(array.shape)}`);
    return array;
  }

  /** @param want its shape, where the manifest says it */
  async #array(entry: string, want?: readonly number[]): Promise<NumericArray> {
    const known = this.#arrays.get(entry);
    // Inputs are shared by questions; layers have arrays of their own, and work of their own with each.
    if (known && want) this.allowance.take(known.data.byteLength);
    const array = known ?? (await this.#read(entry, want));
    if (want && (want.length !== array.shape.length || want.some((size, axis) => size !== array.shape[axis])))
      throw new Damaged(`the array ${entry} has shape ${shown(array.shape)}, expected ${shown(want)}`);
    return array;
  }

  async #read(entry: string, want?: readonly number[]): Promise<NumericArray> {
    const file = this.#file(entry, want);
    const array = await asDamaged(entry, readNpyEntry(this.archive, file, LARGEST_ARRAY, this.allowance));
    this.#arrays.set(entry, array);
    this.arrays.push(array.data);
    return array;
  }

  /** The file of an array, told by its size alone to be what is wanted, before anything of it is unpacked. */
  #file(entry: string, want?: readonly number[]): string {
    const file = `${entry}.npy`;
    const size = this.archive.sizes.get(file);
    if (size === undefined) throw new Damaged(`the array ${entry} is missing from it`);
    if (want && size > LARGEST_HEADER + WIDEST * want.reduce((product, each) => product * each, 1))
      throw new Damaged(`the array ${entry} has ${size} bytes, more than the shape ${shown(want)}`);
    return file;
  }
}

/** A fault of an array's bytes is one of the session. */
const asDamaged = <Read>(entry: string, reading: Promise<Read>): Promise<Read> =>
  reading.catch((error: unknown) => {
    if (error instanceof NpyFault) throw new Damaged(`the array ${entry}: ${error.message}`);
    throw error;
  });

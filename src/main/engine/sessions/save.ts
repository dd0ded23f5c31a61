/** Writes a session: a ZIP of numpy arrays and a manifest that names them. */
import { Readable } from 'node:stream';
import type { ZipFile } from 'yazl';
import type { AdaptiveResult, NumericArray } from '../../../contract/attribution';
import { MhoError } from '../../../contract/errors';
import { SESSION_FORMAT, SESSION_VERSION, type Manifest, type Session } from '../../../contract/session';
import { plainNote } from '../../../contract/notebook';
import { npyBytes, npyHeader, type WideArray } from '../data/npy';
import { LARGEST_MANIFEST, MANIFEST, MOST_SAVED } from './limits';
import { writeSafely } from './write';

/** Bytes handed to the compressor at a time. */
const CHUNK = 2 ** 20;

/** Collects arrays under names that any system can unpack; an array that is used twice is stored once. */
class Arrays {
  readonly entries = new Map<string, WideArray>();
  readonly #names = new Map<WideArray['data'], string>();

  add(name: string, array: WideArray): string {
    const known = this.#names.get(array.data);
    if (known && this.entries.get(known)!.shape.join() === array.shape.join()) return known;
    this.entries.set(name, array);
    this.#names.set(array.data, name);
    return name;
  }
}

const slug = (name: string): string => name.replace(/[^\w-]+/g, '_').slice(0, 60);

/** Null where JSON has no number. */
const plain = (values: Float32Array): (number | null)[] =>
  Array.from(values, (value) => (Number.isFinite(value) ? value : null));

type StoredAdaptive = NonNullable<Manifest['runs'][number]['adaptive']>;

function adaptiveOf({ accuracy, examples }: AdaptiveResult, folder: string, arrays: Arrays): StoredAdaptive {
  const points = examples.flatMap(({ grid }) => grid.flatMap((line) => [...line]));
  let room = MOST_SAVED;
  return {
    accuracy,
    grid: arrays.add(`${folder}/grid`, { shape: [points.length], data: Float64Array.from(points) }),
    examples: examples.map(({ estimate, grid, saved, ...reached }, example): StoredAdaptive['examples'][number] => {
      const bytes = Object.values(saved?.arrays ?? {}).reduce((sum, { byteLength }) => sum + byteLength, 0);
      const fits = saved !== null && bytes <= room;
      if (fits) room -= bytes;
      return {
        ...reached,
        estimate: Number.isFinite(estimate) ? estimate : null,
        grid: grid.map(({ length }) => length),
        saved: !fits
          ? null
          : {
              about: saved.about,
              arrays: Object.entries(saved.arrays).map(([name, data], place) => ({
                name,
                array: arrays.add(`${folder}/saved/${example}/${place}-${slug(name)}`, { shape: [data.length], data }),
              })),
            },
      };
    }),
  };
}

function manifestOf(session: Session, arrays: Arrays): Manifest {
  const named = (folder: string, given: Readonly<Record<string, NumericArray>>) =>
    Object.entries(given).map(([name, array], place) => ({
      name,
      array: arrays.add(`${folder}/${place}-${slug(name)}`, array),
      ...(array.lost && {
        lost: arrays.add(`${folder}/${place}-${slug(name)}-lost`, { shape: array.shape, data: array.lost }),
      }),
    }));
  return {
    format: SESSION_FORMAT,
    version: SESSION_VERSION,
    created: session.created,
    software: session.software,
    model: session.model as Manifest['model'],
    questions: session.questions.map(
      ({ inputs, source, files, examples, baseline, target, minus, hold, walk }, place) => ({
        inputs: named(`questions/${place}/inputs`, inputs),
        source,
        files,
        examples: [...examples],
        baseline:
          baseline.kind === 'constant'
            ? (baseline as Manifest['questions'][number]['baseline'])
            : {
                kind: 'arrays' as const,
                arrays: named(`questions/${place}/baselines`, baseline.arrays),
                perExample: baseline.perExample === true,
                references: baseline.references,
                rest: baseline.rest,
                chosen: baseline.chosen && [...baseline.chosen],
              },
        target: target as Manifest['questions'][number]['target'],
        minus: minus as Manifest['questions'][number]['minus'],
        hold: hold && [...hold],
        walk: walk && [...walk],
      }),
    ),
    runs: session.runs.map((run, place) => ({
      question: run.question,
      method: run.method,
      rule: run.rule,
      steps: run.steps,
      adaptive: run.adaptive && adaptiveOf(run.adaptive, `runs/${place}-${run.method}`, arrays),
      target: [...run.target],
      terms: run.terms as Manifest['runs'][number]['terms'],
      atInput: plain(run.atInput),
      atBaseline: plain(run.atBaseline),
      delta: plain(run.delta),
      ...(run.deltaUncertainty && { deltaUncertainty: plain(run.deltaUncertainty) }),
      alarms: [...run.alarms],
      complete: run.complete,
      examples: [...run.examples],
      faults: run.faults.map(({ example, fault: { code, message, remedy } }) => ({
        example,
        fault: { code, message, remedy },
      })),
      remarks: [...run.remarks] as Manifest['runs'][number]['remarks'],
      backend: run.backend,
      pathStart: run.pathStart,
      rounded: run.rounded && [...run.rounded],
      varied: run.varied as Manifest['runs'][number]['varied'],
      baseline: run.baseline && [...run.baseline],
      layerGroups: run.layerGroups,
      durationMs: run.durationMs,
      label: run.label,
      layers: run.layers.map((layer, index) => {
        const folder = `runs/${place}-${run.method}/${index}-${slug(layer.name)}`;
        const examples = run.examples.length;
        const whole = [examples, ...layer.shape];
        const { units, unitError, spread, references } = layer;
        const perUnit = [examples, units.length / examples];
        return {
          name: layer.name,
          kind: layer.kind,
          shape: [...layer.shape],
          unitAxis: layer.unitAxis,
          cut: layer.cut,
          sum: plain(layer.sum),
          residual: layer.residual && plain(layer.residual),
          error: layer.error && plain(layer.error),
          unitsError: layer.unitsError && plain(layer.unitsError),
          neuronsTotal: plain(layer.neuronsTotal),
          unitsTotal: plain(layer.unitsTotal),
          certain: layer.certain && Array.from(layer.certain),
          contributions: arrays.add(`${folder}/contributions`, { shape: whole, data: layer.contributions }),
          units: arrays.add(`${folder}/units`, { shape: perUnit, data: units }),
          unitError: unitError && arrays.add(`${folder}/unitError`, { shape: perUnit, data: unitError }),
          spread: spread && arrays.add(`${folder}/spread`, { shape: whole, data: spread }),
          ...(references && {
            references: arrays.add(`${folder}/references`, {
              shape: [examples, references.length / units.length, perUnit[1]!],
              data: references,
            }),
          }),
        };
      }),
    })),
    errors: session.errors.map(({ code, message, remedy }) => ({ code, message, remedy })),
    notes: session.notes,
    ...(session.view && { view: session.view }),
    ...(session.notebook?.length && { notebook: session.notebook.map(plainNote) }),
    ...(session.judgements?.length && { judgements: [...session.judgements] }),
  };
}

const headerOf = ({ shape, data }: WideArray): Uint8Array =>
  npyHeader(shape, data instanceof Float64Array ? 'f8' : 'f4');

function* pieces(array: WideArray): Generator<Uint8Array> {
  yield headerOf(array);
  const { data } = array;
  const bytes = npyBytes(data);
  for (let at = 0; at < bytes.length; at += CHUNK) yield bytes.subarray(at, at + CHUNK);
}

/**
 * Saves a session. `numpy.load` opens the file; docs/session-format.md tells what is in it. Beyond 4 GiB it is Zip64.
 * @throws FILE_WRITE; the file that was there before is then untouched
 */
export async function saveSession(path: string, session: Session): Promise<void> {
  const { ZipFile } = await import('yazl');
  const arrays = new Arrays();
  const text = Buffer.from(JSON.stringify(manifestOf(session, arrays)));
  if (text.length > LARGEST_MANIFEST)
    throw new MhoError('FILE_WRITE', { path, reason: `its manifest would be ${text.length} bytes; save fewer runs` });
  const zip: ZipFile = new ZipFile();
  const options = { mtime: new Date(session.created), mode: 0o100644, compress: true };
  zip.addBuffer(text, `${MANIFEST}`, options);
  for (const [name, array] of arrays.entries) {
    const length = headerOf(array).length + array.data.byteLength;
    // Level 1: numbers hardly shrink, but for the many zeros of ReLU nets, which any level finds.
    zip.addReadStreamLazy(`${name}.npy`, { ...options, size: length, compressionLevel: 1 }, (give) =>
      give(null, Readable.from(pieces(array), { objectMode: false })),
    );
  }
  zip.end();
  await writeSafely(path, async (file) => {
    const failed = new Promise<never>((_, reject) => zip.on('error', reject));
    const written = (async () => {
      for await (const chunk of zip.outputStream) await file.writeFile(chunk as Buffer);
    })();
    await Promise.race([written, failed]);
  });
}

/** What repeats a run in a terminal, with the files that its model and inputs were read from; what reads it in Python. */
import { MhoError } from '../../../contract/errors';
import { chosenWord, isFromFile } from '../../../contract/words/baselines';
import { commandLines, knockOutLine, type FilesOf, type Repeated } from '../../../contract/words/command';
import { pythonLines } from '../../../contract/words/python';
import { madeName } from '../../../contract/words/runs';
import { basename } from 'node:path';
import { shortFolder } from '../folders';
import type { Question } from '../../../contract/session';
import type { DataSource } from '../../../contract/setup';
import type { Params } from '../../../contract/studio';
import type { Epoch } from './document/epoch';
import { asRun } from './interventions';

/** As a shell reads it, the user's own folder by its sign. */
const shortPath = (path: string): string => {
  const folder = shortFolder(path);
  return `${folder === '/' ? '' : folder}/${basename(path)}`;
};
const partsOf = ({ parts }: DataSource): readonly FilesOf[] =>
  parts.map(({ paths, input }) => ({ input, paths: paths.map(shortPath) }));

/** The files that data were read from here; null where they are of a session that was opened again. */
const sourceOf = (epoch: Epoch, handle: string | null): DataSource | null =>
  handle === null ? null : epoch.data.sourceOf(handle);

function baselineOf({ baseline, files }: Question, opened: DataSource | null): Repeated['baseline'] | null {
  if (baseline.kind === 'constant') return baseline;
  const { chosen, perExample = false } = baseline;
  if (chosen && !isFromFile(baseline)) return { kind: 'word', word: chosenWord(chosen) };
  const source = opened ?? files?.baseline;
  if (!source) return null;
  return { kind: 'files', parts: partsOf(source), perExample, ...(chosen && { word: chosenWord(chosen) }) };
}

/** @throws HANDLE_UNKNOWN, RUN_WITHOUT_FILES; of a guest that was put away: SESSION_… */
export async function commandOf(epoch: Epoch, id: string): Promise<string> {
  const own = epoch.runs.has(id) ? epoch.runs.get(id) : null;
  const guest = own ? null : await epoch.guests.whole(id);
  const { question, result, ...run } = own ?? guest!.run;
  const { data, baseline: against } = own?.askedWith ?? { data: null, baseline: null };
  // a run of the model that is open is repeated with the model where that is
  const open = epoch.model?.summary.hash === run.model ? epoch.model : null;
  const summary = open?.summary ?? guest?.describes ?? epoch.summary!;
  const without = (what: string): MhoError => new MhoError('RUN_WITHOUT_FILES', { run: run.name ?? madeName(result), what }); // prettier-ignore
  const source = sourceOf(epoch, data) ?? question.files?.inputs;
  if (!source) throw without('inputs');
  const baseline = baselineOf(question, sourceOf(epoch, against));
  if (!baseline) throw without('baselines');
  return commandLines({
    model: shortPath(open?.path ?? summary.path),
    signature: open?.choices.signature ?? summary.signature,
    parts: partsOf(source),
    reading: source.reading,
    examples: question.examples,
    baseline,
    target: question.target,
    minus: question.minus,
    output: summary.defaultOutput ?? summary.outputs[0]!.name,
    run: result,
    hold: question.hold ?? [],
    walk: question.walk ?? [],
  }).join('\n');
}

/** Units that are taken out of what is asked. @throws HANDLE_UNKNOWN, NOTHING_OPEN, INPUT_…, RUN_WITHOUT_FILES, INTERVENTION_MIXED */
export function knockOutCommand({ openModel, data }: Epoch, { interventions, ...setup }: Params<'intervene'>): string {
  const { summary, path, choices } = openModel;
  const without = (what: string): MhoError => new MhoError('RUN_WITHOUT_FILES', { run: 'what is shown', what });
  const asked = { ...asRun(setup), backend: setup.backend ?? 'auto' };
  const question = data.question(asked, data.request(asked, openModel));
  const source = question.files?.inputs;
  if (!source) throw without('inputs');
  const baseline = baselineOf(question, null);
  if (!baseline) throw without('baselines');
  const { target, minus, hold = [], walk = [] } = question;
  const line = knockOutLine(
    {
      model: shortPath(path),
      signature: choices.signature ?? summary.signature,
      parts: partsOf(source),
      reading: source.reading,
      output: summary.defaultOutput ?? summary.outputs[0]!.name,
      ...{ baseline, target, minus, hold, walk },
    },
    setup.examples,
    interventions,
  );
  if (line === null) throw new MhoError('INTERVENTION_MIXED');
  return line;
}

/** @param name what the run is called @throws HANDLE_UNKNOWN, RUN_IN_NO_FILE */
export function pythonOf(epoch: Epoch, id: string, name: string): string {
  const { runs, session, dirty, guests } = epoch;
  const own = runs.has(id);
  const [guest] = own ? [] : guests.placesOf([id]);
  const place = own ? runs.all.findIndex((run) => run.id === id) : guest?.place;
  const path = own ? (dirty ? undefined : session?.path) : guest?.path;
  if (path === undefined || place === undefined) throw new MhoError('RUN_IN_NO_FILE', { run: name });
  return pythonLines(shortPath(path), place, name);
}

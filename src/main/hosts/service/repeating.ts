/** What repeats a run in a terminal, with the files that its model and inputs were read from. */
import { MhoError } from '../../../contract/errors';
import { commandLines, type FilesOf, type Repeated } from '../../../contract/words/command';
import { madeName } from '../../../contract/words/runs';
import { basename } from 'node:path';
import { shortFolder } from '../folders';
import type { DataSource } from '../../../contract/setup';
import type { Epoch } from './document/epoch';
import type { Run } from './document/runs';

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

function baselineOf({ question: { baseline, files }, askedWith }: Run, epoch: Epoch): Repeated['baseline'] | null {
  if (baseline.kind === 'constant') return baseline;
  if (baseline.chosen) return { kind: baseline.chosen.some(({ kind }) => kind === 'uniform') ? 'uniform' : 'fitting' };
  const source = sourceOf(epoch, askedWith.baseline) ?? files?.baseline;
  return source ? { kind: 'files', parts: partsOf(source), perExample: baseline.perExample === true } : null;
}

/** @throws HANDLE_UNKNOWN, NOTHING_OPEN, RUN_OTHER_MODEL, RUN_WITHOUT_FILES */
export function commandOf(epoch: Epoch, id: string): string {
  const run = epoch.runs.get(id);
  const { openModel: model } = epoch;
  const name = run.name ?? madeName(run.result);
  if (run.model !== model.summary.hash) throw new MhoError('RUN_OTHER_MODEL', { run: name, model: model.summary.name });
  const { question, result, askedWith } = run;
  const source = sourceOf(epoch, askedWith.data) ?? question.files?.inputs;
  if (!source) throw new MhoError('RUN_WITHOUT_FILES', { run: name, what: 'inputs' });
  const baseline = baselineOf(run, epoch);
  if (!baseline) throw new MhoError('RUN_WITHOUT_FILES', { run: name, what: 'baselines' });
  return commandLines({
    model: shortPath(model.path),
    signature: model.choices.signature ?? model.summary.signature,
    parts: partsOf(source),
    reading: source.reading,
    examples: question.examples,
    baseline,
    target: question.target,
    minus: question.minus,
    output: model.summary.defaultOutput ?? model.summary.outputs[0]!.name,
    run: result,
    hold: question.hold ?? [],
    walk: question.walk ?? [],
  }).join('\n');
}

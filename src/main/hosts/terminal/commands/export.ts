/** `mho export`: a session as CSV, and its layers as JSON for other programs. */
import { MhoError } from '../../../../contract/errors';
import { asJson, layerGraphOf, nodeDataOf, type ToldRun } from '../../../../contract/layerGraph';
import type { Session, SessionRun } from '../../../../contract/session';
import { exportUnits, openSession } from '../../../engine/sessions';
import { AS_OTHER_FILES, writeSafely } from '../../../engine/sessions/write';
import { namedRuns } from '../namedRuns';
import { EXIT, interruptible, type Terminal } from '../terminal';

export interface ExportOptions {
  readonly csv?: string;
  readonly neurons?: boolean;
  readonly graph?: string;
  readonly overlay?: string;
  readonly run: string;
  readonly example?: string;
}

const toldRun = ({ questions }: Session, run: SessionRun, name: string): ToldRun => ({
  name,
  numbered: run.examples.map((place) => questions[run.question]!.examples[place]!),
  result: run,
  layers: run.layers,
});

/** The run and the place of its example that an overlay is asked of. */
function overlaid(
  session: Session,
  { run, example }: ExportOptions,
): { readonly told: ToldRun; readonly place: number } {
  const found = /^\d+$/.test(run) ? session.runs[Number(run)] : undefined;
  if (!found)
    throw new MhoError('USAGE', { reason: `--run ${run}: the session has runs 0 to ${session.runs.length - 1}` });
  const told = toldRun(session, found, '');
  const place = example === undefined ? 0 : told.numbered.findIndex((number) => `${number}` === example);
  if (place < 0)
    throw new MhoError('USAGE', { reason: `--example ${example}: run ${run} has ${told.numbered.join(', ')}` });
  return { told, place };
}

export async function exportCommand(terminal: Terminal, path: string, options: ExportOptions): Promise<number> {
  const session = await interruptible(terminal, (signal) => openSession(path, { signal }));
  const write = async (file: string, text: string): Promise<void> => {
    await writeSafely(file, (handle) => handle.writeFile(text), AS_OTHER_FILES);
    terminal.err(`Wrote ${file}\n`);
  };
  const { csv, graph, overlay } = options;
  const asked = overlay === undefined ? null : overlaid(session, options);
  if (csv !== undefined) {
    await exportUnits(csv, session, options.neurons ? 'neuron' : 'unit');
    terminal.err(`Wrote ${csv}\n`);
  }
  const names = namedRuns(session).map(({ name }) => name);
  if (graph !== undefined)
    await write(
      graph,
      asJson(
        layerGraphOf(
          session.model,
          session.runs.map((run, place) => toldRun(session, run, names[place]!)),
        ),
      ),
    );
  if (overlay !== undefined && asked) await write(overlay, asJson(nodeDataOf(asked.told, asked.place)));
  return EXIT.ok;
}

/** `mho show`: a saved session. */
import { printable } from '../../../../contract/text';
import { openSession } from '../../../engine/sessions';
import { sessionJson } from '../json';
import { judgementTables } from '../judgementTables';
import type { ShowOptions } from '../options';
import { LEGEND, sessionTables } from '../tables';
import { EXIT, interruptible, type Terminal } from '../terminal';

export async function show(terminal: Terminal, path: string, options: ShowOptions): Promise<number> {
  const session = await interruptible(terminal, (signal) => openSession(path, { signal }));
  if (options.json) {
    terminal.out(sessionJson(session, path, options.top, options.neurons));
    return EXIT.ok;
  }
  const { name, format, hash } = session.model;
  const source = session.questions.map((question) => question.source ?? 'inputs of the window').join('; ');
  const model = printable(`${name}: ${format}, hash ${hash.slice(0, 12)}; ${source}; ${session.created}`);
  const judged = (session.judgements ?? []).map((judgement) => `\n${judgementTables(judgement)}`).join('');
  const runs = session.runs.length === 0 ? '' : `${sessionTables(session, options.top)}\n${LEGEND}`;
  terminal.out(`${model}\n\n${runs}${judged}`);
  return EXIT.ok;
}

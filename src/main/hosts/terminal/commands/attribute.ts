/** `mho attribute`: contributions of every neuron, from a model and arrays. */
import { checkWritable } from '../../../engine/sessions';
import { pathFrom } from '../accuracy';
import { asking } from '../asking';
import { attributeInTerminal, togetherInOne, type Attributed } from '../attribution';
import { sessionJson } from '../json';
import type { AttributeOptions } from '../options';
import { saveSomewhere } from '../saving';
import { LEGEND, sessionTables } from '../tables';
import { EXIT, type Terminal } from '../terminal';

export async function attributeCommand(
  terminal: Terminal,
  modelPath: string,
  options: AttributeOptions,
): Promise<number> {
  const path = pathFrom(options);
  if (options.out) await checkWritable(options.out);
  const quiet = options.quiet === true;
  const { summary, groups } = await asking(terminal, modelPath, options);
  const done: Attributed[] = [];
  for await (const { model, request: asked, examples, source, files, labels } of groups()) {
    const request = {
      ...asked,
      methods: options.method,
      rule: options.rule,
      ...path,
      layers: options.layers === 'all' ? undefined : options.layers.split(',').map((name) => name.trim()),
      pathStart: options.path === 'input' ? undefined : options.path,
    };
    const computing = { request, backend: options.backend, quiet };
    done.push(await attributeInTerminal(terminal, model, computing, { source, files, examples, labels }));
    if (done.at(-1)!.fault) break;
  }
  const { session, fault } = togetherInOne(done, summary);

  const { path: saved, fault: unsaved } =
    options.out && session.runs.length > 0 ? await saveSomewhere(options.out, session) : { path: null, fault: null };
  if (options.json) terminal.out(sessionJson(session, saved, options.top, options.neurons));
  else if (session.runs.length > 0) terminal.out(`${sessionTables(session, options.top)}\n${LEGEND}`);
  if (saved && !options.json) terminal.out(`Saved to ${saved}\n`);
  if (unsaved) throw unsaved;
  if (fault) throw fault;
  return EXIT.ok;
}

/** `mho sample`: a bundled model, attributed, shown and saved; what `npm start` runs where there is no window. */
import { constants, existsSync } from 'node:fs';
import { access, readdir, readFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DEFAULT_ACCURACY, type AttributionRequest } from '../../../../contract/attribution';
import { MhoError } from '../../../../contract/errors';
import { readArrays } from '../../../engine/data';
import { checkWritable } from '../../../engine/sessions';
import { attributeInTerminal } from '../attribution';
import { exampleList, selectExamples, sourceFrom } from '../inputs';
import { sessionJson } from '../json';
import { openInTerminal } from '../opening';
import type { AttributeOptions } from '../options';
import { saveSomewhere } from '../saving';
import { LEGEND, sessionTables } from '../tables';
import { EXIT, interruptible, type Terminal } from '../terminal';

/** `sample.json`; see resources/samples/README.md. */
interface Sample extends Pick<AttributionRequest, 'baseline' | 'target' | 'methods' | 'rule' | 'steps'> {
  readonly title: string;
  readonly description: string;
  readonly model: string;
  readonly inputs: string;
  readonly examples: string;
  readonly labels: readonly string[];
  readonly exampleLabels?: readonly string[];
}

export async function sample(
  terminal: Terminal,
  name: string,
  options: Pick<AttributeOptions, 'backend' | 'top' | 'out' | 'json' | 'quiet'>,
): Promise<number> {
  const folder = join(samplesFolder(), name);
  if (!/^[\w-]+$/.test(name) || !existsSync(join(folder, 'sample.json'))) {
    const entries = await readdir(samplesFolder(), { withFileTypes: true });
    const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
    throw new MhoError('USAGE', { reason: `There is no sample ${name}; there are ${names.join(', ')}` });
  }
  const out = options.out ?? join(await writableFolder(), `sample-${name}.mho`);
  await checkWritable(out);
  const described = JSON.parse(await readFile(join(folder, 'sample.json'), 'utf8')) as Sample;
  if (!options.json) terminal.out(`${described.title}\n${described.description}\n\n`);
  const model = await openInTerminal(terminal, join(folder, described.model), options);
  const arrays = await interruptible(terminal, (signal) => readArrays(join(folder, described.inputs), { signal }));
  const examples = exampleList(described.examples, Object.values(arrays)[0]!.shape[0]!);
  const { baseline, target, methods, rule, steps } = described;
  const accuracy = DEFAULT_ACCURACY;
  const request = { inputs: selectExamples(arrays, examples), baseline, target, methods, rule, steps, accuracy };
  const source = described.inputs;
  const asked = { request, backend: options.backend, quiet: options.quiet === true };
  const files = { inputs: sourceFrom([join(folder, source)], {}) };
  const { labels } = described;
  const { session, fault } = await attributeInTerminal(terminal, model, asked, { source, files, examples, labels });
  const { path: saved, fault: unsaved } =
    session.runs.length > 0 ? await saveSomewhere(out, session) : { path: null, fault: null };
  if (options.json) terminal.out(sessionJson(session, saved, options.top));
  else if (session.runs.length > 0) {
    terminal.out(`${sessionTables(session, options.top, described.exampleLabels)}\n${LEGEND}\n`);
    if (saved)
      terminal.out(`Saved to ${saved}\nmho show prints it again, mho export writes it as CSV, numpy.load reads it.\n`);
  }
  if (unsaved) throw unsaved;
  if (fault) throw fault;
  return EXIT.ok;
}

/** resources/samples beside the nearest package.json above: the program is built into out/main, and runs from src in tests. */
function samplesFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'resources/samples')) && dirname(folder) !== folder) folder = dirname(folder);
  return join(folder, 'resources/samples');
}

/** The current folder; where that cannot be written to the home folder, else the system's temporary one. */
async function writableFolder(): Promise<string> {
  for (const folder of ['.', homedir()]) {
    const writable = await access(folder, constants.W_OK | constants.X_OK).then(
      () => true,
      () => false,
    );
    if (writable) return resolve(folder);
  }
  return tmpdir();
}

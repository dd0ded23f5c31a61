/** `mho judge`: which method's ranking the network itself bears out. */
import type { AttributionRequest } from '../../../../contract/attribution';
import { MhoError } from '../../../../contract/errors';
import type { Replacement } from '../../../../contract/interventions';
import { isMethod, type Judged, type Judgement } from '../../../../contract/judgement';
import type { Session } from '../../../../contract/session';
import { printableJson } from '../../../../contract/text';
import { judgingWords } from '../../../../contract/words/judgement';
import { devices } from '../../../engine/backends';
import { judge, type Judging } from '../../../engine/judge';
import { checkWritable } from '../../../engine/sessions';
import { pathFrom } from '../accuracy';
import { asking, type AskedGroup } from '../asking';
import { sessionOf } from '../attribution';
import { judgementTables } from '../judgementTables';
import type { AskOptions } from '../options';
import { amongPooled } from '../replacements';
import { saveSomewhere } from '../saving';
import { EXIT, type Terminal } from '../terminal';
import { timelessJudgement } from '../timeless';
import { watched } from '../watching';

export interface JudgeOptions extends AskOptions {
  readonly methods: readonly Judged[];
  /** Names separated by commas; a handful by importance when absent. */
  readonly layers?: string;
  readonly to: Replacement;
  readonly steps?: number;
  readonly tolerance?: number;
  readonly maxPasses?: number;
  readonly seed: number;
  readonly sanity: boolean;
  /** False: JSON without times and dates. */
  readonly times: boolean;
  readonly out?: string;
}

export async function judgeCommand(terminal: Terminal, path: string, options: JudgeOptions): Promise<number> {
  if (options.out) await checkWritable(options.out);
  const quiet = options.quiet === true;
  const { groups } = await asking(terminal, path, options);
  const [group, ...more] = await collected(groups());
  if (!group || more.length > 0)
    throw new MhoError('USAGE', {
      reason: 'examples that are judged together are of one size, and these have several: choose with --examples',
    });
  const request = requestOf(group, options);
  const { model, pool, pooled, source } = group;
  const to = amongPooled(options.to, pooled);
  const { result, fault } = await watched(terminal, quiet, ({ signal, told }) =>
    devices.use(options.backend, (device) =>
      judge(
        device,
        model.graph,
        { request, methods: options.methods, to, seed: options.seed, sanity: options.sanity, pool, source },
        { signal, onProgress: ({ done, total, at }) => told(done, total, { kind: 'judging', what: judgingWords(at) }) },
      ),
    ),
  );
  if (!result) throw fault!;
  // Another example is told by its own number, not by its place among those of its size.
  const judgement: Judgement = { ...result.judgement, to: options.to };
  const session = judgedSession(group, request, { ...result, judgement });
  const { path: saved, fault: unsaved } = options.out
    ? await saveSomewhere(options.out, session)
    : { path: null, fault: null };
  const { name, format, hash } = model.summary;
  const told = options.times ? judgement : timelessJudgement(judgement);
  if (options.json)
    terminal.out(`${printableJson({ model: { name, format, path, hash }, source, saved, ...told }, 1)}\n`);
  else {
    terminal.out(judgementTables(judgement));
    if (saved) terminal.out(`Saved to ${saved}\n`);
  }
  if (unsaved) throw unsaved;
  if (result.fault) throw result.fault;
  return EXIT.ok;
}

async function collected<Each>(all: AsyncGenerator<Each>): Promise<Each[]> {
  const found: Each[] = [];
  for await (const each of all) found.push(each);
  return found;
}

function requestOf({ request, examples }: AskedGroup, options: JudgeOptions): AttributionRequest {
  const { methods, steps, tolerance, maxPasses, layers } = options;
  const path = pathFrom({ method: methods.filter(isMethod), rule: 'secant', steps, tolerance, maxPasses } as Parameters<typeof pathFrom>[0]); // prettier-ignore
  return {
    ...request,
    methods: methods.filter(isMethod),
    rule: 'secant',
    ...path,
    layers: layers?.split(',').map((name) => name.trim()),
    exampleNumbers: examples,
  };
}

function judgedSession(
  group: AskedGroup,
  request: AttributionRequest,
  { judgement, results, fault }: Judging,
): Session {
  return {
    ...sessionOf(group.model, request, group, results),
    created: judgement.created,
    errors: fault ? [fault.fault] : [],
    judgements: [judgement],
  };
}

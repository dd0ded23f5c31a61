/** The commands of `mho`, their options and their help. What they need is loaded when they run, so that help is instant. */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { version } from '../../../../package.json';
import { METHODS, RULES } from '../../../contract/attribution';
import { CHECK_TOLERANCE } from '../../../contract/check';
import { asMhoError, MhoError, type ErrorCode } from '../../../contract/errors';
import { JUDGED } from '../../../contract/judgement';
import { printable } from '../../../contract/text';
import { MODEL_ARGUMENT, SESSION_ARGUMENT } from '../../../contract/words/formats';
import { checkAddressSpace } from './addressSpace';
import { toleranceFrom } from './accuracy';
import { asking, backend, json, signature, size, whole, timeless } from './askOptions';
import type { BaselinesOptions } from './commands/baselines';
import type { CheckCommandOptions } from './commands/check';
import type { CompareOptions } from './commands/compare';
import type { JudgeOptions } from './commands/judge';
import type { StudyOptions } from './commands/studyPaper';
import type { KnockOutOptions } from './commands/knockOut';
import type { ExportOptions } from './commands/export';
import {
  EXIT_CODES,
  ATTRIBUTE_HELP,
  KNOCK_OUT_HELP,
  JUDGE_HELP,
  STUDY_HELP,
  BASELINES_HELP,
  CHECK_HELP,
} from './helpTexts';
import type { AttributeOptions, InspectOptions, ShowOptions } from './options';
import { replacementFrom } from './replacements';
import { cleaned, EXIT, type Interrupt, type Terminal } from './terminal';

/** Faults of a command line, not of what it names. */
const USAGE_FAULTS: ReadonlySet<string> = new Set<ErrorCode>(['USAGE', 'ACCURACY_UNUSED', 'CONTINUE_FIXED']);

/** Runs a command line. @returns the exit code; every fault has been told by then */
export async function run(words: readonly string[], given: Terminal): Promise<number> {
  let code: number = EXIT.ok;
  let interrupt: Interrupt = 'SIGINT';
  const terminal = cleaned({
    ...given,
    onInterrupt: (stop) =>
      given.onInterrupt((signal = 'SIGINT') => {
        interrupt = signal;
        return stop(signal);
      }),
  });
  try {
    await programFor(terminal, (given) => (code = given)).parseAsync(words, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage; // told by commander
    const fault = asMhoError(error);
    terminal.err(`${printable(fault.message)}\n`);
    if (fault.code === 'CANCELLED' || fault.code === 'OPENING_CANCELLED') return EXIT[interrupt];
    return USAGE_FAULTS.has(fault.code) ? EXIT.usage : EXIT.fault;
  }
}

/** `nig,rescale`, each once. */
const oneOf =
  <Name extends string>(all: readonly Name[]) =>
  (text: string): readonly Name[] => {
    const names = text.split(',').map((name) => name.trim());
    for (const name of names)
      if (!(all as readonly string[]).includes(name))
        throw new InvalidArgumentError(`There is no method '${name}'. Choose from ${all.join(', ')}.`);
    return [...new Set(names)] as Name[];
  };

function tolerance(text: string): number {
  const share = toleranceFrom(text);
  if (share !== null) return share;
  const hint = /^\d+\.?\d*$/.test(text) && toleranceFrom(`${text}%`) !== null ? ` (did you mean ${text}%?)` : '';
  throw new InvalidArgumentError(`Give a share from 0.01% to 100%: 5%, 0.1% or 0.05${hint}.`);
}

function positive(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0)
    throw new InvalidArgumentError('Give a number from 0 on: 1e-4.');
  return value;
}

/** Commander's sentence in the form of the catalogue. */
function usage(text: string): MhoError {
  const reason = text
    .trim()
    .replace(/^error: /, '')
    .replace(/\s*\n\s*/g, ' ')
    .replace(/\.$/, '');
  return new MhoError('USAGE', { reason });
}

/** Refuses a command without an option. Commander's own `requiredOption` would speak before a mistyped one is told of. */
function needed(command: Command, name: string): void {
  const option = command.options.find(({ long }) => long === name)!;
  if (command.getOptionValue(option.attributeName()) === undefined)
    throw new MhoError('USAGE', { reason: `required option '${option.flags}' not specified` });
}

/** Commands that open models or compute. */
const COMPUTING = new Set([
  'inspect',
  'check',
  'attribute',
  'knock-out',
  'judge',
  'baselines',
  'study-paper',
  'serve',
  'sample',
]);

/** @param finish told the exit code of the command that ran */
function programFor(terminal: Terminal, finish: (code: number) => void): Command {
  const program = new Command('mho');
  program
    .description('Which neurons inside a trained network a prediction went through.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .configureHelp({ helpWidth: 100 })
    .configureOutput({
      writeOut: terminal.out,
      writeErr: terminal.err,
      getOutHelpWidth: () => 100,
      getErrHelpWidth: () => 100,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
      outputError: (text, write) => write(`${usage(text).message}\n`),
    })
    .hook('preAction', (_, command) => {
      if (COMPUTING.has(command.name())) checkAddressSpace();
    })
    .exitOverride()
    .showSuggestionAfterError()
    .addHelpText('after', EXIT_CODES);

  const neurons = () => new Option('--neurons', 'with --json: the contribution of every single neuron too');
  const top = () => new Option('--top <k>', 'units shown per layer').argParser(whole(1)).default(5);
  program
    .command('inspect')
    .summary('list the layers of a model')
    .description(
      'Opens a model and lists its inputs, outputs and layers, where the path starts, and what each method gives for its ops.',
    )
    .argument('<model>', MODEL_ARGUMENT)
    .addOption(signature())
    .addOption(size())
    .option('--input <file...>', 'as for mho attribute: sizes that the model leaves free become those of the input')
    .addOption(json())
    .action(async (model: string, options: InspectOptions) => {
      const { inspect } = await import('./commands/inspect');
      finish(await inspect(terminal, model, options));
    });

  asking(program.command('attribute'))
    .summary('find the neurons that carried predictions')
    .description('Contributions of every neuron of every layer, by Neuron Integrated Gradients and DeepLIFT.')
    .argument('[model]', MODEL_ARGUMENT)
    .addOption(
      new Option('--method <list>', `any of ${METHODS.join(', ')}`).argParser(oneOf(METHODS)).default(['nig', 'rescale'], 'nig,rescale'), // prettier-ignore
    )
    .addOption(new Option('--rule <name>', 'how nig sums the path').choices(RULES).default('secant'))
    .addOption(
      new Option('--tolerance <share>', 'how far nig by secant goes (2%, by at most 600 walks)').argParser(tolerance),
    )
    .addOption(
      new Option('--tolerance-over <what>', 'whose errors it is a tolerance of (units)').choices(['units', 'neurons']),
    )
    .addOption(
      new Option('--until-top <k>', 'go on until the first k units of every layer are certain').argParser(whole(1)),
    ) // prettier-ignore
    .addOption(new Option('--max-passes <n>', 'walks of the path at the most').argParser(whole(1)))
    .option('--continue <session>', 'go on with an adaptive run of a session, and keep it there')
    .option('--run <which>', 'with --continue: which one, by its number or name')
    .addOption(new Option('--steps <n>', 'even steps in place of an adaptive path').argParser(whole(1)))
    .option('--layers <names>', 'all, or names separated by commas', 'all')
    .option('--path <start>', 'where the straight path runs: input, or the name of a layer', 'input')
    .addOption(top())
    .option('--out <file>', `save a session, ${SESSION_ARGUMENT}`)
    .addOption(neurons())
    .addHelpText('after', ATTRIBUTE_HELP)
    .action(async (model: string | undefined, options: AttributeOptions, command: Command) => {
      if (options.continue !== undefined) {
        const { continueCommand, CONTINUE_OPTIONS } = await import('./commands/continue');
        const fixed = command.options.find((option) => {
          const name = option.attributeName();
          return !CONTINUE_OPTIONS.has(name) && command.getOptionValueSource(name) === 'cli';
        });
        if (fixed) throw new MhoError('CONTINUE_FIXED', { option: fixed.long! });
        return finish(await continueCommand(terminal, options.continue, model ?? null, options));
      }
      if (model === undefined) throw new MhoError('USAGE', { reason: "missing required argument 'model'" });
      needed(command, '--input');
      if (options.run !== undefined) throw new MhoError('USAGE', { reason: '--run belongs to --continue' });
      const { attributeCommand } = await import('./commands/attribute');
      finish(await attributeCommand(terminal, model, options));
    });

  asking(program.command('knock-out'))
    .summary('take units out and look')
    .description('Takes units out of a layer, computes what lies behind it anew, and tells what the target is then.')
    .argument('<model>', MODEL_ARGUMENT)
    .option(
      '--units <list>',
      'units to take out together, and each by itself: LAYER:3,LAYER:7, or LAYER:0-3; LAYER:3@4x5 at one position alone',
    )
    .option('--layer <name>', 'all units of a layer, each by itself')
    .option('--all', 'with --layer: all its units (the default)')
    .addOption(
      new Option('--to <what>', 'what they become: baseline, zero, mean, example:K, scale:0.5, or a number')
        .argParser(replacementFrom)
        .default({ kind: 'baseline' }, 'baseline'),
    )
    .addOption(top())
    .addHelpText('after', KNOCK_OUT_HELP)
    .action(async (model: string, options: KnockOutOptions, command: Command) => {
      needed(command, '--input');
      const { knockOut } = await import('./commands/knockOut');
      finish(await knockOut(terminal, model, options));
    });

  asking(program.command('judge'))
    .summary('let the network judge the methods')
    .description('Takes units out and puts them back, and tells whose ranking of them came nearest to what happened.')
    .argument('<model>', MODEL_ARGUMENT)
    .addOption(
      new Option('--methods <list>', `any of ${JUDGED.join(', ')}`)
        .argParser(oneOf(JUDGED))
        .default(['nig', 'rescale', 'gradient-difference', 'activation-difference', 'random'], 'nig,rescale,gradient-difference,activation-difference,random'), // prettier-ignore
    )
    .option('--layers <names>', 'names separated by commas; a handful over the depth, the largest, when absent')
    .addOption(
      new Option('--to <what>', 'what units become: baseline, zero, mean, example:K, scale:0.5, or a number')
        .argParser(replacementFrom)
        .default({ kind: 'baseline' }, 'baseline'),
    )
    .addOption(new Option('--steps <n>', 'even steps of nig in place of an adaptive path').argParser(whole(1)))
    .addOption(new Option('--tolerance <share>', 'how far nig goes (2%, by at most 600 walks)').argParser(tolerance))
    .addOption(new Option('--max-passes <n>', 'walks of the path at the most').argParser(whole(1)))
    .addOption(new Option('--seed <n>', 'of chance, intervals and re-drawn weights').argParser(whole(0)).default(0))
    .option('--no-sanity', 'leave out rankings with re-drawn weights and for another target')
    .addOption(timeless())
    .option('--out <file>', `save a session with the judgement, ${SESSION_ARGUMENT}`)
    .addHelpText('after', JUDGE_HELP)
    .action(async (model: string, options: JudgeOptions, command: Command) => {
      needed(command, '--input');
      const { judgeCommand } = await import('./commands/judge');
      finish(await judgeCommand(terminal, model, options));
    });

  asking(program.command('study-paper'))
    .summary("ask the papers' questions of a model")
    .description('Holds methods against the formula that they stand for, against one another, and against ablation.')
    .argument('<model>', MODEL_ARGUMENT)
    .option('--layers <names>', 'names separated by commas; a handful over the depth, the largest, when absent')
    .addOption(new Option('--steps <n>', 'even steps of paths, an even number').argParser(whole(2)).default(64))
    .addOption(new Option('--seed <n>', 'of chance and intervals').argParser(whole(0)).default(0))
    .option('--truth <file>', 'what each example is: FILE, or FILE#COLUMN of a table or an archive of arrays')
    .option('--contrast <file...>', 'the same examples, changed, as for --input: which units answer to that')
    .addOption(timeless())
    .option('--out <folder>', 'write study.json and study.md there')
    .addHelpText('after', STUDY_HELP)
    .action(async (model: string, options: StudyOptions, command: Command) => {
      needed(command, '--input');
      const { studyPaper } = await import('./commands/studyPaper');
      finish(await studyPaper(terminal, model, options));
    });

  asking(program.command('baselines'))
    .summary('tell how much the baseline matters')
    .description('Explains the same target under several baselines, and tells what they agree on.')
    .argument('<model>', MODEL_ARGUMENT)
    .addOption(
      new Option('--among <list>', 'baselines, as --baseline knows them, separated by commas').default(
        'zeros,mean,blur,noise:0*4',
      ),
    )
    .addOption(new Option('--method <name>', 'whose contributions').choices(METHODS).default('nig'))
    .addOption(new Option('--tolerance <share>', 'how far nig goes (2%, by at most 600 walks)').argParser(tolerance))
    .addOption(new Option('--max-passes <n>', 'walks of the path at the most').argParser(whole(1)))
    .addOption(new Option('--steps <n>', 'even steps in place of an adaptive path').argParser(whole(1)))
    .option('--layers <names>', 'all, or names separated by commas, whose units are listed', 'all')
    .addOption(top())
    .option('--out <file>', `save a session with a run for each baseline, ${SESSION_ARGUMENT}`)
    .addHelpText('after', BASELINES_HELP)
    .action(
      async (
        model: string,
        { among, ...options }: Omit<BaselinesOptions, 'among'> & { readonly among: string },
        command: Command,
      ) => {
        needed(command, '--input');
        if (command.getOptionValueSource('baseline') === 'cli')
          throw new MhoError('USAGE', { reason: '--among takes the place of --baseline, its first baseline leads' });
        const { amongFrom, baselinesCommand } = await import('./commands/baselines');
        finish(await baselinesCommand(terminal, model, { ...options, among: amongFrom(among) }));
      },
    );

  program
    .command('check')
    .summary('compare a model with what its framework gives')
    .description(
      'Predicts the inputs and compares outputs, and layers where references of them are given, with known values: the largest difference of each, and the layer where it begins.',
    )
    .argument('<model>', MODEL_ARGUMENT)
    .option('--input <file...>', 'files (npz, npy, csv, png, jpeg), or NAME=FILE for one input of several')
    .option('--expect <file>', 'known values (npz, npy): entries by the names of outputs and layers, or output_0 …')
    .addOption(
      new Option('--tolerance <share>', 'largest difference, of the largest value where that is above 1')
        .argParser(positive)
        .default(CHECK_TOLERANCE),
    )
    .addOption(signature())
    .addOption(size())
    .addOption(backend())
    .addOption(json())
    .addHelpText('after', CHECK_HELP)
    .action(async (model: string, options: CheckCommandOptions, command: Command) => {
      needed(command, '--input');
      needed(command, '--expect');
      const { check } = await import('./commands/check');
      finish(await check(terminal, model, options));
    });

  program
    .command('show')
    .summary('show a saved session')
    .description('Prints the tables of a session; the model is not needed.')
    .argument('<session>', SESSION_ARGUMENT)
    .addOption(top())
    .addOption(json())
    .addOption(neurons())
    .action(async (path: string, options: ShowOptions) => {
      const { show } = await import('./commands/show');
      finish(await show(terminal, path, options));
    });

  program
    .command('runs')
    .summary('list the runs of a saved session')
    .description('Lists runs as the window calls them: target, baseline, examples, largest error, and what each took.')
    .argument('<session>', SESSION_ARGUMENT)
    .addOption(json())
    .action(async (path: string, options: { json?: boolean }) => {
      const { runsCommand } = await import('./commands/runs');
      finish(await runsCommand(terminal, path, options));
    });

  program
    .command('compare')
    .summary('compare a run of one session with a run of another')
    .description(
      'Tells how well two runs agree, over all units and layer by layer, and which units moved most. Layers are matched by name, those of another checkpoint too.',
    )
    .argument('<a>', SESSION_ARGUMENT)
    .argument('<b>', 'the other one, or the same again for two of its runs')
    .addOption(new Option('--run-a <n>', 'run of the first, as mho runs numbers it; 0 when absent').argParser(whole(0)))
    .addOption(
      new Option('--run-b <n>', 'run of the second; its first by the same method when absent').argParser(whole(0)),
    )
    .addOption(
      new Option('--example <n>', 'as numbered in the inputs; the first that both took when absent').argParser(
        whole(0),
      ),
    )
    .addOption(new Option('--top <k>', 'how many units that moved are told').argParser(whole(1)).default(10))
    .addOption(json())
    .action(async (a: string, b: string, options: CompareOptions) => {
      const { compareCommand } = await import('./commands/compare');
      finish(await compareCommand(terminal, [a, b], options));
    });

  program
    .command('export')
    .summary('write a session as CSV or JSON')
    .description(
      'Writes a session as a table, one row per unit or per neuron; as a graph of layers with what goes through each; as node data for Model Explorer.',
    )
    .argument('<session>', SESSION_ARGUMENT)
    .option('--csv <file>', 'the table to write')
    .option('--neurons', 'one row per neuron instead of per unit')
    .option('--graph <file>', 'layers, their inputs, and sums and errors of all runs, as JSON')
    .option('--overlay <file>', 'the importance mass of every layer, as Model Explorer takes it')
    .option('--run <which>', 'with --overlay: which run, by its number', '0')
    .option('--example <which>', 'with --overlay: as numbered in the inputs; the first one else')
    .action(async (path: string, options: ExportOptions, command: Command) => {
      if (options.graph === undefined && options.overlay === undefined) needed(command, '--csv');
      const { exportCommand } = await import('./commands/export');
      finish(await exportCommand(terminal, path, options));
    });

  program
    .command('backends')
    .summary('list where tensors can be computed')
    .description('Tries every backend, and tells which is chosen and why better ones are not.')
    .addOption(json())
    .action(async (options: { json?: boolean }) => {
      const { backends } = await import('./commands/backends');
      finish(await backends(terminal, options));
    });

  program
    .command('studio')
    .summary('open the window')
    .description('Opens the window, on a model, a session, or the page of a unit when one is given.')
    .argument('[file]', `a model, a session ${SESSION_ARGUMENT}, or a link to a unit (mho://…)`)
    .option('--sample <name>', 'open a bundled sample')
    .action(async (path: string | undefined, options: { sample?: string }) => {
      const { studioCommand } = await import('./commands/studio');
      finish(await studioCommand(path, options));
    });

  program
    .command('serve')
    .summary('the window in a browser')
    .description('Serves the window on this machine alone and prints its address; for machines without a screen.')
    .argument('[file]', `a model, or a session ${SESSION_ARGUMENT}`)
    .addOption(
      new Option('--port <n>', 'port to listen on; any free one when absent').argParser(whole(0)).default(0, 'any'),
    )
    .option('--sample <name>', 'open a bundled sample')
    .action(async (path: string | undefined, options: { port: number; sample?: string }) => {
      const { serveCommand } = await import('./commands/serve');
      finish(await serveCommand(terminal, path, options));
    });

  program
    .command('sample')
    .summary('run a bundled sample')
    .description('Attributes a bundled model, shows the result and saves the session in the current folder.')
    .argument('[name]', 'digits or motifs', 'digits')
    .addOption(backend())
    .addOption(new Option('--top <k>', 'units shown per layer').argParser(whole(1)).default(3))
    .option('--out <file>', 'where to save the session')
    .addOption(json())
    .option('--quiet', 'no progress bar')
    .action(async (name: string, options: Pick<AttributeOptions, 'backend' | 'top' | 'out' | 'json' | 'quiet'>) => {
      const { sample } = await import('./commands/sample');
      finish(await sample(terminal, name, options));
    });
  return program;
}

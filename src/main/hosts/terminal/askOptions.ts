/** Options of all commands that ask something of a model: which it is, inputs, baseline, target, and where it is computed. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import { BACKENDS } from '../../../contract/backends';
import { IMAGE_CHANNELS, IMAGE_FITS, IMAGE_RANGES } from '../../../contract/data';

export const whole =
  (least: number) =>
  (text: string): number => {
    if (!/^\d+$/.test(text) || Number(text) < least || !Number.isSafeInteger(Number(text)))
      throw new InvalidArgumentError(`Give a whole number from ${least} on.`);
    return Number(text);
  };

/** One more of an option that may be given several times. */
export const collected = (text: string, before: readonly string[]): readonly string[] => [...before, text];

function ranges(text: string): string {
  if (!/^\d+(-\d+)?(,\d+(-\d+)?)*$/.test(text))
    throw new InvalidArgumentError('Give numbers and ranges: 0-3 or 0,2,5.');
  return text;
}

/** A number for all channels or one for each. */
function perChannel(text: string): readonly number[] {
  const numbers = text.split(',').map((each) => (each.trim() === '' ? NaN : Number(each)));
  if (numbers.length > 4 || !numbers.every(Number.isFinite))
    throw new InvalidArgumentError('Give a number, or one for each channel: 0.485,0.456,0.406.');
  return numbers;
}

function perChannelAbove(text: string): readonly number[] {
  const numbers = perChannel(text);
  if (numbers.some((each) => each <= 0)) throw new InvalidArgumentError('Give numbers above 0.');
  return numbers;
}

export const json = (): Option => new Option('--json', 'print JSON instead of tables');
export const timeless = (): Option =>
  new Option('--no-times', 'JSON without times and dates: the same seed gives the same bytes');
export const signature = (): Option =>
  new Option('--signature <name>', 'which of the signatures of a SavedModel; the serving one when absent');
export const size = (): Option =>
  new Option(
    '--size <name=sizes>',
    'sizes of an input that the model leaves free, e.g. images=3,320,320; once for each',
  )
    .argParser(collected)
    .default([], 'those of the input');
export const backend = (): Option =>
  new Option('--backend <name>', 'where to compute').choices(['auto', ...BACKENDS]).default('auto');

/** Adds them to a command. */
export const asking = (command: Command): Command =>
  command
    .addOption(signature())
    .option('--input <file...>', 'files (npz, npy, csv, png, jpeg), or NAME=FILE for one input of several')
    .addOption(size())
    .addOption(
      new Option('--image-range <range>', 'what black and white of pictures become (as the model tells)').choices(IMAGE_RANGES), // prettier-ignore
    )
    .addOption(new Option('--image-fit <how>', 'pictures of another shape (stretch)').choices(IMAGE_FITS))
    .addOption(new Option('--image-channels <order>', 'order of their colours (rgb)').choices(IMAGE_CHANNELS))
    .option('--image-mean <numbers>', 'taken from each channel, in that order, e.g. 0.485,0.456,0.406', perChannel)
    .option('--image-std <numbers>', 'what that is divided by, e.g. 0.229,0.224,0.225', perChannelAbove)
    .addOption(new Option('--examples <list>', 'which examples of the inputs, e.g. 0-3 or 0,2,5').argParser(ranges))
    .option(
      '--baseline <value...>',
      'fitting (ids of padding where the model tells, else zeros), zeros, uniform (channels of one-hot sequences alike), padding[:ID], a number; mean[:FILE], blur[:SIGMA], noise[:SEED][*COUNT], shuffle[:SEED][*COUNT], example:K[,L]; or files as for --input: one row, or several references',
      ['fitting'],
    )
    .option('--per-example', 'the rows of the baseline files belong to the examples, one by one')
    .option(
      '--target <name>',
      'OUTPUT or LAYER, with :INDEX, :LABEL, :argmax, or :FILE of one for each example; the first output when absent, argmax of many',
    )
    .option('--minus <name>', 'explain the target minus this one')
    .option('--labels <file>', "names of the target's values, a line each or JSON; else labels.txt beside the model")
    .option('--after-activation', 'take an output after its final softmax or sigmoid, not before')
    .addOption(
      new Option('--hold <input>', 'an input that stays as it is along the path; once for each')
        .argParser(collected)
        .default([], 'as mho inspect lists'),
    )
    .addOption(
      new Option('--walk <input>', 'an input that varies along the path, though it would be held')
        .argParser(collected)
        .default([], 'as mho inspect lists'),
    )
    .addOption(backend())
    .addOption(
      new Option('--memory <MB>', 'most that activations may take (60 % of what is free on the machine)').argParser(
        whole(1),
      ),
    )
    .addOption(json())
    .option('--quiet', 'no progress bar');

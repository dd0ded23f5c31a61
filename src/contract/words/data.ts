/** How files became inputs, in words: the window and the terminal say the same. */
import type { Doubt, HowRead, PictureMade, RangeReason } from '../data';

/** 1 grey, 2 grey and alpha, 3 colour, 4 colour and alpha. */
const COLOURS = ['', 'grey', 'grey with alpha', 'colour', 'colour with alpha'] as const;

const rounded = (value: number): number => Number(value.toPrecision(3));

/** `3 × PNG, 12 × 12 colour, resized to 8 × 8, taken as grey, values 0 to 1`. */
export function howWords({ input, times, made }: HowRead): string {
  const text = made.kind === 'picture' ? pictureWords(made) : tableWords(made);
  return `${input === null ? '' : `${input}: `}${times > 1 ? `${times} × ` : ''}${text}`;
}

function pictureWords(made: PictureMade): string {
  const { format, width, height, channels, cut, resized, takenAs, values, normalised } = made;
  return [
    `${format}, ${width} × ${height} ${COLOURS[channels]}`,
    ...(cut ? ['middle cut out'] : []),
    ...(resized ? [`resized to ${resized[0]} × ${resized[1]}`] : []),
    ...(takenAs === null ? [] : [`taken as ${COLOURS[takenAs]}`]),
    `values ${values[0]} to ${values[1]}`,
    ...(normalised ? [normalisedWords(normalised)] : []),
  ].join(', ');
}

/** `colours in the order BGR, less the mean 103.939, 116.779, 123.68`. */
function normalisedWords({ channels, mean, std }: NonNullable<PictureMade['normalised']>): string {
  return [
    ...(channels === 'bgr' ? ['colours in the order BGR'] : []),
    ...(mean ? [`less the mean ${mean.join(', ')}`] : []),
    ...(std ? [`divided by the deviation ${std.join(', ')}`] : []),
  ].join(', ');
}

function tableWords(made: Extract<HowRead['made'], { kind: 'table' }>): string {
  const { rows, examples, alphabets, rowsArePositions, inOrder, unused } = made;
  const said = [
    ...alphabets.map((letters) => `letters as channels ${letters}; N, X, – and . are zero in all`),
    ...Array.from({ length: rowsArePositions }, () => 'rows are positions'),
    ...(inOrder ? ['columns in the order of the inputs'] : []),
    ...(unused.count > 0
      ? [
          `not used: ${unused.first.map((column) => (typeof column === 'number' ? `column ${column}` : column)).join(', ')}${
            unused.count > unused.first.length ? ` and ${unused.count - unused.first.length} more` : ''
          }`,
        ]
      : []),
  ];
  const taken = `table of ${rows} rows as ${examples === 1 ? 'one example' : `${examples} examples`}`;
  return [taken, ...said].join('; ');
}

/** Why black and white of a picture become what they become. */
export function reasonWords(reason: RangeReason): string {
  switch (reason.kind) {
    case 'whole numbers':
      return 'the input takes whole numbers';
    case 'scale':
      return `${reason.layer} multiplies by ${rounded(reason.factor)}`;
    case 'own data':
      return 'as the data that came with the model';
    case 'beside':
      return 'as mho.json beside the model says';
    case 'unknown':
      return 'nothing in the model tells; most that do not rescale want it so';
    case 'chosen':
      return 'as chosen';
  }
}

/** What is allowed but looks wrong about values. */
export function doubtWords({ low, high, because }: Doubt): string {
  const values = `Values lie from ${rounded(low)} to ${rounded(high)}`;
  switch (because.kind) {
    case 'scale':
      return `${values}, and ${because.layer} multiplies by ${rounded(because.factor)}: the model probably wants 0 to 255.`;
    case 'own data':
      return `${values}; the data that came with the model lie from ${because.low} to ${because.high}.`;
    case 'digits':
      return `${values} and hold more digits than float32: what the model does not subtract first is rounded, by up to ${rounded(because.by)}.`;
  }
}

/** Choosing among many examples: by range, by what is known of them, by words; and how they are asked about in batches. */

/** What is known of an example; null where nothing tells yet. */
export interface ExampleFacts {
  readonly example: number;
  /** What it truly is. */
  readonly truth: string | null;
  /** What the model says, by its largest value. */
  readonly predicted: string | null;
  readonly value: number | null;
  readonly correct: boolean | null;
  /** Whether a shown run took it. */
  readonly run: boolean;
}

/**
 * What is chosen after a click: one; with Ctrl one more or less, the last one staying; with Shift all from the one before to it.
 * @param listed examples in the order in which they are seen
 * @param anchor the example that a range begins at
 * @returns in rising order
 */
export function chosenAfter(
  chosen: readonly number[],
  listed: readonly number[],
  anchor: number,
  example: number,
  how: 'only' | 'toggle' | 'range',
): number[] {
  if (how === 'only') return [example];
  if (how === 'toggle') {
    const without = chosen.filter((other) => other !== example);
    return without.length < chosen.length ? (without.length > 0 ? without : [...chosen]) : rising([...chosen, example]);
  }
  const [from, to] = [listed.indexOf(anchor), listed.indexOf(example)];
  if (from < 0 || to < 0) return [example];
  return rising(listed.slice(Math.min(from, to), Math.max(from, to) + 1));
}

const rising = (examples: readonly number[]): number[] => [...examples].sort((a, b) => a - b);

/** Words of a filter that mean something else than their letters. */
const WORDS: Readonly<Record<string, (facts: ExampleFacts) => boolean>> = {
  wrong: ({ correct }) => correct === false,
  right: ({ correct }) => correct === true,
  run: ({ run }) => run,
  unrun: ({ run }) => !run,
};
const RANGE = /^(\d+)(?:(?:-|–|\.\.)(\d+))?$/;
/** `true:circle`, `predicted:"green circle"`, and words in quotes that stay together. */
const TERM = /(?:(true|predicted):)?(?:"([^"]*)"?|(\S+))/gi;

/**
 * A filter from what is typed: `wrong`, `right`, `run`, `unrun`, `3`, `0-11`, `true:cat`, `predicted:dog`, or part of a class's name.
 * All words have to hold; of several numbers and ranges one.
 */
export function filterOf(text: string): (facts: ExampleFacts) => boolean {
  const all: ((facts: ExampleFacts) => boolean)[] = [];
  const ranges: (readonly [number, number])[] = [];
  for (const [, side, quoted, plain] of text.replaceAll(',', ' ').matchAll(TERM)) {
    const word = (quoted ?? plain ?? '').toLowerCase();
    const range = side === undefined && quoted === undefined ? RANGE.exec(word) : null;
    if (range) ranges.push([Number(range[1]), Number(range[2] ?? range[1])]);
    else if (side === undefined && quoted === undefined && Object.hasOwn(WORDS, word)) all.push(WORDS[word]!);
    else if (word !== '' || side !== undefined) all.push(named(word, side?.toLowerCase(), quoted !== undefined));
  }
  return (facts) =>
    all.every((holds) => holds(facts)) &&
    (ranges.length === 0 || ranges.some(([low, high]) => facts.example >= low && facts.example <= high));
}

/** @param whole a name in quotes after `true:` or `predicted:` is the class itself, not a part of its name */
function named(word: string, side: string | undefined, quoted: boolean): (facts: ExampleFacts) => boolean {
  const whole = quoted && side !== undefined;
  const has = (name: string | null): boolean => {
    const lower = name?.toLowerCase();
    return whole ? lower === word : (lower?.includes(word) ?? false);
  };
  return ({ truth, predicted }) => (side !== 'predicted' && has(truth)) || (side !== 'true' && has(predicted));
}

/** A filter's words for the examples of a class. */
export const classFilter = (side: 'true' | 'predicted', name: string): string =>
  `${side}:"${name.replaceAll('"', '')}"`;

/** Whether a filter asks for what the model says: predictions of all examples are needed to answer it. */
export const asksPredictions = (text: string): boolean =>
  [...text.replaceAll(',', ' ').matchAll(TERM)].some(([, side, quoted, plain]) => {
    const word = (quoted ?? plain ?? '').toLowerCase();
    if (side !== undefined) return side.toLowerCase() === 'predicted';
    return word !== '' && !RANGE.test(word) && word !== 'run' && word !== 'unrun';
  });

/** Examples asked about at once: at first few, since nothing is known of how long they take. */
export const FIRST_BATCH = 8;
export const LARGEST_BATCH = 256;
/** Milliseconds that a batch may take: what is asked meanwhile waits for it. */
const PATIENCE = 250;

/** How many are asked about next. @param ms that the last batch took */
export function batchAfter(size: number, ms: number): number {
  if (ms > 2 * PATIENCE) return Math.max(1, Math.floor(size / 2));
  return ms < PATIENCE ? Math.min(LARGEST_BATCH, size * 2) : size;
}

/** As many examples as are asked about unasked. */
export const MOST_UNASKED = 2000;

/** Whether the largest value is the true class; null where one of them is not known, or there is nothing to choose between. */
export const isCorrect = (truth: string | null, predicted: string | null, classes: number): boolean | null =>
  truth === null || predicted === null || classes < 2 ? null : truth === predicted;

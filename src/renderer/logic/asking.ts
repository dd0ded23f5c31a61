/** What a run still lacks, in words. */
import type { InputData } from '../../contract/studio';

interface Asked {
  /** Names of the model's inputs; null where no model is open. */
  readonly inputs: readonly string[] | null;
  readonly data: Pick<InputData, 'arrays' | 'faults'> | null;
  readonly examples: number;
  readonly methods: number;
  /** Whether every example has a place in the target. */
  readonly target: boolean;
}

/** Inputs that no file has given yet. */
export function missingInputs({ inputs, data }: Pick<Asked, 'inputs' | 'data'>): readonly string[] {
  const given = new Set(data?.arrays.flatMap(({ input }) => input ?? []));
  return (inputs ?? []).filter((name) => !given.has(name));
}

const listed = (names: readonly string[]): string =>
  names.length > 3 ? `${names.slice(0, 2).join(', ')} and ${names.length - 2} more` : names.join(' and ');

/** @returns null where nothing is missing */
export function lacking(asked: Asked): string | null {
  if (asked.inputs === null) return 'Open a model.';
  const missing = missingInputs(asked);
  if (missing.length > 0)
    return missing.length === asked.inputs.length && missing.length === 1
      ? 'Open input data.'
      : `Open data for ${listed(missing)}.`;
  const fault = asked.data?.faults.find(({ code }) => code !== 'INPUT_MISSING');
  if (fault) return fault.message;
  if (asked.examples === 0) return 'Choose an example.';
  if (asked.methods === 0) return 'Choose a method.';
  if (!asked.target) return 'Choose what to explain: one of the examples has no place in it.';
  return null;
}

/** What of a set-up that was kept is not there any more; null where all of it is. @param data what rows were of that are away */
export function awayWords({
  data,
  baseline,
}: {
  readonly data: string | null;
  readonly baseline: boolean;
}): string | null {
  const gone = 'not where it was, or holds something else by now';
  const said = [
    ...(data === null ? [] : [`${data} is ${gone}: the rows that were run are shown.`]),
    ...(baseline ? [`The file that was compared with is ${gone}: the baseline is that of the run.`] : []),
  ];
  return said.length === 0 ? null : said.join(' ');
}

/** In what order test files begin. */
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Those that take longest (a run tells: `slowest: …`), longest first: one that begins last leaves the other cores idle. */
export const LONGEST: readonly string[] = [
  'formats/everyLayer',
  'formats/architectures',
  'formats/familiesExport',
  'formats/basicPitch',
  'study/literal',
  'scripts/native',
  'formats/realFiles',
  'formats/kerasExport',
  'hosts/service/interleavings',
  'formats/recurrentLayouts',
  'data/hostile',
  'formats/mutations',
  'formats/hostile',
  'formats/kerasMasks',
  'attribution/recordings',
  'graph/receptive',
  'attribution/stages',
].map((name) => `tests/${name}.test.ts`);

/** Place among the longest; behind all of them for others. */
const placeOf = (file: string): number => {
  const at = LONGEST.findIndex((name) => file.endsWith(`/${name}`));
  return at < 0 ? LONGEST.length : at;
};

/** The files that are known to take long, longest first, then the others in the order in which they are given. */
export const longestFirst = <File extends { readonly moduleId: string }>(files: readonly File[]): File[] =>
  [...files].sort((a, b) => placeOf(a.moduleId) - placeOf(b.moduleId));

/** The others as vitest has them: by the last run, or by size where there was none. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return longestFirst(await super.sort(files));
  }
}

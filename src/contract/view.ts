/**
 * What of the screen is kept with a document's runs, so that it comes back as it was left: in session files, after a crash,
 * and for a page that is loaded again. Read leniently: what cannot be understood is as if it had not been kept.
 */
import { z } from 'zod';

const lenient = <Schema extends z.ZodType>(schema: Schema) => schema.optional().catch(undefined);
const name = z.string().max(4096);
/** In a message, ids of runs; in a session file, their places among its runs, since an id lasts as long as a window. */
const runs = z.array(z.string().max(64)).max(100_000);

export const sessionView = z.object({
  version: z.literal(1),
  /** Runs that are columns. */
  shown: lenient(runs),
  /** Runs that stay shown when another one is made. */
  pinnedRuns: lenient(runs),
  /** Row of the data. */
  example: lenient(z.int().nonnegative()),
  /** The selected layer, and its unit. */
  layer: lenient(name),
  unit: lenient(z.int().nonnegative()),
  /** Id of the view of the results. */
  tab: lenient(z.string().max(64)),
  setupOpen: lenient(z.boolean()),
});
export type SessionView = z.infer<typeof sessionView>;

/** The same view whose runs are called otherwise; those that have no name there are left out. */
export function viewOf(view: SessionView, called: (run: string) => string | undefined): SessionView {
  const renamed = (names: readonly string[]): string[] => names.flatMap((run) => called(run) ?? []);
  const { shown, pinnedRuns } = view;
  return { ...view, ...(shown && { shown: renamed(shown) }), ...(pinnedRuns && { pinnedRuns: renamed(pinnedRuns) }) };
}

/** Holds the runs of the open model against those of the model that was open before. */
import { shell } from './shell.svelte';
import { studio } from './studio.svelte';

/** Shows the comparison of a run with that of the same method before, layers matched by name. */
export async function compareBefore(): Promise<void> {
  const { runs, looks, before, program } = studio;
  if (!before) return;
  await program.guard(async () => {
    const { runs: read, summary } = await program.client.request('readBefore', {});
    if (studio.runs !== runs) return;
    const guests = runs.welcome(
      read.filter(({ run }) => before.runs.includes(run)),
      summary ? [summary] : [],
    );
    const mine = runs.main;
    const alike = guests.find(({ result }) => result.method === mine?.result.method) ?? guests[0];
    if (mine && alike) looks.compare.of(alike.run, mine.run);
    shell.view = 'compare';
  });
}

/** `npm start`: all the set-up, then the program. `npm start -- COMMAND …` goes to the terminal program. */
import { electronRuntime, hasDisplay } from './setup/electronRuntime.mjs';
import { setUp } from './setup/index.mjs';
import { say } from './setup/say.mjs';

/** What runs when no command is given: the bundled sample, in a window where there can be one, else in the terminal. */
const withoutCommand = async () => {
  if (!hasDisplay()) return ['sample'];
  const { path, why } = await electronRuntime();
  if (!path) say(`${why}. The sample runs in the terminal instead.`);
  return path ? ['studio', '--sample', 'digits'] : ['sample'];
};

const words = process.argv.slice(2);
const { built } = await setUp();
if (built) {
  process.argv = [process.argv[0], process.argv[1], ...(words.length > 0 ? words : await withoutCommand())];
  await import('./mho.mjs');
} else {
  process.exitCode = 1;
}

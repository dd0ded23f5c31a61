/** `npm start`: all the set-up, then the program. `npm start -- COMMAND …` goes to the terminal program. */
import { setUp } from './setup/index.mjs';

/** What runs when no command is given: the bundled sample in the terminal, until there is a window to open. */
const withoutCommand = () => ['sample'];

const words = process.argv.slice(2);
const { built } = await setUp();
if (built) {
  process.argv = [process.argv[0], process.argv[1], ...(words.length > 0 ? words : withoutCommand())];
  await import('./mho.mjs');
} else {
  process.exitCode = 1;
}

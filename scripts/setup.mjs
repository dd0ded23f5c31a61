/** `npm run setup`: the set-up alone, trying again what failed a short while ago. */
import { setUp } from './setup/index.mjs';

process.exitCode = (await setUp({ force: true })) ? 0 : 1;

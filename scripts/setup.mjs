/** `npm run setup`: the set-up alone, trying again what failed a short while ago. */
import { setUp } from './setup/index.mjs';

const { built } = await setUp({ force: true });
process.exitCode = built ? 0 : 1;

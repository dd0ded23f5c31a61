/** `npm run samples`: trains the bundled samples anew, in a Python environment of its own. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from './setup/paths.mjs';
import { ISOLATED } from './setup/python.mjs';
import { pythonWith } from './venv.mjs';

const folder = join(root, 'resources/samples');
const python = await pythonWith(
  'samples',
  join(folder, 'requirements.txt'),
  'Keras, TensorFlow and scikit-learn (350 MB)',
);
process.exitCode = spawnSync(python, [ISOLATED, join(folder, 'train.py')], { stdio: 'inherit' }).status ?? 1;

#!/usr/bin/env node
/** The terminal program, as `npm start` builds it, with what native TensorFlow wants in the environment. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

process.env.TF_CPP_MIN_LOG_LEVEL ??= '3';
process.env.TF_ENABLE_ONEDNN_OPTS ??= '1'; // a quarter faster; read when the library loads

const program = fileURLToPath(new URL('../out/main/mho.js', import.meta.url));
if (existsSync(program)) {
  createRequire(import.meta.url)(program);
} else {
  process.stderr.write('Mho has not been built yet. Run `npm start` in its folder once; it does all the set-up.\n');
  process.exitCode = 1;
}

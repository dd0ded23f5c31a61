/** Mutated files of Keras and of TensorFlow.js's layers. */
import { join } from 'node:path';
import { openRegular } from '../../src/main/engine/formats/files';
import { openArchive } from '../../src/main/engine/formats/zip';
import { CASES } from './broken';
import { fuzz } from './fuzz';
import { bytes, inArchive, json } from './mutators';

/** What is in a reference case's archive. */
async function entriesOf(model: string): Promise<Record<string, Uint8Array>> {
  const file = await openRegular(join(CASES, model));
  const archive = await openArchive(file);
  const entries: Record<string, Uint8Array> = {};
  for (const [name, size] of archive.sizes) entries[name] = await archive.read(name, size);
  await file.close();
  return entries;
}

const residual = await entriesOf('residual/model.keras');
const gated = await entriesOf('gated/model.keras');

fuzz('.h5', [
  { model: 'gated/model_keras2.h5', share: 0.5, mutate: bytes },
  { model: 'motif/model_keras2.h5', share: 0.3, mutate: bytes },
  { model: 'gated/model.h5', share: 0.2, mutate: bytes },
]);
fuzz('.keras', [
  { model: 'gated/model.keras', share: 0.2, mutate: bytes },
  { model: 'residual/model.keras', share: 0.5, mutate: inArchive(residual, 'config.json', json) },
  { model: 'gated/model.keras', share: 0.3, mutate: inArchive(gated, 'model.weights.h5', bytes) },
]);
fuzz('LayersModel', [
  { model: 'gated/tfjs_layers', inside: 'model.json', share: 0.4, mutate: json },
  { model: 'residual/tfjs_layers', inside: 'model.json', share: 0.5, mutate: json },
  { model: 'gated/tfjs_layers', inside: 'group1-shard1of1.bin', share: 0.1, mutate: bytes },
]);

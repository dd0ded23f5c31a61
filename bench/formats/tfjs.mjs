/**
 * What TensorFlow.js itself gives: `node tfjs.mjs MODEL INPUT.npz-as-JSON`, MODEL a model.json or its folder. The input is JSON of
 * `{ name: { shape, data } }` on standard input; so are the outputs, on standard output.
 */
import { readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

// It comes with the package whose JavaScript drives native TensorFlow.
const require = createRequire(createRequire(import.meta.url).resolve('@tensorflow/tfjs-node-gpu/package.json'));
// Its greeting would stand among the outputs.
const { log } = console;
console.log = () => undefined;
const tf = require('@tensorflow/tfjs');
await tf.setBackend('cpu');

const path = process.argv[2];
const file = statSync(path).isDirectory() ? join(path, 'model.json') : path;
const { modelTopology, weightsManifest, ...rest } = JSON.parse(readFileSync(file, 'utf8'));
const shards = weightsManifest.flatMap(({ paths }) => paths.map((shard) => readFileSync(join(dirname(file), shard))));
const weightData = new Uint8Array(Buffer.concat(shards)).buffer;
const load = 'node' in modelTopology ? tf.loadGraphModel : tf.loadLayersModel;
const model = await load(
  tf.io.fromMemory({
    ...rest,
    modelTopology,
    weightSpecs: weightsManifest.flatMap(({ weights }) => weights),
    weightData,
  }),
);

const given = JSON.parse(readFileSync(0, 'utf8'));
const inputs = model.inputs.map(({ name, dtype }) => {
  const { shape, data } = given[name.split(':')[0]] ?? Object.values(given)[0];
  return tf.tensor(data, shape, dtype);
});
const named = Object.fromEntries(model.inputs.map(({ name }, at) => [name, inputs[at]]));
const values =
  'node' in modelTopology ? await model.executeAsync(named) : model.predict(inputs.length > 1 ? inputs : inputs[0]);
// A signature may call an output otherwise than the node is called.
const called = Object.fromEntries(Object.entries(rest.signature?.outputs ?? {}).map(([key, { name }]) => [name, key]));
const names = (model.outputNames ?? model.outputs.map(({ name }) => name)).map(
  (name) => called[name] ?? called[`${name}:0`] ?? name,
);
log(
  JSON.stringify(
    Object.fromEntries(
      [values].flat().map((value, at) => [names[at], { shape: value.shape, data: [...value.dataSync()] }]),
    ),
  ),
);

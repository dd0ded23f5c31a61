/**
 * Tries a native binding with a real computation, in a process of its own because a bad library takes its process
 * down. Usage: node probe.mjs BINDING.node; prints `{ version, gpu }` and exits 0 when [1 2; 3 4]² comes out right.
 */
import { createRequire } from 'node:module';

process.env.TF_CPP_MIN_LOG_LEVEL ??= '3';
process.env.TF_ENABLE_ONEDNN_OPTS ??= '1';
const load = createRequire(import.meta.url);
const binding = load(process.argv[2]);
const matrix = binding.createTensor([2, 2], binding.TF_FLOAT, new Float32Array([1, 2, 3, 4]));
const attributes = [
  { name: 'transpose_a', type: binding.TF_ATTR_BOOL, value: false },
  { name: 'transpose_b', type: binding.TF_ATTR_BOOL, value: false },
  { name: 'T', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT },
];
const [square] = binding.executeOp('MatMul', attributes, [matrix, matrix], 1);
const values = Array.from(binding.tensorDataSync(square.id));
if (values.join() !== '7,10,15,22') throw new Error(`a matrix product came out as ${values.join()}`);
console.log(JSON.stringify({ version: binding.TF_Version, gpu: binding.isUsingGpuDevice() }));

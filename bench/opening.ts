/** How long `mho inspect` takes of deep models, in every format; beside a program that reads the same file and answers less. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deep, DEEP_FORMATS, type DeepFormat, residual, unrolled } from '../tests/formats/deep';
import { median } from './process';
import { seconds } from './setup';

export interface Opening {
  readonly format: DeepFormat;
  /** Nodes or layers that the file names. */
  readonly named: number;
  readonly seconds: number;
  /** Median of the rounds' ratios to the peer; null where there is none. */
  readonly ratio: number | null;
  readonly goal: number;
}

/** Formats of nodes name weights, constants and parts of layers, too: so many of a net's steps make as many nodes. */
const STEPS_OF_NODES: Partial<Record<DeepFormat, number>> = { GraphModel: 0.47, SavedModel: 0.38 };
const NETS = [
  { netOf: () => residual(500), goal: 1 },
  { netOf: (format: DeepFormat) => unrolled(Math.round(20_000 * (STEPS_OF_NODES[format] ?? 1))), goal: 3 },
];
const ROUNDS = 3;

const H5PY =
  'import h5py\nh5py.File(file).visititems(lambda name, each: each[()] if isinstance(each, h5py.Dataset) else None)';
/** It comes with the package whose JavaScript drives native TensorFlow; its greeting is not for a measurement. */
const LOADED = `
const near = require('node:module').createRequire(require.resolve('@tensorflow/tfjs-node-gpu/package.json'));
const tf = near('@tensorflow/tfjs');
const { readFileSync } = require('node:fs');
const { modelTopology, weightsManifest } = JSON.parse(readFileSync(process.argv[1] + '/model.json', 'utf8'));
const weightData = new Uint8Array(readFileSync(process.argv[1] + '/weights.bin')).buffer;
tf.setBackend('cpu').then(() => tf.loadGraphModel(tf.io.fromMemory({ modelTopology: { versions: { producer: 1, minConsumer: 1 }, ...modelTopology }, weightSpecs: weightsManifest[0].weights, weightData })));
`;
/** What reads the file with the field's own library: arrays of HDF5; the graph with its weights, ready to predict; nodes with shapes. */
const PEERS: Partial<Record<DeepFormat, readonly ['python' | 'node', string]>> = {
  '.h5': ['python', `import sys; file = sys.argv[1]\n${H5PY}`],
  '.keras': [
    'python',
    `import sys, io, zipfile; file = io.BytesIO(zipfile.ZipFile(sys.argv[1]).read('model.weights.h5'))\n${H5PY}`,
  ],
  ONNX: ['python', 'import sys, onnx; onnx.shape_inference.infer_shapes(onnx.load(sys.argv[1]))'],
  GraphModel: ['node', LOADED],
};

/** @param python with the peers' packages @param report what is measured next */
export async function openingTimes(root: string, python: string, report: (what: string) => void): Promise<Opening[]> {
  const folder = mkdtempSync(join(tmpdir(), 'mho-opening-'));
  const rows: Opening[] = [];
  try {
    for (const { netOf, goal } of NETS)
      for (const format of DEEP_FORMATS) {
        const net = netOf(format);
        report(`${format}, ${net.steps.length} steps`);
        const at = join(folder, `${format.replace('.', '')}-${net.steps.length}`);
        mkdirSync(at);
        const { path, named } = await deep(format, at, net);
        const own = (): number => seconds(root, process.execPath, [join(root, 'scripts/mho.mjs'), 'inspect', path]);
        const peer = PEERS[format];
        const theirs = (): number | null =>
          peer ? seconds(root, peer[0] === 'python' ? python : process.execPath, [peer[0] === 'python' ? '-c' : '-e', peer[1], path]) : null; // prettier-ignore
        const rounds = Array.from({ length: ROUNDS }, () => ({ ours: own(), theirs: theirs() }));
        rows.push({
          format,
          named,
          seconds: median(rounds.map(({ ours }) => ours)),
          ratio: peer ? median(rounds.map(({ ours, theirs }) => ours / theirs!)) : null,
          goal,
        });
      }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return rows;
}

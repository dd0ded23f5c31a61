/** Files that take far more than they have: what each comes to, the memory it takes and the time, in a process of its own. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { deflateRawSync, deflateSync } from 'node:zlib';
import { buf as crc32 } from 'crc-32';
import { encode as encodeJpeg } from 'jpeg-js';
import { afterAll, describe, expect, it } from 'vitest';
import type { Manifest } from '../../src/contract/session';
import { npyHeader } from '../../src/main/engine/data/npy';
import { sampleSession } from '../sessions/sample';

const folder = mkdtempSync(join(tmpdir(), 'mho-hostile-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Packed {
  readonly bytes: Uint8Array;
  readonly size: number;
  readonly crc: number;
}
const packed = (content: Uint8Array): Packed => ({
  bytes: deflateRawSync(content, { level: 9 }),
  size: content.length,
  crc: crc32(content) >>> 0,
});

/** An archive whose entries may hold the same packed bytes. */
function archive(entries: readonly (readonly [name: string, content: Packed])[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const [name, { bytes, size, crc }] of entries) {
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(8, 4);
    common.writeUInt32LE(crc, 10);
    common.writeUInt32LE(bytes.length, 14);
    common.writeUInt32LE(size, 18);
    common.writeUInt16LE(Buffer.byteLength(name), 22);
    const head = Buffer.concat([Buffer.from('PK\x03\x04'), common, Buffer.from(name)]);
    const listed = Buffer.alloc(14);
    listed.writeUInt32LE(at, 10);
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\0'), common, listed, Buffer.from(name)]));
    parts.push(head, Buffer.from(bytes));
    at += head.length + bytes.length;
  }
  const size = directory.reduce((sum, each) => sum + each.length, 0);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  const counted = Math.min(0xffff, entries.length);
  end.writeUInt16LE(counted, 8);
  end.writeUInt16LE(counted, 10);
  end.writeUInt32LE(size, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...parts, ...directory, end]);
}

const WIDE = 2 ** 26;
const headed = (header: Uint8Array, bytes: number): Uint8Array => Buffer.concat([header, new Uint8Array(bytes)]);
const boolHeader = (shape: string): Uint8Array => {
  const text = `{'descr': '|b1', 'fortran_order': False, 'shape': (${shape}), }`.padEnd(117) + '\n';
  return Buffer.concat([Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, text.length, 0]), Buffer.from(text)]);
};
const bools = (shape: string): Packed => packed(headed(boolHeader(shape), WIDE));

const emptySession = (): Manifest => {
  const { created, software, model, errors, notes } = sampleSession();
  const parts = { questions: [], runs: [], errors: [...errors], notes };
  return { format: 'mho-session', version: 1, created, software, model: model as Manifest['model'], ...parts };
};
const json = (value: unknown): Packed => packed(Buffer.from(JSON.stringify(value)));

/** So many layers of so many neurons; `arrayOf` says which array holds a layer's contributions. */
function session(layers: number, width: number, array: Packed, arrayOf: (layer: number) => string): Buffer {
  const manifest = {
    ...emptySession(),
    questions: [
      {
        inputs: [{ name: 'x', array: 'x' }],
        source: null,
        examples: [0],
        baseline: { kind: 'constant', value: 0 },
        target: { index: 0 },
        minus: null,
      },
    ],
    runs: [
      {
        ...{ question: 0, method: 'rescale', rule: null, steps: 1, target: ['y'], atInput: [1], atBaseline: [0] },
        ...{ delta: [1], complete: true, examples: [0], pathStart: null, durationMs: 1 },
        backend: { name: 'cpu', device: 'd', version: 'v' },
        layers: Array.from({ length: layers }, (_, layer) => ({
          ...{ name: `l${layer}`, kind: 'Dense', shape: [width], unitAxis: 0, cut: true, sum: [1], residual: [0] },
          ...{ error: null, unitError: null, spread: null, contributions: arrayOf(layer) },
        })),
      },
    ],
  };
  const names = [...new Set(Array.from({ length: layers }, (_, layer) => arrayOf(layer)))];
  return archive([
    ['manifest.json', json(manifest)],
    ['x.npy', packed(headed(npyHeader([1, 1]), 4))],
    ...names.map((name) => [`${name}.npy`, array] as const),
  ]);
}

const manifestAlone = (text: string): Buffer => archive([['manifest.json', packed(Buffer.from(text))]]);

/** A PNG of zeros: `rows` of them are there, whatever it declares. */
function png(width: number, height: number, depth: number, colour: number, bytes: number): Buffer {
  const part = (type: string, body: Uint8Array): Buffer => {
    const whole = Buffer.concat([Buffer.from(type), body]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(body.length);
    sum.writeUInt32BE(crc32(whole) >>> 0);
    return Buffer.concat([length, whole, sum]);
  };
  const size = Buffer.alloc(13);
  size.writeUInt32BE(width);
  size.writeUInt32BE(height, 4);
  size.set([depth, colour, 0, 0, 0], 8);
  const pixels = deflateSync(new Uint8Array(bytes), { level: 9 });
  const magic = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([magic, part('IHDR', size), part('IDAT', pixels), part('IEND', new Uint8Array())]);
}

const side = 4800;
const files: readonly (readonly [what: string, kind: 'session' | 'data', make: () => Uint8Array, outcome: string])[] = [
  ['.mho of 40 bool arrays, 10 GB as numbers', 'session', () => session(40, WIDE, bools(`1, ${WIDE}`), (at) => `a${at}`), 'SESSION_TOO_LARGE'], // prettier-ignore
  ['.mho of 100 float32 arrays, 6.4 GB', 'session', () => session(100, WIDE / 4, packed(headed(npyHeader([1, WIDE / 4]), WIDE)), (at) => `a${at}`), 'SESSION_TOO_LARGE'], // prettier-ignore
  ['.mho of 2,000 layers over one array', 'session', () => session(2000, WIDE / 4, packed(headed(npyHeader([1, WIDE / 4]), WIDE)), () => 'a'), 'SESSION_TOO_LARGE'], // prettier-ignore
  ['.mho of a layer of 2^50 units and no neurons', 'session', () => session(1, 2 ** 50, packed(npyHeader([1, 2 ** 50])), () => 'a'), 'SESSION_DAMAGED'], // prettier-ignore
  ['.mho whose manifest is lists', 'session', () => manifestAlone(`{"a":[${'[],'.repeat(2 ** 21)}0]}`), 'SESSION_TOO_LARGE'], // prettier-ignore
  ['.mho whose manifest is a million keys', 'session', () => manifestAlone(`{${Array.from({ length: 1e6 }, (_, at) => `"k${at}":0`).join()}}`), 'SESSION_DAMAGED'], // prettier-ignore
  ['.mho whose manifest is 15 million numbers', 'session', () => manifestAlone(`{"a":[${'1.5,'.repeat(15e6)}0]}`), 'SESSION_TOO_LARGE'], // prettier-ignore
  ['.mho of nested lists', 'session', () => manifestAlone(`${'['.repeat(1e6)}${']'.repeat(1e6)}`), 'SESSION_DAMAGED'],
  ['.mho of 60,000 entries', 'session', () => { const none = packed(new Uint8Array()); return archive(Array.from({ length: 6e4 }, (_, at) => [`${at}`, none] as const)); }, 'SESSION_DAMAGED'], // prettier-ignore
  ['.npz of 22 bool arrays, 5.9 GB as numbers', 'data', () => { const one = bools(`${WIDE}`); return archive(Array.from({ length: 22 }, (_, at) => [`a${at}.npy`, one] as const)); }, 'INPUT_TOO_LARGE'], // prettier-ignore
  ['.npy of 300 MB of bools', 'data', () => headed(boolHeader('314572800'), 314_572_800), 'read'],
  ['.csv of 67 million rows', 'data', () => Buffer.alloc(2 ** 27, '1\n'), 'INPUT_TOO_LARGE'],
  ['.csv of 60 million columns', 'data', () => Buffer.alloc(12e7, '1,'), 'INPUT_TOO_LARGE'],
  ['.csv of one cell of 200 MB', 'data', () => Buffer.alloc(2e8, '1'), 'INPUT_TOO_LARGE'],
  ['PNG of 8000² at 16 bits', 'data', () => png(8000, 8000, 16, 2, 4096), 'INPUT_FILE'],
  ['PNG of 6600² at 8 bits', 'data', () => png(6600, 6600, 8, 2, 6600 * (3 * 6600 + 1)), 'read'],
  ['PNG of 8000² of 1 bit', 'data', () => png(8000, 8000, 1, 0, 8000 * 1001), 'read'],
  ['JPEG of 4800²', 'data', () => encodeJpeg({ width: side, height: side, data: new Uint8Array(4 * side * side) }, 50).data, 'read'], // prettier-ignore
];

/** Beside what the program takes when it does nothing. */
const MOST_MEGABYTES = 2000;
const MOST_SECONDS = 60;

describe('a file that takes far more than it has', () => {
  it.each(files)('%s', { timeout: 180_000 }, async (what, kind, make, outcome) => {
    const path = join(folder, `${what.replaceAll(/[^\w]/g, '_')}.${kind === 'session' ? 'mho' : 'bin'}`);
    writeFileSync(path, make());
    const script = join(import.meta.dirname, 'measured.ts');
    const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', script, kind, path]);
    rmSync(path);
    const found = JSON.parse(stdout) as { outcome: string; megabytes: number; seconds: number };
    if (process.env['MHO_MEASURE']) process.stdout.write(`${what}: ${stdout}\n`);
    expect(found.outcome).toBe(outcome);
    expect(found.megabytes).toBeLessThan(MOST_MEGABYTES);
    expect(found.seconds).toBeLessThan(MOST_SECONDS);
  });
});

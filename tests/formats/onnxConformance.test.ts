/**
 * ONNX's own test models (PyPI package onnx 1.23.0, Apache-2.0), where they are at hand: docs/formats.md says how to get
 * them. What is not here is named, so that nothing is skipped in silence.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Device } from '../../src/main/engine/backends';
import { hold } from '../device';
import { casesIn, filesOf, onnxData, outcome } from './conformance';

const data = onnxData();
/** Roots and powers of negative numbers: the outputs themselves are no numbers, and that is said. */
const NO_NUMBERS = new Set(['test_operator_pow', 'test_operator_sqrt']);
/** Models whose stored inputs hold infinities, which are no inputs to be attributed. */
const INFINITE = new Set(
  ['add_broadcast', 'add_size1_right_broadcast', 'add_size1_singleton_broadcast', 'addconstant'].map(
    (name) => `test_operator_${name}`,
  ),
);

describe.skipIf(!data)(
  `ONNX's test models${data ? '' : ' (not here: unpack the wheel of onnx 1.23.0 and set MHO_ONNX_DATA)'}`,
  () => {
    let device: Device;
    beforeAll(async () => {
      device = await hold('wasm');
    });

    describe('pytorch-converted', () => {
      const folder = join(data ?? '', 'pytorch-converted');
      it.each(data ? casesIn(folder).filter((name) => existsSync(join(folder, name, 'model.onnx'))) : [])(
        '%s',
        async (name) => {
          const set = join(folder, name, 'test_data_set_0');
          const { unsupported, worst } = await outcome(
            join(folder, name, 'model.onnx'),
            filesOf(set, 'input'),
            filesOf(set, 'output'),
            device,
          );
          expect(unsupported).toEqual([]);
          expect(worst).toBeLessThan(1e-4);
        },
      );
    });

    describe('pytorch-operator', () => {
      const folder = join(data ?? '', 'pytorch-operator');
      it.each(data ? casesIn(folder).filter((name) => existsSync(join(folder, name, 'model.onnx'))) : [])(
        '%s',
        async (name) => {
          const set = join(folder, name, 'test_data_set_0');
          const run = outcome(join(folder, name, 'model.onnx'), filesOf(set, 'input'), filesOf(set, 'output'), device);
          if (NO_NUMBERS.has(name)) return expect(run).rejects.toThrow(/NOT_FINITE_INPUT.*NaN/);
          if (INFINITE.has(name)) return expect(run).rejects.toThrow(/INPUT_VALUE.*Infinity/);
          const { unsupported, worst } = await run;
          expect(unsupported).toEqual([]);
          expect(worst).toBeLessThan(1e-4);
        },
      );
    });

    describe('whole architectures', () => {
      const folder = join(data ?? '', 'light');
      it.each(data ? casesIn(folder).filter((name) => name.endsWith('.onnx')) : [])(
        '%s',
        { timeout: 120_000 },
        async (name) => {
          const { unsupported, worst } = await outcome(
            join(folder, name),
            null,
            [join(folder, name.replace('.onnx', '_output_0.pb'))],
            device,
          );
          expect(unsupported).toEqual([]);
          expect(worst).toBeLessThan(1e-4);
        },
      );
    });
  },
);

/**
 * ONNX's own test models (PyPI package onnx 1.23.0, Apache-2.0), where they are at hand: docs/formats.md says how to get
 * them. What is not here is named, so that nothing is skipped in silence.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { openBackend, type Backend } from '../../src/main/engine/backends';
import { casesIn, filesOf, onnxData, outcome } from './conformance';

const data = onnxData();
/** Why a model of the sets cannot be opened as one that maps examples to outputs. docs/formats.md has the table. */
const REFUSED: Readonly<Record<string, RegExp>> = {
  test_MaxPool2d_stride_padding_dilation: /dilated pooling/, // a window of 200 × 300 places
  test_PoissonNLLLLoss_no_reduce: /differs between examples/,
};

describe.skipIf(!data)(
  `ONNX's test models${data ? '' : ' (not here: unpack the wheel of onnx 1.23.0 and set MHO_ONNX_DATA)'}`,
  () => {
    let backend: Backend;
    beforeAll(async () => {
      backend = await openBackend('wasm');
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
            backend,
          );
          if (REFUSED[name]) return expect(unsupported.join()).toMatch(REFUSED[name]);
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
            backend,
          );
          expect(unsupported).toEqual([]);
          expect(worst).toBeLessThan(1e-4);
        },
      );
    });
  },
);

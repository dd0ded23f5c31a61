/** The engine’s side of the studio, with the real engine and no window: requests, and documents beside one another. */
import * as tf from '@tensorflow/tfjs-core';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { engine } from '../../../src/main/hosts/service/engine';
import { code, digits, folder, get, run, samples, start } from './studio';

describe('requests', () => {
  it('opens each sample with data that fits', async () => {
    const service = start();
    for (const { name, examples, hash } of await get(service, 'sampleList', {})) {
      const { data, sample, finalActivation, summary } = await get(service, 'openSample', { name });
      expect(summary.hash).toBe(hash); // by which links lead into it
      expect(data!.faults).toEqual([]);
      expect(data!.arrays[0]!.input).not.toBeNull();
      expect(Math.max(...examples)).toBeLessThan(data!.examples);
      expect(sample!.labels.length).toBeGreaterThan(0);
      expect(Object.values(finalActivation)[0]).toMatch(/softmax|sigmoid/);
    }
  });

  it('leaves no tensor behind, whatever is asked, but the open model', async () => {
    const service = start();
    const setup = await digits(service);
    const nothing = await engine.use('auto', async () => tf.memory().numTensors);
    const { data, examples, baseline, target } = setup;
    const everything = async (): Promise<number> => {
      await get(service, 'predict', { data, examples, baseline });
      await get(service, 'activations', { data, examples, baseline, layer: 'stem' }).catch(() => undefined);
      await get(service, 'alongPath', { data, example: 0, baseline, target, rule: 'secant', steps: 5 });
      await get(service, 'estimate', setup);
      await run(service, setup);
      expect(await code(service, { name: 'predict', params: { data, examples: [10_000], baseline } })).toBe(
        'EXAMPLES_RANGE',
      );
      return tf.memory().numTensors;
    };
    const open = await everything();
    expect(open).toBeGreaterThan(nothing);
    expect(await everything()).toBe(open);
    expect(await everything()).toBe(open);
    expect(await code(service, { name: 'close', params: {} })).toBe('ok');
    expect(tf.memory().numTensors).toBe(nothing);
  });

  it('of two walks along a path the later one is answered', async () => {
    const service = start();
    const { data, baseline, target } = await digits(service);
    const asked = (example: number, steps: number) => ({
      name: 'alongPath',
      params: { data, example, baseline, target, rule: 'secant', steps, memoryMB: 16 },
    });
    const [first, second] = await Promise.all([code(service, asked(0, 1000)), code(service, asked(1, 4))]);
    expect([first, second]).toEqual(['CANCELLED', 'ok']);
  });

  it.each(['readInputs', 'openSession'] as const)('%s that is given up: the reading itself ends', async (name) => {
    let reading: Promise<unknown> | null = null;
    const path = join(folder, 'kept.mho');
    const first = start();
    await run(first, await digits(first, 'two'), 'two');
    expect(await code(first, { document: 'two', name: 'save', params: { path } })).toBe('ok');
    await first.handle({ document: 'two', name: 'close', params: {} });
    const givenUp = <Given>(read: Promise<Given>): Promise<Given> => {
      reading = read;
      void service.handle({ document: 'one', name: 'cancelOpening', params: {} });
      return read;
    };
    const service = start(undefined, {
      readData: (...asked) => givenUp(engine.readData(...asked)),
      openSession: (...asked) => givenUp(engine.openSession(...asked)),
    });
    await get(service, 'openModel', { file: 'model' }, { paths: { model: join(samples, 'digits', 'model.keras') } });
    const paths = { inputs: join(samples, 'digits', 'inputs.npz'), session: path };
    const params = name === 'readInputs' ? { files: ['inputs'] } : { file: 'session' };
    expect(await code(service, { name, params, paths })).toBe('OPENING_CANCELLED');
    await expect(reading).rejects.toMatchObject({ code: 'OPENING_CANCELLED' });
  });

  it('the path curve begins at the baseline and ends at the input, as a run says', async () => {
    const service = start();
    const setup = { ...(await digits(service)), examples: [0] };
    const { data, baseline, target } = setup;
    const asked = { data, example: 0, baseline, target, rule: setup.rule, steps: 8 };
    const { target: curve } = await get(service, 'alongPath', asked);
    await run(service, setup);
    const [first] = await get(service, 'runList', {});
    expect(curve[0]).toBeCloseTo(first!.result.atBaseline[0]!, 4);
    expect(curve[8]).toBeCloseTo(first!.result.atInput[0]!, 4);
  });

  it.each([
    ['openModel', { file: 'unknown' }, 'FILE_NOT_GRANTED'],
    ['openModel', {}, 'REQUEST_INVALID'],
    ['predict', { data: 'none', examples: [0], baseline: { kind: 'constant', value: 0 } }, 'NOTHING_OPEN'],
    ['openSample', { name: 'nothing' }, 'MODEL_NOT_FOUND'],
    ['toString', {}, 'REQUEST_INVALID'],
    ['removeRun', { run: 'none' }, 'HANDLE_UNKNOWN'],
    ['recover', { id: 'none' }, 'HANDLE_UNKNOWN'],
    ['save', { path: null }, 'ok'],
  ])('%s %j: %s', async (name, params, expected) => {
    expect(await code(start(), { name, params })).toBe(expected);
  });

  it('says what it expected and what it found in data that does not fit; what is open stays, however often', async () => {
    const service = start();
    const setup = await digits(service);
    const path = join(samples, 'motifs', 'inputs.npz');
    for (const purpose of ['input', 'baseline', 'input', 'input'] as const) {
      const refused = get(service, 'readInputs', { files: ['token'], purpose }, { paths: { token: path } });
      await expect(refused).rejects.toThrow(/^INPUT_SHAPE: .*\[\?, 8, 8, 1\]/);
    }
    expect(Object.keys(await get(service, 'inputRows', { data: setup.data, examples: [0] }))).toEqual(['image']);
    expect(await get(service, 'openedModel', {})).toMatchObject({ data: { data: setup.data, faults: [] } });
  });
});

describe('documents', () => {
  it('do not see each other', async () => {
    const service = start();
    await run(service, await digits(service));
    const other = await get(service, 'document', {}, { document: 'two' });
    expect(other).toMatchObject({ runs: 0, title: null });
    const [first] = await get(service, 'runList', {});
    expect(
      await code(service, { document: 'two', name: 'contributions', params: { run: first!.run, layer: 'stem' } }),
    ).toBe('HANDLE_UNKNOWN');
  });

  it('two jobs take turns, whichever document they are of', async () => {
    const service = start();
    const first = await digits(service, 'one');
    const second = await digits(service, 'two');
    const [, waited] = await Promise.all([run(service, first, 'one'), run(service, second, 'two')]);
    expect(waited.map(({ kind }) => kind)).toContain('queued');
    expect(waited.at(-1)).toEqual({ kind: 'finished', cancelled: false });
  });

  it('a run that cannot be kept is still there, and says why', async () => {
    const full = Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
    const service = start(undefined, { saveSession: () => Promise.reject(full) });
    const notices = await run(service, await digits(service));
    const told = notices.filter((notice) => notice.kind === 'run');
    expect(told).toHaveLength(2);
    for (const notice of told) expect(notice.unkept?.message).toContain('ENOSPC');
    expect(await get(service, 'runList', {})).toHaveLength(2);
  });
});

/** Another checkpoint of the model that is open: its data stay, and the runs before it can be compared with. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { OpenedModel } from '../../../src/contract/studio';
import type { StudioService } from '../../../src/main/hosts/service';
import { checkpoints } from '../../window/ownModels';
import { code, folder, get, read, run, start } from './studio';

const open = (service: StudioService, path: string) =>
  get(service, 'openModel', { file: 'm' }, { paths: { m: path }, unsaved: 'discard' });
const ask = ({ data }: Pick<OpenedModel, 'data'>, methods: readonly ('nig' | 'rescale')[] = ['nig', 'rescale']) => ({
  data: data!.data,
  examples: [1, 4],
  baseline: { kind: 'constant', value: 0 } as const,
  target: { index: 3 },
  methods: [...methods],
  rule: 'secant' as const,
  steps: 4,
  backend: 'auto' as const,
});

/** The first checkpoint with its data, run, then the one named in its place. */
async function replaced(service: StudioService, by: 'second' | 'wider') {
  const files = checkpoints(folder);
  await open(service, files.first);
  const data = await read(service, files.data);
  await run(service, ask({ data }));
  const before = await get(service, 'runList', {});
  return { data, before, files, opened: await open(service, files[by]) };
}

describe('another checkpoint', () => {
  it('is asked about the data that are open, by their handle', async () => {
    const service = start();
    const { data, opened } = await replaced(service, 'second');
    expect(opened.data).toMatchObject({ data: data.data, examples: 12, faults: [] });
    expect((await run(service, ask(opened))).at(-1)).toMatchObject({ kind: 'finished' });
    // of a reopened one too, for which a file is named
    expect(await get(service, 'runCommand', { run: (await get(service, 'runList', {}))[0]!.run })).toContain('shapes.npy'); // prettier-ignore
  });

  it('of another architecture has no data yet', async () => {
    const { opened } = await replaced(start(), 'wider');
    expect(opened.data).toBeNull();
  });

  it('is compared with the runs before it, whose numbers are read from where they are kept', async () => {
    const service = start();
    const { before, opened, files } = await replaced(service, 'second');
    await run(service, ask(opened, ['rescale']));
    const { runs, summary, document } = await get(service, 'readBefore', {});
    expect(runs.map(({ run: id, model }) => [id, model])).toEqual(before.map(({ run: id, model }) => [id, model]));
    const units = (of: typeof runs) => of.map(({ layers }) => layers.map(({ name, units: each }) => [name, [...each]]));
    expect(units(runs)).toEqual(units(before));
    expect([summary?.path, document.runs]).toEqual([join(files.first, 'model.json'), 2]);
    const [guest] = runs;
    const asked = { run: guest!.run, layer: 'body_conv' };
    const { contributions } = await get(service, 'contributions', asked);
    const whole = contributions.reduce((sum, each) => sum + each, 0);
    const { sum } = guest!.layers.find(({ name }) => name === 'body_conv')!;
    expect(whole).toBeCloseTo(sum[0]! + sum[1]!, 3);
    // put away, then wanted back
    await get(service, 'forgetGuest', { run: guest!.run });
    expect((await get(service, 'contributions', asked)).contributions).toEqual(contributions);
    // guests are no part of the document
    expect(await get(service, 'runList', {})).toHaveLength(1);
    await service.handle({ document: 'one', name: 'save', params: { path: join(folder, 'second.mho') } });
    const saved = await get(service, 'openSession', { file: 's' }, { paths: { s: join(folder, 'second.mho') } });
    expect(saved.runs).toHaveLength(1);
  });

  it('with nothing before it has nothing to be compared with', async () => {
    const service = start();
    await open(service, checkpoints(folder).first);
    expect(await code(service, { name: 'readBefore' })).toBe('HANDLE_UNKNOWN');
  });
});

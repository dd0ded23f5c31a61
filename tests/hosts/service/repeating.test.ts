/** The line that repeats a run is told of a reopened session too, by the files that its numbers were read from. */
import { mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { StudioService } from '../../../src/main/hosts/service';
import { checkpoints } from '../../window/ownModels';
import { code, folder, get, read, run, start } from './studio';

/** A model, its data in a folder of their own, and a run of them; saved where neither lies, and opened again. */
async function reopened(service: StudioService, change: (data: string) => Promise<string> = async (data) => data) {
  const { first, data } = checkpoints(folder);
  mkdirSync(join(folder, 'elsewhere'));
  mkdirSync(join(folder, 'data'));
  const pictures = join(folder, 'data', 'shapes.npy');
  renameSync(data[0]!, pictures);
  await get(service, 'openModel', { file: 'm' }, { paths: { m: first } });
  const inputs = await read(service, [pictures]);
  const baseline = await read(service, [pictures], { purpose: 'baseline' });
  await run(service, {
    data: await change(inputs.data),
    examples: [1],
    baseline: { kind: 'data', data: baseline.data },
    target: { index: 3 },
    methods: ['rescale'],
    rule: 'secant',
    steps: 1,
    backend: 'auto',
  });
  const commandOf = async () => ({ run: (await get(service, 'runList', {})).at(-1)!.run });
  const before = await service.handle({ document: 'one', name: 'runCommand', params: await commandOf() });
  const path = join(folder, 'elsewhere', 'kept.mho');
  await service.handle({ document: 'one', name: 'save', params: { path } });
  await get(service, 'openSession', { file: 's' }, { paths: { s: path } });
  return { before, after: await commandOf() };
}

describe('the command that repeats a run', () => {
  it('is the same after its session was opened again, with its data in no folder that is looked into', async () => {
    const service = start();
    const { before, after } = await reopened(service);
    expect(before).toMatchObject({ ok: true, value: expect.stringContaining('data/shapes.npy') as unknown });
    const again = await get(service, 'runCommand', after);
    expect(again.replace('/model.json', '')).toBe((before as { value: string }).value);
  });

  it('is told of a run of another session, too, as is the Python that reads it; of one that no file holds none', async () => {
    const service = start();
    const { before } = await reopened(service);
    const path = join(folder, 'elsewhere', 'kept.mho');
    await service.handle({ document: 'one', name: 'close', params: {} });
    const two = { document: 'two' };
    const { runs } = await get(service, 'readSession', { file: 'g' }, { ...two, paths: { g: path } });
    const guest = { run: runs[0]!.run };
    const line = await get(service, 'runCommand', guest, two);
    expect(line.replace('/model.json', '')).toBe((before as { value: string }).value);
    const python = await get(service, 'runPython', { ...guest, name: 'its name' }, two);
    expect(python).toContain(JSON.stringify(path));
    expect(python).toContain('run = manifest["runs"][0]  # its name');
    // of this document: once it is saved
    await get(service, 'openSession', { file: 's' }, { ...two, paths: { s: path } });
    const [own] = await get(service, 'runList', {}, two);
    expect(await get(service, 'runPython', { run: own!.run, name: 'its name' }, two)).toBe(python);
    await get(service, 'describeRun', { run: own!.run, name: 'another' }, two);
    expect(await code(service, { ...two, name: 'runPython', params: { run: own!.run, name: 'x' } })).toBe('RUN_IN_NO_FILE'); // prettier-ignore
  });

  it('is refused where the numbers are in no file, and it is said which', async () => {
    const service = start();
    const edit = async (data: string): Promise<string> => {
      const made = { kind: 'value' as const, input: null, position: 0, from: 0, to: 1 };
      const edits = [{ input: 'input', places: [0], values: [1], made }];
      return (await get(service, 'editInputs', { data, example: 1, edits })).data;
    };
    const { after } = await reopened(service, edit);
    expect(await code(service, { name: 'runCommand', params: after })).toBe('RUN_WITHOUT_FILES');
    expect((await get(service, 'runList', {})).at(-1)!.asked.fileless).toBe('inputs');
    await expect(get(service, 'runCommand', after)).rejects.toThrow(/the inputs of .*Rescale/);
  });
});

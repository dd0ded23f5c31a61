/** A studio service over the real engine and a folder on the disk. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import type { EngineRequestName, JobNotice, Params, Result, RunSetup } from '../../../src/contract/studio';
import { createStudioService, type ServiceRequest, type StudioService } from '../../../src/main/hosts/service';
import { engine, type Engine } from '../../../src/main/hosts/service/engine';
import { ownerOf, type Owner } from '../../../src/main/hosts/service/recovery';

export const samples = resolve('resources/samples');
/** Of each test its own. */
export let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mho-service-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A program that is there no more. */
export const GONE: Owner = { pid: 0, began: null };
export const start = (owner: Owner = ownerOf(process.pid), own: Partial<Engine> = {}): StudioService =>
  createStudioService({
    engine: { ...engine, ...own },
    samples,
    recovery: join(folder, 'recovery'),
    owner,
    software: { mho: '0', node: '0', platform: 'test' },
    onDocument: () => undefined,
  });

/** @throws what is refused, by its code */
export const get = async <Name extends EngineRequestName>(
  service: StudioService,
  name: Name,
  params: Params<Name>,
  more: Partial<ServiceRequest> = {},
): Promise<Result<Name>> => {
  const answer = await service.handle({ document: 'one', name, params, ...more });
  if (!answer.ok) throw new Error(`${answer.fault.code}: ${answer.fault.message}`);
  return answer.value as Result<Name>;
};
/** `ok`, or the fault's code. */
export const code = async (
  service: StudioService,
  request: Omit<Partial<ServiceRequest>, 'name'> & { name: string },
) => {
  const answer = await service.handle({ document: 'one', params: {}, ...request } as ServiceRequest);
  return answer.ok ? 'ok' : answer.fault.code;
};

/** The sample of digits is open. @returns what a run of it may be asked */
export async function digits(service: StudioService, document = 'one'): Promise<RunSetup> {
  const { data, sample } = await get(service, 'openSample', { name: 'digits' }, { document });
  const { baseline, target, rule } = sample!;
  return {
    data: data!.data,
    examples: [0, 6],
    baseline,
    target,
    rule,
    methods: ['nig', 'rescale'],
    steps: 4,
    backend: 'auto',
  };
}

/** @returns all that a run told, its end last */
export const run = async (service: StudioService, setup: RunSetup, document = 'one'): Promise<JobNotice[]> => {
  const notices: JobNotice[] = [];
  await new Promise<void>((finish, fail) => {
    const emit = (notice: JobNotice): void => {
      notices.push(notice);
      if (notice.kind === 'finished' || notice.kind === 'failed') finish();
    };
    get(service, 'startRun', setup, { emit, document }).catch(fail);
  });
  return notices;
};

/** A file in the test's folder. */
export const write = (name: string, bytes: string | Uint8Array): string => {
  writeFileSync(join(folder, name), bytes);
  return join(folder, name);
};
/** Files read for a model's inputs. */
export const read = (
  service: StudioService,
  paths: readonly string[],
  more: Omit<Params<'readInputs'>, 'files'> = {},
): Promise<Result<'readInputs'>> => {
  const tokens = paths.map((_, at) => `token${at}`);
  const granted = Object.fromEntries(tokens.map((token, at) => [token, paths[at]!]));
  return get(service, 'readInputs', { files: tokens, ...more }, { paths: granted });
};

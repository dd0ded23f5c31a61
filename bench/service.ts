/** The studio's service in this process, as a window asks it: what children of the bench measure. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { EngineRequestName, InputData, OpenedModel, Params, Result } from '../src/contract/studio';
import { createStudioService, type ServiceRequest } from '../src/main/hosts/service';
import { engine } from '../src/main/hosts/service/engine';
import { ownerOf } from '../src/main/hosts/service/recovery';

export type Asked = { readonly sample: string } | { readonly model: string; readonly data: readonly string[] };

export type Get = <Name extends EngineRequestName>(
  name: Name,
  params: Params<Name>,
  more?: Partial<ServiceRequest>,
) => Promise<Result<Name>>;

/** Opens what is asked, measures, and takes the service's folder away. */
export async function withService<Answer>(
  asked: Asked,
  measure: (get: Get, opened: OpenedModel, data: InputData) => Promise<Answer>,
): Promise<Answer> {
  const folder = mkdtempSync(join(tmpdir(), 'mho-bench-'));
  const service = createStudioService({
    engine,
    samples: resolve(import.meta.dirname, '../resources/samples'),
    recovery: join(folder, 'recovery'),
    owner: ownerOf(process.pid),
    software: { mho: '0', node: process.versions.node, platform: process.platform },
    onDocument: () => undefined,
  });
  const get: Get = async (name, params, more = {}) => {
    const answer = await service.handle({ document: 'one', name, params, ...more });
    if (!answer.ok) throw new Error(`${name}: ${answer.fault.message}`);
    return answer.value as Result<typeof name>;
  };
  try {
    if ('sample' in asked) {
      const opened = await get('openSample', { name: asked.sample });
      return await measure(get, opened, opened.data!);
    }
    const opened = await get('openModel', { file: 'model' }, { paths: { model: asked.model } });
    const files = asked.data.map((_, at) => `data${at}`);
    const paths = Object.fromEntries(files.map((name, at) => [name, asked.data[at]!]));
    return await measure(get, opened, await get('readInputs', { files }, { paths }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What a child was asked is its first word; its answer is printed as JSON. */
export const answering = (measured: (asked: Asked) => Promise<object>): void =>
  void measured(JSON.parse(process.argv[2]!) as Asked).then((answer) => {
    process.stdout.write(`${JSON.stringify(answer)}\n`);
    process.exit(0);
  });

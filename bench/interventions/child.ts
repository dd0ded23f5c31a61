/**
 * One model as the studio's service takes units out of it, in a fresh process: how long a press waits, beside one forward pass of the
 * whole network as the window asks for it. child.ts ASKED; prints its answer as JSON.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { EngineRequestName, Params, Result } from '../../src/contract/studio';
import { createStudioService, type ServiceRequest } from '../../src/main/hosts/service';
import { engine } from '../../src/main/hosts/service/engine';
import { ownerOf } from '../../src/main/hosts/service/recovery';
import { median } from '../process';

export type Asked = { readonly sample: string } | { readonly model: string; readonly data: readonly string[] };

/** Presses at one layer, one after the other. */
export interface Pressed {
  readonly layer: string;
  /** The first press there, ms. */
  readonly first: number;
  /** Median of those after the graph was recorded. */
  readonly after: number;
}

export interface Answer {
  /** A prediction at one example and its baseline, once recorded, ms: two forward passes. */
  readonly predict: number;
  readonly layers: readonly Pressed[];
}

const PRESSES = 12;
/** Presses until work is recorded as a graph. */
const RECORDED = 4;
/** Where layers lie, of all in running order. */
const DEPTHS = [0.1, 0.5, 0.9];

async function measured(asked: Asked): Promise<Answer> {
  const folder = mkdtempSync(join(tmpdir(), 'mho-interventions-'));
  const service = createStudioService({
    engine,
    samples: resolve(import.meta.dirname, '../../resources/samples'),
    recovery: join(folder, 'recovery'),
    owner: ownerOf(process.pid),
    software: { mho: '0', node: process.versions.node, platform: process.platform },
    onDocument: () => undefined,
  });
  const get = async <Name extends EngineRequestName>(
    name: Name,
    params: Params<Name>,
    more: Partial<ServiceRequest> = {},
  ): Promise<Result<Name>> => {
    const answer = await service.handle({ document: 'one', name, params, ...more });
    if (!answer.ok) throw new Error(`${name}: ${answer.fault.message}`);
    return answer.value as Result<Name>;
  };
  const timed = async (work: () => Promise<unknown>): Promise<number> => {
    const began = performance.now();
    await work();
    return performance.now() - began;
  };
  const many = async (work: (at: number) => Promise<unknown>): Promise<number[]> => {
    const times: number[] = [];
    for (let at = 0; at < PRESSES; at++) times.push(await timed(() => work(at)));
    return times;
  };
  try {
    const opened =
      'sample' in asked
        ? await get('openSample', { name: asked.sample })
        : await get('openModel', { file: 'model' }, { paths: { model: asked.model } });
    const names = 'data' in asked ? asked.data.map((_, at) => `data${at}`) : [];
    const read =
      'data' in asked
        ? await get('readInputs', { files: names }, { paths: Object.fromEntries(names.map((name, at) => [name, asked.data[at]!])) }) // prettier-ignore
        : opened.data!;
    const question = { data: read.data, examples: [0], baseline: { kind: 'fitting' } as const };
    const predict = await many(() => get('predict', question));
    const layers = opened.summary.layers.filter(({ units }) => units !== null && units > 1);
    const pressed: Pressed[] = [];
    for (const depth of DEPTHS) {
      const { name: layer, units } = layers[Math.floor(depth * layers.length)]!;
      const press = (at: number) =>
        get('intervene', {
          ...question,
          target: { index: 'argmax' },
          interventions: [{ layer, units: [at % units!], to: { kind: 'baseline' } }],
        });
      const [first, ...others] = await many(press);
      pressed.push({ layer, first: first!, after: median(others.slice(RECORDED)) });
    }
    return { predict: median(predict.slice(RECORDED)), layers: pressed };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

void measured(JSON.parse(process.argv[2]!) as Asked).then((answer) => {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
  process.exit(0);
});

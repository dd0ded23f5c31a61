/** The bundled sample models. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { METHODS, RULES } from '../../../contract/attribution';
import { MhoError } from '../../../contract/errors';
import type { SampleInfo } from '../../../contract/studio';

/** `sample.json`; what the window does not show is passed over. */
const schema = z.object({
  title: z.string(),
  description: z.string(),
  model: z.string(),
  hash: z.string().optional(),
  inputs: z.string(),
  baseline: z.object({ kind: z.literal('constant'), value: z.number() }),
  target: z.object({ layer: z.string().optional(), index: z.union([z.number(), z.literal('argmax')]) }),
  methods: z.array(z.enum(METHODS)),
  rule: z.enum(RULES),
  steps: z.number(),
  examples: z.string(),
  labels: z.array(z.string()),
  exampleLabels: z.array(z.string()),
  inputKind: z.enum(['image', 'sequence']).nullable().default(null),
  alphabet: z.string().nullable().default(null),
});

export interface Sample {
  readonly info: SampleInfo;
  readonly model: string;
  readonly inputs: string;
}

/** `0-1,4` → [0, 1, 4] */
const examplesOf = (text: string): number[] =>
  text.split(',').flatMap((part) => {
    const [first, last = first] = part.split('-').map(Number) as [number, number?];
    return Array.from({ length: last - first + 1 }, (_, place) => first + place);
  });

async function read(folder: string, name: string): Promise<Sample> {
  const { model, inputs, examples, hash, ...shown } = schema.parse(
    JSON.parse(await readFile(join(folder, name, 'sample.json'), 'utf8')),
  );
  return {
    info: { name, ...shown, ...(hash !== undefined && { hash }), examples: examplesOf(examples) },
    model: join(folder, name, model),
    inputs: join(folder, name, inputs),
  };
}

/** All samples, the one to begin with first. */
export async function samples(folder: string): Promise<Sample[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(names.sort().map((name) => read(folder, name)));
}

/** @throws MODEL_NOT_FOUND */
export async function sample(folder: string, name: string): Promise<Sample> {
  const found = (await samples(folder)).find(({ info }) => info.name === name);
  if (!found) throw new MhoError('MODEL_NOT_FOUND', { path: name });
  return found;
}

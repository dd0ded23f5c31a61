/** Broken copies of the reference cases, made when a test runs. */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll } from 'vitest';

export const CASES = resolve(import.meta.dirname, '../reference/cases');

/** A folder of the test's own, removed after it. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'mho-formats-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export const bytesOf = (file: string): Buffer => readFileSync(join(CASES, file));

/** Writes a file into the folder; @returns its path. */
export function written(folder: string, name: string, content: Uint8Array | string): string {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** A copy of a case's LayersModel folder, its model.json changed. */
export function layersModel(folder: string, change: (json: LayersModelJson) => void = () => {}): string {
  mkdirSync(folder, { recursive: true });
  const from = join(CASES, 'gated/tfjs_layers');
  for (const name of readdirSync(from)) copyFileSync(join(from, name), join(folder, name));
  const json = JSON.parse(readFileSync(join(from, 'model.json'), 'utf8')) as LayersModelJson;
  change(json);
  writeFileSync(join(folder, 'model.json'), JSON.stringify(json));
  return folder;
}

export interface LayersModelJson {
  modelTopology: { model_config: { class_name: string; config: { layers: LayerJson[]; output_layers: unknown } } };
  weightsManifest: { paths: string[]; weights: WeightJson[] }[];
}
export interface LayerJson {
  class_name: string;
  name: string;
  config: Record<string, unknown>;
  inbound_nodes: unknown;
}
export interface WeightJson {
  name: string;
  shape: number[];
  dtype: string;
  quantization?: Record<string, unknown>;
}

/** Settings and the recent list: two small files in the user's folder. What is damaged counts as absent. */
import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { defaultSettings } from '../../contract/defaults';
import { settings as settingsSchema, type Settings } from '../../contract/studio';
import { writeSafely } from '../engine/sessions/write';
import { exists } from '../hosts/files';

const RECENT = 12;
const recentSchema = z
  .array(z.object({ path: z.string(), kind: z.enum(['model', 'session']), hash: z.string().max(200).optional() }))
  .max(100);
export type Recent = z.infer<typeof recentSchema>[number];

class JsonFile<Value> {
  #writing: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly path: string,
    schema: z.ZodType<Value>,
    public value: Value,
  ) {
    try {
      this.value = schema.parse(JSON.parse(readFileSync(path, 'utf8')));
    } catch {
      // absent or damaged: the default
    }
  }

  /** Convenience only: a full disk must not stop anything. */
  set(value: Value): void {
    this.value = value;
    this.#writing = this.#writing
      .then(() => mkdir(dirname(this.path), { recursive: true, mode: 0o700 }))
      .then(() => writeSafely(this.path, (file) => file.writeFile(JSON.stringify(value, null, 2)), { kept: false }))
      .catch(() => undefined);
  }
}

export class Store {
  readonly #settings: JsonFile<Settings>;
  readonly #recent: JsonFile<Recent[]>;

  constructor(folder: string) {
    this.#settings = new JsonFile(join(folder, 'mho-settings.json'), settingsSchema, defaultSettings);
    this.#recent = new JsonFile(join(folder, 'mho-recent.json'), recentSchema, []);
  }

  get settings(): Settings {
    return this.#settings.value;
  }

  change(part: Partial<Settings>): Settings {
    this.#settings.set({ ...this.settings, ...part });
    return this.settings;
  }

  get recent(): readonly Recent[] {
    return this.#recent.value;
  }

  /** Those that are still there. */
  async present(): Promise<Recent[]> {
    const there = await Promise.all(this.recent.map(({ path }) => exists(path)));
    return this.recent.filter((_, place) => there[place]);
  }

  /** What was opened lately with a model, the model itself before its sessions. */
  withModel(hash: string): Recent | null {
    const found = this.recent.filter((each) => each.hash === hash);
    return found.find(({ kind }) => kind === 'model') ?? found[0] ?? null;
  }

  /** @param hash of the model; undefined where it is not known */
  opened(path: string, kind: Recent['kind'], hash: string | undefined): void {
    this.#recent.set(
      [{ path, kind, ...(hash !== undefined && { hash }) }, ...this.recent.filter((each) => each.path !== path)].slice(
        0,
        RECENT,
      ),
    );
  }

  clearRecent(): void {
    this.#recent.set([]);
  }
}

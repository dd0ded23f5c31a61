/** Models that are open, read once: opened again, as long as nothing on the disk has changed, they are not read again. */
import { readdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Proven } from '../../../contract/check';
import type { OpeningChoices } from '../../../contract/opening';
import type { OpenedModel } from '../../engine/formats';
import type { Graph } from '../../engine/graph/graph';

/** Files and folders that are looked at, and how far down: weights lie beside a model or in folders of its own. */
const MOST_LOOKED_AT = 500;
const DEEPEST = 3;

interface Known {
  /** What the files were like before they were read. */
  readonly print: string;
  /** Whoever has the model open keeps it. */
  readonly graph: WeakRef<Graph>;
  readonly found: Omit<OpenedModel, 'graph'>;
}

export class KnownModels {
  readonly #known = new Map<string, Known>();
  readonly #proven = new WeakMap<Graph, Proven>();

  /**
   * @param path of a file or a folder
   * @param read reads it
   * @throws what `read` throws
   */
  async open(path: string, choices: OpeningChoices, read: () => Promise<OpenedModel>): Promise<OpenedModel> {
    const key = JSON.stringify([resolve(path), choices]);
    // Before the reading: what changes meanwhile is read again the next time.
    const print = await printOf(path);
    const known = this.#known.get(key);
    const graph = known && known.print === print ? known.graph.deref() : undefined;
    if (known && graph) return { ...known.found, graph };
    const { graph: fresh, ...found } = await read();
    for (const [other, { graph: held }] of this.#known) if (!held.deref()) this.#known.delete(other);
    if (print === null) this.#known.delete(key);
    else this.#known.set(key, { print, graph: new WeakRef(fresh), found });
    return { graph: fresh, ...found };
  }

  /** What came of comparing a model with what lies beside it, compared once. @param compare compares */
  async proven(graph: Graph, compare: () => Promise<Proven | undefined>): Promise<Proven | undefined> {
    const told = this.#proven.get(graph) ?? (await compare());
    if (told) this.#proven.set(graph, told);
    return told;
  }
}

/**
 * What tells the files of a model, and all that lies beside it, from others: names, identities, sizes and times. Null where there are too
 * many to look at, or they cannot be looked at.
 */
async function printOf(path: string): Promise<string | null> {
  const lines: string[] = [];
  const look = async (place: string, depth: number): Promise<boolean> => {
    const info = await stat(place, { bigint: true });
    lines.push([place, info.dev, info.ino, info.size, info.mtimeNs, info.ctimeNs].join('\n'));
    if (!info.isDirectory()) return true;
    if (depth === DEEPEST) return false;
    const names = await readdir(place);
    if (lines.length + names.length > MOST_LOOKED_AT) return false;
    for (const name of names.sort()) if (!(await look(join(place, name), depth + 1))) return false;
    return true;
  };
  try {
    const whole = resolve(path);
    const folder = (await stat(whole)).isDirectory() ? whole : dirname(whole);
    return (await look(folder, 0)) ? lines.join('\n\n') : null;
  } catch {
    return null;
  }
}

/** Writes weights as Keras keeps them, by the HDF5 library. */
import type { File, Group } from 'h5wasm/node';
import { createWriteStream, rmSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { ZipFile } from 'yazl';

export interface KerasWeights {
  /** Of the file. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly groups: readonly {
    /** Path of the group: `model_weights/dense`. */
    readonly at: string;
    /** Of each array, from the group on; also told as its `weight_names`. */
    readonly names: readonly string[];
    readonly arrays: readonly { readonly shape: readonly number[]; readonly data: Float32Array }[];
  }[];
}

export async function hdf5(path: string, { attributes, groups }: KerasWeights): Promise<void> {
  const library = await import('h5wasm/node');
  await library.ready;
  // The layout in which h5py writes: the oldest that holds what is in the file.
  const file: File = new library.File(path, 'w', { libver: ['earliest', 'latest'] });
  const made = new Set<string>();
  const group = (at: string): void => {
    at.split('/').forEach((_, depth, parts) => {
      const each = parts.slice(0, depth + 1).join('/');
      if (!made.has(each)) file.create_group(each);
      made.add(each);
    });
  };
  for (const [name, value] of Object.entries(attributes)) file.create_attribute(name, value);
  for (const { at, names, arrays } of groups) {
    group(at);
    (file.get(at) as Group).create_attribute('weight_names', [...names]);
    arrays.forEach(({ shape, data }, i) => {
      const name = `${at}/${names[i]!}`;
      group(name.slice(0, name.lastIndexOf('/')));
      file.create_dataset({ name, data, shape: [...shape], dtype: '<f' });
    });
  }
  file.close();
}

/** A `.keras`, nothing packed. @param fill writes the weights to a file of its own */
export async function zippedWeights(
  path: string,
  config: object,
  fill: (path: string) => Promise<void>,
): Promise<void> {
  const weights = `${path}.weights`;
  await fill(weights);
  const zip = new ZipFile();
  zip.addBuffer(Buffer.from(JSON.stringify({ keras_version: '3.5.0' })), 'metadata.json', { compress: false });
  zip.addBuffer(Buffer.from(JSON.stringify(config)), 'config.json', { compress: false });
  zip.addFile(weights, 'model.weights.h5', { compress: false });
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(path));
  rmSync(weights);
}

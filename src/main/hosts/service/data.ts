/** Data of a document: files of numbers, letters and pictures as the open model's inputs. */
import { basename } from 'node:path';
import { z } from 'zod';
import type { InputPort } from '../../../contract/data';
import { MhoError } from '../../../contract/errors';
import { imageReading } from '../../../contract/studio';
import type { DataRead } from '../../engine/data';
import { inputPorts } from '../../engine/data/ports';
import type { Graph } from '../../engine/graph/graph';
import type { Engine } from './engine';
import { matched, statistics, type Arrays } from './records';

/** Files that were opened together; `input` where they were opened for one input of several. */
export const dataPart = z.object({ paths: z.array(z.string()).min(1), input: z.string().nullable() });
export type DataPart = z.infer<typeof dataPart>;

/** What is read again after a restart, or in another way: parts in the order of opening. */
export const dataSource = z.object({ parts: z.array(dataPart).min(1), reading: imageReading.partial() });
export type DataSource = z.infer<typeof dataSource>;

/** What a document holds of data that was read. */
export interface ReadSource extends DataRead {
  readonly source: DataSource;
  readonly name: string;
}

/** One file by its name, several by their number. */
const nameOf = ({ parts }: DataSource): string => {
  const paths = parts.flatMap((part) => part.paths);
  const [first] = paths;
  return paths.length === 1 ? basename(first!) : `${basename(first!)} and ${paths.length - 1} more`;
};

/**
 * Reads all parts; a later one for an input replaces what an earlier one gave it.
 * @throws INPUT_…
 */
export async function readSource(
  engine: Pick<Engine, 'readData'>,
  source: DataSource,
  ports: readonly InputPort[],
): Promise<ReadSource> {
  let arrays: Arrays = {};
  const how: string[] = [];
  let reading: DataRead['reading'] = null;
  for (const { paths, input } of source.parts) {
    const port = input === null ? null : ports.find(({ name }) => name === input);
    if (port === undefined)
      throw new MhoError('INPUT_UNKNOWN', {
        input: input!,
        hint: '',
        inputs: ports.map(({ name }) => name).join(', '),
      });
    const read = await engine.readData(paths, port ? [port] : ports, source.reading);
    arrays = { ...arrays, ...(port ? onlyFor(read.arrays, port, paths[0]!) : read.arrays) };
    how.push(...read.how.map((text) => (port ? `${port.name}: ${text}` : text)));
    reading ??= read.reading;
  }
  return { arrays, how, reading, source, name: nameOf(source) };
}

/** What a file holds for one input: the array called so, else its only one. @throws INPUT_FILE */
function onlyFor(arrays: Arrays, { name }: InputPort, path: string): Arrays {
  const entries = Object.keys(arrays);
  const entry = entries.includes(name) ? name : entries.length === 1 ? entries[0]! : null;
  if (entry === null)
    throw new MhoError('INPUT_FILE', {
      path,
      format: 'one array',
      reason: `it holds ${entries.join(', ')}, but no ${name}`,
    });
  return { [name]: arrays[entry]! };
}

/** Parts with one more, which takes the place of what was opened for the same input before. */
export const withPart = ({ parts, reading }: DataSource, part: DataPart): DataSource => ({
  reading,
  parts: [...parts.filter(({ input }) => input === null || input !== part.input), part],
});

/** What the graph and the sample's own data tell about the model's inputs. */
export function portsOf(graph: Graph, alphabet: string | null, data: Arrays | null): readonly InputPort[] {
  const ports = inputPorts(graph);
  const names = data ? matched(data, ports) : new Map<string, string>();
  return ports.map((port) => {
    const entry = [...names].find(([, input]) => input === port.name)?.[0];
    const { min, max } = entry === undefined ? { min: null, max: null } : statistics(data![entry]!);
    return {
      ...port,
      ...(alphabet !== null && { alphabet }),
      ...(min !== null && max !== null && { seen: [min, max] as const }),
    };
  });
}

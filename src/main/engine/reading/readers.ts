/**
 * What is read in the thread of `thread.ts`, one row for each kind: a reader takes what can cross to the thread and gives
 * what can cross back, and the memory of its arrays, which goes over to the thread that asked instead of being copied.
 */
import type { NumericArray } from '../../../contract/attribution';
import type { ImageReading, InputPort } from '../../../contract/data';
import type { OpeningChoices } from '../../../contract/opening';
import type { Session } from '../../../contract/session';
import { type Column, type FileRead, readArrays, readColumn, readFile } from '../data/read';
import { openFound, type OpenedModel } from '../formats/recognise';
import { readSession } from '../sessions/read';

/** What a reader tells while it reads. */
interface Tell {
  /** Bytes that the files have together on the disk, as far as they are known: the clock follows from them. */
  readonly onDisk: (bytes: number) => void;
  /** How the weights come in, in bytes: more to come, and a part that has been read. */
  readonly expect: (bytes: number) => void;
  readonly read: (bytes: number) => void;
}

export interface Read<Value> {
  readonly value: Value;
  readonly arrays: readonly { readonly buffer: ArrayBufferLike }[];
}

export type Reader<Asked, Value> = (asked: Asked, tell: Tell) => Promise<Read<Value>>;

const buffersOf = ({ data, lost }: NumericArray): Float32Array[] => (lost ? [data, lost] : [data]);

export const readers = {
  model: (async ({ path, room, choices, scratch }, tell) => {
    const model = await openFound(path, {
      room,
      choices,
      scratch,
      onFile: tell.onDisk,
      expect: tell.expect,
      read: tell.read,
    });
    const weights = model.graph.values.flatMap(({ constant }) => (constant ? [constant.data] : []));
    return { value: model, arrays: weights };
  }) satisfies Reader<{ path: string; room: number; choices: OpeningChoices; scratch: string }, OpenedModel>,

  arrays: (async ({ path }, tell) => {
    const value = await readArrays(path, tell.onDisk);
    return { value, arrays: [...value.values()].flatMap(buffersOf) };
  }) satisfies Reader<{ path: string }, ReadonlyMap<string, NumericArray>>,

  data: (async ({ path, ports, wanted }, tell) => {
    const value = await readFile(path, ports, wanted, tell.onDisk);
    return { value, arrays: [...value.arrays.values()].flatMap(buffersOf) };
  }) satisfies Reader<{ path: string; ports: readonly InputPort[]; wanted: Partial<ImageReading> }, FileRead>,

  column: (async ({ path, column }, tell) => {
    const value = await readColumn(path, column, tell.onDisk);
    return { value, arrays: 'data' in value ? [value.data] : [] };
  }) satisfies Reader<{ path: string; column: string | null }, Column>,

  session: (({ path, room }, tell) => readSession(path, tell.onDisk, room)) satisfies Reader<
    { path: string; room?: number },
    Session
  >,
};

export type Kind = keyof typeof readers;
export type Asked<Of extends Kind> = Parameters<(typeof readers)[Of]>[0];
export type Answer<Of extends Kind> = Awaited<ReturnType<(typeof readers)[Of]>>['value'];

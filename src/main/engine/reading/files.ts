/** The readers of models and data, a row for each kind. */
import type { NumericArray } from '../../../contract/attribution';
import type { ImageReading, InputPort } from '../../../contract/data';
import type { OpeningChoices } from '../../../contract/opening';
import { type Column, type FileRead, readArrays, readColumn, readFile } from '../data/read';
import { openFound, type OpenedModel } from '../formats/recognise';
import type { Reader } from './reader';

const buffersOf = ({ data, lost }: NumericArray): Float32Array[] => (lost ? [data, lost] : [data]);

export const files = {
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
};

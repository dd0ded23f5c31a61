/** The pictures of a unit or a layer: where its contributions are, or what drives it. */
import type { NumericArray } from '../../../contract/attribution';
import { runNames } from '../../../contract/words/runNames';
import { mapError } from '../../logic/errorWords';
import { signed } from '../../logic/format';
import { studio } from '../../stores/studio.svelte';
import type { UnitMap } from '../../logic/unitMaps';
import type { Drivers } from './drivers';

export interface MapPicture {
  readonly key: string;
  /** What it is of, the same for all runs. */
  readonly about: string;
  readonly caption: string;
  readonly title: string | undefined;
  /** For those who do not see it. */
  readonly label: string;
  readonly value: number;
  /** What stands behind the value of its error; empty without an estimate. */
  readonly error: string;
  /** Whether the value's colour says that it raises or lowers the target. */
  readonly signs: boolean;
  readonly map: NumericArray;
  readonly overInput: boolean;
}

/** @param name of the layer or unit, for those who do not see the pictures */
export const mapPictures = (maps: readonly UnitMap[], name: string): MapPicture[] =>
  maps.map(({ run, map, value, error, share }) => ({
    key: run.run,
    about: name,
    caption: studio.runs.nameOf(run),
    title: undefined,
    label: `${name} by ${studio.runs.nameOf(run)}`,
    value,
    error: mapError(value, error, share),
    signs: true,
    map,
    overInput: true,
  }));

/** @param inputName the input that is drawn */
export const driverPictures = ({ where, found }: Drivers, inputName: string | undefined): MapPicture[] =>
  found.map(({ run, input, map }, at) => {
    const value = run.result.delta[0]!;
    const name = runNames(found.map((driver) => driver.run))[at]!;
    return {
      key: run.run,
      about: `what drives ${where} from ${input}`,
      caption: `${name} of the unit`,
      title: `${signed(value)} of this unit${where ? ` at (${where})` : ''} comes from ${input} so`,
      label: `What drives the unit, by ${name}`,
      value,
      error: '',
      signs: false,
      map,
      overInput: input === inputName,
    };
  });

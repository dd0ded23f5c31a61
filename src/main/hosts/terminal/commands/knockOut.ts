/** `mho knock-out`: units are taken out, and what the target is then. */
import type { AttributionRequest } from '../../../../contract/attribution';
import { MhoError } from '../../../../contract/errors';
import type { Intervention, KnockOuts, Replacement } from '../../../../contract/interventions';
import { placeIn } from '../../../../contract/positions';
import { printable, printableJson } from '../../../../contract/text';
import { aroundWords, isSilent, replacementWords, silentWords } from '../../../../contract/words/interventions';
import { devices } from '../../../engine/backends';
import { knockOuts, onGround, together, type Together } from '../../../engine/interventions';
import { asking, type AskedGroup } from '../asking';
import { plain, signed } from '../numbers';
import type { AskOptions } from '../options';
import { amongPooled, positionsFrom, unitsFrom } from '../replacements';
import { right, table } from '../table';
import { EXIT, type Terminal } from '../terminal';
import { watched, type Watched } from '../watching';

export interface KnockOutOptions extends AskOptions {
  readonly units?: string;
  readonly layer?: string;
  readonly all?: boolean;
  readonly to: Replacement;
  readonly top: number;
}

/** Units of one layer, all where they are null; where positions were named, as they were written. */
interface AskedUnits {
  readonly layer: string;
  readonly units: readonly number[] | null;
  readonly at: string | null;
}

/** Each unit by itself; sizes of the layer without its units. */
interface Single extends KnockOuts {
  readonly at: string | null;
  readonly sizes: readonly number[];
}

/** Of some examples: each unit by itself, layer by layer; and those that were named, together. */
interface Told {
  readonly examples: readonly number[];
  readonly singles: readonly Single[];
  readonly together: Together | null;
}

export async function knockOut(terminal: Terminal, path: string, options: KnockOutOptions): Promise<number> {
  const asked = askedUnits(options);
  const quiet = options.quiet === true;
  const { summary, groups } = await asking(terminal, path, options);
  const told: Told[] = [];
  let fault: MhoError | null = null;
  for await (const group of groups()) {
    const done = await watched(terminal, quiet, (how) => taken(group, asked, options, how));
    if (done.result) told.push(done.result);
    fault = done.fault;
    if (fault) break;
  }
  if (told.length === 0) throw fault!;
  const { name, format, hash } = summary;
  terminal.out(
    options.json
      ? `${printableJson({ model: { name, format, path, hash }, ...asJson(told, options.to) }, 1)}\n`
      : told.map((each) => asTables(each, options)).join('\n'),
  );
  if (fault) throw fault;
  return EXIT.ok;
}

/** @throws USAGE, INTERVENTION_UNITS */
function askedUnits({ units, layer, all }: KnockOutOptions): readonly AskedUnits[] {
  if ((units === undefined) === (layer === undefined))
    throw new MhoError('USAGE', {
      reason: 'Say which units: --units LAYER:3,LAYER:7, or --layer NAME for all of a layer',
    });
  if (all && layer === undefined) throw new MhoError('USAGE', { reason: '--all belongs to --layer' });
  return units === undefined ? [{ layer: layer!, units: null, at: null }] : unitsFrom(units);
}

const taken = (
  { model, request, examples, pool, pooled }: AskedGroup,
  asked: readonly AskedUnits[],
  { to: wanted, backend }: KnockOutOptions,
  { signal, told }: Watched,
): Promise<Told> => {
  const to = amongPooled(wanted, pooled);
  const whole: AttributionRequest = { ...request, methods: [], rule: 'secant', steps: 1, exampleNumbers: examples };
  return devices.use(backend, (device) =>
    onGround(
      device,
      model.graph,
      whole,
      asked.map(({ layer }) => layer),
      async (ground) => {
        const singles: Single[] = [];
        for (const { layer, units, at } of asked) {
          const { output, unitAxis } = ground.layer(layer);
          const sizes = ground.shapeOf(output).filter((_, axis) => axis !== unitAxis);
          const positions = at === null ? undefined : positionsFrom(at, layer, sizes);
          const onBatch = (done: number, total: number): void => told(done, total, { kind: 'knock-out', layer });
          const single = await knockOuts(ground, layer, to, { units: units ?? undefined, positions, onBatch });
          singles.push({ ...single, at, sizes });
        }
        const named = asked.flatMap(({ layer, units }, at): Intervention[] => {
          const { positions } = singles[at]!;
          return units ? [{ layer, units: [...units], ...(positions && { positions: [...positions] }), to }] : [];
        });
        return { examples, singles, together: named.length > 0 ? await together(ground, named) : null };
      },
      { pool, signal },
    ),
  );
};

const list = (values: ArrayLike<number>): number[] => Array.from(values);

/** What all examples have, or what each has. */
const alike = <Value>(values: readonly Value[]): Value | readonly Value[] =>
  new Set(values).size === 1 ? values[0]! : values;

/** One layer's numbers stand at the top, those of several in `layers`. */
function asJson(told: readonly Told[], to: Replacement): object {
  const [first] = told as readonly [Told];
  const layers = first.singles.map(({ layer, cut, units, positions, sizes }, at) => ({
    layer,
    cut,
    units,
    ...(positions && { positions: positions.map((position) => placeIn(position, sizes)) }),
    drop: told.flatMap(({ singles }) => singles[at]!.drop.map(list)),
    restore: told.flatMap(({ singles }) => singles[at]!.restore.map(list)),
    without: told.flatMap(({ singles }) => list(singles[at]!.without)),
  }));
  const ends = told.map(({ singles }) => singles[0]!);
  const targets = ends.flatMap((each) => each.targets);
  return {
    ...(layers.length === 1 ? layers[0] : { layers }),
    to,
    ...(ends[0]!.meanOver !== null && {
      meanOver: alike(ends.flatMap((each) => each.targets.map(() => each.meanOver))),
    }),
    examples: told.flatMap(({ examples }) => examples),
    target: alike(targets),
    atInput: ends.flatMap(({ atInput }) => list(atInput)),
    atBaseline: ends.flatMap(({ atBaseline }) => list(atBaseline)),
    ...(first.together && {
      together: {
        after: told.flatMap(({ together }) => list(together!.after)),
        drop: told.flatMap(({ together }) => list(together!.atInput.map((F, at) => F - together!.after[at]!))),
        outputs: Object.fromEntries(
          Object.keys(first.together.outputs).map((name) => [
            name,
            told.flatMap(({ together }) => {
              const { shape, data } = together!.outputs[name]!;
              const size = data.length / shape[0]!;
              return Array.from({ length: shape[0]! }, (_, row) => list(data.subarray(row * size, (row + 1) * size)));
            }),
          ]),
        ),
      },
    }),
  };
}

function asTables({ examples, singles, together: joint }: Told, { to, top, units }: KnockOutOptions): string {
  const parts: string[] = [];
  examples.forEach((number, example) => {
    const { targets, atInput, atBaseline } = singles[0]!;
    const ends = `F ${plain(atInput[example]!)} at the input, ${plain(atBaseline[example]!)} at the baseline`;
    parts.push(`Example ${number}: ${printable(targets[example]!)}; ${ends}\n`);
    const rows = singles.flatMap((each) => rowsOf(each, example, units === undefined ? top : Infinity));
    parts.push(table(['Layer', 'Unit', 'Drop', 'Restore', 'Mean of both'], rows));
    if (joint) {
      const [before, after] = [joint.atInput[example]!, joint.after[example]!];
      parts.push(`Together: F ${plain(before)} → ${plain(after)}, a drop of ${signed(before - after)}\n`);
    }
  });
  parts.push(`Units became ${replacementWords(to, singles[0]!.meanOver)}.\n`);
  const around = new Set(singles.flatMap(({ cut, layer }) => (cut ? [] : [layer])));
  for (const layer of around) parts.push(`${printable(aroundWords(layer))}\n`);
  if (units === undefined)
    for (const single of singles) if (isSilent(single)) parts.push(`${printable(silentWords(single.layer))}\n`);
  return parts.join('');
}

/** The units that matter most, by the mean of both questions. */
function rowsOf({ layer, units, at: where, drop, restore }: Single, example: number, top: number) {
  const both = units.map((unit, at) => {
    const [out, back] = [drop[example]![at]!, restore[example]![at]!];
    return { unit, out, back, mean: (out + back) / 2 };
  });
  const sorted = top === Infinity ? both : both.sort((a, b) => Math.abs(b.mean) - Math.abs(a.mean)).slice(0, top);
  return sorted.map(({ unit, out, back, mean }) => [
    printable(layer),
    right(where === null ? String(unit) : `${unit}@${where}`),
    right(signed(out)),
    right(signed(back)),
    right(signed(mean)),
  ]);
}

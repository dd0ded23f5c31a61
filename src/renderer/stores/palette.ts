/** Everything that can be gone to or done, by name. */
import { COMMAND_LIST } from '../../contract/commands';
import type { Settings } from '../../contract/studio';
import { baselineWords } from '../../contract/words/runs';
import { outputLabel } from '../logic/labels';
import type { Answered, Entry } from '../logic/palette';
import { astray } from '../logic/unitLink';
import { VIEWS } from '../logic/views';
import { caps, commands, offered, refusalOf } from './commands';
import { linkIn } from '../../contract/unitLink';
import { shortHash } from '../logic/format';
import { selection } from './selection.svelte';
import { unitPages } from './unitPages.svelte';
import { shell } from './shell.svelte';
import { studio } from './studio.svelte';

/** Values of an output that are offered as targets. */
const MOST_TARGETS = 2000;
const THEMES = { system: 'as the system', light: 'light', dark: 'dark' } as const satisfies Record<Settings['theme'], string>; // prettier-ignore

/** What a link that is typed or pasted leads to; null for other words. */
export function linked(typed: string): readonly Answered[] | null {
  const link = linkIn(typed);
  if (!link) return null;
  const { layer, unit } = link;
  const detail = astray(link, studio.model.summary, shortHash) ?? `in ${studio.model.summary!.name}`;
  const label = unit === null ? layer : `${layer} #${unit}`;
  return [{ group: 'Link', label, detail, unit: null, run: () => unitPages.follow(typed) }];
}

/** Made when the palette opens. */
export function entries(): readonly Entry[] {
  const { model, runs, program } = studio;
  const shownIds = new Set(offered().map(({ id }) => id));
  const of = (group: string) => (entry: Omit<Entry, 'group'>) => ({ group, ...entry });
  const output =
    model.summary?.outputs.find(({ name }) => name === (model.question.target.layer ?? model.summary?.defaultOutput)) ??
    model.summary?.outputs[0];
  const size = output?.shape.reduce<number>((all, length) => all * (length ?? 1), 1) ?? 1;
  return [
    ...COMMAND_LIST.filter(({ id }) => id !== 'palette' && shownIds.has(id)).map(({ id, label, keys }) =>
      of('Command')({
        label: label.replace(/…$/, ''),
        ...(keys[0] !== undefined && { keys: caps(keys[0]) }),
        refused: refusalOf(id),
        run: commands[id],
      }),
    ),
    ...VIEWS.map(({ id, name }, at) =>
      of('View')({
        label: name,
        keys: [`${at + 1}`],
        refused: runs.all.length === 0 ? 'Nothing was run yet' : null,
        run: () => (shell.view = id),
      }),
    ),
    ...(model.summary?.layers ?? []).map(({ name, kind, units }) =>
      of('Layer')({
        label: name,
        detail: kind,
        units: units ?? 0,
        run: (unit) => {
          // before anything was run there is no detail that would show it
          if (unit === null) selection.selectLayer(name);
          else if (runs.all.length === 0) unitPages.open({ layer: name, unit });
          else selection.selectUnit({ layer: name, unit });
        },
      }),
    ),
    ...runs.complete.map((run) =>
      of('Run')({
        label: `${runs.shown.has(run.run) ? 'Hide' : 'Show'} ${runs.nameOf(run)}`,
        detail: `${run.result.target[0] ?? ''}, baseline ${baselineWords(run.asked.baseline)}`,
        run: () => runs.toggle(run.run),
      }),
    ),
    ...(model.inputs?.rows?.examples ?? []).map((example) =>
      of('Example')({
        label: `Example ${example}`,
        detail: model.label(example) ?? '',
        run: () => model.chooseExample(example, 'only'),
      }),
    ),
    ...(model.data && size > 1
      ? Array.from({ length: Math.min(size, MOST_TARGETS) }, (_, index) =>
          of('Explain')({
            label: `Explain ${outputLabel(index, output!, model.opened)}`,
            detail: `${output!.name}[${index}]`,
            run: () => {
              model.question.explain({ index });
              model.refreshEstimate();
            },
          }),
        )
      : []),
    ...program.samples.map(({ name, title }) =>
      of('Sample')({ label: `Open ${title}`, run: () => void studio.openSample(name) }),
    ),
    ...program.recent.map((file) =>
      of('Opened lately')({ label: file.name, detail: file.where, run: () => void studio.open(file) }),
    ),
    ...(Object.keys(THEMES) as Settings['theme'][]).map((theme) =>
      of('Colours')({ label: `Colours ${THEMES[theme]}`, run: () => void program.changeSettings({ theme }) }),
    ),
  ];
}

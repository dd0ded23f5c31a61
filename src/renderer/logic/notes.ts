/** The notebook as it is changed, searched and put in words. */
import { MOST_LETTERS, type Notebook, type UnitNote } from '../../contract/notebook';
import type { UnitKeyed } from './unitPage';

const isOf =
  ({ layer, unit }: UnitKeyed) =>
  (note: UnitNote): boolean =>
    note.layer === layer && note.unit === unit;

export const noteOf = (notebook: Notebook, key: UnitKeyed): UnitNote | null => notebook.find(isOf(key)) ?? null;

/** With what is noted on a unit; one that was not kept is kept from then on. */
export function noted(
  notebook: Notebook,
  { layer, unit }: UnitKeyed,
  change: Partial<Pick<UnitNote, 'note' | 'tags'>>,
): Notebook {
  const at = notebook.findIndex(isOf({ layer, unit }));
  const before = notebook[at] ?? { layer, unit, note: '', tags: [] };
  const after = { ...before, ...change, note: (change.note ?? before.note).slice(0, MOST_LETTERS) };
  return at < 0 ? [...notebook, after] : notebook.with(at, after);
}

export const without = (notebook: Notebook, key: UnitKeyed): Notebook => notebook.filter((note) => !isOf(key)(note));

/** What was taken out is put back in its place. */
export const putBack = (notebook: Notebook, note: UnitNote, at: number): Notebook =>
  noteOf(notebook, note) ? notebook : notebook.toSpliced(Math.min(at, notebook.length), 0, note);

/** Tags out of text in which commas divide them, each once. */
export const tagsIn = (text: string): readonly string[] =>
  [...new Set(text.split(',').map((tag) => tag.trim().slice(0, 100)))].filter((tag) => tag !== '').slice(0, 50);

/** Every tag, by how many units have it, then by name. */
export function tagsOf(notebook: Notebook): readonly { readonly tag: string; readonly units: number }[] {
  const counts = new Map<string, number>();
  for (const { tags } of notebook) for (const tag of tags) counts.set(tag, (counts.get(tag) ?? 0) + 1);
  return [...counts]
    .map(([tag, units]) => ({ tag, units }))
    .sort((a, b) => b.units - a.units || a.tag.localeCompare(b.tag));
}

/** Those that have the tag and every word in name, note or tags. @param tag null for any */
export function searched(notebook: Notebook, words: string, tag: string | null): Notebook {
  const asked = words.toLowerCase().split(/\s+/).filter(Boolean);
  return notebook.filter((note) => {
    const text = `${note.layer} #${note.unit} ${note.note} ${note.tags.join(' ')}`.toLowerCase();
    return (tag === null || note.tags.includes(tag)) && asked.every((word) => text.includes(word));
  });
}

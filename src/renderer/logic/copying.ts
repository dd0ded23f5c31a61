/** What is copied of a row, a value or a picture, and in which forms. */
import type { MenuItem } from './menus';

/** Text, or what makes it when it is asked for; null where there is nothing. */
type Form = string | (() => string | null | Promise<string | null>);

/** The forms of one thing; those that it has are offered. */
export interface Forms {
  /** Its whole name, however short it is shown. */
  readonly name?: Form;
  /** One line, as it would be said. */
  readonly text?: Form;
  /** Cells divided by tabs, as spreadsheets take them. */
  readonly tsv?: Form;
  readonly json?: Form;
  /** What leads back here. */
  readonly link?: Form;
  /** What repeats it in a terminal. */
  readonly command?: Form;
  /** What reads it in Python. */
  readonly python?: Form;
  /** The text of an SVG; copied as PNG. */
  readonly picture?: Form;
}

const LABELS = {
  text: ['Copy as text', ''],
  name: ['Copy name', ''],
  tsv: ['Copy as TSV', 'for spreadsheets'],
  json: ['Copy as JSON', ''],
  link: ['Copy link', 'leads back here'],
  command: ['Copy as command', 'for a terminal'],
  python: ['Copy as Python', 'reads the session'],
  picture: ['Copy picture', 'PNG'],
} as const satisfies Record<keyof Forms, readonly [label: string, detail: string]>;

/** Where what is copied goes. */
export interface Clipboard {
  text(text: string): Promise<void>;
  picture(svg: string): Promise<void>;
}

/** Cells of a table in which every row has as many. */
export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly (string | number | boolean | null)[])[];
}

const cell = (value: string | number | boolean | null): string =>
  value === null ? '' : String(value).replace(/[\t\r\n]+/g, ' ');

/** Cells divided by tabs, the head first. */
export const tsvOf = ({ head, rows }: Table): string =>
  [head, ...rows].map((row) => row.map(cell).join('\t')).join('\n');

/** A list of objects, or the only one; what is not finite has no number in JSON and is null. */
export function jsonOf({ head, rows }: Table): string {
  const objects = rows.map((row) => Object.fromEntries(head.map((name, at) => [name, row[at] ?? null])));
  return JSON.stringify(objects.length === 1 ? objects[0] : objects, null, 2);
}

/** The forms of a table. */
export const formsOf = (table: Table): Pick<Forms, 'tsv' | 'json'> => ({
  tsv: () => tsvOf(table),
  json: () => jsonOf(table),
});

/** Menu items that copy, one for each form there is. */
export function copyItems(forms: Forms, clipboard: Clipboard): readonly MenuItem[] {
  return (Object.keys(LABELS) as (keyof Forms)[]).flatMap((kind): MenuItem[] => {
    const form = forms[kind];
    if (form === undefined) return [];
    const [label, detail] = LABELS[kind];
    const run = async (): Promise<void> => {
      const made = typeof form === 'string' ? form : await form();
      if (made !== null) await clipboard[kind === 'picture' ? 'picture' : 'text'](made);
    };
    return [{ label, detail, run }];
  });
}

/** Text from files, made harmless for what shows it: a terminal, a table, a spreadsheet, a program that reads JSON. */

/** Characters that move a cursor, end a line or turn the direction of writing: C0, C1, separators, Unicode's bidirectional marks. */
const CONTROLS = '\\u0000-\\u001f\\u007f-\\u009f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069';
const control = new RegExp(`[${CONTROLS}]`, 'g');
const controlInLines = new RegExp(`(?!\\n)[${CONTROLS}]`, 'g');
/** What JSON.stringify leaves as it is. */
const unescaped = new RegExp(`(?![\\u0000-\\u001f])[${CONTROLS}]`, 'g');

/** One line of text in which nothing is left that a terminal would obey. */
export const printable = (text: string): string => text.replace(control, '�');

/** As `printable`, for text whose line feeds are its own. */
export const printableLines = (text: string): string => text.replace(controlInLines, '�');

/** JSON that holds no character a terminal would obey: they stand in it as `\u009b`, and are read back as they were. */
export const printableJson = (value: unknown, indent = 0): string =>
  JSON.stringify(value, null, indent).replace(
    unescaped,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

const number = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
/** Begins a formula once what spreadsheets pass over is passed over, or begins with what they pass over in silence. */
const formula = new RegExp(`^[\\s\\p{Cf}${CONTROLS}]*[=+\\-@＝＋－＠﹢﹣﹦﹫]|^[${CONTROLS}]`, 'u');

/**
 * A cell that no spreadsheet takes for a formula: what could be one is preceded by an apostrophe, which says that text
 * follows. Numbers stay numbers, negative ones too.
 */
export const asCellText = (text: string): string => (formula.test(text) && !number.test(text) ? `'${text}` : text);

/** Tables in lines of box-drawing characters. */

export type Cell = string | { content: string; hAlign: 'right' };

/** Characters that take two columns of a terminal, and none (marks, joiners). */
const WIDE =
  /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\p{Emoji_Presentation}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]/u;
const NONE_WIDE = /[\p{M}\p{Cf}]/u;

const columnsOf = (text: string): number => {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let columns = 0;
  for (const char of text) columns += NONE_WIDE.test(char) ? 0 : WIDE.test(char) ? 2 : 1;
  return columns;
};

/** A name longer than this would make every row of its table as long. */
const LONGEST_CELL = 200;

const clipped = (line: string): { text: string; columns: number } => {
  const text = line.length > LONGEST_CELL ? `${line.slice(0, LONGEST_CELL - 1)}…` : line;
  return { text, columns: columnsOf(text) };
};

/**
 * A table in lines of box-drawing characters, in time that grows with its cells. Ours, since the library that drew
 * them compares every cell with every row above it: a network of 20,000 nodes took it a minute.
 * @param compact no lines between rows
 */
export function table(head: readonly string[], rows: readonly (readonly Cell[])[], compact = true): string {
  const cells = [head, ...rows].map((row) =>
    row.map((cell) => {
      const [content, atRight] = typeof cell === 'string' ? [cell, false] : [cell.content, true];
      return { lines: content.split('\n').map(clipped), atRight };
    }),
  );
  const widths = head.map((_, column) =>
    cells.reduce((most, row) => row[column]!.lines.reduce((each, line) => Math.max(each, line.columns), most), 0),
  );
  const rule = (left: string, between: string, end: string): string =>
    `${left}${widths.map((width) => '─'.repeat(width + 2)).join(between)}${end}`;
  const drawn = cells.map((row) => {
    const height = Math.max(...row.map(({ lines }) => lines.length));
    return Array.from({ length: height }, (_, at) => {
      const parts = row.map(({ lines, atRight }, column) => {
        const { text, columns } = lines[at] ?? { text: '', columns: 0 };
        const room = ' '.repeat(widths[column]! - columns);
        return atRight ? ` ${room}${text} ` : ` ${text}${room} `;
      });
      return `│${parts.join('│')}│\n`;
    }).join('');
  });
  const between = `${rule('├', '┼', '┤')}\n`;
  const [first, ...others] = drawn;
  const body = others.length > 0 ? `${between}${others.join(compact ? '' : between)}` : '';
  return `${rule('┌', '┬', '┐')}\n${first!}${body}${rule('└', '┴', '┘')}\n`;
}

export const right = (content: string): Cell => ({ content, hAlign: 'right' });

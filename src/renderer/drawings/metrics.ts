/** How wide text is, without a page to ask: pictures are laid out before anything draws them, and in tests. */

/** Advance widths of Inter in hundredths of its size, from the space to the tilde; regular and bold. */
const REGULAR = [
  28, 29, 47, 63, 64, 98, 64, 30, 36, 36, 50, 66, 29, 46, 29, 36, 63, 41, 61, 62, 65, 59, 62, 57, 62, 62, 29, 30, 66,
  66, 66, 51, 97, 69, 65, 73, 72, 60, 59, 75, 74, 27, 57, 67, 57, 90, 75, 76, 64, 76, 64, 64, 65, 74, 69, 99, 68, 68,
  63, 36, 36, 36, 47, 46, 32, 56, 61, 57, 61, 58, 37, 61, 59, 24, 24, 55, 24, 88, 59, 60, 61, 61, 38, 53, 33, 59, 56,
  82, 55, 56, 55, 43, 33, 43, 66,
];
const BOLD = [
  24, 34, 55, 65, 65, 102, 67, 34, 38, 38, 56, 68, 33, 47, 33, 39, 67, 43, 63, 65, 68, 62, 65, 58, 65, 65, 33, 34, 68,
  68, 68, 56, 102, 75, 66, 74, 72, 61, 59, 75, 75, 28, 58, 72, 57, 93, 76, 77, 65, 78, 66, 65, 67, 73, 75, 104, 74, 73,
  66, 38, 39, 38, 49, 48, 37, 58, 63, 59, 63, 60, 40, 63, 62, 27, 27, 58, 27, 91, 62, 61, 63, 63, 41, 56, 37, 62, 60,
  85, 58, 60, 57, 47, 37, 47, 68,
];
const NARROW: ReadonlySet<string> = new Set('·’‘,.');
/** Letters of scripts that fill their square, and emoji. */
const SQUARE = /[\u1100-\u11ff\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uffee\u{1f000}-\u{1ffff}]/u;

/**
 * Pixels that text takes in Inter; what the table does not hold is counted rather too wide than too narrow.
 * @param size in pixels
 */
export function textWidth(text: string, size: number, bold = false): number {
  const table = bold ? BOLD : REGULAR;
  let width = 0;
  for (const char of text) {
    const known = table[char.codePointAt(0)! - 32];
    width += known ?? (NARROW.has(char) ? 33 : SQUARE.test(char) ? 104 : char > '\u02ff' ? 86 : 72);
  }
  return (width * size) / 100;
}

/** Text broken into lines of a width, between words, and inside a word only where it is wider than a line. */
export function wrapped(text: string, width: number, size: number, bold = false): readonly string[] {
  const lines: string[] = [];
  let line = '';
  const put = (piece: string): void => {
    if (line !== '' && textWidth(line + piece.trimEnd(), size, bold) > width) {
      lines.push(line.trimEnd());
      line = '';
    }
    line += line === '' ? piece.trimStart() : piece;
  };
  for (const word of text.split(/(?<=\s)/)) {
    if (textWidth(word.trimEnd(), size, bold) <= width) put(word);
    else for (const char of word) put(char);
  }
  if (line.trim() !== '') lines.push(line.trimEnd());
  return lines;
}

/** What was changed of an example, in words: wherever it stands, and as the name of its data. */
import type { EditMade } from '../data';

const rounded = (value: number): string => String(Number(value.toPrecision(4))).replace('-', '−');

/** `position 12 C → T`, `feature 3 0.5 → 0.8`, `patch rows 4 to 11, columns 0 to 7 → mean`. */
export function editWords({ input, ...made }: EditMade): string {
  const where = input === null ? '' : `${input} `;
  switch (made.kind) {
    case 'letter':
      return `${where}position ${made.position} ${made.from} → ${made.to}`;
    case 'token':
      return `${where}token ${made.position} ${made.from} → ${made.to}`;
    case 'value':
      return `${where}feature ${made.position} ${rounded(made.from)} → ${rounded(made.to)}`;
    case 'patch': {
      const [top, left] = made.from;
      const [bottom, right] = made.to;
      return `${where}patch rows ${top} to ${bottom}, columns ${left} to ${right} → ${made.filled}`;
    }
  }
}

/** As many changes as a name tells one by one. */
const MOST_TOLD = 3;

/** `example 3, edited: position 12 C → T and 2 more`. */
export function editedWords(example: number, made: readonly EditMade[]): string {
  const told = made.slice(0, MOST_TOLD).map(editWords).join('; ');
  const more = made.length - MOST_TOLD;
  return `example ${example}, edited: ${told}${more > 0 ? ` and ${more} more` : ''}`;
}

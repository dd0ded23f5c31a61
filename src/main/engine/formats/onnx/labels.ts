/** What a file's own metadata call the values of its output: as exporters write them, JSON or as Python prints it. */

/** The entries that hold them, those that mean nothing else first: Ultralytics writes `names`, others what follows. */
const KEYS = ['id2label', 'class_names', 'classes', 'labels', 'names'];
/** Letters; a thousand classes are some 20,000. */
const LONGEST = 2 ** 20;
const MOST = 100_000;

/** A string in either quotes, or a whole number that is a key. */
const PIECES = /'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|\b\d+(?=\s*:)/gs;

/** What Python prints as JSON: other quotes, numbers as keys. */
function asJson(text: string): string {
  return text.replace(PIECES, (piece) => {
    if (/^\d/.test(piece)) return `"${piece}"`;
    if (piece.startsWith('"')) return piece;
    return JSON.stringify(piece.slice(1, -1).replace(/\\(['\\])/g, '$1'));
  });
}

/** A list, or index → name; null where it is something else, or leaves an index out. */
function namesIn(text: string): readonly string[] | null {
  let value: unknown;
  try {
    value = JSON.parse(asJson(text));
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const names: string[] = [];
  for (const [key, name] of Object.entries(value)) {
    if (typeof name !== 'string' || !/^\d+$/.test(key) || Number(key) >= MOST) return null;
    names[Number(key)] = name;
  }
  return names.length === 0 || names.includes(undefined as never) ? null : names;
}

/** @param metadata of the model @returns null where none of it tells */
export function labelsIn(
  metadata: readonly { readonly key: string; readonly value: string }[],
): readonly string[] | null {
  for (const wanted of KEYS)
    for (const { key, value } of metadata) {
      const names = key === wanted && value.length <= LONGEST ? namesIn(value) : null;
      if (names) return names;
    }
  return null;
}

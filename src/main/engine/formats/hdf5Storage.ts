/**
 * Where an HDF5 array's numbers lie. The library fills in zeros for what lies in another file, in arrays of other files or
 * nowhere, and has no call that tells; so the array's own header is read (HDF5 File Format Specification 3.0, IV.A.2).
 */

/**
 * Its text goes to the thread that reads: it refers to nothing but its arguments.
 * @param read bytes at a place in the file; fewer than asked for where the file ends
 * @param address of the array's object header
 * @param chunks how many chunks make up the array; null where it is not in chunks
 * @returns null where all numbers are in the file; else what is wrong, to follow the array's name
 */
export function storageFault(
  read: (position: number, length: number) => DataView,
  address: number,
  chunks: number | null,
): string | null {
  const MOST_BLOCKS = 256;
  const UNDEFINED = 0xffff_ffff_ffff_ffffn;
  const LAYOUT = 0x08;
  const EXTERNAL = 0x07;
  const CONTINUED = 0x10;
  /** What each index of chunks of layout version 4 has before its address, by its number. */
  const BEFORE_INDEX = [0, 0, 0, 1, 5, 6];
  const elsewhere = 'keeps its numbers in another file';
  const nowhere = 'was never written';
  const unknown = 'is stored in a way that is not known';

  /** Entries of a version 1 B-tree of chunks. */
  const chunksIn = (node: number, dimensions: number, budget: { left: number }): number => {
    const head = read(node, 24);
    if (budget.left-- <= 0 || head.getUint32(0) !== 0x54524545) throw new RangeError(unknown); // TREE
    const [level, entries] = [head.getUint8(5), head.getUint16(6, true)];
    if (level === 0) return entries;
    const key = 8 + 8 * dimensions;
    let sum = 0;
    for (let i = 0; i < entries; i++) {
      const child = read(node + 24 + i * (key + 8) + key, 8).getBigUint64(0, true);
      sum += chunksIn(Number(child), dimensions, budget);
    }
    return sum;
  };

  const layoutFault = (message: DataView): string | null => {
    const version = message.getUint8(0);
    const kind = message.getUint8(version < 3 ? 2 : 1);
    if (kind === 0) return null; // within the header
    if (kind === 3) return 'is made of arrays of other files';
    if (kind > 3) return unknown;
    if (kind === 1) {
      const place = version < 3 ? 8 : 2;
      return message.getBigUint64(place, true) === UNDEFINED ? nowhere : null;
    }
    if (version < 4) {
      const [dimensions, place] = version < 3 ? [message.getUint8(1), 8] : [message.getUint8(2), 3];
      const tree = message.getBigUint64(place, true);
      if (tree === UNDEFINED) return nowhere;
      const have = chunksIn(Number(tree), dimensions, { left: 2 + 2 * (chunks ?? 0) });
      return chunks !== null && have < chunks ? `has ${have} of its ${chunks} chunks` : null;
    }
    const [flags, dimensions, width] = [message.getUint8(2), message.getUint8(3), message.getUint8(4)];
    let at = 5 + dimensions * width;
    const index = message.getUint8(at++);
    at += index === 1 && (flags & 2) !== 0 ? 12 : (BEFORE_INDEX[index] ?? 0);
    return message.getBigUint64(at, true) === UNDEFINED ? nowhere : null;
  };

  try {
    const head = read(address, 64);
    const second = head.getUint32(0) === 0x4f484452; // OHDR
    let [from, size, ordered] = [address + 16, head.getUint32(8, true), false];
    if (second) {
      const flags = head.getUint8(5);
      const at = 6 + (flags & 0x20 ? 16 : 0) + (flags & 0x10 ? 4 : 0);
      const width = 1 << (flags & 3);
      size = width === 1 ? head.getUint8(at) : width === 2 ? head.getUint16(at, true) : head.getUint32(at, true);
      from = address + at + width;
      ordered = (flags & 4) !== 0;
    }
    const blocks = [{ from, size }];
    let found: DataView | null = null;
    const lead = second ? (ordered ? 6 : 4) : 8;
    for (let block = 0; block < blocks.length && block < MOST_BLOCKS; block++) {
      const whole = read(blocks[block]!.from, Math.min(blocks[block]!.size, 2 ** 20));
      for (let at = 0; at + lead <= whole.byteLength;) {
        const kind = second ? whole.getUint8(at) : whole.getUint16(at, true);
        const length = whole.getUint16(at + (second ? 1 : 2), true);
        if (at + lead + length > whole.byteLength) break;
        const message = new DataView(whole.buffer, whole.byteOffset + at + lead, length);
        if (kind === EXTERNAL) return elsewhere;
        if (kind === LAYOUT) found = message;
        if (kind === CONTINUED) {
          const [next, bytes] = [Number(message.getBigUint64(0, true)), Number(message.getBigUint64(8, true))];
          blocks.push(second ? { from: next + 4, size: bytes - 8 } : { from: next, size: bytes });
        }
        at += lead + length;
      }
    }
    return found ? layoutFault(found) : unknown;
  } catch {
    return unknown; // a place beyond the file, or a tree that is none
  }
}

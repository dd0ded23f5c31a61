/**
 * Looks a MessagePack frame over before it is decoded: a decoder makes an object of every byte that says so and calls
 * itself at every level, so 15 kB of nested arrays exhaust its stack and 16 MB a gigabyte. One pass, no memory but the
 * levels. Format: https://github.com/msgpack/msgpack/blob/master/spec.md
 */
import { FLOATS } from '../../../contract/wire';
import { SOCKET } from './limits';

interface Limits {
  readonly depth: number;
  readonly values: number;
}

/** How many bytes the length or value behind a first byte of 0xc0 to 0xdf takes; −1: no such type. */
// prettier-ignore
const HEAD = [
  0, -1, 0, 0, // nil, unused, false, true
  1, 2, 4, // bin
  1, 2, 4, // ext
  4, 8, // float
  1, 2, 4, 8, // uint
  1, 2, 4, 8, // int
  0, 0, 0, 0, 0, // fixext
  1, 2, 4, // str
  2, 4, // array
  2, 4, // map
];

/**
 * Why a frame is not decoded; null where it is whole, one value, within the limits, and made of nothing but what a
 * request is made of (no extension but floats).
 */
export function frameFault(bytes: Uint8Array, { depth, values }: Limits = SOCKET): string | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  /** Values still to come, at each level that is open. */
  const open: number[] = [1];
  let at = 0;
  let seen = 0;
  while (open.length > 0) {
    if (open.at(-1) === 0) {
      open.pop();
      continue;
    }
    open[open.length - 1]!--;
    if (++seen > values) return `more than ${values} values`;
    if (at >= bytes.length) return 'it ends too early';
    const type = bytes[at++]!;
    let body = 0;
    let children = -1;
    if (type < 0x80 || type >= 0xe0) continue; // a small integer
    if (type < 0x90) children = 2 * (type & 0x0f);
    else if (type < 0xa0) children = type & 0x0f;
    else if (type < 0xc0) body = type & 0x1f;
    else {
      const head = HEAD[type - 0xc0]!;
      if (head < 0) return 'an unknown type';
      if (at + head > bytes.length) return 'it ends too early';
      const size = head === 1 ? bytes[at]! : head === 2 ? view.getUint16(at) : head === 4 ? view.getUint32(at) : 0;
      at += head;
      if ((type >= 0xc4 && type <= 0xc6) || (type >= 0xd9 && type <= 0xdb)) body = size;
      else if (type >= 0xdc) children = type >= 0xde ? 2 * size : size;
      else if ((type >= 0xc7 && type <= 0xc9) || (type >= 0xd4 && type <= 0xd8)) {
        body = type >= 0xd4 ? 2 ** (type - 0xd4) : size;
        if (bytes[at++] !== FLOATS || body % 4 !== 0) return 'an unknown extension';
      }
    }
    at += body;
    if (at > bytes.length) return 'it ends too early';
    if (children < 0) continue;
    // each takes a byte at least: what is announced and cannot come is not waited for
    if (children > bytes.length - at) return 'it ends too early';
    if (open.length > depth) return `more than ${depth} levels`;
    open.push(children);
  }
  return at === bytes.length ? null : 'something follows it';
}

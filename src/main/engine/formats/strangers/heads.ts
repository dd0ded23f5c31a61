/** Files that their first bytes tell. */
import { latin1, standsAt, type Told } from './look';

/** Signature, where it stands, and what it tells. */
const SIGNATURES: readonly (readonly [offset: number, signature: string, told: Told])[] = [
  [0, 'version https://git-lfs.github.com/spec/', { name: 'lfs' }],
  [0, 'GGUF', { name: 'gguf' }],
  // ggml, ggmf, ggjt, ggla: whole numbers of four bytes, the lowest first
  [0, 'lmgg', { name: 'ggml' }],
  [0, 'fmgg', { name: 'ggml' }],
  [0, 'tjgg', { name: 'ggml' }],
  [0, 'algg', { name: 'ggml' }],
  // identifiers of flatbuffers
  [4, 'TFL3', { name: 'tflite' }],
  [4, 'ORTM', { name: 'ort' }],
  [4, 'ET12', { name: 'executorch' }],
  [4, 'ET13', { name: 'executorch' }],
  [0, 'ptrt', { name: 'tensorrt' }],
  [0, 'ftrt', { name: 'tensorrt' }],
  [0, 'RKNN', { name: 'device', about: 'RKNN' }],
  [0, '\x01HEF', { name: 'device', about: 'Hailo' }],
  [0, '\x93NUMPY', { name: 'numpy' }],
  [0, 'MATLAB 5.0 MAT-file', { name: 'matlab' }],
  [0, 'MATLAB 7.3 MAT-file', { name: 'matlab' }],
  [0, 'RDX2\n', { name: 'r' }],
  [0, 'RDX3\n', { name: 'r' }],
  [0, 'X\n\0\0\0\x02\0', { name: 'r' }],
  [0, 'X\n\0\0\0\x03\0', { name: 'r' }],
  [0, '7767517\n', { name: 'ncnn' }],
  [0, '7767517\r\n', { name: 'ncnn' }],
  [0, 'CBM1', { name: 'trees', about: 'CatBoost' }],
  [0, 'tree\nversion=', { name: 'trees', about: 'LightGBM' }],
  [0, '{L\0\0\0\0\0\0\0\x07learner', { name: 'trees', about: 'XGBoost' }],
  [0, 'binf', { name: 'trees', about: 'XGBoost' }],
  // a list of arrays, then eight bytes that are kept
  [0, '\x12\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0', { name: 'mxnetParams' }],
  [0, '\xac\xed\0\x05', { name: 'java', about: 'serialised objects' }],
  [0, "7z\xbc\xaf'\x1c", { name: 'sevenZip' }],
  [0, 'Rar!\x1a\x07', { name: 'rar' }],
  [0, 'BZh', { name: 'bzip2' }],
  [0, '\xfd7zXZ\0', { name: 'xz' }],
  [0, '(\xb5/\xfd', { name: 'zstandard' }],
  // of the sizes of dictionaries that LZMA is given, and a length that is not told
  [0, ']\0\0\x80\0\xff\xff\xff\xff', { name: 'lzma' }],
  [0, ']\0\0\x04\0\xff\xff\xff\xff', { name: 'lzma' }],
  [0, ']\0\0\x10\0\xff\xff\xff\xff', { name: 'lzma' }],
  [0, ']\0\0\x20\0\xff\xff\xff\xff', { name: 'lzma' }],
  [0, ']\0\0@\0\xff\xff\xff\xff', { name: 'lzma' }],
  [0, '\x04"M\x18', { name: 'lz4' }],
  [0, '\x89PNG\r\n\x1a\n', { name: 'picture' }],
  [0, '\xff\xd8\xff', { name: 'picture' }],
];

/** What the head of a file is beyond doubt: no format of ours begins so. */
export function byHead(head: Uint8Array, size: number): Told | null {
  if (size === 0) return { name: 'empty' };
  if (head.length >= 64 && head.every((byte) => byte === 0)) return { name: 'zeros' };
  for (const [offset, signature, told] of SIGNATURES) if (standsAt(head, offset, signature)) return told;
  // A record of TensorFlow's, whose first event says its version.
  if (latin1(head.subarray(0, 64)).includes('brain.Event:')) return { name: 'log' };
  return safetensors(head, size) ?? protobuf(head) ?? darknetWeights(head, size);
}

/** A header of JSON behind its length. */
function safetensors(head: Uint8Array, size: number): Told | null {
  if (head.length < 10 || head[8] !== 0x7b) return null;
  const length = Number(new DataView(head.buffer, head.byteOffset).getBigUint64(0, true));
  return length >= 2 && length <= size - 8 && /["}\s]/.test(String.fromCharCode(head[9]!))
    ? { name: 'safetensors' }
    : null;
}

/** Bytes of a varint at a place: its value, and where it ends. */
function varint(head: Uint8Array, at: number): { readonly value: number; readonly end: number } | null {
  let value = 0;
  for (let i = 0; i < 5; i++) {
    const byte = head[at + i];
    if (byte === undefined) return null;
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return { value, end: at + i + 1 };
  }
  return null;
}

/** Messages of protobuf, which have no signature: by their first fields. */
function protobuf(head: Uint8Array): Told | null {
  // Core ML: a version (field 1), then a description (2) that begins with an input (1); a text of ONNX begins with no line feed.
  if (head[0] === 0x08 && head[1]! < 0x40 && head[2] === 0x12) {
    const description = varint(head, 3);
    if (description && description.value > 2 && head[description.end] === 0x0a && isMessage(head, description.end))
      return { name: 'coreml' };
  }
  if (head[0] !== 0x0a) return null;
  const first = varint(head, 1);
  if (!first) return null;
  // SentencePiece: its first piece is what stands for the unknown.
  if (standsAt(head, first.end, '\n\x05<unk>')) return { name: 'tokenizer' };
  // Paddle: a block (field 1) with its index 0 and no parent (-1).
  if (standsAt(head, first.end, '\x08\0\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01')) return { name: 'paddle' };
  // Caffe: a name (field 1), then layers (field 100, or 2 in its first form); a graph of TensorFlow begins with a message.
  const next = first.end + first.value;
  const named = head.subarray(first.end, next).every((byte) => byte >= 0x20 && byte < 0x7f);
  if (named && first.value > 0 && (standsAt(head, next, '\xa2\x06') || standsAt(head, next, '\x12')))
    return { name: 'caffe' };
  return null;
}

/** Whether a field of some length at a place holds a field again, and no text. */
function isMessage(head: Uint8Array, at: number): boolean {
  const length = varint(head, at + 1);
  return length !== null && length.value > 0 && head[length.end] === 0x0a;
}

/** Darknet: version 0.1 or 0.2, how many pictures were seen, then float32 weights. */
function darknetWeights(head: Uint8Array, size: number): Told | null {
  if (head.length < 64) return null;
  const numbers = new DataView(head.buffer, head.byteOffset);
  const [major, minor, revision] = [0, 4, 8].map((at) => numbers.getUint32(at, true)) as [number, number, number];
  return major === 0 && (minor === 1 || minor === 2) && revision <= 5 && size % 4 === 0
    ? { name: 'darknetWeights' }
    : null;
}

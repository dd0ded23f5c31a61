"""
Packs the index of a checkpoint by Snappy, block by block, as builds of TensorFlow with Snappy write it: with a library of
its own (the PyPI package cramjam), so that our reader meets another's writer.

Usage: python make_snappy_index.py variables.index OUTPUT
"""

import struct
import sys
from pathlib import Path

import cramjam

MAGIC = 0xDB4775248B80FB57


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at


def encoded(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out + bytes([value]))


def main(source, target):
    file = Path(source).read_bytes()
    assert struct.unpack("<Q", file[-8:])[0] == MAGIC
    meta_offset, at = varint(file, len(file) - 48)
    meta_size, at = varint(file, at)
    index_offset, at = varint(file, at)
    index_size, _ = varint(file, at)
    block = file[index_offset : index_offset + index_size]
    assert file[index_offset + index_size] == 0, "the index is packed already"
    restarts = struct.unpack("<I", block[-4:])[0]
    out = bytearray()

    def add(content):
        packed = bytes(cramjam.snappy.compress_raw(content))
        place = len(out)
        # The sum behind a block is not read.
        out.extend(packed + b"\x01" + b"\0\0\0\0")
        return place, len(packed)

    rows, at, key = [], 0, b""
    while at < len(block) - 4 - 4 * restarts:
        shared, at = varint(block, at)
        fresh, at = varint(block, at)
        length, at = varint(block, at)
        key = key[:shared] + block[at : at + fresh]
        offset, after = varint(block, at + fresh)
        size, _ = varint(block, after)
        at += fresh + length
        rows.append((key, *add(file[offset : offset + size])))
    meta = add(file[meta_offset : meta_offset + meta_size])
    body, starts = bytearray(), []
    for key, offset, size in rows:
        starts.append(len(body))
        place = encoded(offset) + encoded(size)
        body += encoded(0) + encoded(len(key)) + encoded(len(place)) + key + place
    body += b"".join(struct.pack("<I", start) for start in starts) + struct.pack("<I", len(starts))
    index = add(bytes(body))
    footer = b"".join(encoded(each) for each in (*meta, *index))
    out += footer + bytes(40 - len(footer)) + struct.pack("<Q", MAGIC)
    Path(target).write_bytes(out)


main(*sys.argv[1:])

"""
Small Keras 2 files whose kernel lies where HDF5 lets an array lie: one sound, the others in another file, in arrays of other
files, or (wholly or in part) nowhere; and one whose groups contain each other many times over.

Usage: python make_storage.py storage
"""

import json
import sys
from pathlib import Path

import h5py
import numpy as np

CONFIG = {
    "class_name": "Sequential",
    "config": {
        "name": "small",
        "layers": [
            {"class_name": "InputLayer", "config": {"name": "x", "batch_input_shape": [None, 4], "dtype": "float32"}},
            {"class_name": "Dense", "config": {"name": "dense", "units": 6, "use_bias": False, "activation": "relu"}},
        ],
    },
}
KERNEL = np.arange(24, dtype="<f4").reshape(4, 6) / 24


def write(folder, name, kernel, libver="earliest"):
    with h5py.File(folder / f"{name}.h5", "w", libver=libver) as file:
        file.attrs["keras_version"] = "2.15.0"
        file.attrs["model_config"] = json.dumps(CONFIG)
        group = file.create_group("model_weights/dense")
        group.attrs["weight_names"] = np.array([b"dense/kernel:0"])
        kernel(group.create_group("dense"))


def virtual(group):
    layout = h5py.VirtualLayout((4, 6), "<f4")
    layout[:] = h5py.VirtualSource("elsewhere.h5", "kernel", (4, 6))
    group.create_virtual_dataset("kernel:0", layout)


def chunked(rows, **options):
    def make(group):
        array = group.create_dataset("kernel:0", (4, 6), "<f4", chunks=(1, 3), **options)
        array[:rows] = KERNEL[:rows]

    return make


def linked(group):
    group["kernel:0"] = KERNEL
    inner = group.create_group("g0")
    for depth in range(60):
        below = group.file.create_group(f"deep{depth}")
        inner["a"] = below
        inner["b"] = below
        inner = below


def compact(group):
    properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    properties.set_layout(h5py.h5d.COMPACT)
    space = h5py.h5s.create_simple((4, 6))
    array = h5py.h5d.create(group.id, b"kernel:0", h5py.h5t.IEEE_F32LE, space, properties)
    array.write(h5py.h5s.ALL, h5py.h5s.ALL, KERNEL)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    write(folder, "contiguous", lambda group: group.create_dataset("kernel:0", data=KERNEL))
    write(folder, "compact", compact)
    write(folder, "chunked", chunked(4))
    write(folder, "packed", chunked(4, compression="gzip"))
    write(folder, "latest", chunked(4, compression="gzip"), "latest")
    write(folder, "virtual", virtual, "latest")
    write(
        folder,
        "external",
        lambda group: group.create_dataset("kernel:0", (4, 6), "<f4", external=[("/dev/null", 0, 96)]),
    )
    write(folder, "unwritten", lambda group: group.create_dataset("kernel:0", (4, 6), "<f4"))
    write(folder, "unwrittenChunks", chunked(0))
    write(folder, "unwrittenLatest", chunked(0), "latest")
    write(folder, "partlyWritten", chunked(2))
    write(folder, "linked", linked)

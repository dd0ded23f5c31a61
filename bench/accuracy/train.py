"""Trains the networks that docs/accuracy.md measures on, small ones of the kinds people have, and saves each with inputs beside it.

Run once: train.py FOLDER [NET …], with Keras 3 on TensorFlow, and scikit-learn for its digits. The data of the others is made here: motifs in
DNA, marks in sequences, counts of a library. What it made is kept in bench/accuracy/nets.
"""
import importlib.util
import os
import sys
from pathlib import Path

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras
import numpy as np

L = keras.layers
EXAMPLES = 24
rng = np.random.default_rng(7)


def digits():
    package = Path(importlib.util.find_spec("sklearn").origin).parent  # its data alone is wanted
    data = np.loadtxt(package / "datasets/data/digits.csv.gz", delimiter=",")
    x = (data[:, :64].reshape(-1, 8, 8) / 16).repeat(2, 1).repeat(2, 2)[..., None].astype("float32")
    return x, data[:, 64].astype(int)


def pools():
    x, y = digits()
    i = keras.Input((16, 16, 1), name="image")
    h = L.Conv2D(12, 3, padding="same", activation="relu", name="conv1")(i)
    h = L.MaxPooling2D(2, name="pool1")(h)
    h = L.Conv2D(24, 3, padding="same", activation="relu", name="conv2")(h)
    h = L.MaxPooling2D(2, name="pool2")(h)
    h = L.Dense(32, activation="relu", name="dense1")(L.Flatten(name="flat")(h))
    return keras.Model(i, L.Dense(10, name="logits")(h)), x, y


def mobile():
    x, y = digits()
    i = keras.Input((16, 16, 1), name="image")
    h = L.Conv2D(16, 3, strides=2, padding="same", use_bias=False, name="stem")(i)
    h = L.ReLU(6.0, name="stem_relu")(L.BatchNormalization(momentum=0.9, name="stem_bn")(h))
    for b, (filters, stride) in enumerate(((16, 1), (24, 2), (24, 1), (24, 1))):
        n = f"b{b}"
        e = L.Conv2D(h.shape[-1] * 3, 1, use_bias=False, name=f"{n}_expand")(h)
        e = L.ReLU(6.0, name=f"{n}_expand_relu")(L.BatchNormalization(momentum=0.9, name=f"{n}_expand_bn")(e))
        e = L.DepthwiseConv2D(3, strides=stride, padding="same", use_bias=False, name=f"{n}_depth")(e)
        e = L.ReLU(6.0, name=f"{n}_depth_relu")(L.BatchNormalization(momentum=0.9, name=f"{n}_depth_bn")(e))
        e = L.BatchNormalization(momentum=0.9, name=f"{n}_project_bn")(L.Conv2D(filters, 1, use_bias=False, name=f"{n}_project")(e))
        h = L.Add(name=f"{n}_add")([h, e]) if stride == 1 and h.shape[-1] == filters else e
    h = L.GlobalAveragePooling2D(name="pooled")(h)
    return keras.Model(i, L.Dense(10, name="logits")(h)), x, y


def dna(count, length):
    x = np.eye(4, dtype="float32")[rng.integers(0, 4, (count, length))]
    y = rng.integers(0, 2, count)
    motif = np.eye(4, dtype="float32")[[0, 2, 3, 1, 1, 0, 2, 3]]
    second = np.eye(4, dtype="float32")[[3, 3, 0, 2, 2, 1]]
    for k in range(count):
        a = rng.integers(0, length - 60)
        x[k, a:a + 8] = motif
        if y[k]:  # the second one a fixed way behind
            x[k, a + 24:a + 30] = second
    return x, y


def dilated():
    x, y = dna(3000, 200)
    i = keras.Input((200, 4), name="sequence")
    h = L.Conv1D(24, 9, padding="same", name="stem")(i)
    for b, rate in enumerate((1, 2, 4, 8)):
        r = L.ReLU(name=f"b{b}_relu")(L.BatchNormalization(momentum=0.9, name=f"b{b}_bn")(h))
        r = L.Conv1D(24, 5, padding="same", dilation_rate=rate, name=f"b{b}_conv")(r)
        h = L.Add(name=f"b{b}_add")([h, r])
    h = L.GlobalMaxPooling1D(name="pooled")(h)
    return keras.Model(i, L.Dense(2, name="logits")(h)), x, y


def marks(count, length, tokens):
    x = rng.integers(2, tokens, (count, length))
    y = rng.integers(0, 2, count)
    for k in range(count):
        a, b = np.sort(rng.choice(length, 2, replace=False))
        x[k, a], x[k, b] = (0, 1) if y[k] else (1, 0)  # which comes first
    return x, y


def transformer():
    x, y = marks(6000, 16, 12)
    i = keras.Input((16,), dtype="int32", name="ids")
    h = L.Embedding(12, 24, name="tokens")(i)
    h = L.Conv1D(24, 3, padding="causal", name="places")(h)  # tells order without position numbers
    for b in range(2):
        n = L.LayerNormalization(name=f"b{b}_norm1")(h)
        h = L.Add(name=f"b{b}_add1")([h, L.MultiHeadAttention(2, 12, name=f"b{b}_attention")(n, n)])
        n = L.LayerNormalization(name=f"b{b}_norm2")(h)
        n = L.Dense(24, name=f"b{b}_down")(L.Dense(48, activation="gelu", name=f"b{b}_up")(n))
        h = L.Add(name=f"b{b}_add2")([h, n])
    h = L.GlobalAveragePooling1D(name="pooled")(L.LayerNormalization(name="norm")(h))
    return keras.Model(i, L.Dense(2, name="logits")(h)), x.astype("int32"), y


def lstm():
    ids, y = marks(4000, 16, 6)
    x = np.eye(6, dtype="float32")[ids]
    i = keras.Input((16, 6), name="sequence")
    h = L.LSTM(16, name="lstm")(i)
    h = L.Dense(16, activation="relu", name="dense1")(h)
    return keras.Model(i, L.Dense(2, name="logits")(h)), x, y


def counts(count):
    y = rng.integers(0, 3, count)
    rates = np.exp(rng.normal(0, 1.5, (3, 40)))
    depth = np.exp(rng.normal(2, 0.7, (count, 1)))
    return rng.poisson(rates[y] * depth).astype("float32"), y


def log1p():
    x, y = counts(4000)
    i = keras.Input((40,), name="counts")
    h = keras.ops.log1p(i)
    h = L.Dense(32, activation="relu", name="dense1")(h)
    h = L.Dense(16, activation="relu", name="dense2")(h)
    return keras.Model(i, L.Dense(3, name="logits")(h)), x, y


def normfirst():
    x, y = counts(4000)
    x = 300 + 10 * x
    i = keras.Input((40,), name="levels")
    h = L.LayerNormalization(name="norm")(i)
    h = L.Dense(32, activation="gelu", name="dense1")(h)
    h = L.Dense(16, activation="gelu", name="dense2")(h)
    return keras.Model(i, L.Dense(3, name="logits")(h)), x.astype("float32"), y


if __name__ == "__main__":
    only = sys.argv[2:]
    for build, epochs in ((pools, 12), (mobile, 20), (dilated, 6), (transformer, 20), (lstm, 12), (log1p, 8), (normfirst, 8)):
        if only and build.__name__ not in only:
            continue
        keras.utils.set_random_seed(1)
        model, x, y = build()
        kept = slice(0, EXAMPLES)
        model.compile(keras.optimizers.Adam(3e-3), keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
        model.fit(x[EXAMPLES:], y[EXAMPLES:], epochs=epochs, batch_size=64, verbose=0)
        _, right = model.evaluate(x[kept], y[kept], verbose=0)
        folder = Path(sys.argv[1]) / build.__name__
        folder.mkdir(parents=True, exist_ok=True)
        model.compile()  # no optimizer in the file
        model.save(folder / "model.keras")
        np.savez_compressed(folder / "inputs.npz", **{model.inputs[0].name: x[kept]})
        print(build.__name__, model.count_params(), "right", right, flush=True)

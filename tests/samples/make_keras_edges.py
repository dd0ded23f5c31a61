"""Tiny random models of what people meet beside plain layers: python make_keras_edges.py keras_edges.

With Keras 3 (keras 3.15, tensorflow-cpu 2.21): layers new in it, states that are kept, bfloat16, a class of a program, attention that
is quantised alone, hashes, and what lies behind crossed ones. With Keras 2 (tensorflow-cpu 2.15): layers of cuDNN, whose numbers are those of
the plain layers that Keras makes of them, since they need a graphics card. Beside each NAME.npz: in/INPUT and out/LAYER."""

import os
import sys
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np
import tensorflow as tf

KERAS3 = tf.__version__ >= "2.16"
if KERAS3:
    import keras
else:
    from tensorflow import keras
L = keras.layers
rng = np.random.default_rng(3)
keras.utils.set_random_seed(3)
FOLDER = Path(sys.argv[1])


def randomise(model):
    for weight in model.weights:
        if weight.dtype == "float32" and "state" not in getattr(weight, "path", ""):
            weight.assign(rng.normal(size=weight.shape).astype("float32") * 0.6)


def numbers(name, model, given):
    out = model([tf.constant(each) for each in given.values()], training=False)
    names = [each._keras_history.operation.name for each in model.outputs]
    arrays = {f"in/{key}": value.astype("float32") for key, value in given.items()}
    arrays |= {f"out/{key}": np.asarray(value).astype("float32") for key, value in zip(names, out if isinstance(out, list) else [out])}
    np.savez(FOLDER / f"{name}.npz", **arrays)


def cudnn():
    layers = tf.compat.v1.keras.layers

    def build(long, gated):
        x = keras.Input((5, 4), name="x")
        lower = long(3, return_sequences=True, name="lower")(x)
        one, two = gated(2, name="gru")(lower), L.Bidirectional(long(2), name="both")(lower)
        return keras.Model(x, [L.Dense(2, name="one")(one), L.Dense(2, name="two")(two)])

    model = build(layers.CuDNNLSTM, layers.CuDNNGRU)
    model.set_weights([rng.normal(size=weight.shape) * 0.5 for weight in model.weights])
    model.save(FOLDER / "cudnn.h5")
    plain = build(L.LSTM, lambda units, **options: L.GRU(units, reset_after=True, **options))
    plain.load_weights(FOLDER / "cudnn.h5")
    x = rng.normal(size=(3, 5, 4)).astype("float32")
    one, two = plain(x)
    np.savez(FOLDER / "cudnn.npz", **{"in/x": x, "out/one": np.asarray(one), "out/two": np.asarray(two)})


@keras.utils.register_keras_serializable("Pkg")
class Scale(L.Layer):
    def build(self, shape):
        self.gain = self.add_weight(name="gain", shape=(shape[-1],))
        self.inner = L.Dense(4)
        self.inner.build(shape)

    def call(self, x):
        return x * self.gain


@keras.utils.register_keras_serializable("Pkg")
class Net(keras.Model):
    def __init__(self, **options):
        super().__init__(**options)
        self.last = L.Dense(3)

    def call(self, x):
        return self.last(x)


def hashes():
    """Numbers that are hashed, and numbers that are crossed, which is refused: a model that begins behind them."""
    own = np.random.default_rng(5)
    ids, other = keras.Input((4,), name="ids", dtype="int64"), keras.Input((6,), name="x")
    given = {"ids": own.integers(-9, 99, (3, 4)), "x": own.normal(size=(3, 6)).astype("float32")}
    hashed = L.Hashing(7, output_mode="multi_hot", name="hash")(ids)
    salted = L.Hashing(5, salt=[133, 137], mask_value=3, output_mode="count", name="salted")(ids)
    placed = L.IntegerLookup(vocabulary=[2, 5, 7], num_oov_indices=3, output_mode="multi_hot", name="placed")(ids)
    model = keras.Model([ids, other], L.Dense(2, name="out")(L.Concatenate(name="joined")([hashed, salted, placed, other])))
    model.save(FOLDER / "hash.keras")
    np.savez(FOLDER / "hash.npz", **{"in/ids": given["ids"].astype("float32"), "in/x": given["x"], "out/out": np.asarray(model([given["ids"], given["x"]]))})

    first, second = keras.Input((1,), name="first", dtype="int64"), keras.Input((1,), name="second", dtype="int64")
    crossed = L.HashedCrossing(7, output_mode="one_hot", name="crossed")((first, second))
    model = keras.Model([first, second, other], L.Dense(2, name="out")(L.Concatenate(name="joined")([crossed, other])))
    model.save(FOLDER / "crossed.keras")
    pairs = [given["ids"][:, :1], given["ids"][:, 1:2]]
    behind = keras.Model([other, model.get_layer("crossed").output], model.outputs)
    behind.save(FOLDER / "behind.keras")
    middle = keras.Model([first, second], crossed)(pairs)
    np.savez(FOLDER / "behind.npz", **{"in/x": given["x"], "in/middle": np.asarray(middle, "float32"), "out/out": np.asarray(model([*pairs, given["x"]]))})


def keras3():
    x = rng.normal(size=(3, 4, 6)).astype("float32")

    one, ids = keras.Input((8, 7, 3), name="picture"), keras.Input((4,), name="ids", dtype="int32")
    outputs = [getattr(L, f"Adaptive{kind}Pooling2D")((3, 4), name=kind.lower())(one) for kind in ("Average", "Max")]
    outputs += [L.Softmax(axis=[1, 2], name="soft")(one), L.Pipeline([L.Rescaling(0.5), L.RandomFlip(), L.Resizing(4, 5)], name="pipe")(one)]
    lookup = L.IntegerLookup(vocabulary=[2, 5, 7], output_mode="tf_idf", idf_weights=[0.5, 1.5, 2.5], name="idf")(ids)
    back = L.Rescaling(0.5, name="back")(L.IntegerLookup(vocabulary=[2, 5, 7], mask_token=0, invert=True, name="lookup")(ids))
    model = keras.Model([one, ids], [*outputs, L.Dense(2, name="risk")(lookup), back])
    randomise(model)
    numbers("fresh", model, {"picture": rng.normal(size=(3, 8, 7, 3)).astype("float32"), "ids": np.asarray([[2, 5, 9, 5], [0, 1, 2, 3], [4, 7, 7, 7]], "int32")})
    model.save(FOLDER / "fresh.keras")

    i = keras.Input((4, 6), batch_size=3, name="x")
    model = keras.Model(i, L.Dense(2, name="out")(L.Bidirectional(L.GRU(2, stateful=True), name="both")(L.LSTM(3, stateful=True, return_sequences=True, name="state")(i))))
    randomise(model)
    numbers("stateful", model, {"x": x})
    for layer in model.layers:
        if hasattr(layer, "reset_state"):
            layer.reset_state()
    model.save(FOLDER / "stateful.keras")

    words = keras.Input((4,), name="words", dtype="int32")
    pictures = L.TimeDistributed(L.Reshape((2, 3)))(L.Embedding(5, 6, mask_zero=True)(words))
    kept = [L.AugMix(value_range=(0.0, 1.0)), L.RandomFlip(), L.Pipeline([L.Rescaling(0.5), L.RandomFlip()])]
    means = [L.LSTM(2, name=f"read{place}")(L.TimeDistributed(L.Flatten())(layer(pictures))) for place, layer in enumerate(kept)]
    keras.Model(words, means).save(FOLDER / "masked_pictures.keras")

    i = keras.Input((4, 6), name="x")
    model = keras.Model(i, L.MultiHeadAttention(2, 3, name="attention")(i, i))
    model.quantize("int8")
    model.save(FOLDER / "attention_alone.keras")

    model = keras.Model(i, L.Dense(5, name="after")(Scale(name="scale")(L.Dense(6, name="first")(i))))
    model.save(FOLDER / "custom.keras")
    model.save(FOLDER / "custom.h5")

    net = Net(name="net")
    net(x)
    net.save(FOLDER / "subclassed.keras")

    hashes()

    keras.config.set_dtype_policy("bfloat16")
    i = keras.Input((4, 6), name="x", dtype="float32")
    model = keras.Model(i, L.Dense(2, name="out")(i))
    values = [rng.normal(size=weight.shape) for weight in model.weights]
    for weight, value in zip(model.weights, values):
        weight.assign(value)
    kernel, bias = (np.asarray(weight).astype("float32") for weight in model.weights)
    np.savez(FOLDER / "bfloat16.npz", **{"in/x": x, "out/out": x @ kernel + bias})
    model.save(FOLDER / "bfloat16.keras")
    model.save(FOLDER / "bfloat16.h5")


FOLDER.mkdir(parents=True, exist_ok=True)
keras3() if KERAS3 else cudnn()

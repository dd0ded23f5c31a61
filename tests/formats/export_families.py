"""Small networks as the exporters of several families write them: export_families.py FAMILY FOLDER.

FAMILY is tensorflow, jax or torch (Keras 3 on that backend: NAME.keras, NAME.h5, NAME.onnx by tf2onnx, jax2onnx or PyTorch, and the
SavedModel NAME_saved where the backend writes one), flax (NAME.onnx by jax2onnx, NAME_saved by jax2tf) or sklearn (NAME.onnx by skl2onnx).
Beside them NAME.npz: in/INPUT and out/OUTPUT, three examples each; and exported.json: {"failed": {file: reason}}."""

import json
import os
import sys
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np

rng = np.random.default_rng(3)
FAILED = {}


def real(*shape):
    return rng.normal(size=(3, *shape)).astype("float32")


def words(length=9):
    ids = rng.integers(1, 20, (3, length)).astype("int32")
    ids[0, 6:] = 0
    ids[1, 3:] = 0
    return ids


def attempt(name, work):
    try:
        work()
    except Exception as error:  # told to the test, which knows what these exporters do not export
        FAILED[name] = repr(error)[:300]


def store(folder, name, given, outputs):
    arrays = {f"in/{key}": value for key, value in given.items()} | {f"out/{key}": np.asarray(value) for key, value in outputs.items()}
    np.savez(folder / f"{name}.npz", **arrays)


def keras_family(backend, folder):
    os.environ["KERAS_BACKEND"] = backend
    import keras

    L = keras.layers
    keras.utils.set_random_seed(3)

    def mlp():
        x = keras.Input((6,), name="table")
        y = L.BatchNormalization(name="norm")(L.Dense(8, activation="gelu", name="hidden")(x))
        y = L.Dense(8, activation="swish", name="second")(L.Dropout(0.3, name="drop")(y))
        return keras.Model(x, L.Dense(3, activation="softmax", name="classes")(y))

    def conv():
        x = keras.Input((16, 16, 3), name="image")
        y = L.BatchNormalization(name="stem_norm")(L.Conv2D(8, 3, strides=2, padding="same", name="stem")(x))
        stem = y = L.ReLU(name="stem_relu")(y)
        y = L.BatchNormalization(name="a_norm")(L.Conv2D(8, 3, padding="same", use_bias=False, name="a")(y))
        y = L.DepthwiseConv2D(3, padding="same", name="depth")(L.Activation("relu", name="a_relu")(y))
        y = L.MaxPooling2D(padding="same", name="pool")(L.Add(name="residual")([stem, y]))
        y = L.UpSampling2D(name="up")(L.GroupNormalization(2, name="group")(L.SeparableConv2D(6, 3, name="separable")(y)))
        y = L.Conv2DTranspose(5, 3, strides=2, padding="same", activation="relu", name="transposed")(y)
        # Keras on PyTorch pads such a pool differently from Keras on TensorFlow and JAX, and no file tells which it was.
        y = L.AveragePooling2D(3, strides=2, padding="valid" if backend == "torch" else "same", name="average")(y)
        return keras.Model(x, L.Dense(4, name="classes")(L.GlobalAveragePooling2D(name="gap")(y)))

    def recurrent():
        x = keras.Input((7, 4), name="series")
        y = L.Bidirectional(L.LSTM(5, return_sequences=True), name="both")(x)
        y = L.SimpleRNN(4, name="simple")(L.GRU(6, return_sequences=True, name="gru")(y))
        return keras.Model(x, L.Dense(3, activation="sigmoid", name="head")(y))

    def attention():
        ids, places = keras.Input((9,), dtype="int32", name="ids"), keras.Input((9,), dtype="int32", name="places")
        y = L.Add(name="placed")([L.Embedding(20, 16, name="table")(ids), L.Embedding(9, 16, name="positions")(places)])
        mask = keras.ops.expand_dims(keras.ops.not_equal(ids, 0), 1)
        y = L.LayerNormalization(name="norm1")(y + L.MultiHeadAttention(2, 8, name="attention")(y, y, attention_mask=mask))
        y = L.LayerNormalization(name="norm2")(y + L.Dense(16, name="down")(L.Dense(32, activation="gelu", name="wide")(y)))
        return keras.Model([ids, places], L.Dense(3, name="classes")(L.GlobalAveragePooling1D(name="mean")(y)))

    def masked():
        ids = keras.Input((9,), dtype="int32", name="ids")
        y = L.Embedding(20, 8, mask_zero=True, name="table")(ids)
        y = L.LSTM(4, name="cells")(L.Bidirectional(L.GRU(5, return_sequences=True), name="both")(y))
        return keras.Model(ids, L.Dense(3, name="classes")(y))

    def two():
        picture, facts = keras.Input((8, 8, 2), name="picture"), keras.Input((5,), name="facts")
        y = L.Flatten(name="flat")(L.Conv2D(4, 3, activation="relu", name="conv")(picture))
        y = L.Concatenate(name="joined")([y, L.Dense(6, activation="tanh", name="tab")(facts)])
        y = L.Dense(8, activation="relu", name="shared")(y)
        return keras.Model([picture, facts], [L.Dense(3, activation="softmax", name="kind")(y), L.Dense(1, name="price")(y)])

    def free():
        x = keras.Input((None, 4), name="signal")
        y = L.Conv1D(6, 5, padding="same", activation="relu", name="first")(x)
        y = L.Conv1D(6, 3, padding="causal", dilation_rate=2, activation="elu", name="dilated")(y)
        y = L.LSTM(5, return_sequences=True, name="cells")(L.MaxPooling1D(2, name="pool")(y))
        return keras.Model(x, L.Dense(3, name="head")(L.GlobalMaxPooling1D(name="max")(y)))

    given = {
        mlp: {"table": real(6)},
        conv: {"image": real(16, 16, 3)},
        recurrent: {"series": real(7, 4)},
        attention: {"ids": words(), "places": np.tile(np.arange(9, dtype="int32"), (3, 1))},
        masked: {"ids": words()},
        two: {"picture": real(8, 8, 2), "facts": real(5)},
        free: {"signal": real(12, 4)},
    }
    for make, arrays in given.items():
        name, model = make.__name__, make()
        for weight in model.weights:  # none stays at what hides a fault: biases of 0, norms of 1
            noise = rng.normal(size=weight.shape) * 0.1
            if "variance" in weight.path:
                weight.assign((np.abs(noise) * 3 + 0.6).astype("float32"))
            elif "seed" not in weight.path and len(weight.shape) == 1:
                weight.assign((noise + (0.8 if "gamma" in weight.path else 0)).astype("float32"))
        xs = list(arrays.values())
        ys = model(xs if len(xs) > 1 else xs[0], training=False)
        ys = ys if isinstance(ys, (list, tuple)) else [ys]
        store(folder, name, arrays, {key: keras.ops.convert_to_numpy(y) for key, y in zip(model.output_names, ys)})
        model.save(folder / f"{name}.keras")
        model.save(folder / f"{name}.h5")
        attempt(f"{name}.onnx", lambda: model.export(folder / f"{name}.onnx", format="onnx", verbose=False))
        if backend != "torch":
            attempt(f"{name}_saved", lambda: model.export(str(folder / f"{name}_saved"), verbose=False))


def flax_family(folder):
    import jax
    import jax.numpy as jnp
    import jax2onnx
    import tensorflow as tf
    from flax import linen as nn
    from jax.experimental import jax2tf

    class Mlp(nn.Module):
        @nn.compact
        def __call__(self, x):
            return nn.Dense(3, name="head")(nn.relu(nn.Dense(8, name="hidden")(x)))

    class Conv(nn.Module):
        @nn.compact
        def __call__(self, x):
            x = nn.relu(nn.Conv(8, (3, 3), strides=2, name="stem")(x))
            y = nn.BatchNorm(use_running_average=True, name="norm")(nn.Conv(8, (3, 3), name="conv")(x))
            y = nn.avg_pool(nn.relu(x + y), (2, 2), strides=(1, 1))
            return nn.Dense(3, name="head")(y.mean((1, 2)))

    class Attention(nn.Module):
        @nn.compact
        def __call__(self, ids):
            x = nn.Embed(20, 16, name="table")(ids) + nn.Embed(9, 16, name="places")(jnp.arange(9))[None]
            attend = nn.MultiHeadDotProductAttention(num_heads=2, qkv_features=16, deterministic=True, name="attention")
            x = x + attend(nn.LayerNorm(name="norm1")(x), mask=(ids != 0)[:, None, None, :])
            x = x + nn.Dense(16, name="down")(nn.gelu(nn.Dense(32, name="up")(nn.LayerNorm(name="norm2")(x))))
            return nn.Dense(3, name="head")(x.mean(1))

    class Two(nn.Module):
        @nn.compact
        def __call__(self, picture, facts):
            y = nn.relu(nn.Conv(4, (3, 3), padding="VALID", name="conv")(picture)).reshape((picture.shape[0], -1))
            y = jnp.concatenate([y, nn.tanh(nn.Dense(6, name="tab")(facts))], -1)
            y = nn.relu(nn.Dense(8, name="shared")(y))
            return nn.softmax(nn.Dense(3, name="kind")(y)), nn.Dense(1, name="price")(y)

    nets = {
        "mlp": (Mlp(), {"x": real(6)}),
        "conv": (Conv(), {"x": real(16, 16, 3)}),
        "attention": (Attention(), {"ids": words()}),
        "two": (Two(), {"picture": real(8, 8, 2), "facts": real(5)}),
    }
    for name, (net, given) in nets.items():
        weights = net.init(jax.random.key(0), *given.values())
        weights = jax.tree.map(lambda w: w + 0.05 * rng.normal(size=w.shape).astype("float32") ** 2, weights)

        def function(*xs):
            return net.apply(weights, *xs)

        ys = function(*given.values())
        ys = ys if isinstance(ys, tuple) else (ys,)
        store(folder, name, given, {f"y{i}": y for i, y in enumerate(ys)})
        shapes = [jax.ShapeDtypeStruct(("batch", *x.shape[1:]), x.dtype) for x in given.values()]
        options = {"input_names": list(given), "return_mode": "file", "output_path": str(folder / f"{name}.onnx")}
        attempt(f"{name}.onnx", lambda: jax2onnx.to_onnx(function, inputs=shapes, **options))

        converted = jax2tf.convert(function, polymorphic_shapes=["(batch, ...)"] * len(given))
        specs = [tf.TensorSpec((None, *x.shape[1:]), x.dtype, name=key) for key, x in given.items()]
        module = tf.Module()
        module.function = tf.function(converted, autograph=False, input_signature=specs)
        attempt(f"{name}_saved", lambda: tf.saved_model.save(module, str(folder / f"{name}_saved")))


def sklearn_family(folder):
    from skl2onnx import to_onnx
    from sklearn.decomposition import PCA
    from sklearn.neural_network import MLPRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import MinMaxScaler

    x = rng.normal(size=(60, 6)).astype("float32")
    perceptron = MLPRegressor(hidden_layer_sizes=(8,), activation="tanh", max_iter=80, random_state=0)
    model = make_pipeline(MinMaxScaler(), PCA(4), perceptron).fit(x, x[:, :2] ** 2)
    store(folder, "regressor", {"X": x[:3]}, {"variable": model.predict(x[:3]).astype("float32")})
    (folder / "regressor.onnx").write_bytes(to_onnx(model, x[:1]).SerializeToString())


def main(family, folder):
    folder.mkdir(parents=True, exist_ok=True)
    if family == "flax":
        flax_family(folder)
    elif family == "sklearn":
        sklearn_family(folder)
    else:
        keras_family(family, folder)
    (folder / "exported.json").write_text(json.dumps({"failed": FAILED}, indent=2))


main(sys.argv[1], Path(sys.argv[2]))

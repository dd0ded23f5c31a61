"""Exports small networks of the usual families by Keras's own exporters: export_keras.py FOLDER [NAME ...].

With Keras 3 each becomes NAME.keras, NAME.h5 and the SavedModel NAME_saved; with Keras 2 also the tfjs folders NAME_layers and
NAME_graph, where the converter is there. Beside them NAME.npz: in/INPUT and out/OUTPUT, two examples each; and exported.json:
{"keras": version, "made": {NAME: [file, ...]}, "failed": {file: reason}}."""

import gc
import json
import os
import sys
import types
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
# With oneDNN, TensorFlow 2.15 writes layer norms as an op of its own that forgets their epsilon.
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
import numpy as np
import tensorflow as tf

KERAS3 = tf.__version__ >= "2.16"
if KERAS3:
    import keras
    from keras.src.applications import convnext, densenet, efficientnet, inception_v3, mobilenet_v2, mobilenet_v3, resnet
else:
    from tensorflow import keras
    from keras.src.applications import convnext, densenet, efficientnet, inception_v3, mobilenet_v2, mobilenet_v3, resnet
# Keras collects garbage between models: not among what was imported, which is most of all there is.
gc.freeze()
L = keras.layers
rng = np.random.default_rng(7)
keras.utils.set_random_seed(7)
IMAGE = (32, 32, 3)
EXAMPLES = 2


def stacks(preact):
    one = (resnet.stack_residual_blocks_v2 if preact else resnet.stack_residual_blocks_v1) if KERAS3 else (resnet.stack2 if preact else resnet.stack1)
    return lambda x: one(one(x, 8, 2, stride1=1, name="stage1"), 16, 2, name="stage2")


def application(model, **options):
    return model(weights=None, input_shape=IMAGE, classes=5, **options)


def vgg():
    x = y = keras.Input(IMAGE, name="image")
    for block, filters in enumerate((8, 16, 24), 1):
        for conv in (1, 2):
            y = L.Conv2D(filters, 3, padding="same", activation="relu", name=f"block{block}_conv{conv}")(y)
        y = L.MaxPooling2D(2, name=f"block{block}_pool")(y)
    y = L.Dense(32, activation="relu", name="fc1")(L.Flatten(name="flatten")(y))
    return keras.Model(x, L.Dense(5, activation="softmax", name="predictions")(L.Dropout(0.5, name="dropout")(y)))


def inception():
    """Two blocks of Inception v3's own pieces: 1x1, 5x5, double 3x3 and pooled branches; a reduction."""
    x = keras.Input(IMAGE, name="image")
    conv = inception_v3.conv2d_bn
    y = conv(x, 8, 3, 3, strides=(2, 2), padding="valid", name="stem")
    double = conv(conv(conv(y, 6, 1, 1), 8, 3, 3), 8, 3, 3)
    pooled = conv(L.AveragePooling2D((3, 3), strides=(1, 1), padding="same", name="pooled")(y), 4, 1, 1)
    y = L.Concatenate(axis=3, name="mixed0")([conv(y, 8, 1, 1), conv(conv(y, 6, 1, 1), 8, 5, 5), double, pooled])
    seven = conv(conv(conv(y, 6, 1, 1), 6, 1, 7), 8, 7, 1)
    reduced = [conv(y, 8, 3, 3, strides=(2, 2), padding="valid"), L.MaxPooling2D((3, 3), strides=(2, 2), name="reduced")(y), conv(seven, 8, 3, 3, strides=(2, 2), padding="valid")]
    y = L.GlobalAveragePooling2D(name="avg_pool")(L.Concatenate(axis=3, name="mixed1")(reduced))
    return keras.Model(x, L.Dense(5, activation="softmax", name="predictions")(y))


def unet():
    x = keras.Input((16, 16, 2), name="image")

    def twice(y, filters, name):
        for part in "ab":
            y = L.Conv2D(filters, 3, padding="same", use_bias=False, name=f"{name}{part}")(y)
            y = L.Activation("relu", name=f"{name}{part}_relu")(L.BatchNormalization(name=f"{name}{part}_norm")(y))
        return y

    one = twice(x, 6, "down1")
    two = twice(L.MaxPooling2D(name="pool1")(one), 8, "down2")
    deep = twice(L.MaxPooling2D(name="pool2")(two), 10, "deep")
    up = L.Concatenate(name="skip2")([L.Conv2DTranspose(8, 2, strides=2, name="up2")(deep), two])
    up = L.UpSampling2D(interpolation="bilinear", name="up1")(twice(up, 8, "merge2"))
    up = twice(L.Concatenate(name="skip1")([up, one]), 6, "merge1")
    return keras.Model(x, L.Conv2D(2, 1, name="map")(up))


def genomics():
    """As BPNet: dilated convolutions with residuals, a profile and a count."""
    x = keras.Input((60, 4), name="sequence")
    y = L.Conv1D(8, 9, activation="relu", name="motifs")(x)
    for power in (1, 2, 3):
        dilated = L.Conv1D(8, 3, dilation_rate=2**power, activation="relu", name=f"dilated{power}")(y)
        y = L.Add(name=f"residual{power}")([L.Cropping1D(2**power, name=f"crop{power}")(y), dilated])
    profile = L.Flatten(name="profile")(L.Conv1D(1, 7, name="shape")(y))
    return keras.Model(x, [profile, L.Dense(1, name="count")(L.GlobalAveragePooling1D(name="mean")(y))])


def recurrent(*layers):
    x = y = keras.Input((9, 4), name="series")
    for layer in layers:
        y = layer(y)
    return keras.Model(x, L.Dense(3, activation="softmax", name="predictions")(y))


def lstm(**options):
    return recurrent(L.LSTM(6, return_sequences=True, name="lower", **options), L.LSTM(5, name="upper", **options))


def gru(**options):
    return recurrent(L.GRU(6, return_sequences=True, name="lower", **options), L.GRU(5, reset_after=False, name="upper", **options))


def bidirectional(**options):
    return recurrent(L.Bidirectional(L.LSTM(4, return_sequences=True, **options), name="lower"), L.Bidirectional(L.GRU(3, **options), merge_mode="sum", name="upper"))


def rotated(x, steps, heads, width):
    """Rotary positions (arXiv 2104.09864) of [N, steps, heads, width]."""
    angle = np.outer(np.arange(steps), 100.0 ** (-np.arange(width // 2) / (width // 2)))
    cos, sin = (f(angle).astype("float32").reshape(1, steps, 1, width // 2) for f in (np.cos, np.sin))
    one, other = x[..., : width // 2], x[..., width // 2 :]
    concat = keras.ops.concatenate if KERAS3 else tf.concat
    return concat([one * cos - other * sin, one * sin + other * cos], axis=-1)


def transformer_on(words, y):
    """A block with learnt positions and Keras's attention, and one with rotary positions and attention out of functions."""
    normal = L.LayerNormalization(epsilon=1e-6, name="norm1")(y)
    y = L.Add(name="attended")([y, L.MultiHeadAttention(2, 8, name="attention")(normal, normal)])
    wide = L.Dense(32, activation="gelu", name="wide")(L.LayerNormalization(epsilon=1e-6, name="norm2")(y))
    y = L.Add(name="block1")([y, L.Dense(16, name="narrow")(wide)])
    normal = L.LayerNormalization(epsilon=1e-6, name="norm3")(y)
    heads = [L.Reshape((10, 2, 8), name=f"{name}_heads")(L.Dense(16, name=name)(normal)) for name in ("query", "key", "value")]
    query, key = (rotated(each, 10, 2, 8) for each in heads[:2])
    if KERAS3:
        scores = keras.ops.einsum("bqhd,bkhd->bhqk", query, key) / np.sqrt(8.0)
        mixed = keras.ops.einsum("bhqk,bkhd->bqhd", keras.ops.softmax(scores, axis=-1), heads[2])
    else:
        query, key, value = (tf.transpose(each, (0, 2, 1, 3)) for each in (query, key, heads[2]))
        scores = tf.matmul(query, key, transpose_b=True) / np.sqrt(8.0)
        mixed = tf.transpose(tf.matmul(tf.nn.softmax(scores, axis=-1), value), (0, 2, 1, 3))
    y = L.Add(name="block2")([y, L.Dense(16, name="output")(L.Reshape((10, 16), name="joined")(mixed))])
    pooled = L.GlobalAveragePooling1D(name="pooled")(L.LayerNormalization(name="norm4")(y))
    return keras.Model(words, L.Dense(4, activation="softmax", name="predictions")(pooled))


def transformer():
    words, places = keras.Input((10,), name="words", dtype="int32"), keras.Input((10,), name="places", dtype="int32")
    y = L.Add(name="placed")([L.Embedding(20, 16, name="table")(words), L.Embedding(10, 16, name="positions")(places)])
    return transformer_on([words, places], y)


class Positions(L.Layer):
    """A learnt vector per step, added: a layer whose code is not in the file."""

    def build(self, shape):
        self.table = self.add_weight(name="table", shape=shape[1:], initializer="random_normal")

    def call(self, x):
        return x + self.table


def transformer_of_own():
    words = keras.Input((10,), name="words", dtype="int32")
    return transformer_on(words, Positions(name="positions")(L.Embedding(20, 16, name="table")(words)))


MODELS = {
    "resnet": lambda: application(resnet.ResNet, stack_fn=stacks(False), preact=False, use_bias=True),
    "resnet_v2": lambda: application(resnet.ResNet, stack_fn=stacks(True), preact=True, use_bias=True),
    "vgg": vgg,
    "inception": inception,
    "mobilenet_v2": lambda: application(mobilenet_v2.MobileNetV2, alpha=0.35),
    "mobilenet_v3": lambda: application(mobilenet_v3.MobileNetV3Small, alpha=0.5),
    "efficientnet": lambda: application(efficientnet.EfficientNet, width_coefficient=0.25, depth_coefficient=0.3, default_size=32),
    "densenet": lambda: application(densenet.DenseNet, blocks=[2, 2, 2, 2]),
    "convnext": lambda: application(convnext.ConvNeXt, depths=[1, 2, 1, 1], projection_dims=[8, 12, 16, 24]),
    "unet": unet,
    "genomics": genomics,
    "lstm": lstm,
    "gru": gru,
    "bidirectional": bidirectional,
    "lstm_unrolled": lambda: lstm(unroll=True),
    "gru_unrolled": lambda: gru(unroll=True),
    "bidirectional_unrolled": lambda: bidirectional(unroll=True),
    "transformer": transformer,
    "transformer_of_own": transformer_of_own,
}
# Their layers are the same as those of the models that are not unrolled, or in the program alone.
SAVED_ALONE = ("lstm_unrolled", "gru_unrolled", "bidirectional_unrolled", "transformer_of_own")


def randomise(model):
    """No weight stays at what hides a fault: biases of 0, norms of 1, a layer scale of 1e-6."""
    for weight in model.weights:
        name = weight.path if KERAS3 else weight.name
        noise = rng.normal(size=weight.shape) * 0.1
        if "variance" in name:
            weight.assign((np.abs(noise) * 3 + 0.6).astype("float32"))
        elif "count" not in name and len(weight.shape) == 1:
            weight.assign((noise + (0.8 if "gamma" in name else 0)).astype("float32"))
    for layer in model.layers:
        if isinstance(layer, L.Normalization):
            layer.finalize_state()  # it computes with a copy of its weights
    # Batch norms with the statistics of random inputs: otherwise nothing of the input is left behind a dozen of them.
    norms = [layer for layer in model.layers if isinstance(layer, L.BatchNormalization)]
    if norms:
        usual = [layer.momentum for layer in norms]
        for layer in norms:
            layer.momentum = 0.0
        model(*inputs_of(model, 24).values(), training=True)
        for layer, momentum in zip(norms, usual):
            layer.momentum = momentum


def inputs_of(model, examples=EXAMPLES):
    def one(port):
        name = port.name.split(":")[0]
        shape = [examples, *port.shape[1:]]
        if "int" in str(port.dtype):
            return name, np.tile(np.arange(shape[1]), (examples, 1)) if name == "places" else rng.integers(0, 20, shape)
        image = len(shape) == 4 and shape[-1] == 3
        return name, rng.uniform(0, 255, shape) if image and rescales(model) else rng.normal(size=shape)

    return {name: value.astype("int32" if "int" in str(value.dtype) else "float32") for name, value in map(one, model.inputs)}


def rescales(model):
    return any(isinstance(layer, L.Rescaling) for layer in model.layers)


class Nothing(types.ModuleType):
    """Stands for what tfjs's converter imports for other kinds of model than ours."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Nothing(name)


def converters():
    """tfjs's own: of a Keras model to a LayersModel, of a SavedModel to a GraphModel. None where it is not installed."""
    for absent in ("tensorflow_decision_forests", "tensorflow_hub", "jax", "jax.experimental", "jax.experimental.jax2tf", "flax", "orbax"):
        try:
            __import__(absent)
        except ImportError:
            sys.modules[absent] = Nothing(absent)
    sys.modules["tf_keras"] = tf.keras
    try:
        import tensorflowjs
    except ImportError:
        return None
    from tensorflowjs.converters.tf_saved_model_conversion_v2 import convert_tf_saved_model

    return tensorflowjs.converters.save_keras_model, convert_tf_saved_model


def main(folder, wanted):
    folder = Path(folder)
    made, failed = {}, {}
    tfjs = None if KERAS3 else converters()
    for name, build in MODELS.items():
        if wanted and name not in wanted:
            continue
        keras.backend.clear_session()
        model = build()
        randomise(model)
        given = inputs_of(model)
        outputs = model(list(given.values()) if len(given) > 1 else next(iter(given.values())), training=False)
        outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
        arrays = {f"in/{key}": value.astype("float32") for key, value in given.items()}
        arrays |= {f"out/{key}": np.array(value) for key, value in zip(model.output_names, outputs)}
        np.savez(folder / f"{name}.npz", **arrays)
        made[name] = []

        def export(file, write):
            try:
                write(str(folder / file))
                made[name].append(file)
            except Exception as error:
                failed[file] = f"{type(error).__name__}: {error}"[:300]

        if name not in SAVED_ALONE:
            if KERAS3:
                export(f"{name}.keras", model.save)
            export(f"{name}.h5", model.save)
        export(f"{name}_saved", (lambda path: model.export(path, verbose=False)) if KERAS3 else (lambda path: model.save(path, save_format="tf")))
        if tfjs:
            if name not in SAVED_ALONE:
                export(f"{name}_layers", lambda path: tfjs[0](model, path))
            # Its list of ops is of those that its own programs have.
            export(f"{name}_graph", lambda path: tfjs[1](str(folder / f"{name}_saved"), path, skip_op_check=True))
    (folder / "exported.json").write_text(json.dumps({"keras": keras.__version__ if KERAS3 else tf.__version__, "made": made, "failed": failed}))


main(sys.argv[1], sys.argv[2:])

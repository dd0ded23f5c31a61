"""Models whose layers stand where one does not expect them, as Keras 3 saves them: export_unlike.py FOLDER.

Each NAME.keras, NAME.h5 and the SavedModel NAME_saved; beside them NAME.npz with in/INPUT and out/0, out/1 …; exported.json: {"made": [NAME]}.
Layers that several models share have their weights in one of them alone; Keras itself does not load all of these files again."""

import json
import os
import sys
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
import keras
import numpy as np
import tensorflow as tf
from keras.src.applications import inception_resnet_v2

L, I, o = keras.layers, keras.Input, keras.ops
rng = np.random.default_rng(5)


def shared_models():
    """A Sequential in two models, one in the other, beside a layer of the same sizes."""
    z, y, x = I((5,)), I((5,)), I((5,), name="x")
    both = keras.Sequential([L.Dense(5, activation="selu", name="d1"), L.Dense(5, name="d2")], name="both")
    inner = keras.Model(z, L.Add()([both(z), z]), name="inner")
    outer = keras.Model(y, L.Dense(5, name="other")(both(inner(y))), name="outer")
    return keras.Model(x, outer(outer(x)))


def shared_layer():
    """A layer of the model that a model inside it uses too."""
    z, x = I((6, 4)), I((6, 4), name="x")
    conv = L.Conv1D(4, 3, padding="same", name="shared")
    inner = keras.Model(z, L.Dense(4)(conv(z)), name="inner")
    return keras.Model(x, L.Dense(3)(conv(inner(conv(x)))))


def shared_over_steps():
    """One model at each step of two sequences, as recommenders of news have it (NRMS), with products inside."""
    seen, asked, text = I((4, 6, 3), name="seen"), I((2, 6, 3), name="asked"), I((6, 3))
    mixed = L.MultiHeadAttention(2, 4)(text, text)
    weight = L.Softmax(axis=1)(L.Dense(1)(L.Dense(5, activation="tanh")(mixed)))
    news = keras.Model(text, L.Flatten()(L.Dot(axes=(1, 1))([weight, mixed])), name="news")
    user = L.GlobalAveragePooling1D()(L.TimeDistributed(news)(seen))
    return keras.Model([seen, asked], L.Activation("softmax")(L.Dot(axes=(2, 1))([L.TimeDistributed(news)(asked), user])))


def dots_over_steps():
    x, t = I((3, 6, 4), name="x"), I((6, 4))
    wide = L.Dense(4)(t)
    inner = [L.Dot(axes=2, normalize=True)([t, wide]), L.Dot(axes=-1)([L.Flatten()(t), L.Flatten()(wide)])]
    return keras.Model(x, [L.TimeDistributed(keras.Model(t, each))(x) for each in inner])


def pipeline():
    """Weights inside, of two layers of one class each."""
    x = I((6, 4), name="x")
    prelu = [L.PReLU(alpha_initializer="uniform") for _ in range(2)]
    layers = L.Pipeline([L.Dense(4, activation="tanh"), L.LayerNormalization(), L.Dense(4), *prelu])
    return keras.Model(x, L.Dense(2)(layers(layers(x))))


def inception_resnet():
    x = I((5, 5, 320), name="x")
    y = inception_resnet_v2.inception_resnet_block(x, scale=0.17, block_type="block35", block_idx=1)
    return keras.Model(x, L.GlobalAveragePooling2D()(y))


def int4():
    x = I((6, 8), name="x")
    model = keras.Model(x, L.Dense(3)(L.Dense(16, activation="relu")(x)))
    model.quantize("int4")
    return model


def adapted_int8():
    x = I((6, 8), name="x")
    adapted = L.Dense(8, activation="relu", name="adapted")
    model = keras.Model(x, L.Dense(3)(adapted(x)))
    model.quantize("int8")
    adapted.enable_lora(2)
    adapted.lora_kernel_b.assign(rng.normal(size=adapted.lora_kernel_b.shape))
    return model


def looked_up():
    numbers, x = I((3,), dtype="int64", name="numbers"), I((3,), name="x")
    places = L.IntegerLookup(vocabulary=[10, 2, 3])(numbers)
    return keras.Model([numbers, x], L.Dense(3)(L.Flatten()(L.Multiply()([L.Embedding(5, 4)(places), L.Reshape((3, 1))(x)]))))


def intervals():
    x = I((4,), name="x")
    return keras.Model(x, L.Dense(3)(L.Discretization([-0.5, 0.0, 0.5], output_mode="multi_hot")(x)))


def best():
    x = I((4, 6), name="x")
    return keras.Model(x, [o.argmax(x, axis=-1), o.one_hot(o.argmin(L.Dense(6)(x), axis=1), 4), L.Dense(2)(x)])


MODELS = [shared_models, shared_layer, shared_over_steps, dots_over_steps, pipeline, inception_resnet, int4, adapted_int8, looked_up, intervals, best]  # fmt: skip


def given(port):
    shape = [3, *port.shape[1:]]
    return rng.choice([10, 2, 3, 7], shape).astype("int64") if "int" in port.dtype else rng.normal(size=shape).astype("float32")


def main(folder):
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for make in MODELS:
        keras.utils.set_random_seed(7)
        model, name = make(), make.__name__
        for weight in model.weights:
            if weight.path.endswith(("bias", "gamma", "beta")):
                weight.assign(rng.uniform(0.4, 1.2, weight.shape))
        inputs = {port.name: given(port) for port in model.inputs}
        values = list(inputs.values())
        outputs = tf.nest.flatten(model(values if len(values) > 1 else values[0]))
        arrays = {f"in/{key}": value.astype("float32") for key, value in inputs.items()}
        np.savez(folder / f"{name}.npz", **arrays, **{f"out/{i}": np.array(each).astype("float32") for i, each in enumerate(outputs)})
        model.save(folder / f"{name}.h5")
        if make is adapted_int8:
            continue  # archives hold a sum that is rounded anew
        model.save(folder / f"{name}.keras")
        model.export(str(folder / f"{name}_saved"), verbose=False)
    (folder / "exported.json").write_text(json.dumps({"made": [make.__name__ for make in MODELS]}))


main(sys.argv[1])

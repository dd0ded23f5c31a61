"""Tiny random models of what stands at the edges of Keras: quantised weights, preprocessing, wrappers, layers without shared weights.

Run once with Keras 3 (tensorflow-cpu 2.21, keras 3.15) and once with Keras 2 (tensorflow-cpu 2.15):
    python make_keras_further.py keras_further [FAMILY ...]
With families named, only these are made anew. It writes keras_further/keras3/*.keras and *.h5 or keras_further/keras2/*.h5 and *.keras,
and beside them outputs.npz with
    FAMILY/in/INPUT    [3, ...] float32
    FAMILY/out/LAYER   [3, ...] float32, the output of that name"""
import os
import sys
import zipfile

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np
import tensorflow as tf

KERAS3 = tf.__version__ >= "2.16"
if KERAS3:
    import keras
    from keras.quantizers import AbsMaxQuantizer, Int4QuantizationConfig, Int8QuantizationConfig
else:
    from tensorflow import keras
L = keras.layers
rng = np.random.default_rng(11)
keras.utils.set_random_seed(11)
EXAMPLES = 3
FAMILIES = {}


def family(versions="23", forms=("keras", "h5"), **inputs):
    """inputs: a shape, or a shape with the largest whole number."""
    def register(make):
        if ("3" if KERAS3 else "2") in versions:
            FAMILIES[make.__name__] = (forms, inputs, make)
        return make
    return register


def randomise(model):
    """Weights that no default hides."""
    for weight in model.weights:
        name = weight.path if KERAS3 else weight.name
        if weight.dtype == "float32" and "count" not in name and "vector_u" not in name:
            value = rng.normal(size=weight.shape) * 0.6
            weight.assign((np.abs(value) + 0.3 if "variance" in name else value).astype("float32"))


def projections(x):
    """Every layer that can be quantised but for embeddings; sizes that do not fill their bytes."""
    y = L.Dense(5, activation="relu", name="odd")(x)
    y = L.Dense(7, use_bias=False, name="bare")(y)
    z = L.EinsumDense("abc,cde->abde", output_shape=(4, 3, 2), bias_axes="de", name="apart")(y)
    z = L.EinsumDense("abde,edc->abc", output_shape=(4, 6), name="turned")(z)
    z = L.MultiHeadAttention(2, 3, value_dim=2, name="attention")(z, y)
    z = L.GroupQueryAttention(3, 4, 2, name="groups")(z, z)
    inner = keras.Input((4, 6), name="inner_x")
    z = keras.Model(inner, L.Dense(3, activation="tanh", name="inside")(inner), name="nested")(z)
    return keras.Model(x, [L.Dense(1, name="one")(L.Flatten(name="flat")(z)), z])


def quantised(**how):
    model = projections(keras.Input((4, 6), name="x"))
    randomise(model)
    model.quantize(**how)
    return model


@family("3", x=(4, 6))
def int8():
    return quantised(mode="int8")


@family("3", x=(4, 6))
def int8_weights():
    return quantised(config=Int8QuantizationConfig(activation_quantizer=None))


@family("3", x=(4, 6))
def int4():
    return quantised(mode="int4")


@family("3", x=(4, 6))
def int4_groups():
    return quantised(config=Int4QuantizationConfig(block_size=3))


@family("3", x=(4, 6))
def int4_channels():
    return quantised(config=Int4QuantizationConfig(block_size=-1, activation_quantizer=AbsMaxQuantizer()))


def tables(**how):
    x = keras.Input((5,), dtype="int32", name="x")
    plain = L.Embedding(9, 7, name="plain")(x)
    tied, own = L.ReversibleEmbedding(9, 5, name="tied"), L.ReversibleEmbedding(9, 5, tie_weights=False, logit_soft_cap=2.0, name="own")
    back = tied(L.Activation("tanh", name="bent")(tied(x)), reverse=True)
    model = keras.Model(x, [L.Flatten(name="flat")(plain), L.Activation("linear", name="back")(back), L.Activation("linear", name="own_back")(own(own(x), reverse=True))])
    randomise(model)
    if how:
        model.quantize(**how)
    return model


@family("3", x=((5,), 9))
def tables_real():
    return tables()


@family("3", x=((5,), 9))
def tables_int8():
    return tables(mode="int8")


@family("3", x=((5,), 9))
def tables_int4():
    return tables(config=Int4QuantizationConfig(block_size=2))


@family("3", forms=("h5",), x=(6,))
def low_rank():
    """LoRA's two weights beside the kernel they adapt, as .h5 keeps them."""
    x = keras.Input((6,), name="x")
    dense = L.Dense(4, name="adapted")
    model = keras.Model(x, dense(x))
    dense.enable_lora(2, lora_alpha=3)
    randomise(model)
    return model


def packed(path):
    """Keras stores its archives' entries as they are; packed, they are a sixth of the size."""
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)


def given(spec):
    shape, below = spec if isinstance(spec[0], tuple) else (spec, None)
    size = (EXAMPLES, *shape)
    return rng.normal(size=size).astype("float32") if below is None else rng.integers(0, below, size)


def main(out, wanted):
    folder = os.path.join(out, "keras3" if KERAS3 else "keras2")
    os.makedirs(folder, exist_ok=True)
    arrays = {}
    if wanted and os.path.exists(f"{folder}/outputs.npz"):
        with np.load(f"{folder}/outputs.npz") as before:
            arrays = {key: before[key] for key in before.files if key.split("/")[0] not in wanted}
    for name, (forms, inputs, make) in FAMILIES.items():
        if wanted and name not in wanted:
            continue
        model = make()
        xs = {key: given(spec) for key, spec in inputs.items()}
        arrays.update({f"{name}/in/{key}": x.astype("float32") for key, x in xs.items()})
        values = [tf.constant(x) for x in xs.values()]
        ys = model(values if len(values) > 1 else values[0], training=False)
        names = model.output_names if not KERAS3 or len(model.outputs) > 1 else [model.layers[-1].name]
        if KERAS3:
            names = [tensor._keras_history.operation.name for tensor in model.outputs]
        for key, y in zip(names, ys if isinstance(ys, (list, tuple)) else [ys]):
            arrays[f"{name}/out/{key}"] = np.array(y, "float32")
        for form in forms:
            model.save(f"{folder}/{name}.{form}")
            if form == "keras":
                packed(f"{folder}/{name}.{form}")
    np.savez_compressed(f"{folder}/outputs.npz", **arrays)
    print(folder, len(arrays), "arrays")


main(sys.argv[1], sys.argv[2:])

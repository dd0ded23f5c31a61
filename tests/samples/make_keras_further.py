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


def branches(inputs, layers):
    """A model of layers side by side: (layer, input's name)."""
    ports = {name: keras.Input(shape, name=name, dtype=dtype) for name, (shape, dtype) in inputs.items()}
    return keras.Model(list(ports.values()), [layer(ports[name]) for layer, name in layers])


@family(x=(9, 12, 2))
def resizing():
    layers = [L.Resizing(height, width, interpolation=way, crop_to_aspect_ratio=cut, name=f"{way}_{height}_{width}_{'cut' if cut else 'whole'}")
              for way in ("nearest", "bilinear", "bicubic") for height, width in ((5, 7), (13, 17), (18, 24)) for cut in (False, True)]
    layers += [L.CenterCrop(5, 6, name="middle"), L.CenterCrop(9, 12, name="all"), L.CenterCrop(4, 20, name="enlarged"), L.CenterCrop(15, 7, name="taller")]
    if KERAS3:
        layers += [L.Resizing(5, 7, interpolation=way, antialias=True, name=f"{way}_smooth") for way in ("bilinear", "bicubic")]
        layers += [L.Resizing(6, 6, pad_to_aspect_ratio=True, name="padded"), L.Resizing(11, 5, pad_to_aspect_ratio=True, fill_value=2.0, name="padded_with")]
    return branches({"x": ((9, 12, 2), "float32")}, [(layer, "x") for layer in layers])


@family("3", x=(2, 9, 12))
def resizing_first():
    layers = [L.Resizing(5, 7, data_format="channels_first", name="smaller"), L.CenterCrop(5, 6, data_format="channels_first", name="middle")]
    return branches({"x": ((2, 9, 12), "float32")}, [(layer, "x") for layer in layers])


@family(x=(4,), ids=((4,), 6), one=((1,), 6))
def categories():
    bounds = [-0.7, 0.0, 0.4]
    ids = [L.CategoryEncoding(6, output_mode=mode, name=f"ids_{mode}") for mode in ("multi_hot", "count") + (("one_hot",) if KERAS3 else ())]
    ones = [L.CategoryEncoding(6, output_mode=mode, name=f"one_{mode}") for mode in ("one_hot", "multi_hot", "count")]
    words = dict(vocabulary=[4, 1, 3])
    lookups = [L.IntegerLookup(**words, name="place"), L.IntegerLookup(**words, mask_token=0, name="place_masked"), L.IntegerLookup(**words, output_mode="multi_hot", name="looked_up"),
               L.IntegerLookup(**words, output_mode="count", pad_to_max_tokens=True, max_tokens=7, name="padded")]
    bins = [L.Discretization(bounds, name="interval"), L.Discretization(bounds, output_mode="count", name="intervals")]
    alone = [L.IntegerLookup(**words, output_mode="one_hot", name="looked_up_alone")]
    ports = {"x": ((4,), "float32"), "ids": ((4,), "int32"), "one": ((1,), "int32")}
    if not KERAS3:
        ports = {"x": ((4,), "float32"), "ids": ((4,), "int64"), "one": ((1,), "int64")}
    return branches(ports, [(layer, name) for layers, name in ((ids, "ids"), (ones, "one"), (lookups, "ids"), (bins, "x"), (alone, "one")) for layer in layers])


@family(x=(8, 9, 3))
def spectral():
    x = keras.Input((8, 9, 3), name="x")
    y = L.SpectralNormalization(L.Conv2D(4, 3, strides=2, activation="relu", name="conv"), name="wrapped_conv")(x)
    y = L.SpectralNormalization(L.Conv2DTranspose(3, 2, strides=2, name="wider"), name="wrapped_wider")(y)
    y = L.SpectralNormalization(L.Dense(5, activation="tanh", name="fc"), power_iterations=3, name="wrapped_fc")(y)
    model = keras.Model(x, L.Dense(2, name="critic")(L.Flatten(name="flat")(y)))
    randomise(model)
    return model


@family("2", x=(9, 3), image=(7, 6, 2))
def local():
    x, image = keras.Input((9, 3), name="x"), keras.Input((7, 6, 2), name="image")
    outputs = [L.LocallyConnected1D(4, 3, strides=stride, activation="relu", name=f"line_{stride}")(x) for stride in (1, 2)]
    outputs += [L.LocallyConnected2D(3, (3, 2), strides=strides, use_bias=len(outputs) != 3, name=f"plane_{strides[0]}{strides[1]}")(image) for strides in ((1, 1), (2, 3))]
    for way in (2, 3):
        outputs += [L.LocallyConnected1D(2, 4, implementation=way, padding=padding, name=f"line_way{way}_{padding}")(x) for padding in ("valid", "same")]
        outputs += [L.LocallyConnected2D(2, (2, 3), implementation=way, padding=padding, strides=stride, name=f"plane_way{way}_{padding}_{stride}")(image)
                    for padding in ("valid", "same") for stride in (1, 2)]
    model = keras.Model([x, image], outputs)
    randomise(model)
    return model


def packed(path):
    """Keras stores its archives' entries as they are; packed, they are a sixth of the size."""
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)


def codes(path):
    """A convolution whose kernel another program has rounded to whole numbers, and keeps no scale of: refused."""
    import h5py
    x = keras.Input((6, 2), name="x")
    model = keras.Model(x, L.Conv1D(3, 2, name="coded")(x))
    model.save(path)
    with h5py.File(path, "r+") as file:
        group = file["model_weights/coded/coded"]
        del group["kernel"]
        group["kernel"] = rng.integers(-127, 127, (2, 2, 3)).astype("int8")


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
    if KERAS3:
        codes(f"{out}/codes.h5")
    print(folder, len(arrays), "arrays")


main(sys.argv[1], sys.argv[2:])

"""Every layer of keras.layers in several forms, as Keras saves it: export_every_layer.py FOLDER [KIND ...].

Each kind is a model of its own, KIND.keras and KIND.h5 (Keras 2: KIND.h5), with a branch for each form; `masked_KIND` has the layer behind an embedding that masks, and layers behind it that read masks. Beside each KIND.npz with
in/INPUT and out/OUTPUT, and exported.json: {"keras": version, "made": {KIND: [what each branch is]}, "left": {KIND: why}}: every
class of keras.layers is in one of the two."""

import gc
import json
import os
import sys
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
import numpy as np
import tensorflow as tf

KERAS3 = tf.__version__ >= "2.16"
if KERAS3:
    import keras
else:
    from tensorflow import keras
    from tensorflow.python.eager.polymorphic_function.concrete_function import ConcreteFunction

    # Nothing is trained: Keras 2 would make the gradient of every recurrent layer as it is called, which takes most of its time.
    ConcreteFunction.add_gradient_functions_to_graph = lambda *_: None
# Keras collects garbage between models: not among what was imported, which is most of all there is.
gc.freeze()
L = keras.layers
EXAMPLES = 3
STEPS, WIDTH, WORDS = 6, 4, 9
ALIASES = {
    "AvgPool1D", "AvgPool2D", "AvgPool3D", "MaxPool1D", "MaxPool2D", "MaxPool3D", "GlobalAvgPool1D", "GlobalAvgPool2D",
    "GlobalAvgPool3D", "GlobalMaxPool1D", "GlobalMaxPool2D", "GlobalMaxPool3D", "Convolution1D", "Convolution1DTranspose",
    "Convolution2D", "Convolution2DTranspose", "Convolution3D", "Convolution3DTranspose", "SeparableConvolution1D",
    "SeparableConvolution2D",
}  # fmt: skip
LEFT = {
    **{name: "another name of a layer" for name in ALIASES},
    **{name: "a part of others" for name in ("Layer", "Input", "InputLayer", "InputSpec", "Wrapper", "AbstractRNNCell", "DenseFeatures")},
    **{name: "inside RNN" for name in ("GRUCell", "LSTMCell", "SimpleRNNCell", "StackedRNNCells")},
    **{name: "code of the program that made it" for name in ("Lambda", "FlaxLayer", "JaxLayer", "TFSMLayer", "TorchModuleWrapper")},
    **{name: "reads texts" for name in ("StringLookup", "TextVectorization")},
    **{name: "reads boxes or labels beside pictures" for name in ("MaxNumBoundingBoxes", "CutMix", "MixUp")},
}
VECTOR, SEQUENCE, PICTURE, VOLUME = (5,), (STEPS, WIDTH), (9, 8, 3), (6, 5, 4, 2)
BY_RANK = {1: (8, 4), 2: (9, 8, 4), 3: (6, 6, 6, 4)}


class Whole:
    """An input of whole numbers below `most`."""

    def __init__(self, *shape, most=WORDS, dtype="int32"):
        self.shape, self.most, self.dtype = shape, most, dtype


def convolutions(rank, name):
    shape = BY_RANK[rank]
    own = {"filters": 6} if "Depthwise" not in name else {"depth_multiplier": 2}
    forms = [dict(own, kernel_size=3), dict(own, kernel_size=2, padding="same", strides=2, activation="relu", use_bias=False)]
    if "Transpose" in name:
        forms += [dict(own, kernel_size=3, strides=2), dict(own, kernel_size=2, strides=2, output_padding=1), dict(own, kernel_size=3, padding="same", strides=2)]
    else:
        forms += [dict(own, kernel_size=3, dilation_rate=2), dict(own, kernel_size=(3, 2, 1)[:rank], padding="same")]
        if rank == 1:
            forms += [dict(own, kernel_size=3, padding="causal", dilation_rate=2)] if name == "Conv1D" else []
        if name.startswith("Conv"):
            forms += [dict(own, kernel_size=3, groups=2)]
        if name.startswith("Separable"):
            forms += [dict(own, kernel_size=3, depth_multiplier=3, activation="elu")]
    return [(shape, form) for form in forms]


def pools(rank):
    shape = BY_RANK[rank]
    return [(shape, {"pool_size": 2}), (shape, {"pool_size": 3, "strides": 2, "padding": "same"}), (shape, {"pool_size": 2, "strides": 1})]


def recurrent(name):
    forms = [{}, {"return_sequences": True}, {"go_backwards": True}, {"unroll": True, "return_sequences": True, "use_bias": False}, {"return_state": True}]
    forms += [{"activation": "relu", "return_sequences": True, "zero_output_for_mask": True}, {"dropout": 0.2, "recurrent_dropout": 0.1}]
    if name != "SimpleRNN":
        forms += [{"recurrent_activation": "hard_sigmoid"}]
    if name == "GRU":
        forms += [{"reset_after": False}, {"reset_after": False, "use_bias": False, "return_sequences": True}]
    if name == "LSTM":
        forms += [{"unit_forget_bias": False}]
    # With what it remembers put back, a stateful layer is a plain one.
    forms += [{"stateful": True}, {"stateful": True, "return_sequences": True}]
    return [(SEQUENCE, dict(form, units=3)) for form in forms]


def convolutional(rank):
    shape = (3, *BY_RANK[rank][:-1], 2)
    forms = [{}, {"return_sequences": True, "padding": "same"}, {"go_backwards": True, "strides": 2}, {"recurrent_activation": "sigmoid", "use_bias": False}, {"return_state": True}]
    return [(shape, dict(form, filters=3, kernel_size=2)) for form in forms]


def inner(kind, **options):
    return lambda: getattr(L, kind)(**options)


def forms():
    """[input or inputs, options] of every kind; options that are functions are called."""
    table = {
        "Activation": [(SEQUENCE, {"activation": name}) for name in ("relu", "softmax", "gelu", "tanh", "swish", "hard_sigmoid", "exponential", "selu", "softplus", "softsign", "elu", "linear", "mish")],
        "ActivityRegularization": [(VECTOR, {"l1": 0.1})],
        "AdditiveAttention": [([SEQUENCE, SEQUENCE], {}), ([SEQUENCE, SEQUENCE, SEQUENCE], {"use_scale": False})],
        "Attention": [([SEQUENCE, SEQUENCE], {}), ([SEQUENCE, SEQUENCE, SEQUENCE], {"use_scale": True}), ([SEQUENCE, SEQUENCE], {"score_mode": "concat"})],
        "AlphaDropout": [(VECTOR, {"rate": 0.2})],
        "Bidirectional": [(SEQUENCE, {"layer": inner("LSTM", units=3), "merge_mode": mode}) for mode in ("concat", "sum", "mul", "ave", None)]
        + [(SEQUENCE, {"layer": inner("GRU", units=2, return_sequences=True, return_state=True)}), (SEQUENCE, {"layer": inner("LSTM", units=3), "backward_layer": inner("LSTM", units=2, go_backwards=True)})]
        + [(SEQUENCE, {"layer": inner("LSTM", units=3, stateful=True)})],
        "BatchNormalization": [(PICTURE, {}), (PICTURE, {"axis": 1}), (VECTOR, {"scale": False}), (SEQUENCE, {"center": False, "epsilon": 0.1}), (PICTURE, {"axis": [1, 3]} if not KERAS3 else {"axis": 2})],
        "CategoryEncoding": [(Whole(4), {"num_tokens": WORDS, "output_mode": mode}) for mode in ("multi_hot", "count", "one_hot")] + [(Whole(1), {"num_tokens": WORDS, "output_mode": "one_hot"})],
        "CenterCrop": [(PICTURE, {"height": 4, "width": 5}), (PICTURE, {"height": 12, "width": 6})],
        "Conv1D": convolutions(1, "Conv1D"), "Conv2D": convolutions(2, "Conv2D"), "Conv3D": convolutions(3, "Conv3D"),
        "Conv1DTranspose": convolutions(1, "Conv1DTranspose"), "Conv2DTranspose": convolutions(2, "Conv2DTranspose"), "Conv3DTranspose": convolutions(3, "Conv3DTranspose"),
        "DepthwiseConv1D": convolutions(1, "DepthwiseConv1D"), "DepthwiseConv2D": convolutions(2, "DepthwiseConv2D"),
        "SeparableConv1D": convolutions(1, "SeparableConv1D"), "SeparableConv2D": convolutions(2, "SeparableConv2D"),
        "ConvLSTM1D": convolutional(1), "ConvLSTM2D": convolutional(2), "ConvLSTM3D": convolutional(3),
        "Cropping1D": [(SEQUENCE, {}), (SEQUENCE, {"cropping": (2, 0)})],
        "Cropping2D": [(PICTURE, {"cropping": 1}), (PICTURE, {"cropping": ((1, 0), (2, 1))})],
        "Cropping3D": [(VOLUME, {"cropping": 1}), (VOLUME, {"cropping": ((1, 0), (2, 1), (0, 1))})],
        "Dense": [(VECTOR, {"units": 4}), (SEQUENCE, {"units": 3, "use_bias": False, "activation": "relu"})] + ([(VECTOR, {"units": 4, "lora_rank": 2})] if KERAS3 else []),
        "Discretization": [(VECTOR, {"bin_boundaries": [-1.0, 0.0, 0.5]}), (VECTOR, {"bin_boundaries": [-1.0, 0.0, 0.5], "output_mode": "one_hot"}), (VECTOR, {"bin_boundaries": [-1.0, 0.5], "output_mode": "multi_hot"}), (VECTOR, {"bin_boundaries": [-1.0, 0.5], "output_mode": "count"})],
        "Dot": [([SEQUENCE, SEQUENCE], {"axes": 2}), ([SEQUENCE, SEQUENCE], {"axes": 1, "normalize": True}), ([VECTOR, VECTOR], {"axes": -1}), ([(3, 4), (4, 5)], {"axes": (2, 1)})],
        "Dropout": [(SEQUENCE, {"rate": 0.2}), (SEQUENCE, {"rate": 0.2, "noise_shape": (None, 1, WIDTH)})],
        "ELU": [(SEQUENCE, {}), (SEQUENCE, {"alpha": 0.4})],
        "EinsumDense": [(SEQUENCE, {"equation": "abc,cd->abd", "output_shape": (None, 5), "bias_axes": "d"}), (SEQUENCE, {"equation": "abc,cde->abde", "output_shape": (None, 2, 3), "bias_axes": "de", "activation": "relu"}), (SEQUENCE, {"equation": "...x,xy->...y", "output_shape": 3}), (SEQUENCE, {"equation": "abc,bd->adc", "output_shape": (3, WIDTH), "bias_axes": "dc"}), (SEQUENCE, {"equation": "abc,bcd->ad", "output_shape": 3})],
        "Embedding": [(Whole(4), {"input_dim": WORDS, "output_dim": 3}), (Whole(2, 3), {"input_dim": WORDS, "output_dim": 3, "mask_zero": True})] + ([(Whole(4), {"input_dim": WORDS, "output_dim": 3, "lora_rank": 2})] if KERAS3 else []),
        "Flatten": [(PICTURE, {}), (VECTOR, {}), (PICTURE, {"data_format": "channels_first"})],
        "GRU": recurrent("GRU"), "LSTM": recurrent("LSTM"), "SimpleRNN": recurrent("SimpleRNN"),
        "GaussianDropout": [(VECTOR, {"rate": 0.2})],
        "GaussianNoise": [(VECTOR, {"stddev": 0.2})],
        "GlobalAveragePooling1D": [(SEQUENCE, {}), (SEQUENCE, {"keepdims": True}), (SEQUENCE, {"data_format": "channels_first"})],
        "GlobalMaxPooling1D": [(SEQUENCE, {}), (SEQUENCE, {"keepdims": True}), (SEQUENCE, {"data_format": "channels_first"})],
        "GroupNormalization": [(PICTURE, {"groups": 3}), (PICTURE, {"groups": 1}), (PICTURE, {"groups": -1}), (SEQUENCE, {"groups": 2, "scale": False}), (PICTURE, {"groups": 4, "axis": 2})],
        "GroupQueryAttention": [([SEQUENCE, SEQUENCE], {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2}), ([SEQUENCE, SEQUENCE, SEQUENCE], {"head_dim": 3, "num_query_heads": 2, "num_key_value_heads": 1, "use_bias": False})],
        "HashedCrossing": [([Whole(1, dtype="int64"), Whole(1, dtype="int64")], {"num_bins": 7}), ([Whole(1, dtype="int64"), Whole(1, dtype="int64")], {"num_bins": 7, "output_mode": "one_hot"})],
        "Hashing": [(Whole(4, most=1000, dtype="int64"), {"num_bins": 7}), (Whole(4, most=1000, dtype="int64"), {"num_bins": 9, "salt": [133, 137]}), (Whole(4, most=1000, dtype="int64"), {"num_bins": 9, "salt": 5}), (Whole(4, dtype="int64"), {"num_bins": 5, "mask_value": 0}), (Whole(4, dtype="int64"), {"num_bins": 5, "output_mode": "multi_hot"}), (Whole(1, dtype="int64"), {"num_bins": 5, "output_mode": "one_hot"}), (Whole(4, dtype="int64"), {"num_bins": 5, "output_mode": "count"}), (Whole(3, most=1000), {"num_bins": 11})],
        "Identity": [(SEQUENCE, {})],
        "IntegerLookup": [(Whole(4), {"vocabulary": [2, 5, 7]}), (Whole(4), {"vocabulary": [2, 5, 7], "mask_token": 0}), (Whole(4), {"vocabulary": [2, 5, 7], "output_mode": "multi_hot"}), (Whole(1), {"vocabulary": [2, 5, 7], "output_mode": "one_hot"}), (Whole(4), {"vocabulary": [2, 5, 7], "output_mode": "count", "num_oov_indices": 1}), (Whole(4), {"vocabulary": [2, 5, 7], "num_oov_indices": 3}), (Whole(4), {"vocabulary": [2, 5, 7], "num_oov_indices": 3, "mask_token": 0}), (Whole(4), {"vocabulary": [2, 5, 7], "num_oov_indices": 2, "output_mode": "multi_hot"}), (Whole(4), {"vocabulary": [2, 5, 7], "output_mode": "tf_idf", "idf_weights": [0.5, 1.5, 2.5]}), (Whole(4, most=3), {"vocabulary": [2, 5, 7], "invert": True})],
        "LayerNormalization": [(SEQUENCE, {}), (SEQUENCE, {"axis": 1}), (PICTURE, {"axis": [1, 2]}), (SEQUENCE, {"scale": False}), (SEQUENCE, {"center": False})],
        "LeakyReLU": [(SEQUENCE, {}), (SEQUENCE, {"negative_slope": 0.1} if KERAS3 else {"alpha": 0.1})],
        "LocallyConnected1D": [((8, 4), {"filters": 3, "kernel_size": 3}), ((8, 4), {"filters": 3, "kernel_size": 2, "strides": 2, "activation": "relu"}), ((8, 4), {"filters": 3, "kernel_size": 3, "implementation": 2})],
        "LocallyConnected2D": [((6, 5, 2), {"filters": 3, "kernel_size": 2}), ((6, 5, 2), {"filters": 3, "kernel_size": 2, "implementation": 3, "use_bias": False})],
        "Masking": [(SEQUENCE, {}), (SEQUENCE, {"mask_value": 1.0})],
        "MelSpectrogram": [((400,), {"fft_length": 64, "sequence_stride": 32, "num_mel_bins": 6, "min_freq": 20.0, "sampling_rate": 8000}), ((400,), {"fft_length": 64, "sequence_stride": 40, "sequence_length": 50, "num_mel_bins": 5, "power_to_db": False, "mag_exp": 2.0})],
        "MultiHeadAttention": [([SEQUENCE, SEQUENCE], {"num_heads": 2, "key_dim": 3}), ([SEQUENCE, SEQUENCE, SEQUENCE], {"num_heads": 2, "key_dim": 3, "value_dim": 2, "use_bias": False}), ([(2, 3, 4), (2, 3, 4)], {"num_heads": 2, "key_dim": 3, "attention_axes": (2,)}), ([SEQUENCE, SEQUENCE], {"num_heads": 1, "key_dim": 3, "output_shape": 5})],
        "Normalization": [(VECTOR, {"mean": [0.1, 0.2, 0.3, 0.4, 0.5], "variance": [1.0, 2.0, 3.0, 4.0, 5.0]}), (VECTOR, {"mean": 0.3, "variance": 2.0, "axis": None}), (VECTOR, {"mean": 0.3, "variance": 2.0, "invert": True}), (VECTOR, {}), (PICTURE, {"axis": -1}), (SEQUENCE, {"axis": (1, 2)})],
        "PReLU": [(SEQUENCE, {}), (PICTURE, {"shared_axes": [1, 2]})],
        "Permute": [(PICTURE, {"dims": (3, 1, 2)}), (SEQUENCE, {"dims": (2, 1)})],
        "Pipeline": [(PICTURE, {"layers": lambda: [L.Rescaling(0.5), L.RandomFlip()]})],
        "RMSNormalization": [(SEQUENCE, {}), (SEQUENCE, {"axis": 1}), (PICTURE, {"axis": [2, 3]})],
        "RNN": [(SEQUENCE, {"cell": inner("LSTMCell", units=3)}), (SEQUENCE, {"cell": inner("GRUCell", units=3), "return_sequences": True}), (SEQUENCE, {"cell": inner("SimpleRNNCell", units=3), "return_state": True}), (SEQUENCE, {"cell": lambda: [L.LSTMCell(3), L.GRUCell(2)]}), (SEQUENCE, {"cell": lambda: L.StackedRNNCells([L.LSTMCell(3), L.LSTMCell(2)])})],
        "ReLU": [(SEQUENCE, {}), (SEQUENCE, {"max_value": 1.0, "negative_slope": 0.1, "threshold": 0.2})],
        "RepeatVector": [(VECTOR, {"n": 3})],
        "Rescaling": [(PICTURE, {"scale": 0.5, "offset": 1.0}), (PICTURE, {"scale": [0.5, 0.2, 0.1]})],
        "Reshape": [(PICTURE, {"target_shape": (8, -1)}), (SEQUENCE, {"target_shape": (3, 2, WIDTH)})],
        "Resizing": [(PICTURE, {"height": 5, "width": 12, "interpolation": name}) for name in ("bilinear", "nearest", "bicubic", "area", "lanczos3")] + [(PICTURE, {"height": 4, "width": 4, "crop_to_aspect_ratio": True})] + ([(PICTURE, {"height": 4, "width": 4, "pad_to_aspect_ratio": True}), (PICTURE, {"height": 5, "width": 4, "antialias": True})] if KERAS3 else []),
        "ReversibleEmbedding": [(Whole(4), {"input_dim": WORDS, "output_dim": 3})],
        "STFTSpectrogram": [((200,), {"mode": mode, "frame_length": 32, "frame_step": 16, "fft_length": 32}) for mode in ("log", "magnitude", "psd", "real", "imag", "angle", "stft")] + [((200,), {"mode": "magnitude", "frame_length": 20, "frame_step": 10, "fft_length": 32, "padding": "same", "window": None}), ((200,), {"mode": "magnitude", "frame_length": 20, "frame_step": 10, "fft_length": 32, "expand_dims": True, "window": "hamming"}), ((200, 2), {"mode": "magnitude", "frame_length": 20, "frame_step": 10, "fft_length": 32})],
        "Softmax": [(SEQUENCE, {}), (SEQUENCE, {"axis": 1}), (PICTURE, {"axis": [1, 2]}), (PICTURE, {"axis": [2, 3]})],
        "SpatialDropout1D": [(SEQUENCE, {"rate": 0.1})], "SpatialDropout2D": [(PICTURE, {"rate": 0.1})], "SpatialDropout3D": [(VOLUME, {"rate": 0.1})],
        "SpectralNormalization": [(PICTURE, {"layer": inner("Conv2D", filters=3, kernel_size=2)}), (VECTOR, {"layer": inner("Dense", units=3)}), (PICTURE, {"layer": inner("Conv2DTranspose", filters=3, kernel_size=2)}), (Whole(4), {"layer": inner("Embedding", input_dim=WORDS, output_dim=3)})],
        "ThresholdedReLU": [(SEQUENCE, {"theta": 0.4})],
        "TimeDistributed": [(SEQUENCE, {"layer": inner("Dense", units=3)}), ((2, *PICTURE), {"layer": inner("Conv2D", filters=2, kernel_size=2)}), ((2, *PICTURE), {"layer": inner("Flatten")}), ((3, *SEQUENCE), {"layer": inner("LSTM", units=2)}), ((3, *SEQUENCE), {"layer": inner("Bidirectional", layer=L.GRU(2))}), ((2, *PICTURE), {"layer": inner("GlobalAveragePooling2D")}), ((2, *PICTURE), {"layer": inner("BatchNormalization")}), (Whole(2, 3), {"layer": inner("Embedding", input_dim=WORDS, output_dim=3)}), ((2, 8, 4), {"layer": inner("Conv1D", filters=2, kernel_size=3)}), ((2, *PICTURE), {"layer": inner("MaxPooling2D")}), ((2, 3, *SEQUENCE), {"layer": inner("TimeDistributed", layer=L.LSTM(2))}), ((2, *PICTURE), {"layer": inner("Resizing", height=4, width=4)}), (SEQUENCE, {"layer": inner("UnitNormalization")}), (SEQUENCE, {"layer": inner("Rescaling", scale=0.5)}), (SEQUENCE, {"layer": inner("Activation", activation="relu")})],
        "UnitNormalization": [(SEQUENCE, {}), (SEQUENCE, {"axis": 1}), (PICTURE, {"axis": [1, 2]})],
        "UpSampling1D": [(SEQUENCE, {"size": 3})],
        "UpSampling2D": [(PICTURE, {"size": (2, 3)})] + [(PICTURE, {"size": 2, "interpolation": name}) for name in ("bilinear", "bicubic", "lanczos3")],
        "UpSampling3D": [(VOLUME, {"size": (1, 2, 2)})],
        "ZeroPadding1D": [(SEQUENCE, {"padding": (1, 2)})],
        "ZeroPadding2D": [(PICTURE, {"padding": 1}), (PICTURE, {"padding": ((1, 0), (2, 1))})],
        "ZeroPadding3D": [(VOLUME, {"padding": ((1, 0), (2, 1), (0, 1))})],
    }  # fmt: skip
    for name in ("Add", "Average", "Maximum", "Minimum", "Multiply"):
        table[name] = [([SEQUENCE, SEQUENCE, SEQUENCE], {}), ([SEQUENCE, (1, WIDTH)], {})]
    table["Subtract"] = [([SEQUENCE, SEQUENCE], {})]
    table["Concatenate"] = [([SEQUENCE, (STEPS, 2)], {}), ([SEQUENCE, (2, WIDTH)], {"axis": 1})]
    for rank in (1, 2, 3):
        table[f"AveragePooling{rank}D"] = table[f"MaxPooling{rank}D"] = pools(rank)
        for kind in ("Average", "Max"):
            table[f"Adaptive{kind}Pooling{rank}D"] = [(BY_RANK[rank], {"output_size": 3}), (BY_RANK[rank], {"output_size": 4}), (BY_RANK[rank], {"output_size": 1})]
            if rank > 1:
                table[f"Global{kind}Pooling{rank}D"] = [(BY_RANK[rank], {}), (BY_RANK[rank], {"keepdims": True}), (BY_RANK[rank], {"data_format": "channels_first"})]
    augmenting = {"RandomBrightness": {"factor": 0.1}, "RandomContrast": {"factor": 0.1}, "RandomRotation": {"factor": 0.1}, "RandomZoom": {"height_factor": 0.1}, "RandomTranslation": {"height_factor": 0.1, "width_factor": 0.1}, "RandomCrop": {"height": 4, "width": 5}, "RandomHeight": {"factor": 0.1}, "RandomWidth": {"factor": 0.1}}
    augmenting |= {"RandomColorDegeneration": {"factor": 0.1}, "RandomHue": {"factor": 0.1}, "RandomPosterization": {"factor": 4}, "RandomSaturation": {"factor": 0.1}, "RandomSharpness": {"factor": 0.1}, "RandomGrayscale": {"factor": 0.1}}
    values = ("AugMix", "AutoContrast", "ContrastLimitedAdaptiveHistogramEqualization", "Equalization", "RandAugment", "RandomBrightness", "RandomColorJitter", "RandomPosterization", "Solarization")
    for name in [each for each in dir(L) if each.startswith("Random")] + [*values[:5], "Solarization"]:
        table[name] = [(PICTURE, dict(augmenting.get(name, {}), **({"value_range": (0.0, 1.0)} if name in values and name != "AutoContrast" else {})))]
    return table


def ports(given):
    return given if isinstance(given, list) else [given]


def weigh(model, rng):
    """No weight stays at what hides a fault."""
    for weight in model.weights:
        name = weight.path if KERAS3 else weight.name
        if "float" not in str(getattr(weight.dtype, "name", weight.dtype)) or "state" in name or "vector_u" in name or "/seed" in name:
            continue
        value = rng.normal(size=weight.shape) * 0.5
        weight.assign((np.abs(value) + 0.3 if "variance" in name else value).astype("float32"))
    for layer in model.layers:
        if isinstance(layer, L.Normalization):
            layer.finalize_state()


def forget(model):
    """States are zero again."""
    for layer in model.layers:
        for name in ("reset_state", "reset_states"):
            if getattr(layer, "stateful", False) and hasattr(layer, name):
                getattr(layer, name)()
                break


def works(xs, value, arrays):
    """Whether Keras can compute with it: what it makes is not always what it can do."""
    keras.Model(xs, value)([tf.constant(arrays[named(x)]) for x in xs], training=False)


def named(x):
    return x.name.split(":")[0]


def called(layer, xs):
    if isinstance(layer, L.MultiHeadAttention) or layer.__class__.__name__ == "GroupedQueryAttention":
        return layer(*xs)
    return layer(xs[0] if len(xs) == 1 else xs)


def made(options):
    return {key: value() if callable(value) else value for key, value in options.items()}


def plain(kind, branches, rng, tried):
    """Every form side by side; `tried` computes with each alone and leaves out what cannot be computed."""
    inputs, outputs, arrays, told = [], [], {}, []
    for number, (given, options) in enumerate(branches):
        stateful = options.get("stateful") or (kind == "Bidirectional" and made(options)["layer"].stateful)
        xs = []
        for place, port in enumerate(ports(given)):
            name = f"in{number}_{place}"
            batch = {"batch_size": EXAMPLES} if stateful else {}
            if isinstance(port, Whole):
                xs.append(keras.Input(port.shape, name=name, dtype=port.dtype, **batch))
                arrays[name] = rng.integers(0, port.most, (EXAMPLES, *port.shape)).astype(port.dtype)
            else:
                xs.append(keras.Input(port, name=name, **batch))
                arrays[name] = rng.normal(size=(EXAMPLES, *port)).astype("float32")
                if kind == "Masking":
                    arrays[name][:, 1:3] = options.get("mask_value", 0)
        try:
            layer = getattr(L, kind)(name=f"form{number}", **made(options))
            if kind == "Dense" and "lora_rank" in options:
                layer.build((None, *given))
            value = called(layer, xs)
            if tried:
                works(xs, value, arrays)
        except Exception as error:
            told.append(f"not made: {type(error).__name__}: {str(error)[:160]}")
            for x in xs:
                arrays.pop(named(x))
            continue
        inputs += xs
        for place, each in enumerate(value if isinstance(value, (list, tuple)) else [value]):
            # Only numbers that vary make a model.
            outputs.append(L.Activation("linear", name=f"out{number}_{place}")(each) if "float" in str(each.dtype) else L.Rescaling(1.0, name=f"out{number}_{place}")(each))
        told.append(f"{options}")
    return inputs, outputs, arrays, told


def behind_mask(kind, branches, rng, tried):
    """The layer behind an embedding that masks and behind a Masking, and what reads masks behind it; `tried` as in `plain`."""
    inputs, outputs, arrays, told = [], [], {}, []
    for number, (given, options) in enumerate(branches):
        shapes = ports(given)
        if any(isinstance(each, Whole) or len(each) < 2 for each in shapes) or options.get("stateful"):
            continue
        for way in ("embedding", "masking"):
            xs, own = [], {}
            for place, shape in enumerate(shapes):
                name = f"in{number}_{way}_{place}"
                steps, rest = shape[0], shape[1:]
                hidden = np.zeros((EXAMPLES, steps), bool)
                for row in range(EXAMPLES):
                    hidden[row, [range(0, 1), range(steps - 1, steps), range(1, max(steps - 1, 1), 2)][(row + place) % 3]] = steps > 1
                if way == "embedding":
                    x = keras.Input((steps,), name=name, dtype="int32")
                    own[name] = np.where(hidden, 0, rng.integers(1, WORDS, (EXAMPLES, steps))).astype("int32")
                    value = L.Embedding(WORDS, int(np.prod(rest)), mask_zero=True, name=f"words{number}_{place}")(x)
                    if len(rest) > 1:
                        value = L.TimeDistributed(L.Reshape(rest), name=f"wide{number}_{place}")(value)
                else:
                    if len(rest) > 1:
                        continue
                    x = keras.Input(shape, name=name)
                    own[name] = np.where(hidden[:, :, None], 0, rng.normal(size=(EXAMPLES, *shape))).astype("float32")
                    value = L.Masking(name=f"masking{number}_{place}")(x)
                xs.append((x, value))
            if len(xs) < len(shapes):
                continue
            try:
                value = called(getattr(L, kind)(name=f"form{number}_{way}", **made(options)), [value for _, value in xs])
                if tried:
                    works([x for x, _ in xs], value, own)
            except Exception as error:
                told.append(f"not made: {type(error).__name__}: {str(error)[:160]}")
                continue
            inputs += [x for x, _ in xs]
            arrays |= own
            value = value[0] if isinstance(value, (list, tuple)) else value
            outputs.append(L.Activation("linear", name=f"out{number}_{way}")(value))
            if len(value.shape) >= 3 and value.shape[1] is not None:
                flat = value if len(value.shape) == 3 else L.TimeDistributed(L.Flatten(), name=f"flat{number}_{way}")(value)
                outputs.append(L.LSTM(2, name=f"read{number}_{way}")(flat))
                outputs.append(L.GlobalAveragePooling1D(name=f"mean{number}_{way}")(flat))
            told.append(f"{way} {options}")
    return inputs, outputs, arrays, told


def main(folder, wanted):
    folder.mkdir(parents=True, exist_ok=True)
    made_of, left = {}, {}
    table = forms()
    kinds = sorted({name for name in dir(L) if isinstance(getattr(L, name), type) and (not wanted or name in wanted)} - set(LEFT))
    for name in kinds:
        if name not in table:
            left[name] = "no forms"
            continue
        for prefix, build in (("", plain), ("masked_", behind_mask)):
            if prefix and name.startswith("Random"):
                continue
            key = f"{prefix}{name}"
            # Forms are tried one by one only where they cannot all be computed at once: it takes as long again.
            for tried in (False, True):
                rng = np.random.default_rng(5)
                keras.backend.clear_session()
                keras.utils.set_random_seed(5)
                model, why = None, None
                try:
                    inputs, outputs, arrays, told = build(name, table[name], rng, tried)
                    if not outputs:
                        break
                    model = keras.Model(inputs, outputs)
                    weigh(model, rng)
                    forget(model)
                    values = model([tf.constant(arrays[named(x)]) for x in inputs], training=False)
                    break
                except Exception as error:
                    why = f"cannot be computed: {str(error)[:200]}"
            if why:
                left[key] = why
                continue
            if model is None:
                if not prefix:
                    left[key] = "; ".join(told)
                continue
            forget(model)
            values = values if isinstance(values, (list, tuple)) else [values]
            names = model.output_names if not KERAS3 else [each._keras_history.operation.name for each in model.outputs]
            stored = {f"in/{key}": value.astype("float32") for key, value in arrays.items()}
            stored |= {f"out/{each}": np.asarray(value).astype("float32") for each, value in zip(names, values)}
            np.savez(folder / f"{key}.npz", **stored)
            for suffix in (".keras", ".h5") if KERAS3 else (".h5",):
                try:
                    model.save(folder / f"{key}{suffix}")
                except Exception as error:
                    told.append(f"{suffix} not saved: {str(error)[:200]}")
                    (folder / f"{key}{suffix}").unlink(missing_ok=True)
            made_of[key] = told
    left |= {name: why for name, why in LEFT.items() if hasattr(L, name)}
    (folder / "exported.json").write_text(json.dumps({"keras": keras.__version__ if KERAS3 else tf.__version__, "made": made_of, "left": left}, indent=1))


main(Path(sys.argv[1]), sys.argv[2:])

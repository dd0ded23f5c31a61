"""Tiny random models that hold every layer, activation and option the engine translates, with inputs and outputs.

Run once with Keras 3 (tensorflow-cpu 2.21, keras 3) and once with Keras 2 (tensorflow-cpu 2.15):
    python make_keras_layers.py keras_layers [FAMILY ...]
With families named, only these are made anew. It writes keras_layers/keras3/*.keras or keras_layers/keras2/*.h5 (a few in both forms), and beside them outputs.npz with
    FAMILY/in/INPUT    [3, ...] float32
    FAMILY/out/LAYER   [3, ...] float32, the output of that name
A family is one model; every layer under test is one of its outputs, so that a fault names the layer."""
import os
import sys
import zipfile

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np
import tensorflow as tf

KERAS3 = tf.__version__ >= "2.16"
if KERAS3:
    import keras
else:
    from tensorflow import keras
L = keras.layers
rng = np.random.default_rng(5)
EXAMPLES = 3


def randomise(model):
    """Weights that no default hides: all non-zero, variances positive."""
    for weight in model.weights:
        name = weight.path if KERAS3 else weight.name
        value = rng.normal(size=weight.shape) * 0.6
        if "variance" in name:
            value = np.abs(value) + 0.3
        if "count" in name:
            continue
        weight.assign(value.astype("float32"))
    for layer in model.layers:
        if isinstance(layer, L.Normalization):
            layer.finalize_state()  # it computes with a copy of its weights


def last(x):
    return np.moveaxis(x, 1, -1)


def first(x):
    return np.moveaxis(x, -1, 1)


def channels_first_output(layer, xs):
    """What a channels-first layer gives, by its channels-last twin: the CPU kernels are channels-last alone."""
    config = layer.get_config()
    config["data_format"] = "channels_last"
    twin = type(layer).from_config(config)
    xs = [last(x) for x in xs]
    x = xs[0]
    twin(x)
    twin.set_weights(layer.get_weights())
    y = np.array(twin(x, training=False))
    return first(y) if y.ndim == x.ndim else y


def branches(inputs, layers):
    """A model of layers side by side. `layers`: (layer, input names)."""
    ports = {name: keras.Input(shape, name=name, dtype=dtype) for name, (shape, dtype) in inputs.items()}
    outputs = []
    for layer, names in layers:
        given = [ports[name] for name in names]
        outputs.append(layer(given if len(given) > 1 else given[0]))
    return keras.Model(list(ports.values()), outputs)


def packed(path):
    """Keras stores its archives' entries as they are; packed, they are a sixth of the size."""
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)


FAMILIES = {}


def family(inputs):
    def register(make):
        FAMILIES[make.__name__] = (inputs, make)
        return make
    return register


def port(*shape, dtype="float32"):
    return shape, dtype


def available(names):
    return [name for name in names if hasattr(keras.activations, name)]


@family({"x": port(5, 6)})
def activations():
    names = available([
        "relu", "relu6", "leaky_relu", "elu", "selu", "celu", "gelu", "sigmoid", "log_sigmoid", "hard_sigmoid", "silu", "swish",
        "hard_silu", "hard_swish", "mish", "softplus", "softsign", "soft_shrink", "hard_shrink", "tanh", "tanh_shrink", "hard_tanh",
        "squareplus", "sparse_plus", "sparse_sigmoid", "exponential", "softmax", "log_softmax", "sparsemax", "glu", "linear",
    ])
    return [(L.Activation(name, name=f"activation_of_{name}"), ["x"]) for name in names]


@family({"x": port(5)})
def activations_of_dense():
    names = available(["relu", "tanh", "sigmoid", "softmax", "hard_sigmoid", "gelu", "elu", "swish", "log_softmax", "glu", "softplus"])
    layers = [(L.Dense(4, activation=name, name=f"dense_{name}"), ["x"]) for name in names]
    layers.append((L.Dense(4, activation=L.LeakyReLU(0.15), name="dense_layer_leaky"), ["x"]))
    layers.append((L.Dense(4, use_bias=False, activation=L.ReLU(max_value=1.0, negative_slope=0.1), name="dense_layer_relu"), ["x"]))
    return layers


@family({"x": port(4, 3)})
def activation_layers():
    slope = "negative_slope"
    alpha = "negative_slope" if KERAS3 else "alpha"
    layers = [
        L.ReLU(name="relu_plain"), L.ReLU(max_value=0.9, name="relu_max"), L.ReLU(**{slope: 0.2}, name="relu_slope"),
        L.ReLU(threshold=0.4, name="relu_threshold"), L.ReLU(max_value=1.1, **{slope: 0.3}, threshold=0.2, name="relu_all"),
        L.LeakyReLU(name="leaky_default"), L.LeakyReLU(**{alpha: 0.07}, name="leaky"), L.ELU(alpha=0.6, name="elu_layer"),
        L.PReLU(name="prelu"), L.PReLU(shared_axes=[1], name="prelu_shared"),
        L.Softmax(name="softmax_last"), L.Softmax(axis=1, name="softmax_first"), L.Activation("relu", name="activation_layer"),
    ]
    if not KERAS3:
        layers.append(L.ThresholdedReLU(theta=0.3, name="thresholded"))
    return [(layer, ["x"]) for layer in layers]


@family({"x": port(5, 3), "v": port(4)})
def dense():
    return [
        (L.Dense(3, name="dense_vector"), ["v"]), (L.Dense(2, name="dense_series"), ["x"]), (L.Dense(2, use_bias=False, name="dense_unbiased"), ["v"]),
        (L.Dropout(0.4, name="dropout"), ["v"]), (L.SpatialDropout1D(0.4, name="spatial_dropout"), ["x"]),
        (L.GaussianNoise(0.2, name="noise"), ["v"]), (L.GaussianDropout(0.2, name="gaussian_dropout"), ["v"]),
        (L.AlphaDropout(0.2, name="alpha_dropout"), ["v"]), (L.ActivityRegularization(l1=0.1, name="regularization"), ["v"]),
        (L.Rescaling(0.5, offset=0.25, name="rescaling"), ["x"]), (L.Rescaling([0.5, 2.0, -1.0], offset=[0.0, 1.0, 2.0], name="rescaling_channels"), ["x"]),
        (L.Masking(name="masking"), ["x"]),
    ]


@family({"x": port(9, 4)})
def conv1d():
    return [
        (L.Conv1D(5, 3, name="c_valid"), ["x"]), (L.Conv1D(5, 4, padding="same", activation="relu", name="c_same"), ["x"]),
        (L.Conv1D(5, 3, strides=2, padding="same", name="c_strided"), ["x"]), (L.Conv1D(4, 3, dilation_rate=2, padding="same", name="c_dilated"), ["x"]),
        (L.Conv1D(4, 3, dilation_rate=2, padding="causal", name="c_causal"), ["x"]), (L.Conv1D(6, 3, groups=2, name="c_grouped"), ["x"]),
        (L.Conv1D(4, 2, padding="causal", strides=2, use_bias=False, activation="softmax", name="c_softmax"), ["x"]),
        (L.DepthwiseConv1D(3, depth_multiplier=2, name="d_valid"), ["x"]), (L.DepthwiseConv1D(3, padding="same", dilation_rate=2, name="d_dilated"), ["x"]),
        (L.SeparableConv1D(5, 3, padding="same", name="s_same"), ["x"]), (L.SeparableConv1D(5, 3, depth_multiplier=2, strides=2, name="s_strided"), ["x"]),
        (L.Conv1DTranspose(3, 3, name="t_valid"), ["x"]), (L.Conv1DTranspose(3, 3, strides=2, padding="same", name="t_same"), ["x"]),
        (L.Conv1DTranspose(3, 2, strides=3, name="t_gaps"), ["x"]), (L.Conv1DTranspose(3, 2, strides=3, padding="same", name="t_gaps_same"), ["x"]),
        (L.Conv1DTranspose(3, 3, strides=2, padding="same", output_padding=1, name="t_output"), ["x"]),
        (L.Conv1DTranspose(3, 3, dilation_rate=2, name="t_dilated"), ["x"]),
        (L.Conv1DTranspose(3, 4, strides=2, output_padding=1, name="t_output_valid"), ["x"]),
    ]


@family({"x": port(7, 6, 4)})
def conv2d():
    return [
        (L.Conv2D(5, (3, 2), name="c_valid"), ["x"]), (L.Conv2D(5, 3, padding="same", activation="tanh", name="c_same"), ["x"]),
        (L.Conv2D(5, 3, strides=2, padding="same", name="c_strided"), ["x"]), (L.Conv2D(3, 2, strides=(1, 3), name="c_strides"), ["x"]),
        (L.Conv2D(4, 3, dilation_rate=2, padding="same", name="c_dilated"), ["x"]), (L.Conv2D(6, 3, groups=2, name="c_grouped"), ["x"]),
        (L.DepthwiseConv2D(3, depth_multiplier=2, name="d_valid"), ["x"]), (L.DepthwiseConv2D(3, strides=2, padding="same", activation="relu", name="d_strided"), ["x"]),
        (L.DepthwiseConv2D(2, dilation_rate=2, name="d_dilated"), ["x"]),
        (L.SeparableConv2D(5, 3, padding="same", name="s_same"), ["x"]), (L.SeparableConv2D(5, 3, depth_multiplier=2, strides=2, activation="relu", name="s_strided"), ["x"]),
        (L.Conv2DTranspose(3, 3, name="t_valid"), ["x"]), (L.Conv2DTranspose(3, 3, strides=2, padding="same", name="t_same"), ["x"]),
        (L.Conv2DTranspose(3, (3, 2), strides=(2, 3), activation="relu", name="t_strides"), ["x"]),
        (L.Conv2DTranspose(3, 3, strides=2, padding="same", output_padding=1, name="t_output"), ["x"]),
    ]


@family({"x": port(4, 5, 4, 2)})
def conv3d():
    return [
        (L.Conv3D(3, 2, name="c_valid"), ["x"]), (L.Conv3D(3, 3, padding="same", strides=2, name="c_strided"), ["x"]),
        (L.Conv3D(3, 2, dilation_rate=2, activation="relu", name="c_dilated"), ["x"]),
        (L.Conv3DTranspose(2, 2, name="t_valid"), ["x"]), (L.Conv3DTranspose(2, 3, strides=2, padding="same", name="t_same"), ["x"]),
    ]


@family({"a": port(9, 3), "b": port(7, 6, 3), "c": port(4, 5, 4, 2)})
def pooling():
    layers = []
    for axes, x in ((1, "a"), (2, "b"), (3, "c")):
        for kind in ("Max", "Average"):
            pool = getattr(L, f"{kind}Pooling{axes}D")
            layers += [
                (pool(2, name=f"{kind.lower()}{axes}_plain"), [x]), (pool(3, strides=1, name=f"{kind.lower()}{axes}_overlap"), [x]),
                (pool(3, strides=2, padding="same", name=f"{kind.lower()}{axes}_same"), [x]),
            ]
            overall = getattr(L, f"Global{kind}Pooling{axes}D")
            layers += [(overall(name=f"global_{kind.lower()}{axes}"), [x]), (overall(keepdims=True, name=f"global_{kind.lower()}{axes}_kept"), [x])]
    return layers


@family({"x": port(5, 6), "y": port(4, 3, 6)})
def normalisation():
    layers = [
        (L.BatchNormalization(name="batch"), ["x"]), (L.BatchNormalization(scale=False, epsilon=0.01, name="batch_unscaled"), ["y"]),
        (L.BatchNormalization(center=False, name="batch_uncentred"), ["x"]), (L.BatchNormalization(scale=False, center=False, name="batch_bare"), ["x"]),
        (L.BatchNormalization(axis=1, name="batch_axis"), ["y"]),
        (L.LayerNormalization(name="layer"), ["x"]), (L.LayerNormalization(axis=[1, 2], epsilon=0.02, name="layer_axes"), ["y"]),
        (L.LayerNormalization(axis=1, name="layer_axis"), ["x"]), (L.LayerNormalization(scale=False, center=False, name="layer_bare"), ["x"]),
        (L.LayerNormalization(scale=False, name="layer_unscaled"), ["x"]),
        (L.GroupNormalization(groups=3, name="group"), ["y"]), (L.GroupNormalization(groups=-1, name="group_instance"), ["y"]),
        (L.GroupNormalization(groups=2, axis=1, name="group_axis"), ["y"]), (L.GroupNormalization(groups=1, scale=False, name="group_all"), ["x"]),
        (L.UnitNormalization(name="unit"), ["x"]), (L.UnitNormalization(axis=[1, 2], name="unit_axes"), ["y"]),
        (L.Normalization(name="statistics"), ["x"]), (L.Normalization(axis=None, mean=0.3, variance=2.0, name="statistics_given"), ["x"]),
        (L.Normalization(axis=(1, 2), name="statistics_axes"), ["x"]),
        (L.Normalization(mean=[0.1, 0.2, 0.3, 0.4, 0.5, 0.6], variance=[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], invert=True, name="statistics_inverse"), ["x"]),
    ]
    if KERAS3:
        layers += [(L.LayerNormalization(rms_scaling=True, name="layer_rms"), ["x"]), (L.RMSNormalization(name="rms"), ["x"])]
    return layers


@family({"a": port(4, 3), "b": port(4, 3), "c": port(4, 3), "v": port(3), "w": port(3)})
def merging():
    three, two = ["a", "b", "c"], ["a", "b"]
    return [
        (L.Add(name="add_three"), three), (L.Subtract(name="subtract"), two), (L.Multiply(name="multiply_three"), three),
        (L.Average(name="average_three"), three), (L.Maximum(name="maximum_three"), three), (L.Minimum(name="minimum_three"), three),
        (L.Concatenate(name="concatenate"), three), (L.Concatenate(axis=1, name="concatenate_first"), two),
        (L.Add(name="add_broadcast"), ["a", "v"]), (L.Multiply(name="multiply_broadcast"), ["v", "a"]),
        (L.Dot(axes=1, name="dot_vectors"), ["v", "w"]), (L.Dot(axes=1, normalize=True, name="dot_cosine"), ["v", "w"]),
        (L.Dot(axes=1, name="dot_first"), two), (L.Dot(axes=2, name="dot_last"), two), (L.Dot(axes=(2, 1), normalize=True, name="dot_mixed"), ["a", "v"]),
        (L.Dot(axes=(1, 2), name="dot_vector_matrix"), ["v", "a"]),
    ]


@family({"x": port(4, 6), "i": port(5, 6, 2), "q": port(3, 4, 2, 2), "v": port(6)})
def reshaping():
    return [
        (L.Reshape((3, 8), name="reshape"), ["x"]), (L.Reshape((2, -1), name="reshape_open"), ["x"]), (L.Flatten(name="flatten"), ["i"]),
        (L.Permute((2, 1), name="permute"), ["x"]), (L.Permute((3, 1, 2), name="permute_three"), ["i"]), (L.RepeatVector(4, name="repeat_vector"), ["v"]),
        (L.ZeroPadding1D(2, name="pad1"), ["x"]), (L.ZeroPadding1D((1, 3), name="pad1_pair"), ["x"]), (L.ZeroPadding2D(2, name="pad2"), ["i"]),
        (L.ZeroPadding2D(((1, 0), (2, 3)), name="pad2_pairs"), ["i"]), (L.ZeroPadding2D((1, 2), name="pad2_axes"), ["i"]), (L.ZeroPadding3D(1, name="pad3"), ["q"]),
        (L.Cropping1D((1, 2), name="crop1"), ["x"]), (L.Cropping2D(((1, 0), (2, 1)), name="crop2"), ["i"]), (L.Cropping3D(((1, 0), (1, 1), (0, 1)), name="crop3"), ["q"]),
        (L.UpSampling1D(3, name="up1"), ["x"]), (L.UpSampling2D((2, 3), name="up2"), ["i"]),
        (L.UpSampling2D(2, interpolation="bilinear", name="up2_bilinear"), ["i"]), (L.UpSampling3D((1, 2, 3), name="up3"), ["q"]),
    ]


@family({"x": port(4, 6, 3), "i": port(3, 5, 6, 2)})
def time_distributed():
    T = L.TimeDistributed
    return [
        (T(L.Dense(4, activation="relu"), name="td_dense"), ["x"]), (T(L.Conv1D(4, 3, padding="same", activation="relu"), name="td_conv1"), ["x"]),
        (T(L.Conv2D(4, 3, strides=2), name="td_conv2"), ["i"]), (T(L.MaxPooling2D(2), name="td_pool"), ["i"]),
        (T(L.GlobalAveragePooling2D(), name="td_global"), ["i"]), (T(L.Flatten(), name="td_flatten"), ["i"]), (T(L.BatchNormalization(), name="td_batch"), ["x"]),
        (T(L.Activation("softmax"), name="td_softmax"), ["x"]), (T(L.Reshape((18,)), name="td_reshape"), ["x"]), (T(L.Dropout(0.2), name="td_dropout"), ["x"]),
        (T(L.LayerNormalization(), name="td_layer_norm"), ["x"]), (T(L.ZeroPadding1D(1), name="td_pad"), ["x"]),
    ]


@family({"x": port(6, 3), "i": port(4, 7, 6)})
def channels_first():
    at = {"data_format": "channels_first"}
    layers = [
        (L.Conv2D(5, 3, padding="same", strides=2, activation="relu", name="conv", **at), ["i"]), (L.DepthwiseConv2D(3, name="depthwise", **at), ["i"]),
        (L.SeparableConv2D(3, 2, name="separable", **at), ["i"]), (L.Conv2DTranspose(3, 3, strides=2, padding="same", name="transposed", **at), ["i"]),
        (L.MaxPooling2D(2, name="max_pool", **at), ["i"]), (L.AveragePooling2D(3, strides=2, padding="same", name="average_pool", **at), ["i"]),
        (L.GlobalAveragePooling2D(name="global_average", **at), ["i"]), (L.GlobalMaxPooling2D(name="global_max", keepdims=True, **at), ["i"]),
        (L.ZeroPadding2D(((1, 0), (2, 3)), name="pad", **at), ["i"]), (L.Cropping2D(((1, 0), (2, 1)), name="crop", **at), ["i"]),
        (L.UpSampling2D((2, 3), name="up", **at), ["i"]), (L.Flatten(name="flatten", **at), ["i"]),
        (L.Conv1D(5, 3, name="conv1", **at), ["x"]),
    ]
    return layers


@family({"words": port(7, dtype="int32"), "more": port(5, dtype="int32")})
def embedding():
    words, more = keras.Input((7,), name="words", dtype="int32"), keras.Input((5,), name="more", dtype="int32")
    table = L.Embedding(9, 4, name="table")
    x = L.Conv1D(6, 3, activation="relu", name="conv")(table(words))
    y = L.Dense(6, name="dense")(table(more))
    both = L.Concatenate(axis=1, name="both")([x, y])
    return keras.Model([words, more], L.Dense(2, activation="softmax", name="out")(L.GlobalMaxPooling1D(name="pooled")(both)))


@family({"left": port(6, 3), "right": port(6, 3)})
def nested():
    """A model in a model, shared, with a model inside it; layers of one name inside and outside."""
    inner = keras.Sequential([keras.Input((4,)), L.Dense(5, activation="relu", name="dense"), L.BatchNormalization(name="norm")], name="head")
    x = keras.Input((6, 3), name="series")
    y = L.Conv1D(4, 3, name="conv")(x)
    y = L.BatchNormalization(name="norm_inner")(y)
    y = inner(L.GlobalAveragePooling1D(name="pooled")(L.Activation("relu", name="relu")(y)))
    encoder = keras.Model(x, y, name="encoder")
    left, right = keras.Input((6, 3), name="left"), keras.Input((6, 3), name="right")
    a, b = encoder(left), encoder(right)
    shared = L.Dense(3, activation="tanh", name="shared")
    joined = L.Concatenate(name="joined")([shared(a), shared(b), L.Subtract(name="difference")([a, b])])
    return keras.Model([left, right], [L.Dense(2, name="dense")(joined), L.Dense(1, activation="sigmoid", name="score")(joined)], name="siamese")


@family({"x": port(5, 3)})
def several_outputs():
    """A nested model with two outputs, and layers of one kind numbered across models."""
    x = keras.Input((5, 3), name="x")
    two = keras.Model(x, [L.Dense(3, name="one")(x), L.Conv1D(3, 2, padding="same", name="other")(x)], name="two")
    port = keras.Input((5, 3), name="x")
    a, b = two(port)
    return keras.Model(port, [L.Add(name="sum")([a, b]), L.Flatten(name="flat")(b)], name="pair")


@family({"x": port(None, 3)})
def free_length():
    """Sequences of any length: `same` cannot be numbers where strides are above one."""
    x = keras.Input((None, 3), name="x")
    y = L.Conv1D(4, 3, padding="same", name="same")(x)
    y = L.Conv1D(4, 4, strides=2, padding="same", activation="relu", name="strided")(y)
    y = L.MaxPooling1D(3, 2, padding="same", name="pool")(y)
    y = L.Conv1D(4, 3, padding="causal", dilation_rate=2, name="causal")(y)
    y = L.ZeroPadding1D(1, name="pad")(L.Conv1DTranspose(3, 3, strides=2, padding="same", name="transposed")(y))
    return keras.Model(x, L.Dense(2, name="out")(L.GlobalAveragePooling1D(name="pooled")(y)))


@family({"x": port(4, 3)})
def sequential():
    """Without an InputLayer."""
    model = keras.Sequential([L.Dense(5, activation="relu", name="first"), L.Flatten(name="flat"), L.Dense(2, name="last")], name="plain_chain")
    model.build((None, 4, 3))
    return model


@family({"x": port(5, 3)})
def recurrent():
    """Every step's state, the last, backwards, and both directions in every way of joining."""
    layers = [
        L.SimpleRNN(4, name="simple"), L.SimpleRNN(4, return_sequences=True, go_backwards=True, use_bias=False, name="simple_back"),
        L.LSTM(4, name="lstm"), L.LSTM(4, return_sequences=True, name="lstm_steps"), L.LSTM(3, go_backwards=True, use_bias=False, name="lstm_back"),
        L.LSTM(3, activation="relu", recurrent_activation="hard_sigmoid", name="lstm_other"),
        L.GRU(4, name="gru"), L.GRU(4, return_sequences=True, reset_after=False, name="gru_before"),
        L.GRU(3, use_bias=False, name="gru_bare"), L.GRU(3, use_bias=False, reset_after=False, go_backwards=True, name="gru_before_bare"),
    ]
    layers += [L.Bidirectional(L.LSTM(3, return_sequences=True), merge_mode=mode, name=f"both_{mode}") for mode in ("concat", "sum", "mul", "ave")]
    layers += [L.Bidirectional(L.GRU(3), name="both_gru"), L.Bidirectional(L.SimpleRNN(3), merge_mode="sum", name="both_simple")]
    return [(layer, ["x"]) for layer in layers]


@family({"x": port(4, 3)})
def recurrent_states():
    """An encoder's states start a decoder."""
    x = keras.Input((4, 3), name="x")
    steps, h, c = L.LSTM(4, return_sequences=True, return_state=True, name="encoder")(x)
    decoded = L.LSTM(4, return_sequences=True, name="decoder")(steps, initial_state=[h, c])
    y, state = L.GRU(5, return_state=True, name="stacked")(decoded)
    return keras.Model(x, L.Dense(2, name="out")(L.Concatenate(name="joined")([y, state, c])))


@family({"x": port(5, 6), "v": port(7, 6), "k": port(7, 4), "i": port(3, 4, 6)})
def attention():
    """Every option of attention: keys of their own, widths, masks that the call asks for, weights as an output."""
    x, v, k, i = (keras.Input(shape, name=name) for name, shape in (("x", (5, 6)), ("v", (7, 6)), ("k", (7, 4)), ("i", (3, 4, 6))))
    M = L.MultiHeadAttention
    outputs = [
        M(2, 3, name="mha_self")(x, x), M(2, 3, name="mha_cross")(x, v), M(3, 4, name="mha_key")(x, v, k), M(2, 3, value_dim=5, output_shape=4, name="mha_widths")(query=x, value=v),
        M(2, 3, output_shape=(2, 3), use_bias=False, name="mha_output_shape")(x, x), M(2, 3, name="mha_causal")(x, x, use_causal_mask=True),
        M(2, 3, dropout=0.2, name="mha_dropout")(x, value=x), M(2, 3, attention_axes=(2,), name="mha_axis")(i, i), M(1, 3, attention_axes=(1, 2), name="mha_axes")(i, i),
        M(2, 3, name="mha_all_axes")(i, i),
    ]
    y, weights = M(2, 3, name="mha_weights")(x, x, return_attention_scores=True)
    outputs.append(L.Concatenate(name="mha_weights_used")([L.Reshape((5, 10), name="weights_flat")(L.Permute((2, 1, 3), name="weights_moved")(weights)), y]))
    outputs += [
        L.Attention(name="dot")([x, v]), L.Attention(use_scale=True, name="dot_scaled")([x, v]), L.Attention(name="dot_causal")([x, x], use_causal_mask=True),
        L.Attention(score_mode="concat", name="concat")([x, v, L.Dense(6, name="keys")(k)]), L.Attention(score_mode="concat", use_scale=True, name="concat_scaled")([x, v]),
        L.AdditiveAttention(name="additive")([x, v]), L.AdditiveAttention(use_scale=False, name="additive_plain")([x, v]),
        L.EinsumDense("abc,cd->abd", output_shape=(None, 4), bias_axes="d", activation="relu", name="einsum_dense")(x), L.EinsumDense("...x,xy->...y", output_shape=4, bias_axes="y", name="einsum_ellipsis")(i),
        L.EinsumDense("abc,cde->abde", output_shape=(None, 2, 3), bias_axes="de", name="einsum_heads")(x), L.EinsumDense("abc,bd->adc", output_shape=(4, 6), bias_axes="d", name="einsum_steps")(x),
        L.EinsumDense("abc,bcd->abd", output_shape=(5, 2), bias_axes="bd", name="einsum_each")(x), L.EinsumDense("abc,bc->ab", output_shape=(5,), name="einsum_all")(x),
    ]
    if KERAS3:
        outputs += [
            L.GroupQueryAttention(3, 4, 2, name="grouped")(x, v), L.GroupQueryAttention(2, 4, 1, use_bias=False, name="grouped_single")(x, x, use_causal_mask=True),
            M(2, 3, use_gate=True, name="mha_gate")(x, v), M(2, 3, sliding_window=2, name="mha_window")(x, x, use_causal_mask=True), L.GroupQueryAttention(2, 2, 2, use_gate=True, name="grouped_gate")(x, v),
        ]
    return keras.Model([x, v, k, i], outputs)


@family({"x": port(5, 6), "m": port(5, 5, dtype="bool")})
def attention_mask():
    """A mask as an input."""
    x, m = keras.Input((5, 6), name="x"), keras.Input((5, 5), name="m", dtype="bool")
    return keras.Model([x, m], L.Dense(2, name="out")(L.MultiHeadAttention(2, 3, name="mha")(x, x, attention_mask=m)))


@family({"x": port(4, 6), "y": port(4, 6), "p": port(4, 6)})
def operations():
    """Functions called in a functional model: keras.ops, and TensorFlow's in Keras 2."""
    x, y, p = (keras.Input((4, 6), name=name) for name in ("x", "y", "p"))
    c = np.linspace(-1, 1, 6).astype("float32")
    name_of = {}

    def named(key, value):
        for place, each in enumerate(value if isinstance(value, (list, tuple)) else [value]):
            name_of[f"{key}_no_{place}"] = each

    q = p * p + 0.5  # above 0
    small = (keras.ops.tanh if KERAS3 else tf.tanh)(x) * 0.9
    named("operators", [x + y, x - 1.5, 2.0 * x, x / q, 1.0 / q, -x, x + c, x * c, abs(x), x**2, q**0.5, q**1.7, x @ (keras.ops.transpose(y, (0, 2, 1)) if KERAS3 else tf.transpose(y, (0, 2, 1)))])
    named("getitem", [x[:, 1:], x[:, :-1], x[:, 2], x[..., 0], x[:, ::2, 1:5], x[:, None], x[:, ::-1], x[:, -1, -2:]])
    if KERAS3:
        o = keras.ops
        named("unary", [f(x) for f in (o.exp, o.square, o.sin, o.cos, o.arctan, o.erf, o.tanh, o.sigmoid, o.relu, o.relu6, o.silu, o.gelu, o.softplus, o.softsign, o.selu, o.elu, o.leaky_relu, o.log_sigmoid, o.hard_sigmoid, o.hard_silu, o.abs, o.negative, o.expm1, o.sinh, o.cosh, o.arcsinh, o.stop_gradient, o.sign, o.floor)])
        named("of_small", [f(small) for f in (o.tan, o.arcsin, o.arccos, o.arctanh)])
        named("of_positive", [f(q) for f in (o.log, o.log1p, o.log2, o.log10, o.sqrt, o.rsqrt, o.reciprocal)])
        named("options", [o.gelu(x, approximate=False), o.leaky_relu(x, negative_slope=0.3), o.elu(x, alpha=0.5), o.clip(x, -0.5, 0.7), o.softmax(x, axis=1), o.softmax(x), o.log_softmax(x), o.glu(x), o.celu(x, 0.7), o.hard_shrink(x, 0.3), o.soft_shrink(x, 0.3)])
        named("binary", [o.add(x, y), o.subtract(x, y), o.multiply(x, y), o.divide(x, q), o.maximum(x, y), o.minimum(x, y), o.power(q, y), o.arctan2(x, q), o.matmul(x, o.swapaxes(y, 1, 2)), o.dot(x, np.eye(6, 3, dtype="float32")), o.einsum("btd,bsd->bts", x, y), o.tensordot(x, np.eye(6, 2, dtype="float32"), axes=1), o.maximum(x, 0.25)])
        named("reduced", [o.sum(x, axis=1), o.mean(x, axis=-1, keepdims=True), o.max(x, axis=1), o.min(x, axis=(1, 2)), o.var(x, axis=-1), o.std(x, axis=-1, keepdims=True), o.logsumexp(x, axis=-1), o.norm(x, axis=-1), o.cumsum(x, axis=1)])
        named("shaped", [o.reshape(x, (-1, 4, 2, 3)), o.transpose(x, (0, 2, 1)), o.swapaxes(x, 1, 2), o.moveaxis(o.reshape(x, (-1, 4, 2, 3)), 3, 1), o.expand_dims(x, 1), o.squeeze(o.expand_dims(x, 1), 1), o.concatenate([x, y, q], axis=-1), o.stack([x, y], axis=1), o.take(x, [0, 3, 1], axis=1), o.tile(x, (1, 2, 1)), o.repeat(x, 2, axis=1), o.flip(x, axis=1), o.roll(x, 1, axis=1), o.pad(x, ((0, 0), (1, 2), (0, 0))), o.broadcast_to(o.expand_dims(x, 1), (3, 2, 4, 6))])
        named("split", [*o.split(x, 2, axis=1), *o.split(x, [1, 4], axis=-1), *o.unstack(x, axis=1)])
        named("chosen", [o.where(np.arange(6) % 2 == 0, x, y), o.where(x > y, x, 0.1 * y), o.where(o.logical_and(x > 0, o.logical_not(y >= 0)), x, y), o.where(o.less(x, 0.2), 1.0, x), o.cast(x > 0, "float32") * y, o.softmax(o.where(np.arange(6) < 4, x, -np.inf)), o.softmax(o.where(np.tri(4, 6) > 0, x, float("-inf")))])
        named("normal", [o.normalize(x, axis=-1), o.layer_normalization(x, axis=-1), o.rms_normalization(x)] if hasattr(o, "layer_normalization") else [o.normalize(x, axis=-1)])
        heads = o.reshape(x, (-1, 4, 2, 3))
        named("attended", [o.dot_product_attention(heads, heads, o.reshape(y, (-1, 4, 2, 3))), o.dot_product_attention(heads, heads, heads, is_causal=True, scale=0.3)])
    else:
        m = tf.math
        named("unary", [f(x) for f in (m.exp, m.square, m.sin, m.cos, m.atan, m.erf, m.tanh, m.sigmoid, tf.nn.relu, tf.nn.relu6, tf.nn.silu, tf.nn.gelu, m.softplus, tf.nn.softsign, tf.nn.selu, tf.nn.elu, tf.nn.leaky_relu, m.log_sigmoid, m.abs, m.negative, m.expm1, m.sinh, m.cosh, m.asinh, tf.stop_gradient, m.sign, m.floor, tf.identity)])
        named("of_small", [f(small) for f in (m.tan, m.asin, m.acos, m.atanh)])
        named("of_positive", [f(q) for f in (m.log, m.log1p, m.sqrt, m.rsqrt, m.reciprocal)])
        named("options", [tf.nn.gelu(x, approximate=True), tf.nn.leaky_relu(x, alpha=0.3), tf.clip_by_value(x, -0.5, 0.7), tf.nn.softmax(x, axis=1), tf.nn.softmax(x), tf.nn.log_softmax(x), tf.keras.activations.gelu(x), tf.keras.activations.relu(x)])
        named("binary", [m.add(x, y), m.subtract(x, y), m.multiply(x, y), m.divide(x, q), m.maximum(x, y), m.minimum(x, y), m.pow(q, y), m.atan2(x, q), tf.matmul(x, y, transpose_b=True), tf.tensordot(x, np.eye(6, 2, dtype="float32"), axes=1), m.maximum(x, 0.25), m.squared_difference(x, y), m.divide_no_nan(x, q), m.add_n([x, y, q])])
        named("reduced", [tf.reduce_sum(x, 1), tf.reduce_mean(x, axis=-1, keepdims=True), tf.reduce_max(x, 1), tf.reduce_min(x, [1, 2]), m.reduce_variance(x, -1), m.reduce_std(x, -1, True), tf.reduce_logsumexp(x, -1), tf.cumsum(x, axis=1)])
        named("shaped", [tf.reshape(x, (-1, 4, 2, 3)), tf.reshape(x, (tf.shape(x)[0], 24)), tf.reshape(x, [tf.shape(x)[0], tf.shape(x)[1] * 2, 3]), tf.transpose(x, (0, 2, 1)), tf.expand_dims(x, 1), tf.squeeze(tf.expand_dims(x, 1), 1), tf.concat([x, y, q], -1), tf.stack([x, y], axis=1), tf.gather(x, [0, 3, 1], axis=1), tf.tile(x, (1, 2, 1)), tf.repeat(x, 2, axis=1), tf.reverse(x, [1]), tf.roll(x, 1, 1), tf.pad(x, ((0, 0), (1, 2), (0, 0)))])
        named("split", [*tf.split(x, 2, axis=1), *tf.split(x, [1, 3, 2], axis=-1), *tf.unstack(x, axis=1)])
        named("chosen", [tf.where(x > y, x, 0.1 * y), tf.where(m.logical_and(x > 0, m.logical_not(y >= 0)), x, y), tf.where(m.less(x, 0.2), 1.0, x), tf.cast(x > 0, "float32") * y, tf.nn.softmax(tf.where(np.tri(4, 6) > 0, x, float("-inf")))])
        named("normal", [m.l2_normalize(x, axis=-1)])
    outputs = [L.Activation("linear", name=key)(value) for key, value in name_of.items()]
    return keras.Model([x, y, p], outputs)


@family({"x": port(5, 3), "words": port(5, dtype="int32")})
def positions():
    """Learnt positions of a known number of steps, added to words; rotary ones by sines and cosines."""
    words, x = keras.Input((5,), name="words", dtype="int32"), keras.Input((5, 3), name="x")
    y = L.Embedding(9, 4, name="table")(words)
    angles = np.outer(np.arange(5), [1.0, 0.1]).astype("float32")
    c, s = np.cos(angles)[None], np.sin(angles)[None]
    if KERAS3:
        o = keras.ops
        one, other = o.split(y, 2, axis=-1)
        y = o.concatenate([one * c - other * s, one * s + other * c], axis=-1)
        y = y + rng.normal(size=(1, 5, 4)).astype("float32")
        x_placed = L.Add(name="placed")([x, o.convert_to_tensor(rng.normal(size=(1, 5, 3)).astype("float32"))])
    else:
        one, other = tf.split(y, 2, axis=-1)
        y = tf.concat([one * c - other * s, one * s + other * c], axis=-1)
        y = y + L.Embedding(5, 4, name="places")(tf.range(tf.shape(words)[1]))
        x_placed = L.Add(name="placed")([x, tf.constant(rng.normal(size=(1, 5, 3)).astype("float32"))])
    y = L.MultiHeadAttention(2, 2, name="mha")(y, y)
    return keras.Model([x, words], L.Dense(2, name="out")(L.Concatenate(name="joined")([x_placed, y])))


@family({"x": port(3, 5, 6), "z": port(2, 3, 5, 6)})
def models_over_time():
    """A model at every time step, one with attention and joined branches in it, and a model of that at every step."""
    series = keras.Input((5, 6), name="series")
    y = L.Conv1D(4, 3, padding="same", activation="relu", name="conv")(series)
    y = L.BatchNormalization(name="norm")(y)
    y = L.Add(name="joined")([y, L.MultiHeadAttention(2, 3, name="mha")(y, y)])
    y = L.Concatenate(name="both")([y, L.Dense(2, name="side")(y)])
    encoder = keras.Model(series, L.Dense(3, name="code")(L.GlobalAveragePooling1D(name="pooled")(y)), name="encoder")
    chain = keras.Sequential([keras.Input((5, 6)), L.Flatten(name="flat"), L.Dense(4, activation="tanh", name="first")], name="chain")
    frames = keras.Input((3, 5, 6), name="x")
    coded = L.TimeDistributed(encoder, name="coded")(frames)
    whole = keras.Model(frames, L.Concatenate(name="codes")([coded, L.TimeDistributed(chain, name="chained")(frames)]), name="whole")
    again = keras.Input((2, 3, 5, 6), name="z")
    return keras.Model([frames, again], [whole(frames), L.TimeDistributed(L.TimeDistributed(L.TimeDistributed(L.Dense(2)), name="inner"), name="outer")(again)], name="films")


@family({"x": port(5, 3)})
def bidirectional():
    """Both directions apart, with states, with a layer of its own backwards."""
    x = keras.Input((5, 3), name="x")
    forwards, backwards = L.Bidirectional(L.GRU(3, return_sequences=True), merge_mode=None, name="apart")(x)
    merged, h1, c1, h2, c2 = L.Bidirectional(L.LSTM(3, return_state=True), merge_mode="sum", name="states")(x)
    own = L.Bidirectional(L.LSTM(3), backward_layer=L.LSTM(3, activation="relu", go_backwards=True), name="own")(x)
    every = L.Bidirectional(L.SimpleRNN(2, return_sequences=True), backward_layer=L.GRU(2, return_sequences=True, go_backwards=True), merge_mode="ave", name="mixed")(x)
    start = L.Bidirectional(L.LSTM(3), name="started")(x, initial_state=[h1, c1, h2, c2])
    outputs = [L.Subtract(name="difference")([forwards, backwards]), L.Concatenate(name="joined")([merged, h1, c2]), own, every, start]
    return keras.Model(x, outputs)


@family({"x": port(4, 6)})
def fixed_batch():
    """A model for so many examples at a time, whose functions count with it."""
    x = keras.Input(batch_shape=(EXAMPLES, 4, 6), name="x")
    reshape, concat = (keras.ops.reshape, keras.ops.concatenate) if KERAS3 else (tf.reshape, tf.concat)
    heads = reshape(L.Dense(8, name="wide")(x), (EXAMPLES, 4, 2, 4))
    joined = concat([reshape(heads, (EXAMPLES, -1)), reshape(x, (EXAMPLES, 24))], axis=1)
    rows = reshape(L.Dense(3, activation="relu", name="row")(L.Softmax(axis=1, name="shares")(reshape(x, (EXAMPLES * 4, 6)))), (EXAMPLES, 12))
    return keras.Model(x, [L.Dense(2, name="out")(joined), L.Activation("tanh", name="rows")(rows)])


BOTH_FORMS = (
    "nested", "several_outputs", "embedding", "normalisation", "time_distributed", "recurrent", "recurrent_states", "attention", "attention_mask",
    "positions", "models_over_time", "bidirectional", "fixed_batch",
)


def main(out, wanted):
    folder = os.path.join(out, "keras3" if KERAS3 else "keras2")
    os.makedirs(folder, exist_ok=True)
    arrays = {}
    if wanted:
        with np.load(f"{folder}/outputs.npz") as before:
            arrays = {key: before[key] for key in before.files if key.split("/")[0] not in wanted}
    for name, (inputs, make) in FAMILIES.items():
        if wanted and name not in wanted:
            continue
        made = make()
        model = branches(inputs, made) if isinstance(made, list) else made
        randomise(model)
        sizes = {key: [EXAMPLES, *(9 if size is None else size for size in shape)] for key, (shape, _) in inputs.items()}
        xs = {key: rng.integers(0, 9 if inputs[key][1] == "int32" else 2, sizes[key]).astype("float32") if inputs[key][1] in ("int32", "bool") else rng.normal(size=sizes[key]).astype("float32") for key in inputs}
        for key, x in xs.items():
            arrays[f"{name}/in/{key}"] = x
        if name == "channels_first":
            outputs = {layer.name: channels_first_output(layer, [xs[key] for key in names]) for layer, names in made}
        else:
            given = [tf.constant(xs[key].astype(inputs[key][1])) for key in inputs]
            ys = model(given if len(given) > 1 else given[0], training=False)
            ys = ys if isinstance(ys, (list, tuple)) else [ys]
            names = model.output_names if hasattr(model, "output_names") else [model.layers[-1].name]
            outputs = dict(zip(names, ys))
        for key, y in outputs.items():
            arrays[f"{name}/out/{key}"] = np.array(y, "float32")
        if KERAS3:
            model.save(f"{folder}/{name}.keras")
            packed(f"{folder}/{name}.keras")
        if not KERAS3 or name in BOTH_FORMS:
            model.save(f"{folder}/{name}.h5")
    np.savez_compressed(f"{folder}/outputs.npz", **arrays)
    print(folder, len(arrays), "arrays")


main(sys.argv[1], sys.argv[2:])

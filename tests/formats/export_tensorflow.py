"""
Small TensorFlow models of random weights: loops, branches, selections, dilation, transposed convolutions, Einstein sums,
resizing, values without a batch; as SavedModels by TensorFlow's own writer, and as TensorFlow.js GraphModels with whole
and with quantised weights. Each with an input and what TensorFlow makes of it.

Usage: python export_tensorflow.py FOLDER
"""

import json
import os
import sys
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from google.protobuf.json_format import MessageToDict  # noqa: E402
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2  # noqa: E402

L = tf.keras.layers
RANDOM = np.random.default_rng(0)
tf.keras.utils.set_random_seed(0)  # of the layers' weights


def weight(*shape):
    return tf.Variable(RANDOM.normal(0, 0.5, shape).astype("float32"))


class Net(tf.Module):
    """A function of one input with variables of its own."""

    def __init__(self, body, shapes):
        super().__init__()
        self.weights = [weight(*shape) for shape in shapes]
        self.body = body

    def __call__(self, x):
        return self.body(x, *self.weights)


def keras(*layers, shape, dtype="float32"):
    return tf.keras.Sequential([L.Input(shape, dtype=dtype), *layers])


def counted(x, w):
    """A loop over a known number of steps, with a branch that is known in each."""
    h = tf.zeros_like(x[:, 0])
    for t in tf.range(5):
        pre = x[:, t] + tf.matmul(h, w)
        h = tf.cond(t % 2 == 0, lambda p=pre: tf.tanh(p), lambda p=pre: tf.sigmoid(p))
    return h


def masked(x, w):
    """Attention that leaves out what is small, and a piecewise function."""
    scores = tf.einsum("btc,cd,bsd->bts", x, w, x)
    weights = tf.nn.softmax(tf.where(scores > -0.4, scores, tf.fill(tf.shape(scores), -1e9)))
    y = tf.einsum("bts,bsc->btc", weights, x)
    return tf.reduce_sum(tf.where(tf.logical_and(y > 0.2, y < 1.5), y * y, 0.5 * y), 1)


def resized(x, w):
    small = tf.nn.conv2d(x, w, 1, "SAME")
    image = tf.compat.v1.image
    each = [
        tf.image.resize(small, (9, 11), "bilinear"),
        tf.image.resize(small, (9, 11), "bicubic"),
        tf.image.resize(small, (9, 11), "nearest"),
        image.resize_bilinear(small, (9, 11), align_corners=True),
        image.resize_bilinear(small, (9, 11)),
        image.resize_nearest_neighbor(small, (9, 11), align_corners=True),
        image.resize_nearest_neighbor(small, (9, 11)),
        image.resize_bicubic(small, (9, 11)),
        tf.image.resize(small, (3, 4), "bilinear"),
    ]
    return tf.concat([tf.reduce_mean(y * tf.reshape(tf.range(1.0, y.shape[1] + 1), (1, -1, 1, 1)), (1, 2)) for y in each], 1)


def reductions(x, w):
    y = tf.matmul(x, w)
    parts = [tf.reduce_prod(y, 1), tf.reduce_logsumexp(y, 1), tf.reduce_max(y, 1), tf.reduce_min(y, 1), tf.norm(y, axis=1)]
    parts += [tf.reduce_sum(tf.math.cumsum(y, 1, exclusive=True) * y, 1), tf.reduce_mean(tf.math.floormod(y, 0.7), 1)]
    parts += [tf.reduce_sum(tf.pad(y[..., None], [[0, 0], [2, 1], [0, 0]], mode)[:, ::2, 0] ** 2, 1) for mode in ("REFLECT", "SYMMETRIC")]
    return tf.stack(parts, 1)


def trigonometric(x, w):
    y = tf.tanh(tf.matmul(x, w)) * 0.9
    functions = [tf.sin, tf.cos, tf.tan, tf.asin, tf.acos, tf.atan, tf.sinh, tf.cosh, tf.asinh, tf.atanh, tf.math.erf, tf.math.log1p, tf.abs]
    parts = [f(y) for f in functions] + [tf.acosh(y + 2.5), tf.atan2(y, x[:, :3] + 3), tf.pow(y + 1.2, y), tf.pow(2.0, y), tf.math.rsqrt(y + 2), tf.math.ceil(y * 3)]
    return tf.reduce_sum(tf.concat([p[:, None] * (i + 1) for i, p in enumerate(parts)], 1), 1)


def upwards(x, w, v):
    y = tf.nn.conv2d_transpose(x, w, (tf.shape(x)[0], 9, 10, 5), (2, 2), "SAME")
    z = tf.nn.conv2d_transpose(y, v, (tf.shape(x)[0], 20, 22, 2), (2, 2), "VALID")
    return tf.reduce_mean(z, (1, 2)) + tf.reduce_max(y[..., :2], (1, 2))


def dilated(x, w, v):
    """As TensorFlow writes dilation where a kernel cannot: by SpaceToBatchND."""
    y = tf.space_to_batch(x, [2, 2], [[2, 2], [2, 2]])
    y = tf.nn.relu(tf.nn.conv2d(y, w, 1, "VALID"))
    y = tf.batch_to_space(y, [2, 2], [[0, 0], [0, 0]])
    z = tf.nn.convolution(y, v, dilations=[3, 3], padding="SAME")
    return tf.reduce_mean(z * z, (1, 2))


def scaled(x, w, v):
    """An embedding of length one, whose norm almost vanishes at a baseline of zeros."""
    return tf.matmul(tf.math.l2_normalize(tf.nn.relu(tf.matmul(x, w)), 1), v)


def banded(x, w):
    """Causal attention whose mask is made by the graph, over places that are moved round."""
    mask = tf.linalg.band_part(tf.ones((5, 5)), -1, 0)
    weights = tf.nn.softmax(tf.matmul(x @ w, tf.roll(x, [1], [1]), transpose_b=True) - 1e9 * (1 - mask))
    return tf.reduce_mean(weights @ x, 1)


def neighbours(x, w, v):
    """Norms over neighbouring channels; patches laid out along channels."""
    y = tf.nn.local_response_normalization(tf.nn.conv2d(x, w, 2, "SAME"), 2, 1.0, 0.3, 0.75)
    return tf.reduce_mean(tf.image.extract_patches(y, [1, 2, 2, 1], [1, 2, 2, 1], [1, 1, 1, 1], "VALID") @ v, (1, 2))


def spectrum(x, w, v):
    """Audio front ends: a short-time Fourier transform's magnitude, and cepstral coefficients, which are made by another."""
    power = tf.math.log(tf.abs(tf.signal.stft(x, 32, 8)) + 1e-2)
    cepstrum = tf.signal.mfccs_from_log_mel_spectrograms(power @ w)
    return tf.reduce_mean(tf.tanh(cepstrum) @ v, 1)


def gridded(x, w, v):
    """What training for whole numbers leaves: weights and values on grids, of a layer and of each channel."""
    q = tf.quantization
    kernel = q.fake_quant_with_min_max_vars_per_channel(w, [-1.0, -0.7, -1.3, -0.2], [1.1, 0.9, 0.8, 1.4], narrow_range=True)
    y = tf.nn.relu6(tf.nn.conv2d(q.fake_quant_with_min_max_args(x, -3, 3.3), kernel, 1, "SAME"))
    y = q.fake_quant_with_min_max_vars(y, 0.0, 5.7, num_bits=6)
    return tf.reduce_mean(y, (1, 2)) @ v


def older(x, w, v):
    """Ops of older and lesser used names."""
    raw = tf.raw_ops
    y = raw.BiasAddV1(value=tf.nn.conv2d(x, w, 1, "SAME"), bias=[0.1, -0.2, 0.3, 0.4])
    y = raw.MaxPoolV2(input=y, ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="VALID")
    y = y * tf.linspace(0.5, 1.5, 4)
    y = tf.gather(y, raw.InvertPermutation(x=[2, 0, 3, 1]), axis=3)
    norm = raw.EuclideanNorm(input=y, axis=[1, 2], keep_dims=False)
    return raw.Concat(concat_dim=1, values=[tf.reduce_max(y, (1, 2)), norm]) @ v


def ids(x, w, v):
    """Whole numbers: an embedding, and a mask of the places that hold none."""
    held = tf.cast(tf.not_equal(x, 0), tf.float32)[..., None]
    y = tf.nn.tanh(tf.gather(w, x)) * held
    return tf.matmul(tf.reduce_sum(y, 1) / tf.maximum(tf.reduce_sum(held, 1), 1.0), v)


MODULES = {
    "counted": (Net(counted, [(4, 4)]), (5, 4)),
    "selected": (Net(masked, [(4, 4)]), (5, 4)),
    "resized": (Net(resized, [(3, 3, 2, 3)]), (5, 6, 2)),
    "reductions": (Net(reductions, [(4, 6)]), (4,)),
    "trigonometric": (Net(trigonometric, [(4, 3)]), (4,)),
    "upwards": (Net(upwards, [(3, 3, 5, 3), (4, 4, 2, 5)]), (5, 5, 3)),
    "dilated": (Net(dilated, [(3, 3, 2, 4), (3, 3, 4, 3)]), (8, 8, 2)),
    "scaled": (Net(scaled, [(4, 8), (8, 3)]), (4,)),
    "banded": (Net(banded, [(4, 4)]), (5, 4)),
    "neighbours": (Net(neighbours, [(3, 3, 2, 5), (20, 3)]), (8, 8, 2)),
    "spectrum": (Net(spectrum, [(17, 8), (8, 3)]), (96,)),
    "convlstm": (keras(L.ConvLSTM2D(3, 3, padding="same", name="cells"), L.GlobalAveragePooling2D(), L.Dense(3, name="head"), shape=(3, 6, 5, 2)), (3, 6, 5, 2)),
    "lstm": (keras(L.LSTM(6, name="cells"), L.Dense(3, name="head"), shape=(5, 4)), (5, 4)),
    "gru": (keras(L.GRU(6, return_sequences=True, name="cells"), L.GlobalAveragePooling1D(), L.Dense(3, name="head"), shape=(5, 4)), (5, 4)),
    "both": (keras(L.Bidirectional(L.LSTM(5, return_sequences=True), name="both"), L.SimpleRNN(4, name="last"), L.Dense(3, name="head"), shape=(5, 4)), (5, 4)),
}
def placed(x, w, v):
    """Whole numbers as rows of zeros and a one."""
    return tf.reduce_mean(tf.tanh(tf.one_hot(x, 7) @ w), 1) @ v


class Written(tf.keras.Model):
    """A class: all its variables have the same names."""

    def __init__(self):
        super().__init__()
        self.conv, self.norm, self.attention, self.head = L.Conv1D(8, 3, padding="causal"), L.LayerNormalization(), L.MultiHeadAttention(2, 4), L.Dense(3)

    def call(self, x):
        y = self.norm(self.conv(x))
        return self.head(tf.reduce_mean(y + self.attention(y, y, use_causal_mask=True), 1))


WHOLE = {
    "placed": (Net(placed, [(7, 5), (5, 3)]), (6,)),
    "ids": (Net(ids, [(7, 5), (5, 3)]), (6,)),
    "masked": (keras(L.Embedding(7, 4, mask_zero=True, name="words"), L.LSTM(5, name="cells"), L.Dense(3, name="head"), shape=(6,), dtype="int32"), (6,)),
}


def save(folder, name, net, spec, x):
    function = tf.function(lambda x: {"output": net(x)}, input_signature=[tf.TensorSpec(spec, x.dtype, name="x")])
    concrete = function.get_concrete_function()
    module = tf.Module()
    module.net, module.function = net, function
    tf.saved_model.save(module, str(folder / name), signatures={"serving_default": concrete})
    np.savez(folder / f"{name}.npz", x=x, output=concrete(tf.constant(x))["output"].numpy())
    return concrete


def quantised(array, kind):
    """Weights as the converter of TensorFlow.js stores them."""
    if kind is None or array.dtype != np.float32 or array.size < 4:
        return array, None
    if kind == "float16":
        return array.astype(np.float16), {"dtype": "float16", "original_dtype": "float32"}
    low, high = float(array.min()), float(array.max())
    scale = (high - low) / np.iinfo(kind).max or 1.0
    return np.round((array - low) / scale).astype(kind), {"dtype": kind, "min": low, "scale": scale, "original_dtype": "float32"}


def restored(array, quantisation):
    if quantisation is None:
        return array
    if quantisation["dtype"] == "float16":
        return array.astype(np.float32)
    return (array * quantisation["scale"] + quantisation["min"]).astype(np.float32)


def graph_model(folder, name, concrete, x, kind):
    """A frozen graph, loops written as TensorFlow 1 has them, as the converter of TensorFlow.js does it."""
    frozen = convert_variables_to_constants_v2(concrete, lower_control_flow=True)
    wanted = [each.op.name for each in frozen.outputs]
    definition = tf.compat.v1.graph_util.extract_sub_graph(frozen.graph.as_graph_def(), wanted)
    weights, data = [], b""
    for node in definition.node:
        node.attr.pop("_output_shapes", None)
        if node.op != "Const" or node.attr["dtype"].type == tf.string.as_datatype_enum:
            continue
        stored, quantisation = quantised(tf.make_ndarray(node.attr["value"].tensor), kind)
        entry = {"name": node.name, "shape": list(stored.shape), "dtype": {"bool": "bool", "int64": "int32"}.get(str(stored.dtype), str(stored.dtype))}
        if str(stored.dtype) == "int64":
            stored = stored.astype(np.int32)
        if quantisation:
            entry |= {"dtype": "float32", "quantization": quantisation}
            node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(restored(stored, quantisation)))
        weights.append(entry)
        data += stored.tobytes()
    # What the stored weights give, so that the reading alone is compared.
    with tf.Graph().as_default() as graph:
        tf.import_graph_def(definition, name="")
        with tf.compat.v1.Session(graph=graph) as session:
            y = session.run(frozen.outputs[0].name, {frozen.inputs[0].name: x})
    topology = MessageToDict(definition)
    for node in topology["node"]:
        if node["op"] == "Const":
            node["attr"].pop("value", None)
    place = folder / name
    place.mkdir()
    half = len(data) // 2
    (place / "group1-shard1of2.bin").write_bytes(data[:half])
    (place / "group1-shard2of2.bin").write_bytes(data[half:])
    port = lambda each: {each.op.name: {"name": each.name, "dtype": "DT_" + each.dtype.name.upper().replace("32", "32" if each.dtype.is_integer else ""), "tensorShape": MessageToDict(each.shape.as_proto())}}
    signature = {"inputs": port(frozen.inputs[0]), "outputs": port(frozen.outputs[0])}
    manifest = [{"paths": ["group1-shard1of2.bin", "group1-shard2of2.bin"], "weights": weights}]
    (place / "model.json").write_text(json.dumps({"format": "graph-model", "signature": signature, "modelTopology": topology, "weightsManifest": manifest}))
    np.savez(folder / f"{name}.npz", x=x, output=y)


def legacy(folder):
    """A loop of TensorFlow 1, frozen weights, in a folder of its builder."""
    with tf.Graph().as_default():
        tf.compat.v1.disable_control_flow_v2()
        x = tf.compat.v1.placeholder(tf.float32, (None, 4), "x")
        w = tf.constant(RANDOM.normal(0, 0.5, (4, 4)).astype("float32"))
        _, y = tf.compat.v1.while_loop(lambda i, _: i < 6, lambda i, h: (i + 1, tf.tanh(tf.matmul(h, w) + x)), (tf.constant(0), tf.zeros_like(x)))
        y = tf.identity(y, "output")
        values = RANDOM.normal(size=(3, 4)).astype("float32")
        with tf.compat.v1.Session() as session:
            np.savez(folder / "legacy.npz", x=values, output=session.run(y, {x: values}))
            tf.compat.v1.saved_model.simple_save(session, str(folder / "legacy"), {"x": x}, {"output": y})
        tf.compat.v1.enable_control_flow_v2()


def save_signature(place, body, spec):
    module = tf.Module()
    module.function = tf.function(lambda x: {"output": body(x)}, input_signature=[spec])
    tf.saved_model.save(module, str(place), signatures=module.function)


def written(folder):
    net = Written()
    x = RANDOM.normal(size=(3, 6, 4)).astype("float32")
    y = net(x)
    function = tf.function(lambda x: {"output": net(x)}, input_signature=[tf.TensorSpec((None, 6, 4), tf.float32, name="x")])
    tf.saved_model.save(net, str(folder / "written"), signatures=function)
    np.savez(folder / "written.npz", x=x, output=y)


def refused(folder):
    """What opens for viewing: steps that depend on values, texts, streams of random numbers."""
    def until(x):
        return tf.while_loop(lambda h: tf.reduce_sum(h) < 10.0, lambda h: (h * 1.5,), (x,))[0]

    def texts(x):
        return tf.reduce_sum(tf.one_hot(tf.strings.to_hash_bucket_fast(x, 8), 8), 1)

    def noisy(x):
        return x + tf.random.normal(tf.shape(x))

    for name, body, spec in (("until", until, tf.TensorSpec((None, 4))), ("texts", texts, tf.TensorSpec((None, 3), tf.string)), ("noisy", noisy, tf.TensorSpec((None, 4)))):
        save_signature(folder / name, body, spec)


def later(folder):
    """Made last, so that the numbers of the others stay what they were."""
    for name, net in {"gridded": Net(gridded, [(3, 3, 2, 4), (4, 3)]), "older": Net(older, [(3, 3, 2, 4), (8, 3)])}.items():
        save(folder, name, net, (None, 6, 6, 2), RANDOM.normal(size=(3, 6, 6, 2)).astype("float32"))


def main(folder: Path) -> None:
    done = {}
    for name, (net, shape) in {**MODULES, **WHOLE}.items():
        x = RANDOM.integers(0, 7, (3, *shape)).astype("int32") if name in WHOLE else RANDOM.normal(size=(3, *shape)).astype("float32")
        done[name] = (save(folder, name, net, (None, *shape), x), x)
    # No batch axis: a wave of any length, framed, and a mean over all of it.
    wave = Net(lambda x, w: tf.reduce_mean(tf.tanh(tf.matmul(tf.reshape(x, (-1, 8)), w)), 0), [(8, 3)])
    save(folder, "wave", wave, (64,), RANDOM.normal(size=(64,)).astype("float32"))
    for name, kind in (("dilated", None), ("dilated", "uint8"), ("upwards", "uint16"), ("counted", None), ("lstm", "float16"), ("both", None)):
        graph_model(folder, f"{name}_{kind or 'float32'}", *done[name], kind)
    legacy(folder)
    written(folder)
    refused(folder)
    later(folder)
    (folder / "exported.json").write_text(json.dumps({"tensorflow": tf.__version__}))


main(Path(sys.argv[1]))

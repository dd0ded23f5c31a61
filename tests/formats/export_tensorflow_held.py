"""
SavedModels of several inputs, some of them whole numbers that say where and which: edges of a graph, lengths, branches; places of
extremes; and recurrent kernels of GPUs, whose numbers are computed here as cuDNN's documentation has them, since no GPU is asked for.

Usage: python export_tensorflow_held.py FOLDER
"""

import json
import os
import sys
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

raw = tf.raw_ops
RANDOM = np.random.default_rng(2)
FOLDER = Path(sys.argv[1])


def weight(*shape):
    return RANDOM.normal(0, 0.5, shape).astype("float32")


K, V = weight(4, 4), weight(4, 2)


def save(name, body, specs, given, expected=None):
    """@param given one array for each spec"""
    module = tf.Module()
    module.function = tf.function(lambda *args: {"output": body(*args)}, input_signature=specs)
    concrete = module.function.get_concrete_function()
    tf.saved_model.save(module, str(FOLDER / name), signatures=concrete)
    inputs = {spec.name: array for spec, array in zip(specs, given)}
    if expected is None:
        expected = concrete(**{key: tf.constant(array) for key, array in inputs.items()})["output"]
    np.savez(FOLDER / f"{name}.npz", **inputs, output=expected)


def spec(name, *shape, dtype=tf.float32):
    return tf.TensorSpec(shape, dtype, name=name)


# --- told by whole numbers of the input

def neighbours(nodes, senders, receivers):
    h = tf.tanh(nodes @ K)
    summed = tf.math.unsorted_segment_sum(tf.gather(h, senders), receivers, 5)
    return tf.linalg.matvec(V, tf.reduce_sum(tf.tanh(summed + h), 0), transpose_a=True)


def last(x, length):
    h = tf.scan(lambda h, row: tf.tanh(h @ K + row), tf.transpose(x, (1, 0, 2)), initializer=tf.zeros_like(x[:, 0]))
    return tf.gather(tf.transpose(h, (1, 0, 2)), length - 1, batch_dims=1) @ V


def last_by_lists(x, length):
    return tf.gather_nd(tf.tanh(x @ K), tf.stack([tf.range(tf.shape(x)[0]), length - 1], 1)) @ V


def backwards(x, length):
    """As TensorFlow 1's bidirectional layers read what is of another length in each example."""
    turned = tf.reverse_sequence(tf.tanh(x @ K), length, seq_axis=1)
    return tf.linalg.matvec(tf.transpose(turned, (0, 2, 1)), tf.constant([0.5, -1.0, 2.0, 1.5, -0.7])) @ V


def branches(x, which):
    return tf.switch_case(which[0], [lambda: x @ V, lambda: tf.tanh(x) @ V, lambda: -x @ V])


def sparse(x):
    matrix = tf.sparse.SparseTensor(tf.constant([[0, 1], [1, 3], [2, 0]], tf.int64), tf.constant(weight(3)), (3, 4))
    return tf.transpose(tf.sparse.sparse_dense_matmul(matrix, tf.transpose(x)))


# --- told by the values themselves

def peak(x):
    y = tf.tanh(x @ K)
    place = tf.argmax(y[..., 0], 1, output_type=tf.int32)
    return tf.concat([tf.gather(y, place, batch_dims=1) @ V, tf.cast(place, tf.float32)[:, None] * 0.1], 1)


def largest(x):
    values, places = tf.math.top_k(x[..., 0], 2)
    return tf.reshape(tf.gather(x, places, batch_dims=1), (-1, 8)) @ weight(8, 2) + values


# --- kernels of GPUs

UNITS, FEATURES = 3, 4


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def lstm(x, w, b):
    h = c = np.zeros((x.shape[1], UNITS))
    made = []
    for row in x:
        i, f, g, o = [row @ w[k].T + b[k] + h @ w[4 + k].T + b[4 + k] for k in range(4)]
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        made.append(h)
    return np.stack(made)


def gru(x, w, b):
    h = np.zeros((x.shape[1], UNITS))
    made = []
    for row in x:
        r, z = [sigmoid(row @ w[k].T + b[k] + h @ w[3 + k].T + b[3 + k]) for k in range(2)]
        n = np.tanh(row @ w[2].T + b[2] + r * (h @ w[5].T + b[5]))
        h = (1 - z) * n + z * h
        made.append(h)
    return np.stack(made)


def cudnn(name, mode, directions, layers, version):
    gates, cell = (4, lstm) if mode == "lstm" else (3, gru)
    widths = [FEATURES if layer == 0 else UNITS * directions for layer in range(layers) for _ in range(directions)]
    matrices = [[weight(UNITS, width) for _ in range(gates)] + [weight(UNITS, UNITS) for _ in range(gates)] for width in widths]
    biases = [[weight(UNITS) for _ in range(2 * gates)] for _ in widths]
    flat = np.concatenate([each.reshape(-1) for part in matrices + biases for each in part])
    way = "bidirectional" if directions == 2 else "unidirectional"

    def body(x):
        n = tf.shape(x)[0]
        more = {"params": tf.constant(flat), "rnn_mode": mode, "direction": way, "is_training": False}
        if version == 3:  # examples first, with lengths
            zero = tf.zeros((n, layers * directions, UNITS))
            made = raw.CudnnRNNV3(input=x, input_h=zero, input_c=zero, sequence_lengths=tf.fill([n], 5), time_major=False, **more)[0]
        else:
            op = raw.CudnnRNN if version == 1 else raw.CudnnRNNV2
            zero = tf.zeros((layers * directions, n, UNITS))
            made = tf.transpose(op(input=tf.transpose(x, (1, 0, 2)), input_h=zero, input_c=zero, **more)[0], (1, 0, 2))
        return tf.reshape(made, (-1, 5 * UNITS * directions))

    x = weight(2, 5, FEATURES)
    y, at = x.transpose(1, 0, 2), 0
    for _ in range(layers):
        sides = []
        for direction in range(directions):
            step = 1 if direction == 0 else -1
            sides.append(cell(y[::step], matrices[at], biases[at])[::step])
            at += 1
        y = np.concatenate(sides, 2)
    save(name, body, [spec("x", None, 5, FEATURES)], [x], y.transpose(1, 0, 2).reshape(2, -1).astype("float32"))


def main():
    whole = lambda *numbers: np.array(numbers, "int32")
    steps = weight(3, 5, 4)
    edges = [whole(0, 1, 2, 3, 4, 0), whole(1, 2, 3, 4, 0, 2)]
    ints = lambda name, *shape: spec(name, *shape, dtype=tf.int32)
    save("neighbours", neighbours, [spec("x", 5, 4), ints("senders", 6), ints("receivers", 6)], [weight(5, 4), *edges])
    for name, body in (("last", last), ("last_by_lists", last_by_lists), ("backwards", backwards)):
        save(name, body, [spec("x", None, 5, 4), ints("length", None)], [steps, whole(5, 2, 3)])
    save("branches", branches, [spec("x", None, 4), ints("which", 1)], [weight(1, 4), whole(1)])
    save("sparse", sparse, [spec("x", None, 4)], [weight(3, 4)])
    save("peak", peak, [spec("x", None, 5, 4)], [steps])
    save("largest", largest, [spec("x", None, 5, 4)], [steps])
    cudnn("cudnn_lstm", "lstm", 1, 1, 1)
    cudnn("cudnn_lstm_both", "lstm", 2, 2, 3)
    cudnn("cudnn_gru", "gru", 1, 2, 2)
    cudnn("cudnn_gru_both", "gru", 2, 1, 3)
    (FOLDER / "exported.json").write_text(json.dumps({"tensorflow": tf.__version__}))


main()

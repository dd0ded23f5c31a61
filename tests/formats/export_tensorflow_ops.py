"""
One small TensorFlow model for each kind of op: values at places, segments, patches, mapped functions, transforms back,
recurrent kernels, branches; as SavedModels by TensorFlow's own writer, each with an input and what TensorFlow makes of it.

Usage: python export_tensorflow_ops.py FOLDER
"""

import json
import os
import sys
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

raw = tf.raw_ops
RANDOM = np.random.default_rng(1)


def weight(*shape):
    return RANDOM.normal(0, 0.5, shape).astype("float32")


def mixed(y, size=3):
    """All values of each example to a few, so that F depends on each."""
    flat = tf.reshape(y, (-1, int(np.prod(y.shape[1:]))))
    return tf.tanh(flat) @ tf.constant(weight(flat.shape[1], size))


def known(y, *sizes):
    """With the sizes that TensorFlow does not infer, behind those of the batch."""
    return tf.ensure_shape(y, (None, *sizes))


def both(*parts):
    return tf.concat([mixed(part) for part in parts], 1)


# --- places

def gather_nd(x):  # [n, 4, 5, 3]
    places = tf.constant([[0, 1], [3, 4], [2, 2]])
    one = tf.gather_nd(x, tf.tile(places[None], (tf.shape(x)[0], 1, 1)), batch_dims=1)
    turned = tf.gather_nd(tf.transpose(x, (1, 2, 0, 3)), places)
    return both(one, tf.transpose(turned, (1, 0, 2)))


def gather_batched(x):  # [n, 4, 5, 3]
    rows = tf.constant([[0, 4, 2], [1, 1, 3], [4, 0, 0], [2, 3, 1]])
    one = tf.gather(x, tf.tile(rows[None], (tf.shape(x)[0], 1, 1)), batch_dims=2, axis=2)
    return both(one, tf.gather(x, [[2, 0], [1, 3]], axis=1))


def scatter_nd(x):  # [n, 4, 5, 3]
    turned = tf.transpose(x, (1, 0, 2, 3))
    spread = tf.scatter_nd(tf.constant([[5], [1], [5], [3]]), turned, tf.stack([7, tf.shape(x)[0], 5, 3]))
    return mixed(tf.transpose(spread, (1, 0, 2, 3)))


def tensor_scatter(x):  # [n, 4, 5, 3]
    turned = tf.transpose(x, (1, 2, 3, 0))  # [4, 5, 3, n]
    places, updates = tf.constant([[1, 2], [3, 0]]), turned[0, :2]
    back = lambda y: tf.transpose(y, (3, 0, 1, 2))
    return both(
        back(tf.tensor_scatter_nd_update(turned, places, updates)),
        back(tf.tensor_scatter_nd_add(turned, places, updates)),
        back(tf.tensor_scatter_nd_sub(turned, places, updates)),
        back(tf.tensor_scatter_nd_max(turned, places, updates)),
        back(tf.tensor_scatter_nd_min(turned, places, updates)),
    )


def strided_update(x):  # [n, 4, 5, 3]
    y = raw.TensorStridedSliceUpdate(input=x, begin=[0, 1, 0, 0], end=[0, 3, 4, 3], strides=[1, 1, 2, 1], value=x[:, :2, :2] * 2, begin_mask=1, end_mask=1)
    return mixed(y)


# --- segments

def segments(x):  # [n, 6, 4]
    t = tf.transpose(x, (1, 0, 2))
    ids = tf.constant([0, 0, 1, 3, 3, 3])
    parts = [f(t, ids) for f in (tf.math.segment_sum, tf.math.segment_mean, tf.math.segment_max, tf.math.segment_min, tf.math.segment_prod)]
    return both(*(known(tf.transpose(p, (1, 0, 2)), 4, 4) for p in parts))


def unsorted_segments(x):  # [n, 6, 4]
    t = tf.transpose(x, (1, 0, 2))
    ids = tf.constant([2, 0, 1, 0, -1, 2])
    parts = [f(t, ids, 3) for f in (tf.math.unsorted_segment_sum, tf.math.unsorted_segment_mean, tf.math.unsorted_segment_max, tf.math.unsorted_segment_min, tf.math.unsorted_segment_prod, tf.math.unsorted_segment_sqrt_n)]
    return both(*(tf.transpose(p, (1, 0, 2)) for p in parts))


def sparse_segments(x):  # [n, 6, 4]
    t = tf.transpose(x, (1, 0, 2))
    parts = [f(t, tf.constant([0, 4, 2, 2]), tf.constant([0, 0, 1, 1])) for f in (tf.sparse.segment_sum, tf.sparse.segment_mean, tf.sparse.segment_sqrt_n)]
    return both(*(known(tf.transpose(p, (1, 0, 2)), 2, 4) for p in parts))


def flat_segments(x):
    """One graph whose nodes are the first axis: sums over the neighbours of each."""
    h = tf.tanh(x @ tf.constant(weight(4, 4)))
    edges = tf.constant([[0, 1, 2, 3, 4, 0], [1, 2, 3, 4, 0, 2]])
    summed = tf.math.unsorted_segment_sum(tf.gather(h, edges[0]), edges[1], 5)
    return tf.reduce_sum(tf.tanh(summed @ tf.constant(weight(4, 3))), 0)


# --- functions mapped over examples, steps

def mapped(x):  # [n, 5, 4]
    w = tf.constant(weight(4, 4))
    return tf.map_fn(lambda row: tf.reduce_max(tf.tanh(row @ w), 0), x)


def mapped_several(x):  # [n, 5, 4]
    w = tf.constant(weight(4, 3))
    def each(pair):
        row, half = pair
        return tf.nn.softmax(tf.linalg.matvec(w, tf.reduce_mean(row, 0), transpose_a=True)), tf.reduce_sum(half) * row[0]
    one, two = tf.map_fn(each, (x, x[:, :2] * 0.5), fn_output_signature=(tf.float32, tf.float32))
    return tf.concat([one, tf.tanh(two)], 1)


def mapped_pictures(x):  # [n, 6, 6, 2]
    kernel = tf.constant(weight(3, 3, 2, 3))
    def each(image):
        y = tf.nn.conv2d(tf.image.resize(image, (8, 8))[None], kernel, 1, "SAME")[0]
        return tf.reduce_mean(tf.nn.relu(y), (0, 1))
    return tf.map_fn(each, x)


def mapped_standard(x):  # [n, 6, 6, 2]
    y = tf.map_fn(tf.image.per_image_standardization, x)
    return mixed(y)


def mapped_steps(x):
    """Over steps, not examples."""
    w = tf.constant(weight(4, 4))
    y = tf.map_fn(lambda row: tf.tanh(row @ w), tf.transpose(x, (1, 0, 2)))
    return mixed(tf.transpose(y, (1, 0, 2)))


def vectorized(x):  # [n, 5, 4]
    w = tf.constant(weight(4, 4))
    return tf.vectorized_map(lambda row: tf.reduce_max(tf.tanh(row @ w), 0), x)


def scanned(x):  # [n, 5, 4]
    w = tf.constant(weight(4, 4))
    y = tf.scan(lambda h, row: tf.tanh(h @ w + row), tf.transpose(x, (1, 0, 2)), initializer=tf.zeros_like(x[:, 0]))
    return mixed(tf.transpose(y, (1, 0, 2)))


def folded(x):
    w = tf.constant(weight(4, 4))
    return tf.foldl(lambda h, row: tf.tanh(h @ w + row), tf.transpose(x, (1, 0, 2)), initializer=tf.zeros_like(x[:, 0]))


def graph_loop(x):
    """As AutoGraph writes a loop over examples that collects what it makes."""
    w = tf.constant(weight(4, 4))
    made = tf.TensorArray(tf.float32, size=tf.shape(x)[0])
    for i in tf.range(tf.shape(x)[0]):
        made = made.write(i, tf.reduce_max(tf.tanh(x[i] @ w), 0))
    y = made.stack()
    y.set_shape((None, 4))
    return y


# --- transforms

def rebuilt(x):  # [n, 96]
    """Through a spectrum and back: a filter as audio models have it."""
    spectrum = tf.signal.stft(x, 32, 8)
    gain = tf.sigmoid(tf.abs(spectrum) @ tf.constant(weight(17, 17)))
    wave = tf.signal.inverse_stft(spectrum * tf.cast(gain, tf.complex64), 32, 8, window_fn=tf.signal.inverse_stft_window_fn(8))
    return mixed(wave)


def inverse(x):  # [n, 12]
    s = tf.signal.rfft(x)
    back = tf.signal.irfft(s * tf.cast(tf.abs(s), tf.complex64))
    longer = tf.signal.irfft(s, [16])
    odd = tf.signal.irfft(tf.signal.rfft(x[:, :9]), [9])
    full = tf.signal.ifft(tf.signal.fft(tf.complex(x, x * x)))
    return both(back, longer, odd, tf.math.real(full), tf.math.imag(full))


def planes(x):  # [n, 4, 6]
    s = tf.signal.rfft2d(x)
    f = tf.signal.fft2d(tf.cast(x, tf.complex64))
    b = tf.signal.ifft2d(f * f)
    return both(tf.abs(s), tf.signal.irfft2d(s * s), tf.math.real(b), tf.abs(f))


def spaces(x):  # [n, 2, 4, 3]
    f = tf.signal.fft3d(tf.cast(x, tf.complex64))
    return both(tf.abs(f), tf.math.real(tf.signal.ifft3d(f * f)), tf.signal.irfft3d(tf.signal.rfft3d(x), [2, 4, 3]))


def convolved(x):  # [n, 4, 6]
    """A product of spectra: Fourier neural operators, FNet, long convolutions."""
    k = tf.signal.rfft(tf.constant(weight(6)), [12])
    y = tf.signal.irfft(tf.signal.rfft(x, [12]) * k, [12])[..., :6]
    w = tf.complex(tf.constant(weight(4, 4)), tf.constant(weight(4, 4)))
    z = tf.einsum("bcf,cd->bdf", tf.signal.rfft(x), w)
    return both(y, tf.signal.irfft(z), tf.math.real(tf.signal.fft2d(tf.cast(x, tf.complex64))))


def complex_kinds(x):  # [n, 6]
    c = tf.complex(x, x[:, ::-1] * 0.5)
    d = tf.stack([c, tf.math.conj(c)], 1) + tf.complex(1.0, 0.3)
    e = tf.concat([d, d - 1j], 2) / (2 + 1j)
    f = tf.reduce_sum(e * tf.exp(tf.complex(0.0, 0.7)), 1)
    g = tf.reverse(tf.pad(-f, [[0, 0], [1, 1]]), [1])
    m = tf.linalg.matmul(d, tf.complex(tf.constant(weight(6, 3)), tf.constant(weight(6, 3))))
    return both(tf.math.real(g), tf.math.imag(g), tf.math.angle(f), tf.abs(m), tf.math.real(tf.square(c)), tf.math.real(tf.math.reciprocal(d + 2)), tf.cast(tf.tile(c, [1, 2]), tf.float32))


def cosines(x):  # [n, 12]
    return both(*(tf.signal.dct(x, type=t) for t in (1, 2, 3, 4)), tf.signal.idct(x, type=2), tf.signal.mdct(x, 4), tf.signal.inverse_mdct(tf.reshape(x, (-1, 3, 4))))


# --- pictures

def cropped(x):  # [n, 6, 6, 2]: each example by boxes of its own index is not known; one example's boxes are fixed
    boxes = tf.constant([[0.1, 0.2, 0.8, 0.9], [0.0, 0.0, 1.0, 1.0], [0.7, 0.6, 0.2, 0.1], [-0.2, 0.1, 1.3, 0.9]])
    return tf.concat([tf.reshape(tf.image.crop_and_resize(x, boxes, [0, 0, 0, 0], (4, 3), m, 0.25), (1, -1)) for m in ("bilinear", "nearest")], 1)


def cropped_each(x):
    n = tf.shape(x)[0]
    return mixed(tf.image.crop_and_resize(x, tf.tile([[0.1, 0.2, 0.8, 0.9]], (n, 1)), tf.range(n), (4, 3)))


def morphology(x):  # [n, 6, 6, 2]
    filters = tf.constant(weight(3, 3, 2))
    kinds = [("SAME", 1, 1), ("VALID", 1, 1), ("SAME", 2, 1), ("SAME", 1, 2)]
    parts = [tf.nn.dilation2d(x, filters, (1, s, s, 1), p, "NHWC", (1, r, r, 1)) for p, s, r in kinds]
    return both(*parts, tf.nn.erosion2d(x, filters, (1, 1, 1, 1), "SAME", "NHWC", (1, 1, 1, 1)))


def volumes(x):  # [n, 4, 5, 5, 2]
    return mixed(raw.ExtractVolumePatches(input=x, ksizes=[1, 2, 2, 2, 1], strides=[1, 1, 2, 2, 1], padding="VALID"))


def picture_kinds(x):  # [n, 6, 6, 3]
    i = tf.image
    return both(i.rgb_to_grayscale(x), i.flip_left_right(i.rot90(x)), i.adjust_contrast(x, 1.7), i.central_crop(x, 0.5), i.resize_with_pad(x, 8, 5), i.rgb_to_yuv(x), i.sobel_edges(x), i.total_variation(x)[:, None], i.grayscale_to_rgb(x[..., :1]), tf.clip_by_value(i.adjust_brightness(x, 0.2), -1.0, 1.0), i.transpose(x))


def older_resizes(x):  # [n, 5, 5, 2]
    return both(*(tf.image.resize(x, (3, 8), m) for m in ("lanczos3", "lanczos5", "gaussian", "mitchellcubic", "area")), tf.image.resize(x, (3, 3), "bilinear", antialias=True), tf.image.resize(x, (3, 2), "bicubic", antialias=True))


def pools(x):  # [n, 6, 6, 2]
    values, _ = tf.nn.max_pool_with_argmax(x, 2, 2, "SAME")
    return both(values, tf.nn.avg_pool2d(x, 3, 2, "SAME"), tf.nn.space_to_depth(x, 2), tf.nn.depth_to_space(tf.tile(x, (1, 1, 1, 2)), 2))


def unpooled(x):  # [n, 4, 4, 2]: as SegNet does
    pooled, places = tf.nn.max_pool_with_argmax(x, 2, 2, "SAME", include_batch_in_index=True)
    flat = tf.scatter_nd(tf.reshape(places, (-1, 1)), tf.reshape(pooled, (-1,)), tf.cast(tf.size(x), tf.int64)[None])
    return mixed(tf.reshape(flat, (-1, 4, 4, 2)))


# --- matrices

def matrices(x):  # [n, 4, 5]
    l = tf.linalg
    y = l.set_diag(x, x[:, :, 0] * 2)
    return both(l.diag(x), l.diag_part(x), y, l.band_part(x, 1, 0), l.matrix_transpose(x), l.trace(x)[:, None], l.diag(x[:, 0], k=1), l.diag_part(x, k=(-1, 1), padding_value=0.5), l.set_diag(x, x[:, :3, 1], k=-1), l.eye(4) @ x, l.tensor_diag(tf.range(4.0)) @ x, l.adjoint(x))


def sums(x):  # [n, 4, 5]
    c = tf.math.cumsum
    positive = tf.abs(x) + 0.5
    return both(c(x, 1), c(x, 2, exclusive=True), c(x, 2, reverse=True), tf.math.cumprod(positive, 2), tf.math.cumprod(positive, 1, exclusive=True, reverse=True), tf.math.cumulative_logsumexp(x, 2), tf.add_n([x, x * 2]), tf.math.reduce_variance(x, 1), tf.math.reduce_std(x, 2), tf.math.reduce_euclidean_norm(x, 1), tf.math.l2_normalize(x, 2))


def einstein(x):  # [n, 4, 4]
    w, v = tf.constant(weight(4, 4, 3)), tf.constant(weight(4))
    return both(tf.einsum("bii->bi", x), tf.einsum("bij,ijk->bk", x, w), tf.einsum("bii,i->bi", x, v), tf.einsum("...ij,...jk->...ik", x, x), tf.einsum("bij,bij->b", x, x)[:, None], tf.einsum("bij->bji", x), tf.einsum("bij,j,bik->bk", x, v, x), tf.einsum("bi,bj->bij", x[:, 0], x[:, 1]), tf.einsum("bij,ikl->bjkl", x, w), tf.einsum("bii->b", x)[:, None], tf.einsum("bi,ii->bi", x[:, 0], w[:, :, 0]))


# --- orders

def largest(x):  # [n, 6]
    return both(tf.math.top_k(x, 3).values, tf.reverse(tf.sort(x, 1), [1]), tf.sort(x, 1, "DESCENDING"), raw.NthElement(input=x, n=2)[:, None], raw.NthElement(input=x, n=1, reverse=True)[:, None])


def turned(x):  # [n, 6, 3]
    lengths = tf.fill(tf.shape(x)[:1], 4)
    steps = tf.transpose(x, (1, 0, 2))
    back = lambda y, size: known(tf.transpose(y, (1, 0, 2)), size, 3)
    parted = tf.dynamic_partition(steps, [0, 1, 0, 1, 0, 0], 2)
    stitched = tf.dynamic_stitch([[0, 2, 4], [1, 3, 5]], [steps[:3], steps[3:]])
    return both(
        tf.reverse_sequence(x, lengths, 1),
        tf.roll(x, [2, -1], [1, 2]),
        tf.repeat(x, 2, 1),
        known(tf.repeat(x, [1, 2, 3, 0, 1, 1], 1), 8, 3),
        x[:, ::-1, ::2],
        known(tf.boolean_mask(x, [True, False, True, True, False, True], axis=1), 4, 3),
        back(parted[1], 2),
        back(stitched, 6),
        tf.tile(x, (1, 2, 1)),
        tf.unstack(x, axis=2)[1],
        tf.broadcast_to(x[:, :1], tf.shape(x)),
    )


def counted_ids(x):  # whole [n, 6]
    table = tf.constant(weight(7, 4))
    count = lambda **more: known(tf.math.bincount(x, minlength=7, maxlength=7, axis=-1, dtype=tf.float32, **more), 7)
    return both(count(), count(binary_output=True), tf.one_hot(x, 7, axis=1), tf.gather(table, x), tf.reduce_sum(tf.gather(table, tf.clip_by_value(x, 1, 5)), 1))


def valued(x):  # [n, 6]
    m, nn = tf.math, tf.nn
    p = tf.abs(x) + 0.3
    parts = [m.xlogy(p, p), m.xlog1py(p, p), m.xdivy(x, p), m.multiply_no_nan(x, p), m.divide_no_nan(x, p)]
    parts += [nn.relu6(x * 4), nn.selu(x), nn.softsign(x), nn.crelu(x), m.log_sigmoid(x), nn.leaky_relu(x, 0.3), nn.elu(x), nn.gelu(x), nn.gelu(x, True), nn.silu(x), m.softplus(x)]
    parts += [m.erfc(x), m.expm1(x), m.squared_difference(x, p), m.floordiv(x, 0.7), m.rint(x * 3), tf.round(x * 3), m.sign(x), m.atan2(x, p), m.truediv(x, p), raw.Inv(x=p), raw.TruncateMod(x=x, y=p)]
    parts += [tf.clip_by_norm(x, 1.0, axes=[1]), nn.weighted_moments(x, [1], p)[0][:, None], tf.where(x > 0, x, p), tf.identity_n([x])[0], nn.bias_add(x, weight(6))]
    return both(*parts)


# --- recurrent kernels

def block_lstm(x):  # [n, 5, 4]
    seq = tf.transpose(x, (1, 0, 2))
    n = tf.shape(x)[0]
    zero = tf.zeros((n, 3))
    parts = []
    for op, extra in ((raw.BlockLSTM, {"forget_bias": 0.7}), (raw.BlockLSTMV2, {})):
        for peep in (False, True):
            made = op(seq_len_max=tf.constant(5, tf.int64), x=seq, cs_prev=zero, h_prev=zero + 0.1, w=tf.constant(weight(7, 12)), wci=weight(3), wcf=weight(3), wco=weight(3), b=weight(12), cell_clip=-1.0, use_peephole=peep, **extra)
            parts.append(tf.transpose(made.h, (1, 0, 2)))
    return both(*parts, tf.transpose(made.cs, (1, 0, 2)))


def block_cells(x):  # [n, 5, 4]
    n = tf.shape(x)[0]
    c = h = g = tf.zeros((n, 3))
    w, b = tf.constant(weight(7, 12)), tf.constant(weight(12))
    wru, wc, bru, bc = tf.constant(weight(7, 6)), tf.constant(weight(7, 3)), tf.constant(weight(6)), tf.constant(weight(3))
    for t in range(5):
        made = raw.LSTMBlockCell(x=x[:, t], cs_prev=c, h_prev=h, w=w, wci=weight(3), wcf=weight(3), wco=weight(3), b=b, forget_bias=1.0, cell_clip=0.8, use_peephole=False)
        c, h = made.cs, made.h
        g = raw.GRUBlockCell(x=x[:, t], h_prev=g, w_ru=wru, w_c=wc, b_ru=bru, b_c=bc).h
    return both(h, g, c)


# --- control

def case(x):
    return mixed(tf.switch_case(tf.constant(1), [lambda: x, lambda: tf.tanh(x) * 2, lambda: -x]))


def dropped(x):
    """Dropout at a rate of 0, as TensorFlow 1 wrote it, and as it did later: all numbers pass."""
    drawn = tf.raw_ops.RandomUniform(shape=tf.shape(x), dtype=tf.float32)
    later = tf.cast(drawn * tf.constant(1.0) + tf.constant(0.0) >= tf.constant(0.0), tf.float32)
    return mixed(x * tf.floor(tf.constant(1.0) + drawn) * later)


def case_held(x, which):
    return mixed(tf.switch_case(which[0], [lambda: x, lambda: tf.tanh(x) * 2, lambda: -x]))


@tf.function
def inner(x, w):
    return tf.tanh(x @ w)


@tf.function
def outer(x, w):
    return inner(inner(x, w), w) + x


def nested(x):
    return mixed(outer(x, tf.constant(weight(4, 4))))


@tf.custom_gradient
def straight(x):
    return tf.round(x * 4) / 4, lambda up: up


def custom(x):
    return mixed(tf.stop_gradient(straight(x)) + tf.nn.swish(x) + tf.recompute_grad(lambda y: tf.sin(y))(x))


@tf.function(jit_compile=True)
def compiled(x):
    return mixed(x * 2)


class Stateful(tf.Module):
    """Variables in a loop, an assignment that nothing reads, a while of TensorFlow over resource variables."""

    def __init__(self):
        super().__init__()
        self.w = tf.Variable(weight(4, 4))
        self.calls = tf.Variable(0)
        self.table = tf.Variable(weight(5, 4))

    def __call__(self, x):
        self.calls.assign_add(1)
        y = tf.while_loop(lambda i, _: i < 4, lambda i, h: (i + 1, tf.tanh(tf.gather(self.table, i) + h @ self.w)), (0, x))[1]
        return mixed(y @ tf.transpose(tf.nn.embedding_lookup(self.table, [0, 3])))


F = "float32"
CASES = {
    "gather_nd": (gather_nd, (4, 5, 3)), "gather_batched": (gather_batched, (4, 5, 3)), "scatter_nd": (scatter_nd, (4, 5, 3)),
    "tensor_scatter": (tensor_scatter, (4, 5, 3)), "strided_update": (strided_update, (4, 5, 3)),
    "segments": (segments, (6, 4)), "unsorted_segments": (unsorted_segments, (6, 4)), "sparse_segments": (sparse_segments, (6, 4)),
    "mapped": (mapped, (5, 4)), "mapped_several": (mapped_several, (5, 4)), "mapped_pictures": (mapped_pictures, (6, 6, 2)),
    "mapped_standard": (mapped_standard, (6, 6, 2)), "mapped_steps": (mapped_steps, (5, 4)), "vectorized": (vectorized, (5, 4)),
    "scanned": (scanned, (5, 4)), "folded": (folded, (5, 4)), "graph_loop": (graph_loop, (5, 4)),
    "rebuilt": (rebuilt, (96,)), "inverse": (inverse, (12,)), "planes": (planes, (4, 6)), "spaces": (spaces, (2, 4, 3)),
    "convolved": (convolved, (4, 6)), "complex_kinds": (complex_kinds, (6,)), "cosines": (cosines, (12,)),
    "cropped_each": (cropped_each, (6, 6, 2)), "morphology": (morphology, (6, 6, 2)), "volumes": (volumes, (4, 5, 5, 2)),
    "picture_kinds": (picture_kinds, (6, 6, 3)), "older_resizes": (older_resizes, (5, 5, 2)), "pools": (pools, (6, 6, 2)), "unpooled": (unpooled, (4, 4, 2)),
    "matrices": (matrices, (4, 5)), "sums": (sums, (4, 5)), "einstein": (einstein, (4, 4)),
    "largest": (largest, (6,)), "turned": (turned, (6, 3)), "valued": (valued, (6,)),
    "block_lstm": (block_lstm, (5, 4)), "block_cells": (block_cells, (5, 4)),
    "case": (case, (4,)), "dropped": (dropped, (4,)), "nested": (nested, (4,)), "custom": (custom, (4,)), "compiled": (compiled, (4,)), "stateful": (Stateful(), (4,)),
}
ONE = {"flat_segments": (flat_segments, (5, 4)), "cropped": (cropped, (1, 6, 6, 2))}
WHOLE = {"counted_ids": (counted_ids, (6,))}


def save(folder, name, body, spec, x):
    place = folder / name
    holder = tf.Module()
    holder.body = body if isinstance(body, tf.Module) else None
    holder.function = tf.function(lambda x: {"output": body(x)}, input_signature=[tf.TensorSpec(spec, x.dtype, name="x")])
    concrete = holder.function.get_concrete_function()
    tf.saved_model.save(holder, str(place), signatures=concrete)
    given = concrete(tf.constant(x))["output"].numpy()
    np.savez(folder / f"{name}.npz", x=x, output=given)


def main(folder, wanted):
    failed = []
    for name, (body, shape) in {**CASES, **ONE, **WHOLE}.items():
        if wanted and name not in wanted:
            continue
        full = shape if name in ONE else (3, *shape)
        x = RANDOM.integers(0, 7, full).astype("int32") if name in WHOLE else RANDOM.normal(size=full).astype("float32")
        try:
            save(folder, name, body, full if name in ONE else (None, *shape), x)
        except Exception as error:
            failed.append(f"{name}: {type(error).__name__} {str(error)[-400:]}")
    print("\n".join(failed))
    (folder / "exported.json").write_text(json.dumps({"tensorflow": tf.__version__}))


main(Path(sys.argv[1]), sys.argv[2:])

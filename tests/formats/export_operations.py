"""Functions in functional models, as Keras saves them: export_operations.py FOLDER.

Of Keras 3 operations of keras.ops, of Keras 2 functions of TensorFlow. Each is a model of its own, NAME.keras (Keras 2: NAME.h5), beside
it NAME.npz with in/x and out/0, out/1 …; exported.json: {"made": {NAME: classes of its operations}}. The input is [4, 6]; W are fixed
numbers."""

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

    o = keras.ops
else:
    from tensorflow import keras
rng = np.random.default_rng(11)
GIVEN = rng.normal(size=(3, 4, 6)).astype("float32")
GIVEN[:, 0, :2] = 0  # what is neither above nor below


def W(*shape):
    return rng.normal(size=shape).astype("float32")


def picture(x):
    return o.reshape(x, (-1, 4, 6, 1))


def signal(x):
    return o.reshape(x, (-1, 24))


def heads(x):
    return o.reshape(x, (-1, 4, 2, 3))


def square(x):
    return x[:, :, :4]


def words(x):
    return o.argmax(x, axis=-1) if KERAS3 else tf.argmax(x, -1)


CASES = {
    # numbers as truth
    "and": lambda x: o.logical_and(o.round(x), x > 0), "or": lambda x: o.logical_or(o.round(x), x > 0.3), "xor": lambda x: o.logical_xor(o.round(x), x),
    "not": lambda x: o.logical_not(o.round(x)), "where": lambda x: o.where(o.round(x), x, 7.0), "where_whole": lambda x: o.where(o.cast(x, "int32"), x, 7.0),
    "select": lambda x: o.select([x > 1, o.round(x), x < -1], [x, x * 2, 3.0 * x], default=-1.0), "heaviside": lambda x: o.heaviside(x, o.ones_like(x) * 0.5),
    "isclose": lambda x: o.isclose(x, x * 1.000001), "isnan": lambda x: o.isnan(o.sqrt(x)), "isfinite": lambda x: o.isfinite(o.log(o.abs(x))),
    "isinf": lambda x: o.isinf(o.log(o.abs(x))), "isneginf": lambda x: o.isneginf(o.log(o.abs(x))), "isposinf": lambda x: o.isposinf(-o.log(o.abs(x))),
    # each number
    "nan_to_num": lambda x: o.nan_to_num(o.sqrt(x), nan=-2.0), "cbrt": lambda x: o.cbrt(x), "ceil": lambda x: o.ceil(x), "trunc": lambda x: o.trunc(x * 2),
    "exp2": lambda x: o.exp2(x), "fabs": lambda x: o.fabs(x) if hasattr(o, "fabs") else o.abs(x), "deg2rad": lambda x: o.deg2rad(x), "rad2deg": lambda x: o.rad2deg(x) if hasattr(o, "rad2deg") else x * 57.29578,
    "signbit": lambda x: o.signbit(x + 0.1), "round_decimals": lambda x: o.round(x, decimals=1), "round_tens": lambda x: o.round(x * 100, decimals=-1),
    "fmod": lambda x: o.fmod(x, W(6)), "fmax": lambda x: o.fmax(x, W(6)), "fmin": lambda x: o.fmin(x, W(6)), "hypot": lambda x: o.hypot(x, W(6)),
    "logaddexp": lambda x: o.logaddexp(x * 30, x * -20), "logaddexp2": lambda x: o.logaddexp2(x, W(6)), "conj": lambda x: o.conj(x), "conjugate": lambda x: o.conjugate(x) * 2, "real": lambda x: o.real(x),
    # over axes
    "softmax": lambda x: o.softmax(x), "softmax_rows": lambda x: o.softmax(x, axis=1), "average": lambda x: o.average(x, axis=1, weights=W(4) + 3), "average_plain": lambda x: o.average(x, axis=-1),
    "moments": lambda x: o.moments(x, axes=[1]), "moments_kept": lambda x: o.moments(x, axes=[1, 2], keepdims=True), "ptp": lambda x: o.ptp(x, axis=(1, 2)), "count_nonzero": lambda x: o.count_nonzero(o.round(x), axis=-1),
    "batch_norm": lambda x: o.batch_normalization(x, W(6), W(6) ** 2, axis=-1, offset=W(6), scale=W(6)), "batch_norm_rows": lambda x: o.batch_normalization(x, W(4), W(4) ** 2, axis=1, epsilon=0.1),
    "cumprod": lambda x: o.cumprod(x, axis=1), "diff": lambda x: o.diff(x), "diff_twice": lambda x: o.diff(x, n=2, axis=1),
    # order
    "argmax": lambda x: o.argmax(x, axis=-1), "argmax_kept": lambda x: o.argmax(x, axis=1, keepdims=True), "argmin": lambda x: o.argmin(x, axis=1), "sort": lambda x: o.sort(x), "sort_rows": lambda x: o.sort(x, axis=1),
    "argsort": lambda x: o.argsort(x), "argsort_rows": lambda x: o.argsort(x, axis=1), "top_k": lambda x: o.top_k(x, 3), "top_1": lambda x: o.top_k(x, 1), "median": lambda x: o.median(x, axis=-1), "median_kept": lambda x: o.median(x, axis=1, keepdims=True),
    "quantile": lambda x: o.quantile(x, 0.3, axis=-1), "quantile_kept": lambda x: o.quantile(x, 0.75, axis=1, keepdims=True), "percentile": lambda x: o.percentile(x, 60, axis=1) if hasattr(o, "percentile") else x, "digitize": lambda x: o.digitize(o.round(x), np.array([-1.0, 0.0, 1.0])),
    "one_hot": lambda x: o.one_hot(words(x), 6), "one_hot_first": lambda x: o.one_hot(words(x), 7, axis=1), "multi_hot": lambda x: o.multi_hot(words(x), 6),
    "take_along": lambda x: o.take_along_axis(x, np.array([[[-1, 0], [2, 1], [1, 1], [5, -6]]]), axis=2), "take_along_varying": lambda x: o.take_along_axis(x, o.argmax(x, axis=1, keepdims=True), axis=1), "take_along_from_end": lambda x: o.take_along_axis(x, o.argmax(x, axis=1, keepdims=True) - 4, axis=1), "take_along_order": lambda x: o.take_along_axis(x, o.argsort(x), axis=-1),
    # what moves
    "hstack": lambda x: o.hstack([x, x * 2]), "dstack": lambda x: o.dstack([x, x * 2]), "append": lambda x: o.append(x, x * 2, axis=1), "array_split": lambda x: o.array_split(x, 4, axis=-1),
    "rot90": lambda x: o.rot90(x, axes=(1, 2)), "rot90_back": lambda x: o.rot90(x, k=-1, axes=(1, 2)), "rot90_half": lambda x: o.rot90(square(x), k=2, axes=(1, 2)), "rot90_thrice": lambda x: o.rot90(x, k=3, axes=(2, 1)),
    "tril": lambda x: o.tril(x), "tril_below": lambda x: o.tril(x, -1), "triu": lambda x: o.triu(x, k=2), "diagonal": lambda x: o.diagonal(x, axis1=1, axis2=2), "diagonal_above": lambda x: o.diagonal(x, offset=1, axis1=2, axis2=1), "trace": lambda x: o.trace(x, offset=-1, axis1=1, axis2=2), "full_like": lambda x: x * o.full_like(x, 2.5),
    # products, windows, grids
    "cross": lambda x: o.cross(x[:, :, :3], x[:, :, 3:]), "cross_fixed": lambda x: o.cross(x[:, :, :3], W(3)),
    "attention_fixed_mask": lambda x: o.dot_product_attention(heads(x), heads(x) * 2, heads(x), mask=np.tril(np.ones((1, 1, 4, 4), bool))), "attention_mask": lambda x: o.dot_product_attention(heads(x), heads(x), heads(x), mask=o.reshape(square(x) > -1, (-1, 1, 4, 4)), is_causal=False, scale=0.3),
    "attention_bias": lambda x: o.dot_product_attention(heads(x), heads(x), heads(x), bias=W(1, 2, 4, 4), is_causal=True),
    "conv": lambda x: o.conv(picture(x), W(2, 3, 1, 4), strides=(2, 1)), "conv_same": lambda x: o.conv(x, W(3, 6, 2), strides=2, padding="same"), "conv_dilated": lambda x: o.conv(x, W(2, 6, 4), dilation_rate=2),
    "depthwise_conv": lambda x: o.depthwise_conv(picture(x), W(3, 2, 1, 3), strides=2, padding="same"), "separable_conv": lambda x: o.separable_conv(x, W(3, 6, 2), W(1, 12, 3), padding="same"),
    "max_pool": lambda x: o.max_pool(picture(x), (3, 2), strides=(2, 1), padding="same"), "max_pool_plain": lambda x: o.max_pool(x, 2), "average_pool": lambda x: o.average_pool(picture(x), 3, strides=2, padding="same"), "average_pool_plain": lambda x: o.average_pool(x, 2, strides=1),
    "resize": lambda x: o.image.resize(picture(x), (5, 7)), "resize_nearest": lambda x: o.image.resize(picture(x), (7, 3), interpolation="nearest"), "resize_cubic": lambda x: o.image.resize(picture(x), (5, 7), interpolation="bicubic"), "resize_smooth": lambda x: o.image.resize(picture(x), (2, 3), antialias=True),
    "crop": lambda x: o.image.crop_images(picture(x), 1, 1, target_height=2, target_width=3), "crop_end": lambda x: o.image.crop_images(picture(x), bottom_cropping=1, right_cropping=2, target_height=2, target_width=3), "pad_image": lambda x: o.image.pad_images(picture(x), 1, 1, 7, 9), "pad_image_end": lambda x: o.image.pad_images(picture(x), bottom_padding=1, right_padding=2, target_height=8, target_width=9),
    "grey": lambda x: o.image.rgb_to_grayscale(o.reshape(x, (-1, 4, 2, 3))),
    # spectra
    "fft": lambda x: o.fft((x, x * 0.5)), "fft2": lambda x: o.fft2((x, x * 0.5)), "ifft2": lambda x: o.ifft2((x, x * 0.5)), "rfft": lambda x: o.rfft(x), "rfft_long": lambda x: o.rfft(x, fft_length=8), "irfft": lambda x: o.irfft(o.rfft(x)), "irfft_odd": lambda x: o.irfft((x, x * 2), fft_length=7),
    "stft": lambda x: o.stft(signal(x), 6, 3, 8), "stft_hamming": lambda x: o.stft(signal(x), 8, 4, 8, window="hamming", center=False), "stft_plain": lambda x: o.stft(signal(x), 8, 4, 8, window=None),
}  # fmt: skip

FUNCTIONS = {
    "argmax": lambda x: tf.argmax(x, axis=-1), "argmin": lambda x: tf.argmin(x, 1), "top_k": lambda x: tf.math.top_k(x, k=3)[0], "top_places": lambda x: tf.math.top_k(x, 3)[1], "top_1": lambda x: tf.math.top_k(x)[0],
    "sort": lambda x: tf.sort(x, axis=1), "sort_down": lambda x: tf.sort(x, -1, "DESCENDING"), "argsort": lambda x: tf.argsort(x), "argsort_down": lambda x: tf.argsort(x, axis=1, direction="DESCENDING"),
    "one_hot": lambda x: tf.one_hot(words(x), 6), "one_hot_numbers": lambda x: tf.one_hot(words(x), 7, on_value=2.5, off_value=-1.0, axis=1), "any": lambda x: tf.reduce_any(x > 1, axis=1), "all": lambda x: tf.reduce_all(x > -1, axis=-1, keepdims=True),
    "xor": lambda x: tf.math.logical_xor(x > 0, x > 1), "ceil": lambda x: tf.math.ceil(x), "rint": lambda x: tf.math.rint(x), "is_nan": lambda x: tf.math.is_nan(x), "is_finite": lambda x: tf.math.is_finite(x), "cumprod": lambda x: tf.math.cumprod(x, axis=1),
    "softmax_none": lambda x: tf.nn.softmax(x, None), "softmax": lambda x: tf.nn.softmax(x, 1), "sum_by_place": lambda x: tf.reduce_sum(x, -1, True),
}  # fmt: skip


def main(folder):
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    made = {}
    for name, make in (CASES if KERAS3 else FUNCTIONS).items():
        x = keras.Input((4, 6), name="x")
        model = keras.Model(x, tf.nest.flatten(make(x)))
        model.save(folder / f"{name}{'.keras' if KERAS3 else '.h5'}")
        outputs = {f"out/{i}": np.array(each).astype("float32") for i, each in enumerate(tf.nest.flatten(model(GIVEN)))}
        np.savez(folder / f"{name}.npz", **{"in/x": GIVEN}, **outputs)
        made[name] = sorted({type(each).__name__ for each in (model.operations if KERAS3 else model.layers)})
    (folder / "exported.json").write_text(json.dumps({"made": made}))


main(sys.argv[1])

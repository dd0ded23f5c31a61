"""Random networks behind masks, as Keras saves them: export_masks.py FOLDER SEED COUNT.

Each is NAME.keras and NAME.h5 (Keras 2: NAME.h5) and the SavedModel NAME_saved; beside them NAME.npz with in/INPUT and out/OUTPUT of
examples whose padding stands in front, behind, in the middle, nowhere and everywhere; and exported.json:
{"keras": version, "made": {NAME: what it is made of}}."""

import gc
import json
import os
import random
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
# Keras collects garbage between models: not among what was imported, which is most of all there is.
gc.freeze()
L = keras.layers
STEPS, WORDS = 5, 9
PADDED = ["......", "00....", "...00.", ".00...", "000000", "0.0.0.", ".....0", "00000."]


class Maker:
    def __init__(self, seed):
        self.r = random.Random(seed)
        keras.utils.set_random_seed(seed)
        self.made = []

    def some(self, *choices):
        return self.r.choice(choices)

    def layer(self, kind, **options):
        given = {key: value for key, value in options.items() if value is not None}
        self.made.append(f"{kind} {given}" if given else kind)
        return getattr(L, kind)(**given)

    def gates(self, kind):
        """Options of a recurrent layer or its cell."""
        options = {"use_bias": self.some(True, True, False), "activation": self.some("tanh", "tanh", "relu")}
        # Biases that are not zero, so that they are seen.
        options["bias_initializer"] = "glorot_uniform" if kind.startswith("GRU") else "random_normal"
        if not kind.startswith("SimpleRNN"):
            options["recurrent_activation"] = self.some("sigmoid", "sigmoid", "hard_sigmoid")
        if kind.startswith("GRU"):
            options["reset_after"] = self.some(True, False)
            if not options["reset_after"]:
                options["bias_initializer"] = "random_normal"
        return options

    def recurrent(self, sequences, state=False):
        kind = self.some("LSTM", "GRU", "SimpleRNN", "RNN")
        options = {"return_sequences": sequences, "go_backwards": self.some(None, None, True), "unroll": self.some(None, None, True)}
        options["zero_output_for_mask"] = self.some(None, None, True)
        options["return_state"] = state or None
        if kind == "RNN":
            cells = [self.some("LSTMCell", "GRUCell", "SimpleRNNCell") for _ in range(self.some(1, 2, 3))]
            stack = [self.layer(cell, units=self.some(2, 3), **self.gates(cell)) for cell in cells]
            return self.layer("RNN", cell=stack if len(stack) > 1 else stack[0], **options)
        return self.layer(kind, units=3, **self.gates(kind), **options)

    def bidirectional(self, sequences):
        kind = self.some("LSTM", "GRU", "SimpleRNN")
        inner = self.layer(kind, units=2, return_sequences=sequences, zero_output_for_mask=self.some(None, True), **self.gates(kind))
        return self.layer("Bidirectional", layer=inner, merge_mode=self.some("concat", "sum", "mul", "ave"))

    def attention(self, query, value):
        kind = self.some("MultiHeadAttention", "MultiHeadAttention", "Attention", "AdditiveAttention")
        causal = {"use_causal_mask": True} if query is value and self.some(True, False) else {}
        if kind == "MultiHeadAttention":
            layer = self.layer(kind, num_heads=2, key_dim=3, dropout=self.some(None, 0.1))
            key = {"key": value} if self.some(True, False, False) else {}
            return layer(query, value, **key, **causal)
        return self.layer(kind)([query, value], **causal)

    def middle(self, x, y):
        """Another sequence [N, steps, 4] out of one or two."""
        way = self.some("own", "own", "sum", "joined", "recurrent", "both", "attention", "residual", "time", "steps", "ends")
        if way == "own":
            name = self.some("Dropout", "Dense", "LayerNormalization", "BatchNormalization", "Activation", "SpatialDropout1D", "LeakyReLU")
            options = {"Dropout": {"rate": 0.2}, "Dense": {"units": 4}, "Activation": {"activation": "tanh"}, "SpatialDropout1D": {"rate": 0.1}}
            return self.layer(name, **options.get(name, {}))(x)
        if way == "sum":
            return self.layer(self.some("Add", "Average", "Multiply", "Maximum", "Minimum", "Subtract"))([x, y])
        if way == "joined":
            return self.layer("Dense", units=4)(self.layer("Concatenate", axis=-1)([x, y]))
        if way == "recurrent":
            return self.layer("Dense", units=4)(self.recurrent(True)(x))
        if way == "both":
            return self.layer("Dense", units=4)(self.bidirectional(True)(x))
        if way == "attention":
            return self.layer("Dense", units=4)(self.attention(x, self.some(x, y)))
        if way == "residual":
            return self.layer("Add")([x, self.layer("Dense", units=4)(self.attention(x, self.some(x, y)))])
        if way == "time":
            return self.layer("TimeDistributed", layer=self.layer("Dense", units=4))(x)
        if way == "steps":
            return self.layer("Concatenate", axis=1)([x, y])
        return self.layer("Conv1D", filters=4, kernel_size=2, padding="same")(x)

    def end(self, x, y):
        way = self.some("recurrent", "recurrent", "both", "mean", "attention", "state", "encoder")
        if way == "recurrent":
            return self.recurrent(False)(x)
        if way == "both":
            return self.bidirectional(False)(x)
        if way == "mean":
            return self.layer("GlobalAveragePooling1D")(x)
        if way == "attention":
            return self.layer("GlobalAveragePooling1D")(self.attention(x, self.some(x, y)))
        if way == "state":
            return self.layer("Concatenate")([self.recurrent(False, True)(x)[-1], self.recurrent(True, True)(y)[1]])
        kind = self.some("LSTM", "GRU")
        options = self.gates(kind)
        out, *states = self.layer(kind, units=3, return_state=True, **options)(x)
        return self.layer(kind, units=3, **options)(y, initial_state=states)

    def model(self):
        a, b = (keras.Input((STEPS,), name=name, dtype="int32") for name in ("one", "two"))
        x, y = (self.layer("Embedding", input_dim=WORDS, output_dim=4, mask_zero=True, embeddings_initializer="uniform")(each) for each in (a, b))
        y = y if self.some(True, True, False) else L.Dense(4)(L.Reshape((STEPS, 4))(y))
        for _ in range(self.some(0, 1, 1, 2)):
            x = self.middle(x, y) if x.shape[1] == y.shape[1] else self.layer("Dense", units=4)(x)
        return keras.Model([a, b], self.layer("Dense", units=2)(self.end(x, y)))


def tokens(rng):
    rows = [[0 if each == "0" else rng.integers(1, WORDS) for each in row[:STEPS]] for row in PADDED]
    return np.asarray(rows, "int32")


def main(folder, seed, count):
    folder.mkdir(parents=True, exist_ok=True)
    made = {}
    for number in range(count):
        maker = Maker(seed * 1000 + number)
        rng = np.random.default_rng(seed * 1000 + number)
        try:
            model = maker.model()
        except Exception as error:  # what Keras itself does not make
            print(number, "not made:", str(error)[:200].replace("\n", " "))
            continue
        for weight in model.weights:
            if "embeddings" in weight.name or "embeddings" in getattr(weight, "path", ""):
                weight.assign(rng.normal(size=weight.shape).astype("float32"))
        one, two = tokens(rng), tokens(rng)[rng.permutation(len(PADDED))]
        try:
            out = np.asarray(model.predict({"one": one, "two": two}, verbose=0))
        except Exception as error:
            print(number, "not run:", str(error)[:200].replace("\n", " "))
            continue
        # A mean over steps of which none counts is no number.
        keep = np.isfinite(out).all(axis=-1)
        name = f"masks{number}"
        for suffix in ([".keras", ".h5"] if KERAS3 else [".h5"]):
            model.save(folder / f"{name}{suffix}")
        if KERAS3:
            model.export(str(folder / f"{name}_saved"), verbose=False)
        else:
            model.save(folder / f"{name}_saved", include_optimizer=False)
        np.savez(folder / f"{name}.npz", **{"in/one": one[keep], "in/two": two[keep], "out/0": out[keep]})
        made[name] = maker.made
        keras.backend.clear_session()
    version = keras.__version__ if KERAS3 else tf.__version__
    (folder / "exported.json").write_text(json.dumps({"keras": version, "made": made}, indent=1))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))

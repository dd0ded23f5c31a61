"""Trains the bundled samples: `digits` and `motifs`. Run by `npm run samples`; seeded, about two minutes on two cores.

Each folder gets model.keras, inputs.npz (entries named as the model's inputs) and sample.json. A network that misses
its accuracy on held-out data is not written."""
import json
import os
import sys
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras
import numpy as np
import sklearn
from sklearn.datasets import load_digits

SEED = 11
HERE = Path(__file__).parent
LAYERS = keras.layers


def write(name, build, trained, inputs, sample):
    """Saves without the optimiser's state: the same layers anew, with the trained weights."""
    folder = HERE / name
    folder.mkdir(exist_ok=True)
    model = build()
    model.set_weights(trained.get_weights())
    model.save(folder / "model.keras")
    np.savez_compressed(folder / "inputs.npz", **inputs)
    (folder / "sample.json").write_text(json.dumps(sample, indent=2, ensure_ascii=False) + "\n")
    print(f"{name}: {model.count_params()} parameters, {sum(f.stat().st_size for f in folder.iterdir()) / 1e3:.0f} kB")


# ---------------------------------------------------------------- digits


def digits_model():
    """Stem, a residual block, max pooling, two branches of different reach joined again, global average."""

    def norm_relu(x, name):
        return LAYERS.Activation("relu", name=f"{name}_relu")(LAYERS.BatchNormalization(name=f"{name}_norm")(x))

    def conv(x, filters, size, name):
        return LAYERS.Conv2D(filters, size, padding="same", use_bias=False, name=f"{name}_conv")(x)

    image = keras.Input((8, 8, 1), name="image")
    stem = norm_relu(conv(image, 16, 3, "stem"), "stem")
    block = norm_relu(conv(stem, 16, 3, "block1"), "block1")
    block = LAYERS.BatchNormalization(name="block2_norm")(conv(block, 16, 3, "block2"))
    block = LAYERS.Activation("relu", name="block_relu")(LAYERS.Add(name="block_add")([block, stem]))
    pool = LAYERS.MaxPooling2D(2, name="pool")(block)
    narrow = norm_relu(conv(pool, 12, 1, "narrow"), "narrow")
    wide = norm_relu(conv(pool, 20, 3, "wide"), "wide")
    both = LAYERS.Concatenate(name="branches")([narrow, wide])
    strokes = LAYERS.MaxPooling2D(2, name="strokes")(both)
    flat = LAYERS.Flatten(name="flat")(strokes)
    hidden = LAYERS.Dense(32, activation="relu", name="hidden")(flat)
    logits = LAYERS.Dense(10, name="logits")(hidden)
    return keras.Model(image, LAYERS.Activation("softmax", name="digit")(logits), name="digits")


def digits():
    keras.utils.set_random_seed(SEED)
    rng = np.random.default_rng(SEED)
    data = load_digits()
    images = (data.images[..., None] / 16).astype("float32")
    order = rng.permutation(len(images))
    test, train = order[:360], order[360:]
    model = digits_model()
    model.compile(keras.optimizers.Adam(2e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(images[train], data.target[train], epochs=30, batch_size=64, verbose=0)
    accuracy = model.evaluate(images[test], data.target[test], verbose=0)[1]
    print(f"digits: held-out accuracy {accuracy:.4f}")
    if accuracy <= 0.97:
        sys.exit("digits: the held-out accuracy must be above 0.97")
    right = [i for i in test if model.predict(images[i : i + 1], verbose=0).argmax() == data.target[i]]
    shown = [next(i for i in right if data.target[i] == digit) for digit in (3, 8, 0, 7, 5, 2)]
    wrong = [i for i in test if i not in right][:2]
    names = [str(d) for d in range(10)]
    write(
        "digits",
        digits_model,
        model,
        {"image": images[shown + wrong]},
        {
            "title": "Handwritten digits",
            "description": "Which channels of a small residual conv net decide which digit an 8×8 image shows. "
            "The last examples are ones that it gets wrong.",
            "model": "model.keras",
            "inputs": "inputs.npz",
            "baseline": {"kind": "constant", "value": 0},
            "target": {"index": "argmax"},
            "methods": ["nig", "rescale"],
            "rule": "secant",
            "steps": 50,
            "examples": "0-1",
            "labels": names,
            "exampleLabels": [names[data.target[i]] for i in shown + wrong],
            "inputKind": "image",
            "heldOutAccuracy": round(float(accuracy), 4),
        },
    )


# ---------------------------------------------------------------- motifs

LENGTH, ALPHABET = 60, "ACGT"
MOTIFS = {"GATA": "GATAAG", "E-box": "CAGCTG", "decoy": "TGACTC"}


def sequences(rng, count):
    """Random sequences; each holds each motif with probability one half, each in a third of its own.

    Bound, the label, are those that hold GATA and the E-box, in any order, wherever they are. The decoy is planted as
    often but says nothing. What arises by chance counts as planted.
    """
    text = []
    for _ in range(count):
        letters = list(rng.choice(list(ALPHABET), LENGTH))
        starts = 3 + rng.permutation(3) * 18 + rng.integers(0, 18 - 6, 3)  # flanks, so that a filter's window fits
        wanted = rng.random(3) < 0.5
        if rng.random() < 1 / 3:  # makes the classes about equal
            wanted[:2] = True
        for motif, start, planted in zip(MOTIFS.values(), starts, wanted):
            if planted:
                letters[start : start + 6] = motif
        text.append("".join(letters))
    bound = np.array([MOTIFS["GATA"] in t and MOTIFS["E-box"] in t for t in text], "float32")
    return text, bound


def one_hot(text):
    return np.array([[[letter == a for a in ALPHABET] for letter in t] for t in text], "float32")


def motifs_model():
    """First-layer filters as long as a motif with its flanks; the dense layers combine what was found where."""
    sequence = keras.Input((LENGTH, 4), name="sequence")
    x = LAYERS.Conv1D(12, 8, activation="relu", name="scan")(sequence)
    x = LAYERS.MaxPooling1D(4, name="scan_pool")(x)
    x = LAYERS.Conv1D(16, 3, padding="same", activation="relu", name="context")(x)
    x = LAYERS.GlobalMaxPooling1D(name="found")(x)
    x = LAYERS.Dense(16, activation="relu", name="combine")(x)
    logit = LAYERS.Dense(1, name="logit")(x)
    return keras.Model(sequence, LAYERS.Activation("sigmoid", name="bound")(logit), name="motifs")


def motifs():
    keras.utils.set_random_seed(SEED)
    rng = np.random.default_rng(SEED)
    text, bound = sequences(rng, 16000)
    test_text, test_bound = sequences(rng, 4000)
    model = motifs_model()
    model.compile(keras.optimizers.Adam(3e-3), "binary_crossentropy", metrics=["accuracy"])
    rate = keras.callbacks.ReduceLROnPlateau("loss", factor=0.5, patience=1)
    model.fit(one_hot(text), bound, epochs=24, batch_size=128, verbose=0, callbacks=[rate])
    accuracy = model.evaluate(one_hot(test_text), test_bound, verbose=0)[1]
    print(f"motifs: held-out accuracy {accuracy:.4f}, {test_bound.mean():.2f} of it bound")
    if accuracy <= 0.97:
        sys.exit("motifs: the held-out accuracy must be above 0.97")
    holds = np.array([[m in t for m in MOTIFS.values()] for t in test_text])
    pattern = [(1, 1, 0)] * 2 + [(1, 1, 1)] * 3 + [(1, 0, 1), (0, 1, 1), (0, 0, 1)]  # five bound, three not
    shown = []
    for p in pattern:
        shown.append(next(i for i in np.flatnonzero((holds == p).all(1)) if i not in shown))
    planted = [
        [{"motif": name, "start": test_text[i].find(m), "length": len(m)} for name, m in MOTIFS.items() if m in test_text[i]]
        for i in shown
    ]
    write(
        "motifs",
        motifs_model,
        model,
        {"sequence": one_hot([test_text[i] for i in shown])},
        {
            "title": "DNA motifs",
            "description": "Which filters and positions of a sequence conv net decide whether a sequence is bound. "
            "Bound are those that hold GATAAG and CAGCTG; TGACTC is planted as often and says nothing. "
            "So the right answer is known.",
            "model": "model.keras",
            "inputs": "inputs.npz",
            "baseline": {"kind": "constant", "value": 0.25},
            "target": {"index": 0},
            "methods": ["nig", "rescale", "genomics"],
            "rule": "secant",
            "steps": 50,
            "examples": "0-1",
            "labels": ["bound"],
            "exampleLabels": ["bound" if test_bound[i] else "not bound" for i in shown],
            "inputKind": "sequence",
            "alphabet": ALPHABET,
            "motifs": MOTIFS,
            "planted": planted,
            "heldOutAccuracy": round(float(accuracy), 4),
        },
    )


if __name__ == "__main__":
    print(f"keras {keras.__version__}, scikit-learn {sklearn.__version__}, numpy {np.__version__}")
    keras.config.disable_interactive_logging()
    for make in (digits, motifs):
        make()

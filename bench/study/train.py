"""Makes what docs/study.md is measured on: a residual net and a text classifier, trained, and more inputs for the bundled samples.

Run once: train.py FOLDER [NET …], with Keras 3 (any backend) and scikit-learn for its digits; seeded. Each net gets model.keras (the samples have
theirs) and inputs.npz, whose entries are the model's inputs, `labels` (what each example truly is) and of the text classifier `negated`: the
same sentences with "not" in place of the word before a planted one. A net that misses its accuracy on held-out data is not written.
What it made is kept in bench/study/nets.
"""
import gzip
import importlib.util
import json
import os
import sys
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ.setdefault("KERAS_BACKEND", "torch")
import keras
import numpy as np

SEED = 11
LAYERS = keras.layers
# As many per class are there to choose units by; others judge them.
CHOSEN = 30


def write(folder, name, model, inputs, about, **more):
    to = folder / name
    to.mkdir(parents=True, exist_ok=True)
    if model is not None:
        bare = keras.models.clone_model(model)  # without the optimiser's state
        bare.set_weights(model.get_weights())
        bare.save(to / "model.keras")
    for file, arrays in {"inputs": inputs, **more}.items():
        np.savez_compressed(to / f"{file}.npz", **arrays)
    (to / "about.json").write_text(json.dumps(about, indent=2) + "\n")
    print(name, {key: array.shape for key, array in inputs.items()}, f"{sum(f.stat().st_size for f in to.iterdir()) / 1e3:.0f} kB")


def per_class(labels, places, count):
    """The first so many places of each class, classes in turn."""
    return np.concatenate([[i for i in places if labels[i] == c][:count] for c in np.unique(labels)])


# ---------------------------------------------------------------- digits


def digits_data():
    """All digits, and which the bundled sample held out: the split of resources/samples/train.py."""
    package = Path(importlib.util.find_spec("sklearn").origin).parent  # its data alone is wanted
    with gzip.open(package / "datasets/data/digits.csv.gz") as file:
        data = np.loadtxt(file, delimiter=",")
    images = (data[:, :64].reshape(-1, 8, 8, 1) / 16).astype("float32")
    order = np.random.default_rng(SEED).permutation(len(images))
    return images, data[:, 64].astype(int), order[360:], order[:360]


def digits(folder):
    images, labels, train, test = digits_data()
    shown = np.concatenate([per_class(labels, train, CHOSEN), test])
    write(folder, "digits", None, {"image": images[shown], "labels": labels[shown].astype("float32")},
          {"chosen": CHOSEN, "held out": len(test)})


def residual_model():
    """Five residual blocks at three sizes; batch normalisation; global average."""

    def unit(x, filters, stride, name, last=False):
        x = LAYERS.Conv2D(filters, 3, stride, padding="same", use_bias=False, name=f"{name}_conv")(x)
        x = LAYERS.BatchNormalization(name=f"{name}_norm")(x)
        return x if last else LAYERS.ReLU(name=f"{name}_relu")(x)

    def block(x, filters, stride, name):
        y = unit(unit(x, filters, stride, f"{name}a"), filters, 1, f"{name}b", last=True)
        if stride > 1:
            x = LAYERS.Conv2D(filters, 1, stride, use_bias=False, name=f"{name}_skip")(x)
        return LAYERS.ReLU(name=f"{name}_out")(LAYERS.Add(name=f"{name}_add")([x, y]))

    image = keras.Input((8, 8, 1), name="image")
    x = unit(image, 16, 1, "stem")
    for name, filters, stride in (("one", 16, 1), ("two", 24, 2), ("three", 24, 1), ("four", 32, 2), ("five", 32, 1)):
        x = block(x, filters, stride, name)
    x = LAYERS.GlobalAveragePooling2D(name="mean")(x)
    return keras.Model(image, LAYERS.Dense(10, name="logits")(x), name="residual")


def residual(folder):
    keras.utils.set_random_seed(SEED)
    images, labels, train, test = digits_data()
    model = residual_model()
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(2e-3), loss, metrics=["accuracy"])
    model.fit(images[train], labels[train], epochs=25, batch_size=64, verbose=0)
    accuracy = float(model.evaluate(images[test], labels[test], verbose=0)[1])
    if accuracy <= 0.97:
        sys.exit(f"residual: {accuracy} of the held-out digits")
    shown = np.concatenate([per_class(labels, train, CHOSEN), test])
    write(folder, "residual", model, {"image": images[shown], "labels": labels[shown].astype("float32")},
          {"chosen": CHOSEN, "held out": len(test), "heldOutAccuracy": round(accuracy, 4)})


# ---------------------------------------------------------------- motifs


def motifs(folder):
    """New sequences by the rule that the bundled sample was trained on (resources/samples/train.py)."""
    alphabet, planted = "ACGT", ("GATAAG", "CAGCTG", "TGACTC")
    rng = np.random.default_rng(SEED + 1)
    text = []
    for _ in range(400):
        letters = list(rng.choice(list(alphabet), 60))
        starts = 3 + rng.permutation(3) * 18 + rng.integers(0, 18 - 6, 3)
        wanted = rng.random(3) < 0.5
        if rng.random() < 1 / 3:
            wanted[:2] = True
        for motif, start, here in zip(planted, starts, wanted):
            if here:
                letters[start : start + 6] = motif
        text.append("".join(letters))
    bound = np.array([planted[0] in t and planted[1] in t for t in text], "float32")
    one_hot = np.array([[[letter == a for a in alphabet] for letter in t] for t in text], "float32")
    places = np.arange(len(text))
    first = per_class(bound, places, CHOSEN)
    shown = np.concatenate([first, np.setdiff1d(places, first)])
    write(folder, "motifs", None, {"sequence": one_hot[shown], "labels": bound[shown]}, {"chosen": CHOSEN, "held out": len(shown) - len(first)})


# ---------------------------------------------------------------- text

LENGTH = 14
GOOD = "good great lovely superb fine warm bright witty".split()
BAD = "bad dull awful poor weak cold bleak tedious".split()
FILLERS = "the a this that film plot cast scene music ending was is felt seemed looked very quite rather somewhat and with in of on at by".split()
WORDS = ["", "not", *GOOD, *BAD, *FILLERS]  # 0 is padding
NOT = WORDS.index("not")


def sentences(rng, count):
    """Fillers, one to three planted words, each negated with probability 0.4: label 1 where more of them are good than bad."""
    found, labels = [], []
    while len(found) < count:
        words = [str(word) for word in rng.choice(FILLERS, LENGTH)]
        slots = 1 + 4 * rng.permutation(3)[: rng.integers(1, 4)] + rng.integers(0, 3)
        score = 0
        for slot in slots:
            good, negated = rng.random() < 0.5, rng.random() < 0.4
            words[slot] = str(rng.choice(GOOD if good else BAD))
            if negated:
                words[slot - 1] = "not"
            score += 1 if good != negated else -1
        if score != 0:
            found.append(words)
            labels.append(float(score > 0))
    return found, np.array(labels, "float32")


ids = lambda found: np.array([[WORDS.index(word) for word in words] for words in found], "float32")


def negated(rng, found):
    """The same, "not" before one planted word that had none."""
    changed = []
    for words in found:
        slots = [at for at, word in enumerate(words) if word in GOOD + BAD and words[at - 1] != "not"]
        words = list(words)
        if slots:
            words[int(rng.choice(slots)) - 1] = "not"
        changed.append(words)
    return changed


def text_model():
    words = keras.Input((LENGTH,), dtype="int32", name="words")
    x = LAYERS.Embedding(len(WORDS), 12, name="embedding")(words)
    x = LAYERS.Conv1D(24, 3, padding="same", activation="relu", name="phrases")(x)
    x = LAYERS.GlobalAveragePooling1D(name="mean")(x)
    x = LAYERS.Dense(16, activation="relu", name="hidden")(x)
    x = LAYERS.Dense(1, name="logit")(x)
    return keras.Model(words, LAYERS.Activation("sigmoid", name="positive")(x), name="text")


def text(folder):
    keras.utils.set_random_seed(SEED)
    rng = np.random.default_rng(SEED)
    found, labels = sentences(rng, 12000)
    others, true = sentences(rng, 2000)
    model = text_model()
    model.compile(keras.optimizers.Adam(5e-3), "binary_crossentropy", metrics=["accuracy"])
    model.fit(ids(found), labels, epochs=12, batch_size=256, verbose=0)
    accuracy = float(model.evaluate(ids(others), true, verbose=0)[1])
    if accuracy <= 0.97:
        sys.exit(f"text: {accuracy} of the held-out sentences")
    able = [i for i, words in enumerate(others) if any(w in GOOD + BAD and words[at - 1] != "not" for at, w in enumerate(words))][:400]
    first = [able[i] for i in per_class(true[able], range(len(able)), CHOSEN)]
    shown = [*first, *[i for i in able if i not in first]][:360]
    kept = [others[i] for i in shown]
    write(folder, "text", model, {"words": ids(kept), "labels": true[shown]},
          {"chosen": CHOSEN, "held out": len(shown) - len(first), "heldOutAccuracy": round(accuracy, 4), "words": WORDS},
          negated={"words": ids(negated(rng, kept))})


if __name__ == "__main__":
    to = Path(sys.argv[1])
    print(f"keras {keras.__version__} on {keras.backend.backend()}, numpy {np.__version__}")
    keras.config.disable_interactive_logging()
    makers = {make.__name__: make for make in (digits, residual, motifs, text)}
    for name in sys.argv[2:] or makers:
        makers[name](to)

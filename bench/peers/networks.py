"""The two networks that are measured only: `convnet` and ResNet-18, as Keras files with inputs. Run: networks.py FOLDER"""
import os
import sys
from pathlib import Path

os.environ["KERAS_BACKEND"] = "torch"
import keras
import numpy as np

LAYERS = keras.layers


def convnet():
    """[64, 64, 3] -> conv 32 -> conv 64 -> max pool -> dense: where a sweep's time goes in small image networks."""
    image = keras.Input((64, 64, 3), name="image")
    x = LAYERS.Conv2D(32, 3, padding="same", activation="relu", name="conv1")(image)
    x = LAYERS.Conv2D(64, 3, padding="same", activation="relu", name="conv2")(x)
    x = LAYERS.MaxPooling2D(2, name="pool")(x)
    return keras.Model(image, LAYERS.Dense(10, name="logits")(LAYERS.Flatten(name="flat")(x)), name="convnet")


def resnet18():
    """ResNet-18 (arXiv 1512.03385, table 1), [224, 224, 3] -> 1000, batch norm as its own layer."""

    def conv_norm(x, filters, size, strides, name):
        pad = size // 2
        if pad:
            x = LAYERS.ZeroPadding2D(pad, name=f"{name}_pad")(x)
        x = LAYERS.Conv2D(filters, size, strides, use_bias=False, kernel_initializer="he_normal", name=f"{name}_conv")(x)
        return LAYERS.BatchNormalization(name=f"{name}_norm")(x)

    def relu(x, name):
        return LAYERS.Activation("relu", name=f"{name}_relu")(x)

    image = keras.Input((224, 224, 3), name="image")
    x = relu(conv_norm(image, 64, 7, 2, "stem"), "stem")
    x = LAYERS.MaxPooling2D(3, 2, padding="same", name="stem_pool")(x)
    for stage, filters in enumerate((64, 128, 256, 512), 1):
        for block in (1, 2):
            name = f"s{stage}b{block}"
            strides = 2 if stage > 1 and block == 1 else 1
            skip = conv_norm(x, filters, 1, strides, f"{name}_skip") if strides == 2 else x
            x = relu(conv_norm(x, filters, 3, strides, f"{name}_a"), f"{name}_a")
            x = conv_norm(x, filters, 3, 1, f"{name}_b")
            x = relu(LAYERS.Add(name=f"{name}_add")([x, skip]), name)
    x = LAYERS.GlobalAveragePooling2D(name="pooled")(x)
    return keras.Model(image, LAYERS.Dense(1000, name="logits")(x), name="resnet18")


if __name__ == "__main__":
    rng = np.random.default_rng(1)
    for build in (convnet, resnet18):
        keras.utils.set_random_seed(1)
        model = build()
        for layer in model.layers:
            if isinstance(layer, keras.layers.BatchNormalization):  # a trained net's are not all one and zero
                n = layer.gamma.shape[0]
                layer.set_weights([rng.uniform(0.5, 1, n), rng.normal(0, 0.1, n), rng.normal(0, 0.1, n), rng.uniform(0.5, 1.5, n)])
        folder = Path(sys.argv[1]) / model.name
        folder.mkdir(parents=True, exist_ok=True)
        x = rng.random((4, *model.input.shape[1:]), dtype="float32")
        model.save(folder / "model.keras")
        np.savez(folder / "inputs.npz", **{model.inputs[0].name: x})

"""A saved Keras network as plain PyTorch modules, one per layer, in PyTorch's own fastest layout (channels last)."""
import os

os.environ["KERAS_BACKEND"] = "torch"
import keras
import numpy as np
import torch
from torch import nn

ACTIVATIONS = {"linear": nn.Identity, "relu": nn.ReLU, "tanh": nn.Tanh, "softmax": lambda: nn.Softmax(-1)}


class Flatten(nn.Module):
    """In Keras's order, channels last; a view of a channels-last tensor."""

    def forward(self, x):
        return x.movedim(1, -1).flatten(1)


class Sum(nn.Module):
    def forward(self, *xs):
        return sum(xs[1:], xs[0])


class Concatenate(nn.Module):
    def forward(self, *xs):
        return torch.cat(xs, 1)


class Mean(nn.Module):
    def forward(self, x):
        return x.mean(tuple(range(2, x.ndim)))


class Largest(nn.Module):
    def forward(self, x):
        return x.amax(tuple(range(2, x.ndim)))


class Same(nn.Module):
    """TensorFlow's `same` padding of a strided window, which PyTorch does not have."""

    def __init__(self, module, size, strides, value):
        super().__init__()
        self.module, self.size, self.strides, self.value = module, size, strides, value

    def forward(self, x):
        pads = []
        for extent, k, s in zip(reversed(x.shape[2:]), reversed(self.size), reversed(self.strides)):
            total = max((-(-extent // s) - 1) * s + k - extent, 0)
            pads += [total // 2, total - total // 2]
        return self.module(nn.functional.pad(x, pads, value=self.value) if any(pads) else x)


def convolution(layer, kernel, bias, groups=1):
    """kernel as PyTorch's: [out, in / groups, ...window]"""
    rank, size = kernel.ndim - 2, kernel.shape[2:]
    kind = {1: nn.Conv1d, 2: nn.Conv2d}[rank]
    strides, dilation, same = tuple(layer.strides), tuple(layer.dilation_rate), layer.padding == "same"
    by_torch = same and all(s == 1 for s in strides)
    conv = kind(kernel.shape[1] * groups, kernel.shape[0], size, strides, "same" if by_torch else 0, dilation, groups, bias is not None)
    conv.weight.data = torch.from_numpy(kernel.copy())
    if bias is not None:
        conv.bias.data = torch.from_numpy(bias)
    reach = [(k - 1) * d + 1 for k, d in zip(size, dilation)]
    return Same(conv, reach, strides, 0.0) if same and not by_torch else conv


def filters_last_to_first(kernel):
    """[...window, in, out] -> [out, in, ...window]"""
    return np.moveaxis(kernel, (-1, -2), (0, 1))


def module_of(layer):
    """@returns the layer in PyTorch, or an error that names a kind this table does not have"""
    kind, weights = type(layer).__name__, layer.get_weights()
    activation = lambda *modules: nn.Sequential(*modules, ACTIVATIONS[layer.activation.__name__]()) if layer.activation.__name__ != "linear" else nn.Sequential(*modules) if len(modules) > 1 else modules[0]
    bias = weights[-1] if getattr(layer, "use_bias", False) else None
    if kind in ("Conv1D", "Conv2D"):
        return activation(convolution(layer, filters_last_to_first(weights[0]), bias, layer.groups))
    if kind == "DepthwiseConv2D":
        k = np.transpose(weights[0], (2, 3, 0, 1))
        return activation(convolution(layer, k.reshape(-1, 1, *k.shape[2:]), bias, k.shape[0]))
    if kind == "SeparableConv2D":
        k = np.transpose(weights[0], (2, 3, 0, 1))
        depthwise = convolution(layer, k.reshape(-1, 1, *k.shape[2:]), None, k.shape[0])
        pointwise = nn.Conv2d(k.shape[0] * k.shape[1], weights[1].shape[-1], 1, bias=bias is not None)
        pointwise.weight.data = torch.from_numpy(filters_last_to_first(weights[1]).copy())
        if bias is not None:
            pointwise.bias.data = torch.from_numpy(bias)
        return activation(depthwise, pointwise)
    if kind == "Dense":
        linear = nn.Linear(*weights[0].shape, bias=bias is not None)
        linear.weight.data = torch.from_numpy(weights[0].T.copy())
        if bias is not None:
            linear.bias.data = torch.from_numpy(bias)
        return activation(linear)
    if kind == "BatchNormalization":
        norm = {3: nn.BatchNorm1d, 4: nn.BatchNorm2d}[len(layer.output.shape)](len(weights[0]), layer.epsilon)
        norm.weight.data, norm.bias.data, norm.running_mean, norm.running_var = map(torch.from_numpy, weights)
        return norm
    if kind in ("MaxPooling1D", "MaxPooling2D", "AveragePooling1D", "AveragePooling2D"):
        pool = getattr(nn, ("MaxPool" if kind.startswith("Max") else "AvgPool") + kind[-2] + "d")(layer.pool_size, layer.strides)
        return Same(pool, layer.pool_size, layer.strides, float("-inf")) if layer.padding == "same" and kind.startswith("Max") else pool
    if kind == "LeakyReLU":
        return nn.LeakyReLU(layer.negative_slope)
    if kind == "ZeroPadding2D":
        (top, bottom), (left, right) = layer.padding
        return nn.ZeroPad2d((left, right, top, bottom))
    if kind == "Cropping2D":
        (top, bottom), (left, right) = layer.cropping
        return nn.ZeroPad2d((-left, -right, -top, -bottom))
    if kind == "Activation":
        return ACTIVATIONS[layer.activation.__name__]()
    made = {"Flatten": Flatten, "Add": Sum, "Concatenate": Concatenate, "GlobalAveragePooling2D": Mean, "GlobalMaxPooling1D": Largest}
    if kind in made:
        return made[kind]()
    raise SystemExit(f"the peer has no {kind} ({layer.name})")


class Net(nn.Module):
    """
    The layers up to `target`, run in order. `hidden` are their names; forward gives the target's values, and with
    `all_values` every layer's.
    """

    def __init__(self, path, target):
        super().__init__()
        model = keras.saving.load_model(path, compile=False)
        self.layers = nn.ModuleDict()
        self.feeds = {}
        self.input = model.inputs[0]._keras_history.operation.name
        for layer in model.layers:
            if isinstance(layer, keras.layers.InputLayer):
                continue
            node = layer._inbound_nodes[0]
            self.feeds[layer.name] = [t._keras_history.operation.name for t in node.input_tensors]
            self.layers[layer.name] = module_of(layer)
            if layer.name == target:
                break
        self.hidden = list(self.layers)
        self.eval()
        for p in self.parameters():
            p.requires_grad_(False)
        self.rank = len(model.inputs[0].shape)
        if self.rank == 4:
            self.to(memory_format=torch.channels_last)

    def given(self, array):
        """[n, ...spatial, channels] as numpy -> PyTorch's order, in channels-last memory."""
        x = torch.from_numpy(np.moveaxis(array.astype("float32"), -1, 1).copy())
        return x.contiguous(memory_format=torch.channels_last) if self.rank == 4 else x

    def forward(self, x, all_values=False):
        values = {self.input: x}
        for name, module in self.layers.items():
            values[name] = module(*(values[n] for n in self.feeds[name]))
        return values if all_values else values[name]

"""Exports small networks of PyTorch's usual families to ONNX, with an input and the output each gives: export_torch.py FOLDER."""

import importlib.util
import json
import sys
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F


class Residual(nn.Module):
    def __init__(self, i, o, stride=1):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(i, o, 3, stride, 1, bias=False), nn.BatchNorm2d(o)
        self.conv2, self.bn2 = nn.Conv2d(o, o, 3, 1, 1, bias=False), nn.BatchNorm2d(o)
        self.relu = nn.ReLU()
        self.down = nn.Sequential(nn.Conv2d(i, o, 1, stride, bias=False), nn.BatchNorm2d(o)) if stride > 1 else None

    def forward(self, x):
        y = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        return self.relu(y + (self.down(x) if self.down is not None else x))


class ResNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 7, 2, 3), nn.ReLU(), nn.MaxPool2d(3, 2, 1))
        self.layer1 = nn.Sequential(Residual(8, 8), Residual(8, 16, 2))
        self.pool, self.fc = nn.AdaptiveAvgPool2d(1), nn.Linear(16, 5)

    def forward(self, x):
        return self.fc(torch.flatten(self.pool(self.layer1(self.stem(x))), 1))


class Squeeze(nn.Module):
    """MobileNet v3 and EfficientNet: inverted bottleneck with squeeze and excitation."""

    def __init__(self, act):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, 2, 1)
        self.expand, self.depth = nn.Conv2d(8, 24, 1), nn.Conv2d(24, 24, 5, 1, 2, groups=24)
        self.fc1, self.fc2 = nn.Conv2d(24, 6, 1), nn.Conv2d(6, 24, 1)
        self.project, self.act, self.head = nn.Conv2d(24, 8, 1), act, nn.Linear(8, 4)

    def forward(self, x):
        x = self.act(self.stem(x))
        y = self.act(self.depth(self.act(self.expand(x))))
        s = F.hardsigmoid(self.fc2(F.relu6(self.fc1(F.adaptive_avg_pool2d(y, 1)))))
        return self.head((x + self.project(y * s)).mean((2, 3)))


class ConvNeXt(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 4, 4)
        self.depth, self.norm = nn.Conv2d(8, 8, 7, padding=3, groups=8), nn.LayerNorm(8, eps=1e-6)
        self.up, self.act, self.down = nn.Linear(8, 32), nn.GELU(), nn.Linear(32, 8)
        self.gamma, self.head = nn.Parameter(torch.rand(8)), nn.Linear(8, 4)

    def forward(self, x):
        x = self.stem(x)
        y = self.norm(self.depth(x).permute(0, 2, 3, 1))
        y = (self.gamma * self.down(self.act(self.up(y)))).permute(0, 3, 1, 2)
        return self.head((x + y).mean((2, 3)))


class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b, self.c = nn.Conv2d(1, 4, 3, padding=1), nn.Conv2d(4, 8, 3, padding=1), nn.Conv2d(12, 4, 3, padding=1)
        self.up, self.out = nn.ConvTranspose2d(8, 8, 2, 2), nn.Conv2d(8, 2, 1)

    def forward(self, x):
        a = F.relu(self.a(x))
        b = F.relu(self.b(F.max_pool2d(a, 2)))
        c = F.relu(self.c(torch.cat([a, self.up(b)], 1)))
        d = F.interpolate(b, scale_factor=2, mode="bilinear", align_corners=False)[:, :4]
        return self.out(torch.cat([c, d], 1))


class Dense(nn.Module):
    """DenseNet and Inception: concatenations, average pools, shuffled channels."""

    def __init__(self):
        super().__init__()
        self.a, self.n, self.b = nn.Conv2d(3, 6, 3, padding=1), nn.BatchNorm2d(6), nn.Conv2d(6, 6, 3, padding=1)
        self.c, self.fc = nn.Conv2d(12, 12, 3, padding=1, groups=3), nn.Linear(12 * 4 * 4, 4)

    def forward(self, x):
        a = self.a(x)
        y = torch.cat([a, self.b(F.relu(self.n(a)))], 1)
        n, c, h, w = y.shape
        y = y.view(n, 3, c // 3, h, w).transpose(1, 2).reshape(n, c, h, w)
        y = F.avg_pool2d(F.silu(self.c(y)), 2, ceil_mode=True)
        return self.fc(y.reshape(n, -1))


class Genomics(nn.Module):
    """One dimension, dilated, with residuals and crops."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv1d(4, 8, 7)
        self.dilated = nn.ModuleList(nn.Conv1d(8, 8, 3, dilation=2**i) for i in range(1, 4))
        self.profile, self.count = nn.Conv1d(8, 1, 5), nn.Linear(8, 1)

    def forward(self, x):
        x = F.relu(self.first(x))
        for conv in self.dilated:
            y = F.relu(conv(x))
            cut = (x.shape[-1] - y.shape[-1]) // 2
            x = x[:, :, cut:-cut] + y
        return torch.cat([self.profile(x).squeeze(1), self.count(x.mean(-1))], 1)


class Attention(nn.Module):
    def __init__(self, tanh):
        super().__init__()
        self.embed, self.place = nn.Linear(6, 16), nn.Parameter(torch.rand(1, 9, 16))
        self.cls = nn.Parameter(torch.rand(1, 1, 16))
        self.norm1, self.norm2 = nn.LayerNorm(16), nn.LayerNorm(16)
        self.qkv, self.out = nn.Linear(16, 48), nn.Linear(16, 16)
        self.up, self.act, self.down = nn.Linear(16, 32), nn.GELU(approximate="tanh" if tanh else "none"), nn.Linear(32, 16)
        self.head = nn.Linear(16, 3)

    def forward(self, x):
        x = torch.cat([self.cls.expand(x.shape[0], -1, -1), self.embed(x)], 1) + self.place
        n, t, c = x.shape
        q, k, v = self.qkv(self.norm1(x)).reshape(n, t, 3, 4, c // 4).permute(2, 0, 3, 1, 4).unbind(0)
        weights = torch.softmax(q @ k.transpose(-2, -1) / (c // 4) ** 0.5, -1)
        x = x + self.out((weights @ v).transpose(1, 2).reshape(n, t, c))
        x = x + self.down(self.act(self.up(self.norm2(x))))
        return self.head(x[:, 0])


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.TransformerEncoderLayer(16, 4, 32, batch_first=True)
        self.head = nn.Linear(16, 3)

    def forward(self, x):
        return self.head(self.layer(x).mean(1))


class Recurrent(nn.Module):
    def __init__(self, kind, both):
        super().__init__()
        self.cells = kind(6, 8, batch_first=True, bidirectional=both)
        self.head = nn.Linear(16 if both else 8, 3)

    def forward(self, x):
        return self.head(self.cells(x)[0][:, -1])


class Rotary(nn.Module):
    """Attention with rotary positions, a causal mask and a root mean square norm."""

    def __init__(self):
        super().__init__()
        self.qkv, self.out, self.scale = nn.Linear(8, 24), nn.Linear(8, 3), nn.Parameter(torch.rand(8))

    def forward(self, x):
        n, t, c = x.shape
        angles = torch.outer(torch.arange(t, dtype=torch.float32), 10000 ** (-torch.arange(0, 4, 2) / 4))
        cos, sin = torch.cat([angles.cos()] * 2, -1), torch.cat([angles.sin()] * 2, -1)

        def turned(y):
            a, b = y.chunk(2, -1)
            return y * cos + torch.cat([-b, a], -1) * sin

        q, k, v = (each.reshape(n, t, 2, 4).transpose(1, 2) for each in self.qkv(x).chunk(3, -1))
        scores = torch.einsum("nhtd,nhsd->nhts", turned(q), turned(k)) / 2
        scores = scores.masked_fill(torch.triu(torch.ones(t, t, dtype=torch.bool), 1), float("-inf"))
        y = (scores.softmax(-1) @ v).transpose(1, 2).reshape(n, t, c)
        y = y * torch.rsqrt((y * y).mean(-1, keepdim=True) + 1e-6) * self.scale
        return self.out(y).mean(1)


class Chosen(nn.Module):
    """Selections, clamps, powers and sums that depend on values."""

    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(6, 8), nn.Linear(8, 3)

    def forward(self, x):
        y = self.a(x)
        y = torch.where((y > 0.3) & (y < 2), y**2, torch.where(y <= -0.5, torch.exp(y) - 1, 0.2 * y))
        y = torch.clamp(torch.cumsum(y, 1), -2, 3) + y.remainder(0.7) + torch.atan2(y, y + 3) + torch.pow(2.0, y)
        y = y.masked_fill(y > 4, 1.0) + torch.logsumexp(y, 1, keepdim=True) + torch.prod(torch.tanh(y), 1, keepdim=True)
        return self.b(y.abs().clamp(min=1e-3).log())


class Resized(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Conv2d(2, 4, 3, padding=1, padding_mode="reflect"), nn.Conv2d(4, 3, 3, padding=1, padding_mode="replicate")

    def forward(self, x):
        y = self.a(x)
        z = F.interpolate(y, size=(11, 9), mode="bicubic", align_corners=False)
        z = z + F.interpolate(y, size=(11, 9), mode="bilinear", align_corners=True) + F.interpolate(y, size=(11, 9), mode="nearest")
        z = z + F.interpolate(y, size=(11, 9), mode="bicubic", align_corners=True)
        return F.max_pool2d(self.b(z), 3, 2, 1, dilation=2).mean((2, 3))


NETS = {
    "rotary": (Rotary, (6, 8)),
    "chosen": (Chosen, (6,)),
    "resized": (Resized, (2, 7, 6)),
    "rnn": (lambda: Recurrent(nn.RNN, True), (5, 6)),
    "resnet": (ResNet, (3, 32, 32)),
    "vgg": (lambda: nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(512, 16), nn.ReLU(), nn.Dropout(), nn.Linear(16, 4)), (3, 16, 16)),
    "mobilenet": (lambda: Squeeze(nn.Hardswish()), (3, 16, 16)),
    "efficientnet": (lambda: Squeeze(nn.SiLU()), (3, 16, 16)),
    "convnext": (ConvNeXt, (3, 16, 16)),
    "unet": (UNet, (1, 16, 16)),
    "densenet": (Dense, (3, 8, 8)),
    "genomics": (Genomics, (4, 64)),
    "attention": (lambda: Attention(False), (8, 6)),
    "attention_tanh": (lambda: Attention(True), (8, 6)),
    "encoder": (Encoder, (7, 16)),
    "lstm": (lambda: Recurrent(nn.LSTM, False), (5, 6)),
    "lstm_both": (lambda: Recurrent(nn.LSTM, True), (5, 6)),
    "gru": (lambda: Recurrent(nn.GRU, False), (5, 6)),
}


def main(folder: Path) -> None:
    torch.backends.mha.set_fastpath_enabled(False)  # the fused layer cannot be exported
    # The exporter looks for functions of the package onnx, which none of these has.
    import torch.onnx._internal.torchscript_exporter.onnx_proto_utils as utils

    utils._add_onnxscript_fn = lambda model, *_: model
    # The newer exporter needs a package of its own.
    newer = importlib.util.find_spec("onnxscript") is not None
    failed = {}
    for name, (make, shape) in NETS.items():
        torch.manual_seed(0)
        net = make().eval()
        for module in net.modules():
            if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)):
                module.running_mean.normal_(0, 0.2)
                module.running_var.uniform_(0.5, 1.5)
        x = torch.randn(3, *shape)
        try:
            with torch.no_grad():
                y = net(x)
                torch.onnx.export(net, x, str(folder / f"{name}.onnx"), dynamo=False, opset_version=17, input_names=["input"], output_names=["output"], dynamic_axes={"input": {0: "batch"}, "output": {0: "batch"}})
            if newer:
                place = str(folder / f"{name}_newer.onnx")
                torch.onnx.export(net, (x,), place, dynamo=True, input_names=["input"], output_names=["output"], dynamic_shapes=({0: torch.export.Dim("batch")},), verbose=False)
            np.savez(folder / f"{name}.npz", input=x.numpy(), output=y.numpy())
        except Exception as error:  # told to the test, which fails on it
            failed[name] = repr(error)[:300]
    (folder / "exported.json").write_text(json.dumps({"torch": torch.__version__, "newer": newer, "failed": failed}))


main(Path(sys.argv[1]))

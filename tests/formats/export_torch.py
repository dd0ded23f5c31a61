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


class Inception(nn.Module):
    """Branches side by side, one of them factored, and an auxiliary pool."""

    def __init__(self):
        super().__init__()

        def conv(i, o, size, **more):
            return nn.Sequential(nn.Conv2d(i, o, size, bias=False, **more), nn.BatchNorm2d(o, eps=1e-3), nn.ReLU())

        self.stem = conv(3, 8, 3, stride=2)
        self.one, self.five = conv(8, 4, 1), nn.Sequential(conv(8, 3, 1), conv(3, 4, 5, padding=2))
        self.factored = nn.Sequential(conv(8, 4, (1, 7), padding=(0, 3)), conv(4, 4, (7, 1), padding=(3, 0)))
        self.pooled, self.fc = conv(8, 4, 1), nn.Linear(16, 4)

    def forward(self, x):
        x = self.stem(x)
        branches = [self.one(x), self.five(x), self.factored(x), self.pooled(F.avg_pool2d(x, 3, 1, 1))]
        return self.fc(F.adaptive_avg_pool2d(torch.cat(branches, 1), 1).flatten(1))


class Lengths(nn.Module):
    """Sequences of different lengths, packed."""

    def __init__(self, kind):
        super().__init__()
        self.cells, self.head = kind(5, 6, batch_first=True, bidirectional=True), nn.Linear(12, 3)

    def forward(self, x, lengths):
        packed = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True)
        packed, last = self.cells(packed)
        y, _ = nn.utils.rnn.pad_packed_sequence(packed, batch_first=True)
        last = last[0] if isinstance(last, tuple) else last
        return self.head(y.sum(1)) + self.head(torch.cat([last[0], last[1]], 1))


class Windows(nn.Module):
    """Swin: attention within windows that are moved round, a bias by position, patches merged. Seven axes at one place."""

    def __init__(self):
        super().__init__()
        self.embed, self.norm = nn.Conv2d(3, 8, 2, 2), nn.LayerNorm(8)
        self.qkv, self.out, self.merge, self.head = nn.Linear(8, 24), nn.Linear(8, 8), nn.Linear(32, 16), nn.Linear(16, 4)
        places = torch.stack(torch.meshgrid(torch.arange(4), torch.arange(4), indexing="ij")).flatten(1)
        apart = (places[:, :, None] - places[:, None, :]).permute(1, 2, 0) + 3
        self.register_buffer("index", apart[..., 0] * 7 + apart[..., 1])
        self.table = nn.Parameter(torch.randn(49, 2))

    def forward(self, x):
        x = self.embed(x).permute(0, 2, 3, 1)
        n, h, w, c = x.shape
        y = torch.roll(self.norm(x), (-2, -2), (1, 2))
        y = y.view(n, h // 4, 4, w // 4, 4, c).permute(0, 1, 3, 2, 4, 5).reshape(-1, 16, c)
        q, k, v = self.qkv(y).reshape(-1, 16, 3, 2, 4).permute(2, 0, 3, 1, 4)
        bias = self.table[self.index.view(-1)].view(16, 16, 2).permute(2, 0, 1)
        weights = torch.softmax(q * 0.5 @ k.transpose(-2, -1) + bias[None], -1)
        y = self.out((weights @ v).transpose(1, 2).reshape(-1, 16, c))
        y = y.view(n, h // 4, w // 4, 4, 4, c).permute(0, 1, 3, 2, 4, 5).reshape(n, h, w, c)
        x = x + torch.roll(y, (2, 2), (1, 2))
        x = torch.cat([x[:, i::2, j::2] for j in (0, 1) for i in (0, 1)], -1)
        return self.head(self.merge(x).mean((1, 2)))


class Capsules(nn.Module):
    """Routing by agreement: products with two leading axes of one, softmax of zeros, vectors scaled by their length."""

    def __init__(self):
        super().__init__()
        self.conv, self.votes = nn.Conv2d(1, 8, 5, 2), nn.Parameter(torch.randn(1, 36, 3, 6, 8) * 0.1)
        self.head = nn.Linear(3, 3)

    def forward(self, x):
        u = self.conv(x).view(x.shape[0], -1, 8)
        u = u / (1 + u.pow(2).sum(-1, keepdim=True))
        votes = (self.votes @ u[:, :, None, :, None]).squeeze(-1)
        logits = torch.zeros(x.shape[0], 36, 3)
        for _ in range(2):
            out = (torch.softmax(logits, 2)[..., None] * votes).sum(1)
            size = (out**2).sum(-1, keepdim=True)
            out = size / (1 + size) * out / torch.sqrt(size + 1e-4)
            logits = logits + (votes * out[:, None]).sum(-1)
        return self.head(out.pow(2).sum(-1))


class Embedded(nn.Module):
    """Instance and group norms, padding that goes round, shuffled pixels, an embedding of length one."""

    def __init__(self):
        super().__init__()
        self.around, self.instance = nn.Conv2d(3, 8, 3, padding=1, padding_mode="circular"), nn.InstanceNorm2d(8, affine=True)
        self.group, self.act, self.shuffle, self.fc = nn.GroupNorm(4, 8), nn.PReLU(8), nn.PixelShuffle(2), nn.Linear(2, 5)

    def forward(self, x):
        x = self.act(self.group(self.instance(self.around(x))))
        return F.normalize(self.fc(F.avg_pool2d(self.shuffle(x), 2).mean((2, 3))))


class Spectrum(nn.Module):
    """The logarithm of a short-time Fourier transform's power."""

    def __init__(self):
        super().__init__()
        self.register_buffer("window", torch.hann_window(32))
        self.conv, self.head = nn.Conv1d(17, 6, 3), nn.Linear(6, 3)

    def forward(self, x):
        y = torch.stft(x, 32, 8, window=self.window, return_complex=False)
        return self.head(F.relu(self.conv(torch.log(y.pow(2).sum(-1) + 1e-2))).mean(-1))


class Experts(nn.Module):
    """Sums over three factors: linear attention, then a mixture of experts."""

    def __init__(self):
        super().__init__()
        self.qkv, self.gate = nn.Linear(4, 18), nn.Linear(6, 3)
        self.experts, self.head = nn.Parameter(torch.randn(3, 6, 5)), nn.Linear(5, 2)

    def forward(self, x):
        q, k, v = self.qkv(x).chunk(3, -1)
        q, k = F.elu(q) + 1, F.elu(k) + 1
        scale = 1 / (torch.einsum("btd,bd->bt", q, k.sum(1)) + 1e-6)
        y = torch.einsum("btd,bde,bt->bte", q, torch.einsum("btd,bte->bde", k, v), scale).mean(1)
        return self.head(F.gelu(torch.einsum("bi,eio,be->bo", y, self.experts, torch.softmax(self.gate(y), -1))))


class Words(nn.Module):
    """A small GPT: tokens, learnt positions, causal attention by PyTorch's own function, the embedding's weights again."""

    def __init__(self):
        super().__init__()
        self.words, self.places = nn.Embedding(11, 16), nn.Parameter(torch.randn(1, 8, 16) * 0.1)
        self.qkv, self.out, self.up, self.down = nn.Linear(16, 48), nn.Linear(16, 16), nn.Linear(16, 64), nn.Linear(64, 16)
        self.norm1, self.norm2, self.norm3 = nn.LayerNorm(16), nn.LayerNorm(16), nn.LayerNorm(16)

    def forward(self, ids):
        n, t = ids.shape
        x = self.words(ids) + self.places[:, :t]
        q, k, v = (each.view(n, t, 4, 4).transpose(1, 2) for each in self.qkv(self.norm1(x)).split(16, 2))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(y.transpose(1, 2).reshape(n, t, 16))
        x = x + self.down(F.gelu(self.up(self.norm2(x)), approximate="tanh"))
        return (self.norm3(x) @ self.words.weight.t())[:, -1]


class Upsampled(nn.Module):
    """A U-Net whose ways up are resizes, with group norms, over a size that halves unevenly."""

    def __init__(self):
        super().__init__()

        def block(i, o):
            return nn.Sequential(nn.Conv2d(i, o, 3, padding=1), nn.GroupNorm(2, o), nn.SiLU())

        self.a, self.b, self.c, self.d, self.e = block(1, 4), block(4, 8), block(8, 8), block(16, 8), block(12, 4)
        self.up, self.out = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True), nn.Conv2d(4, 2, 1)

    def forward(self, x):
        a = self.a(x)
        b = self.b(F.max_pool2d(a, 2))
        c = self.up(self.c(F.max_pool2d(b, 2)))
        d = self.d(torch.cat([b, F.pad(c, (0, 0, 0, b.shape[2] - c.shape[2]))], 1))
        return self.out(self.e(torch.cat([a, F.interpolate(d, size=a.shape[2:], mode="bilinear")], 1)))


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
    "inception": (Inception, (3, 19, 19)),
    "lengths_gru": (lambda: Lengths(nn.GRU), (6, 5)),
    "lengths_lstm": (lambda: Lengths(nn.LSTM), (6, 5)),
    "windows": (Windows, (3, 16, 16)),
    "capsules": (Capsules, (1, 16, 16)),
    "embedded": (Embedded, (3, 8, 8)),
    "spectrum": (Spectrum, (128,)),
    "experts": (Experts, (6, 4)),
    "words": (Words, None),
    "upsampled": (Upsampled, (1, 18, 16)),
}
# The older exporter's operator sets; 17 where none is said.
OPSETS = {"resnet": 9, "lstm_both": 9, "densenet": 10, "convnext": 11, "unet": 11, "vgg": 12, "genomics": 13, "mobilenet": 14, "inception": 15, "windows": 18, "upsampled": 20}
# And the newer's; 18 where none is said.
NEWER = {"attention": 20, "genomics": 21, "experts": 21}
# What only the older exporter exports.
OLDER_ALONE = {"lengths_gru", "lengths_lstm"}


def inputs_of(name, shape):
    if name == "words":
        return {"input": torch.tensor([[1, 2, 3, 4, 5, 6], [3, 9, 4, 1, 7, 2], [8, 1, 1, 2, 6, 10]])}
    x = {"input": torch.randn(3, *shape)}
    return {**x, "lengths": torch.tensor([6, 4, 2])} if name.startswith("lengths") else x


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
        given = inputs_of(name, shape)
        xs = tuple(given.values())
        try:
            with torch.no_grad():
                y = net(*xs)
                axes = {each: {0: "batch"} for each in [*given, "output"]}
                torch.onnx.export(net, xs, str(folder / f"{name}.onnx"), dynamo=False, opset_version=OPSETS.get(name, 17), input_names=list(given), output_names=["output"], dynamic_axes=axes)
            if newer and name not in OLDER_ALONE:
                place = str(folder / f"{name}_newer.onnx")
                torch.onnx.export(net, xs, place, dynamo=True, opset_version=NEWER.get(name, 18), input_names=list(given), output_names=["output"], dynamic_shapes=({0: torch.export.Dim("batch")},), verbose=False)
            np.savez(folder / f"{name}.npz", **{f"in/{each}": x.numpy() for each, x in given.items()}, **{"out/output": y.numpy()})
        except Exception as error:  # told to the test, which fails on it
            failed[name] = repr(error)[:300]
    (folder / "exported.json").write_text(json.dumps({"torch": torch.__version__, "newer": newer, "failed": failed}))


main(Path(sys.argv[1]))

"""
Recurrent nets of PyTorch in every layout, exported by both exporters with free lengths and free numbers of examples, with names for
these and without. Each case: model.onnx, and what it takes and gives in case.json, in the file's own layout.
"""
import json
import logging
import os
import sys
import warnings

import numpy as np
import torch
from torch import nn

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)
OUT = sys.argv[1]
torch.manual_seed(0)


class Net(nn.Module):
    def __init__(self, kind, batch_first, both, layers, every):
        super().__init__()
        self.kind, self.every, self.batch_first = kind, every, batch_first
        self.rnn = getattr(nn, kind)(3, 4, num_layers=layers, batch_first=batch_first, bidirectional=both)
        self.out = nn.Linear(8 if both else 4, 2)

    def forward(self, x, *states):
        if self.kind == "LSTM":
            states = (tuple(states),) if states else ()
        y, _ = self.rnn(x, *states)
        if not self.every:
            y = y[:, -1] if self.batch_first and y.dim() == 3 else y[-1]
        return self.out(torch.tanh(y))


def case(name, net, args, free, places, out, exporter, names):
    """free: names of free axes of each input; places: which axis of each counts examples, or None; out: the output's."""
    net.eval()
    folder = f"{OUT}/{name}"
    os.makedirs(folder, exist_ok=True)
    inputs = [f"in{i}" for i in range(len(args))]
    with torch.no_grad():
        given = net(*args).numpy()
    path = f"{folder}/model.onnx"
    if exporter == "script":
        axes = {inputs[i]: (each if names else list(each)) for i, each in enumerate(free) if each}
        torch.onnx.export(net, args, path, input_names=inputs, output_names=["out"], dynamic_axes=axes, dynamo=False, opset_version=17)
    else:
        known = {}
        size = lambda each: known.setdefault(each, torch.export.Dim(each)) if names else torch.export.Dim.DYNAMIC
        shapes = [{axis: size(each) for axis, each in axes.items()} for axes in free]
        told = {"x": shapes[0], **({"states": tuple(shapes[1:])} if len(shapes) > 1 else {})}
        torch.onnx.export(net, args, path, input_names=inputs, output_names=["out"], dynamic_shapes=told, dynamo=True, external_data=False)
    array = lambda each: {"shape": list(each.shape), "data": np.asarray(each).ravel().tolist()}
    with open(f"{folder}/case.json", "w") as file:
        json.dump({"inputs": [array(each) for each in args], "places": places, "given": array(given), "out": out}, file)


for exporter in ["script", "dynamo"]:
    for names in [True, False]:
        tag = f"{exporter}_{'named' if names else 'bare'}"
        for kind in ["LSTM", "GRU", "RNN"]:
            for batch_first in [False, True]:
                for both, layers in [(False, 1), (True, 2)]:
                    for states in [False, True]:
                        x = torch.randn(*((2, 6, 3) if batch_first else (6, 2, 3)))
                        free = [{0: "N", 1: "T"} if batch_first else {0: "T", 1: "N"}]
                        # The newer exporter takes seconds for each: the layouts that differ most.
                        if exporter == "dynamo" and (kind == "RNN" or batch_first or states != both):
                            continue
                        count = (2 if kind == "LSTM" else 1) if states else 0
                        args = [x] + [torch.randn(layers * (2 if both else 1), 2, 4) for _ in range(count)]
                        free += [{1: "N"}] * count
                        place = 0 if batch_first else 1
                        net = Net(kind, batch_first, both, layers, states)
                        name = f"{tag}_{kind}_{'batch_first' if batch_first else 'steps_first'}_{layers}{'_states' if states else ''}"
                        case(name, net, tuple(args), free, [place] + [1] * count, place if states else 0, exporter, names)
        one = Net("LSTM", False, False, 1, True)
        case(f"{tag}_one_example", one, (torch.randn(6, 1, 3),), [{0: "T"}], [1], 1, exporter, names)
        case(f"{tag}_no_examples", one, (torch.randn(6, 3),), [{0: "T"}], [None], None, exporter, names)
        last = Net("GRU", False, False, 1, False)
        case(f"{tag}_no_examples_state", last, (torch.randn(6, 3), torch.randn(1, 4)), [{0: "T"}, {}], [None, None], None, exporter, names)

"""PyTorch and Captum, asked line by line: one JSON request on standard input, one JSON answer on standard output.

Every answer that was timed has `wall` and `cpu` in ms (`cpu` counts all threads)."""
import json
import resource
import sys
import time
from importlib.metadata import version

import numpy as np
import torch
from captum.attr import LayerConductance

from nets import Net

nets = {}


def timed(work):
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    return result, {"wall": (time.perf_counter() - wall) * 1e3, "cpu": (time.process_time() - cpu) * 1e3}


def open_net(request):
    """`model`, `target` (layer), `inputs` (npz), `input` (entry), `baseline` (entry or number), `examples`"""
    net = Net(request["model"], request["target"])
    data = np.load(request["inputs"])
    x = data[request["input"]][: request["examples"]]
    b = request["baseline"]
    baseline = data[b][:1] if isinstance(b, str) else np.full_like(x[:1], b)
    x, baseline = net.given(x), net.given(baseline)
    with torch.no_grad():
        values = net(x, all_values=True)
    index = values[net.hidden[-1]].argmax(1) if request["index"] == "argmax" else torch.full((len(x),), request["index"])
    nets[request["name"]] = net, x, baseline, index
    return {"layers": net.hidden, "index": index.tolist(), "target": values[net.hidden[-1]].tolist()}


def passes(request):
    """Forward and backward at `points` points of the first example's path, `batch` at once, gradients of input and all layers."""
    net, x, baseline, index = nets[request["name"]]
    alphas = torch.linspace(0, 1, request["points"])

    def work():
        for a in alphas.split(request["batch"]):
            rows = baseline + a.reshape(-1, *[1] * (x.ndim - 1)) * (x[:1] - baseline)
            if x.ndim == 4:
                rows = rows.contiguous(memory_format=torch.channels_last)
            rows.requires_grad_(True)
            values = net(rows, all_values=True)
            f = values[net.hidden[-1]][:, index[0]].sum()
            torch.autograd.grad(f, [v for n, v in values.items() if n != net.hidden[-1]])

    return timed(work)[1]


def conductance(request):
    """LayerConductance of the first `examples` examples for each of `layers`; with `truth` (npz) the worst layer's L1 error."""
    net, x, baseline, index = nets[request["name"]]
    n = request["examples"]
    results = {}

    def work():
        for layer in request["layers"]:
            results[layer] = LayerConductance(net, net.layers[layer]).attribute(
                x[:n],
                baseline.expand_as(x[:n]),
                target=index[:n],
                n_steps=request["steps"],
                method=request["method"],
                internal_batch_size=max(n, request["batch"]),
            )

    times = timed(work)[1]
    if "truth" in request:
        truth = np.load(request["truth"])

        def error(layer):
            have, want = results[layer].detach().movedim(1, -1).numpy(), truth[f"nig/{layer}"]
            return np.abs(have - want).sum() / np.abs(want).sum()

        times["worst"] = float(max(error(layer) for layer in request["layers"]))
    return times


def about(_):
    return {"torch": torch.__version__, "captum": version("captum"), "threads": torch.get_num_threads(), "python": sys.version.split()[0]}


def memory(_):
    return {"peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}


ASKED = {"open": open_net, "passes": passes, "conductance": conductance, "about": about, "memory": memory}
answers, sys.stdout = sys.stdout, sys.stderr  # what libraries print must not mix with the answers
for line in sys.stdin:
    request = json.loads(line)
    try:
        answer = ASKED[request["ask"]](request)
    except Exception as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), file=answers, flush=True)

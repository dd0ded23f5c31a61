"""
ONNX's own tests of single nodes, as models that map examples to outputs: what the tests feed as second inputs (weights,
axes, shapes) is fixed in the model, but for ops of several values. Needs the packages onnx and numpy.

Usage: python onnx_nodes.py FOLDER
"""

import json
import sys
import warnings
from pathlib import Path

import numpy as np

warnings.filterwarnings("ignore")
import onnx  # noqa: E402
import onnx.backend.test.case.node as node_tests  # noqa: E402
from onnx import numpy_helper  # noqa: E402

# Ops whose real-valued inputs all stay inputs.
SEVERAL = {"Add", "Sub", "Mul", "Div", "Pow", "Mod", "Max", "Min", "Sum", "Mean", "Where", "MatMul", "Concat", "Einsum"}
SEVERAL |= {"Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Equal", "Gemm", "Loop", "If", "Scan"}


def main(folder: Path) -> None:
    names = []
    for case in node_tests.collect_testcases(None):
        if any(each.domain not in ("", "ai.onnx") for each in case.model.opset_import):
            continue
        if "training" in case.name or "expanded" in case.name:
            continue
        graph = case.model.graph
        inputs, outputs = case.data_sets[0]
        if not all(isinstance(each, (np.ndarray, np.generic)) for each in [*inputs, *outputs]):
            continue
        several = any(node.op_type in SEVERAL for node in graph.node)
        kept, fixed = [], []
        for info, value in zip(list(graph.input), inputs):
            real = np.asarray(value).dtype in (np.float32, np.float64, np.float16)
            # Quantised values are whole numbers, and what is attributed.
            quantised = graph.node[0].op_type == "DequantizeLinear"
            stays = not kept if quantised else real and (several or not kept)
            (kept if stays else fixed).append((info, np.asarray(value)))
        if not kept:
            continue
        for info, value in fixed:
            graph.input.remove(info)
            graph.initializer.append(numpy_helper.from_array(value, info.name))
        place = folder / case.name
        place.mkdir(parents=True, exist_ok=True)
        for kind, values in (("input", [value for _, value in kept]), ("output", outputs)):
            for i, value in enumerate(values):
                (place / f"{kind}_{i:02}.pb").write_bytes(numpy_helper.from_array(np.asarray(value)).SerializeToString())
        onnx.save(case.model, place / "model.onnx")
        names.append(case.name)
    (folder / "cases.json").write_text(json.dumps(sorted(names)))


main(Path(sys.argv[1]))

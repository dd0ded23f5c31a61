"""
What a model's own framework gives, and the same file with its free sizes fixed by hand. ONNX needs the packages onnx and onnxruntime,
.h5, .keras and SavedModels TensorFlow with Keras; files of TensorFlow.js are only fixed here, which needs nothing.

Usage: python original.py predict MODEL INPUT.npz OUTPUT.npz    prints nothing; entries by the names of outputs
       python original.py fix MODEL INPUT.npz FIXED             FIXED is a file, or of TensorFlow.js a folder
"""

import json
import os
import shutil
import sys
import zipfile
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"


def arrays(path):
    import numpy as np

    with np.load(path) as file:
        return {name: file[name] for name in file.files}


def shapes(path):
    """Of each entry, from its header alone."""
    found = {}
    with zipfile.ZipFile(path) as file:
        for name in file.namelist():
            head = file.read(name)[:400].split(b"\n")[0].decode("latin1")
            inside = head[head.index("'shape': (") + 10 :]
            found[name.removesuffix(".npy")] = [int(size) for size in inside[: inside.index(")")].split(",") if size.strip()]
    return found


def place_of_examples(shape, dims):
    """Which axis of a file's input counts examples, where Mho takes [examples, ...]; dims are whole numbers where they are fixed."""
    rest = list(shape[1:])
    for axis in range(len(dims)):
        moved = rest[:axis] + [shape[0]] + rest[axis:]
        if all(not isinstance(dim, int) or dim == size for dim, size in zip(dims, moved)):
            return axis
    return 0


def predict_onnx(path, given):
    import numpy as np
    import onnxruntime as ort

    options = ort.SessionOptions()
    # Without fusions, which compute on fewer bits than the file says.
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    types = {"tensor(float)": "f4", "tensor(double)": "f8", "tensor(float16)": "f2", "tensor(bool)": "?"}

    def fed(port):
        kind = types.get(port.type) or port.type.removeprefix("tensor(").removesuffix(")")
        array = given[port.name].astype(kind)
        # A file without an axis of examples takes one, where Mho takes [examples, ...].
        if array.ndim == len(port.shape) + 1:
            return np.asarray(array[0])
        return np.moveaxis(array, 0, place_of_examples(array.shape, port.shape))

    names = [port.name for port in session.get_outputs()]
    values = session.run(None, {port.name: fed(port) for port in session.get_inputs()})
    return {name: value for name, value in zip(names, values) if isinstance(value, np.ndarray)}


def predict_keras(path, given):
    import tensorflow as tf

    model = tf.keras.models.load_model(path, compile=False)
    fed = [given[name] for name in model.input_names]
    values = model(fed if len(fed) > 1 else fed[0], training=False)
    values = values if isinstance(values, (list, tuple)) else [values]
    return {name: value.numpy() for name, value in zip(model.output_names, values)}


def predict_saved(path, given):
    import tensorflow as tf

    # Held while it is called: the signature alone does not keep the variables.
    model = tf.saved_model.load(path)
    serving = model.signatures["serving_default"]
    _, ports = serving.structured_input_signature
    fed = {name: tf.cast(given[name], port.dtype) for name, port in ports.items()}
    return {name: value.numpy() for name, value in serving(**fed).items()}


def fix_onnx(path, sizes, to):
    import onnx

    model = onnx.load(path)
    for port in model.graph.input:
        dims = port.type.tensor_type.shape.dim
        wanted = sizes.get(port.name)
        if wanted is None:
            continue
        if len(wanted) == len(dims):
            axis = place_of_examples(wanted, [dim.dim_value if dim.HasField("dim_value") else None for dim in dims])
            wanted = wanted[1 : axis + 1] + wanted[:1] + wanted[axis + 1 :]
        for dim, size in zip(dims, wanted[len(wanted) - len(dims) :]):
            if not dim.HasField("dim_value"):
                dim.dim_value = size
    # What was inferred of free sizes is inferred anew.
    del model.graph.value_info[:]
    onnx.save(model, to)


def fix_keras(path, sizes, to):
    import h5py

    shutil.copyfile(path, to)
    with h5py.File(to, "r+") as file:
        config = json.loads(file.attrs["model_config"])
        bound(config, sizes)
        file.attrs["model_config"] = json.dumps(config)


def bound(config, sizes):
    """Input layers of a Keras configuration, and what a Sequential says of its input."""
    layers = config["config"]["layers"] if isinstance(config["config"], dict) else config["config"]
    for layer in layers:
        own = layer["config"]
        for key in ("batch_input_shape", "batch_shape"):
            if key in own:
                # Of a Sequential's first layer the input is called NAME_input.
                wanted = sizes.get(own.get("name")) or sizes.get(f"{own.get('name')}_input") or next(iter(sizes.values()))
                own[key] = [None, *wanted[1:]]


def fix_tfjs(path, sizes, to):
    path = Path(path)
    file = path if path.is_file() else path / "model.json"
    model = json.loads(file.read_text())
    topology = model["modelTopology"]
    if "node" in topology:
        for node in topology["node"]:
            if node["op"] == "Placeholder" and node["name"] in sizes:
                dims = node["attr"]["shape"]["shape"]["dim"]
                node["attr"]["shape"]["shape"]["dim"] = [{"size": str(size)} for size in sizes[node["name"]][-len(dims) :]]
        # It repeats what the placeholders say.
        for port in ((model.get("signature") or {}).get("inputs") or {}).values():
            name = port["name"].split(":")[0]
            if name in sizes:
                port["tensorShape"]["dim"] = [{"size": str(size)} for size in sizes[name]]
    else:
        bound(topology.get("model_config", topology), sizes)
    to = Path(to)
    to.mkdir()
    (to / "model.json").write_text(json.dumps(model))
    for group in model["weightsManifest"]:
        for shard in group["paths"]:
            shutil.copyfile(file.parent / shard, to / shard)


def main():
    what, path, given, to = sys.argv[1:]
    kind = "tfjs" if path.endswith(".json") or (Path(path) / "model.json").exists() else Path(path).suffix
    if what == "fix":
        {"tfjs": fix_tfjs, ".onnx": fix_onnx}.get(kind, fix_keras)(path, shapes(given), to)
        return
    import numpy as np

    predict = predict_onnx if kind == ".onnx" else predict_saved if Path(path).is_dir() else predict_keras
    values = predict(path, arrays(given))
    np.savez(to, **{name: np.asarray(value, dtype="f4") for name, value in values.items()})


main()

"""
Models of what onnxruntime's optimisers fuse (the domain com.microsoft), of places that the input tells, of pictures looked up along a
grid, of support vectors and of windows over the end, with random weights, each with inputs and what onnxruntime gives for one example
after the other. Needs the packages onnx, onnxruntime and numpy.

Usage: python onnx_fused.py FOLDER
"""

import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto as T
from onnx import helper as h
from onnx import numpy_helper as nh

R = np.random.default_rng(17)
out = Path(sys.argv[1])
N = h.make_node
f32 = np.float32
i32 = np.int32
MS = dict(domain="com.microsoft")
ML = dict(domain="ai.onnx.ml")


def rn(*s):
    return R.normal(size=s).astype(f32)


def save(name, nodes, consts, inputs, outs=("out",), opset=17, types=None, batch="n"):
    """Inputs [examples, …] by name; what is not real keeps its type. With a batch of 1 examples are fed one by one."""
    infos = [h.make_tensor_value_info(k, h.np_dtype_to_tensor_dtype(v.dtype), [batch, *v.shape[1:]]) for k, v in inputs.items()]
    g = h.make_graph(
        nodes,
        name,
        infos,
        [h.make_tensor_value_info(o, (types or {}).get(o, T.FLOAT), None) for o in outs],
        [nh.from_array(np.asarray(v), k) for k, v in consts.items()],
    )
    imports = [h.make_opsetid("", opset), h.make_opsetid("ai.onnx.ml", 3), h.make_opsetid("com.microsoft", 1)]
    m = h.make_model(g, opset_imports=imports, ir_version=9)
    o = ort.SessionOptions()
    o.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    s = ort.InferenceSession(m.SerializeToString(), o, providers=["CPUExecutionProvider"])
    count = len(next(iter(inputs.values())))
    ys = [s.run(list(outs), {k: v[i : i + 1] for k, v in inputs.items()}) for i in range(count)]
    made = {f"out/{o}": np.concatenate([np.asarray(y[j], f32) for y in ys]) for j, o in enumerate(outs)}
    folder = out / name
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(m, folder / "model.onnx")
    np.savez(folder / "io.npz", **{f"in/{k}": v for k, v in inputs.items()}, **made)


# --- products and windows with what was fused to them
X = rn(3, 4, 7, 6)
for act, params in (("Relu", None), ("LeakyRelu", [0.3]), ("Clip", [-0.2, 0.7]), ("Sigmoid", None), ("Tanh", None), ("HardSigmoid", [0.3, 0.4])):
    more = {} if params is None else {"activation_params": params}
    node = N("FusedConv", ["x", "w", "b"], ["out"], activation=act, pads=[1, 1, 1, 1], strides=[2, 1], group=2, **more, **MS)
    save(f"fusedconv_{act}", [node], dict(w=rn(6, 2, 3, 3), b=rn(6)), dict(x=X))
save(
    "fusedconv_sum",
    [N("Conv", ["x", "v"], ["z"]), N("FusedConv", ["x", "w", "b", "z"], ["out"], activation="Relu", **MS)],
    dict(w=rn(6, 4, 1, 1), v=rn(6, 4, 1, 1), b=rn(6)),
    dict(x=X),
)
save("fusedgemm", [N("FusedGemm", ["x", "w", "b"], ["out"], activation="LeakyRelu", activation_alpha=0.2, transB=1, alpha=0.5, **MS)], dict(w=rn(5, 6), b=rn(5)), dict(x=rn(3, 6)))  # fmt: skip
save("fusedmatmul", [N("FusedMatMul", ["x", "y"], ["out"], transB=1, alpha=0.3, **MS)], {}, dict(x=rn(3, 2, 5, 4), y=rn(3, 2, 6, 4)))
save("fusedmatmul_a", [N("FusedMatMul", ["x", "w"], ["out"], transA=1, **MS)], dict(w=rn(5, 3)), dict(x=rn(3, 5, 4)))
save("biasgelu", [N("BiasGelu", ["x", "b"], ["out"], **MS)], dict(b=rn(6)), dict(x=rn(3, 4, 6)))
save("cdist", [N("CDist", ["x", "w"], ["out"], metric="euclidean", **MS)], dict(w=rn(5, 6)), dict(x=rn(3, 6)))

# --- norms
E = rn(3, 5, 8)
save("skiplayernorm", [N("SkipLayerNormalization", ["x", "y", "g", "b", "c"], ["out", "", "", "sum"], epsilon=1e-5, **MS)], dict(g=rn(8), b=rn(8), c=rn(8)), dict(x=E, y=rn(3, 5, 8)), ("out", "sum"))  # fmt: skip
save("skiplayernorm_plain", [N("SkipLayerNormalization", ["x", "y", "g"], ["out"], epsilon=1e-5, **MS)], dict(g=rn(8)), dict(x=E, y=rn(3, 5, 8)))
save("skiprootnorm", [N("SkipSimplifiedLayerNormalization", ["x", "y", "g"], ["out", "", "", "sum"], epsilon=1e-5, **MS)], dict(g=rn(8)), dict(x=E, y=rn(3, 5, 8)), ("out", "sum"))  # fmt: skip
save("rootnorm", [N("SimplifiedLayerNormalization", ["x", "g"], ["out"], axis=-1, epsilon=1e-5)], dict(g=rn(8)), dict(x=E))
ids = R.integers(0, 20, size=(3, 5)).astype(i32)
lengths = np.array([5, 3, 2])
mask = (np.arange(5) < lengths[:, None]).astype(i32)
tables = dict(words=rn(20, 8), places=rn(9, 8), kinds=rn(2, 8), g=rn(8), b=rn(8))
embed = lambda *more, **a: N("EmbedLayerNormalization", ["word_ids", "kinds_ids", "words", "places", "kinds", "g", "b", *more], ["out", "count"], epsilon=1e-5, **a, **MS)  # fmt: skip
kinds_ids = R.integers(0, 2, size=(3, 5)).astype(i32)
save("embednorm", [embed()], tables, dict(word_ids=ids, kinds_ids=kinds_ids))
W3, B3 = rn(8, 24), rn(24)
save(
    "embednorm_attention",
    [embed("mask"), N("Attention", ["out", "w", "c", "count"], ["y"], num_heads=2, **MS)],
    {**tables, "w": W3, "c": B3},
    dict(word_ids=ids, kinds_ids=kinds_ids, mask=mask),
    ("y",),
)

# --- attention
for name, more in dict(plain={}, causal=dict(unidirectional=1), scaled=dict(scale=0.3)).items():
    save(f"attention_{name}", [N("Attention", ["x", "w", "b"], ["out"], num_heads=2, **more, **MS)], dict(w=W3, b=B3), dict(x=E))
save("attention_mask", [N("Attention", ["x", "w", "b", "mask"], ["out"], num_heads=2, **MS)], dict(w=W3, b=B3), dict(x=E, mask=mask))
save("attention_lengths", [N("Attention", ["x", "w", "b", "lengths"], ["out"], num_heads=2, **MS)], dict(w=W3, b=B3), dict(x=E, lengths=lengths.astype(i32)))  # fmt: skip
save("attention_bias", [N("Attention", ["x", "w", "b", "", "", "e"], ["out"], num_heads=2, **MS)], dict(w=W3, b=B3, e=rn(1, 2, 5, 5)), dict(x=E))
save("attention_sizes", [N("Attention", ["x", "w", "b"], ["out"], num_heads=2, qkv_hidden_sizes=[8, 8, 4], **MS)], dict(w=rn(8, 20), b=rn(20)), dict(x=E))  # fmt: skip
steps = dict(zx=np.uint8(120), sx=f32(0.02), w=R.integers(-120, 120, size=(8, 24)).astype(np.int8), sw=f32(0.01), zw=np.int8(0), b=B3)
quantise = N("QuantizeLinear", ["x", "sx", "zx"], ["q"])
save("qattention", [quantise, N("QAttention", ["q", "w", "b", "sx", "sw", "mask", "zx", "zw"], ["out"], num_heads=2, **MS)], steps, dict(x=E, mask=mask))  # fmt: skip
project = [N("MatMul", ["x", "w"], ["m"]), N("Split", ["m"], ["q", "k", "v"], axis=2)]
multi = lambda ins, outs=("out",), **a: [*project, N("MultiHeadAttention", ins, list(outs), num_heads=2, **a, **MS)]
save("multihead_bias", multi(["q", "k", "v", "b"]), dict(w=W3, b=B3), dict(x=E))
save("multihead_mask", multi(["q", "k", "v", "b", "mask"]), dict(w=W3, b=B3), dict(x=E, mask=mask))
save("multihead_causal", multi(["q", "k", "v"], unidirectional=1), dict(w=W3), dict(x=E))
save("multihead_added", multi(["q", "k", "v", "", "", "e"], scale=0.4), dict(w=W3, e=rn(1, 2, 5, 5)), dict(x=E))
save("multihead_present", multi(["q", "k", "v"], ("out", "key", "value")), dict(w=W3), dict(x=E), ("out", "key", "value"))
save(
    "multihead_crossed",
    [N("MatMul", ["x", "w"], ["q"]), N("MultiHeadAttention", ["q", "key", "value", "b"], ["out"], num_heads=2, **MS)],
    dict(w=rn(8, 8), b=np.concatenate([rn(8), np.zeros(16, f32)])),
    dict(x=E, key=rn(3, 2, 6, 4), value=rn(3, 2, 6, 4)),
)
save(
    "multihead_past",
    multi(["q", "k", "v", "", "", "", "past_key", "past_value"], ("out", "key", "value"), unidirectional=1),
    dict(w=W3),
    dict(x=E, past_key=rn(3, 2, 3, 4), past_value=rn(3, 2, 3, 4)),
    ("out", "key", "value"),
)
angles = np.arange(9)[:, None] * 0.3 ** np.arange(2)
turn = dict(cos=np.cos(angles).astype(f32), sin=np.sin(angles).astype(f32))
wide = np.arange(9)[:, None] * 0.6 ** np.arange(8)
wider = dict(cos=np.cos(wide).astype(f32), sin=np.sin(wide).astype(f32))
length = dict(l=np.array([4], i32), t=np.int32(5))
for name, ins, more, consts in (
    ("plain", ["q", "k", "v", "", "", "l", "t"], {}, {}),
    ("rotary", ["q", "k", "v", "", "", "l", "t", "cos", "sin"], dict(do_rotary=1), wider),
    ("interleaved", ["q", "k", "v", "", "", "l", "t", "cos", "sin"], dict(do_rotary=1, rotary_interleaved=1), wider),
    ("window", ["q", "k", "v", "", "", "l", "t"], dict(local_window_size=2), {}),
    ("cap", ["q", "k", "v", "", "", "l", "t"], dict(softcap=1.5, scale=0.4), {}),
    ("smooth", ["q", "k", "v", "", "", "l", "t"], dict(smooth_softmax=1), {}),
    ("sink", ["q", "k", "v", "", "", "l", "t", "", "", "", "", "sink"], {}, dict(sink=rn(4))),
):
    save(
        f"groupquery_{name}",
        [
            N("MatMul", ["x", "w"], ["m"]),
            N("Split", ["m", "widths"], ["q", "k", "v"], axis=2),
            N("GroupQueryAttention", ins, ["out", "key", "value"], num_heads=4, kv_num_heads=2, **more, **MS),
        ],
        {"w": rn(8, 128), "widths": np.array([64, 32, 32]), **length, **consts},
        dict(x=E),
        ("out", "key"),
    )
save(
    "groupquery_packed",
    [N("MatMul", ["x", "w"], ["m"]), N("GroupQueryAttention", ["m", "", "", "", "", "l", "t"], ["out", "key", "value"], num_heads=4, kv_num_heads=2, **MS)],
    dict(w=rn(8, 128), **length),
    dict(x=E),
)
for interleaved in (0, 1):
    save(
        f"rotary_{interleaved}",
        [N("RotaryEmbedding", ["x", "p", "cos", "sin"], ["out"], interleaved=interleaved, **MS)],
        dict(p=np.array([2], np.int64), **turn),
        dict(x=E),
    )
    save(
        f"rotary_places_{interleaved}",
        [N("RotaryEmbedding", ["x", "p", "cos", "sin"], ["out"], interleaved=interleaved, **MS)],
        turn,
        dict(x=rn(3, 2, 5, 4), p=R.integers(0, 9, size=(3, 5)).astype(np.int64)),
    )

# --- windows over the end, whose padding counts and what lies beyond does not
for name, size, more in (
    ("1d", [2], {}),
    ("padded", [3, 2], dict(pads=[1, 1, 1, 0], strides=[2, 2])),
    ("wide", [3, 3], dict(pads=[1, 1, 1, 1], strides=[2, 3])),
):
    x = rn(3, 2, 9, 8) if len(size) == 2 else rn(3, 2, 9)
    strides = {"strides": [2] * len(size)} if "strides" not in more else {}
    save(f"averagepool_{name}", [N("AveragePool", ["x"], ["out"], kernel_shape=size, ceil_mode=1, count_include_pad=1, **strides, **more)], {}, dict(x=x), opset=19)  # fmt: skip

# --- places that the input tells
places = R.integers(-4, 4, size=(3, 2)).astype(np.int64)
save("gatherelements", [N("GatherElements", ["x", "p"], ["out"], axis=1)], {}, dict(x=rn(3, 4), p=places))
deep = R.integers(0, 4, size=(3, 5, 2)).astype(np.int64)
save("gatherelements_part", [N("GatherElements", ["x", "p"], ["out"], axis=1)], {}, dict(x=rn(3, 4, 3), p=deep))
save("gatherelements_last", [N("GatherElements", ["x", "p"], ["out"], axis=-1)], {}, dict(x=rn(3, 5, 4), p=deep), batch=1)
save("scatterelements_add", [N("ScatterElements", ["x", "p", "u"], ["out"], axis=1, reduction="add")], {}, dict(x=rn(3, 4, 2), p=deep, u=rn(3, 5, 2)), opset=18)  # fmt: skip
save("scatterelements_one", [N("ScatterElements", ["x", "p", "u"], ["out"], axis=1)], {}, dict(x=rn(3, 4), p=places[:, :1], u=rn(3, 1)))
save(
    "scatterelements_alike",
    [N("ScatterElements", ["zeros", "p", "ones"], ["y"], axis=1), N("Mul", ["x", "y"], ["out"])],
    dict(zeros=np.zeros((1, 4), f32), ones=np.ones((1, 2), f32)),
    dict(x=rn(3, 4), p=places),
    batch=1,
)

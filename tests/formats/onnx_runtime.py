"""
Models of one op or a few with random weights, each with inputs and what onnxruntime gives for one example after the other:
quantised ops, ai.onnx.ml, fixed places, attention, functions of the file. Needs the packages onnx, onnxruntime and numpy.

Usage: python onnx_runtime.py FOLDER
"""

import json
import sys
from pathlib import Path
import numpy as np, onnx, onnxruntime as ort
from onnx import helper as h, numpy_helper as nh, TensorProto as T

R = np.random.default_rng(5)
out = Path(sys.argv[1])
out.mkdir(parents=True, exist_ok=True)
names = []


def t(name, a):
    return nh.from_array(np.asarray(a), name)


def save(name, nodes, consts, x, outs, opset=21, extra=(), batch="n", xtype=T.FLOAT, functions=(), ir=10, outtypes=None):
    x = np.asarray(x)
    ins = [h.make_tensor_value_info("x", h.np_dtype_to_tensor_dtype(x.dtype), [batch, *x.shape[1:]])]
    g = h.make_graph(
        nodes,
        name,
        ins,
        [h.make_tensor_value_info(o, (outtypes or {}).get(o, T.FLOAT), None) for o in outs],
        [c if isinstance(c, onnx.TensorProto) else t(k, c) for k, c in consts.items()],
    )
    m = h.make_model(
        g,
        opset_imports=[h.make_opsetid("", opset), h.make_opsetid("ai.onnx.ml", 3), h.make_opsetid("com.microsoft", 1), *extra],
        functions=list(functions),
        ir_version=ir,
    )
    options = ort.SessionOptions()
    # Without fusions, which compute on fewer bits than the file says.
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    s = ort.InferenceSession(m.SerializeToString(), options, providers=["CPUExecutionProvider"])
    ys = [[] for _ in outs]
    for i in range(len(x)):
        for j, y in enumerate(s.run(outs, {"x": x[i : i + 1]})):
            ys[j].append(y)
    f = out / name
    f.mkdir(exist_ok=True)
    onnx.save(m, f / "model.onnx")
    (f / "input_00.pb").write_bytes(nh.from_array(x, "x").SerializeToString())
    for j, y in enumerate(ys):
        y = np.concatenate([np.asarray(each) for each in y])
        (f / f"output_{j:02}.pb").write_bytes(
            nh.from_array(y.astype(np.float32) if y.dtype != np.int64 else y, outs[j]).SerializeToString()
        )
    names.append(name)


N = h.make_node
f32 = np.float32


def rn(*s):
    return R.normal(size=s).astype(f32)


MS = dict(domain="com.microsoft")
ML = dict(domain="ai.onnx.ml")
# quantised
for sign, (dt, lo, hi) in {"u8": (np.uint8, 0, 256), "s8": (np.int8, -128, 128)}.items():
    z = dt(3 if lo == 0 else -5)
    for per in (False, True):
        w = R.integers(-127, 128, size=(6, 3, 3, 3)).astype(np.int8)
        ws = (R.uniform(0.005, 0.02, 6) if per else R.uniform(0.005, 0.02)).astype(f32) if per else f32(0.01)
        wz = np.zeros(6, np.int8) if per else np.int8(0)
        save(
            f"qlinearconv_{sign}_{per}",
            [
                N("QuantizeLinear", ["x", "xs", "xz"], ["q"]),
                N("QLinearConv", ["q", "xs", "xz", "w", "ws", "wz", "ys", "yz", "b"], ["y"], pads=[1, 1, 1, 1], strides=[2, 1]),
                N("DequantizeLinear", ["y", "ys", "yz"], ["out"]),
            ],
            dict(
                xs=f32(0.02),
                xz=z,
                w=w,
                ws=ws,
                wz=wz,
                ys=f32(0.09),
                yz=dt(100 if lo == 0 else 7),
                b=R.integers(-3000, 3000, 6).astype(np.int32),
            ),
            rn(4, 3, 8, 7),
            ["out"],
        )
        b = R.integers(lo, hi, size=(5, 4)).astype(dt)
        bs = R.uniform(0.005, 0.02, 4).astype(f32) if per else f32(0.01)
        bz = R.integers(lo, hi, 4).astype(dt) if per else dt(2)
        save(
            f"qlinearmatmul_{sign}_{per}",
            [
                N("QuantizeLinear", ["x", "xs", "xz"], ["q"]),
                N("QLinearMatMul", ["q", "xs", "xz", "b", "bs", "bz", "ys", "yz"], ["y"]),
                N("DequantizeLinear", ["y", "ys", "yz"], ["out"]),
            ],
            dict(xs=f32(0.02), xz=z, b=b, bs=bs, bz=bz, ys=f32(0.05), yz=z),
            rn(4, 3, 5),
            ["out"],
        )
        bt = np.ascontiguousarray(b.T)
        save(
            f"qgemm_{sign}_{per}",
            [
                N("QuantizeLinear", ["x", "xs", "xz"], ["q"]),
                N("QGemm", ["q", "xs", "xz", "b", "bs", "bz", "c", "ys", "yz"], ["y"], transB=1, alpha=1.0, **MS),
                N("DequantizeLinear", ["y", "ys", "yz"], ["out"]),
            ],
            dict(xs=f32(0.02), xz=z, b=bt, bs=bs, bz=bz, c=R.integers(-500, 500, 4).astype(np.int32), ys=f32(0.05), yz=z),
            rn(4, 5),
            ["out"],
        )
        save(
            f"qgemm_float_{sign}_{per}",
            [
                N("QuantizeLinear", ["x", "xs", "xz"], ["q"]),
                N("QGemm", ["q", "xs", "xz", "b", "bs", "bz", "c"], ["out"], transB=1, alpha=0.5, **MS),
            ],
            dict(xs=f32(0.02), xz=z, b=bt, bs=bs, bz=bz, c=R.integers(-500, 500, 4).astype(np.int32)),
            rn(4, 5),
            ["out"],
        )
    for op, extra in (("QLinearAdd", {}), ("QLinearMul", {})):
        save(
            f"{op.lower()}_{sign}",
            [
                N("QuantizeLinear", ["x", "xs", "xz"], ["q"]),
                N("QuantizeLinear", ["x", "bs", "bz"], ["r"]),
                N(op, ["q", "xs", "xz", "r", "bs", "bz", "ys", "yz"], ["y"], **MS),
                N("DequantizeLinear", ["y", "ys", "yz"], ["out"]),
            ],
            dict(xs=f32(0.02), xz=z, bs=f32(0.035), bz=dt(9), ys=f32(0.04), yz=z),
            rn(4, 3, 5),
            ["out"],
        )
        save(
            f"{op.lower()}_const_{sign}",
            [
                N("QuantizeLinear", ["x", "xs", "xz"], ["q"]),
                N(op, ["q", "xs", "xz", "r", "bs", "bz", "ys", "yz"], ["y"], **MS),
                N("DequantizeLinear", ["y", "ys", "yz"], ["out"]),
            ],
            dict(xs=f32(0.02), xz=z, r=R.integers(lo, hi, size=(1, 3, 1)).astype(dt), bs=f32(0.035), bz=dt(9), ys=f32(0.04), yz=z),
            rn(4, 3, 5),
            ["out"],
        )
    for op, at in (("QLinearSigmoid", {}), ("QLinearLeakyRelu", dict(alpha=0.2))):
        save(
            f"{op.lower()}_{sign}",
            [
                N("QuantizeLinear", ["x", "xs", "xz"], ["q"]),
                N(op, ["q", "xs", "xz", "ys", "yz"], ["y"], **MS, **at),
                N("DequantizeLinear", ["y", "ys", "yz"], ["out"]),
            ],
            dict(xs=f32(0.02), xz=z, ys=f32(0.01), yz=z),
            rn(4, 3, 5),
            ["out"],
        )
    save(
        f"qlinearsoftmax_{sign}",
        [
            N("QuantizeLinear", ["x", "xs", "xz"], ["q"]),
            N("QLinearSoftmax", ["q", "xs", "xz", "ys", "yz"], ["y"], axis=-1, opset=13, **MS),
            N("DequantizeLinear", ["y", "ys", "yz"], ["out"]),
        ],
        dict(xs=f32(0.02), xz=z, ys=f32(1 / 256), yz=dt(lo)),
        rn(4, 3, 5),
        ["out"],
    )
    for same in (False, True):
        ys = f32(0.02) if same else f32(0.013)
        if not same:
            save(
                f"qlinearaveragepool_{sign}_{same}",
                [
                    N("QuantizeLinear", ["x", "xs", "xz"], ["q"]),
                    N(
                        "QLinearAveragePool",
                        ["q", "xs", "xz", "ys", "yz"],
                        ["y"],
                        kernel_shape=[3, 2],
                        pads=[1, 0, 1, 0],
                        strides=[2, 1],
                        **MS,
                    ),
                    N("DequantizeLinear", ["y", "ys", "yz"], ["out"]),
                ],
                dict(xs=f32(0.02), xz=z, ys=ys, yz=dt(20)),
                rn(4, 3, 8, 7),
                ["out"],
            )
        save(
            f"qlinearglobalaveragepool_{sign}_{same}",
            [
                N("QuantizeLinear", ["x", "xs", "xz"], ["q"]),
                N("QLinearGlobalAveragePool", ["q", "xs", "xz", "ys", "yz"], ["y"], **MS),
                N("DequantizeLinear", ["y", "ys", "yz"], ["out"]),
            ],
            dict(xs=f32(0.02), xz=z, ys=ys, yz=dt(20)),
            rn(4, 3, 8, 8),
            ["out"],
        )
    save(
        f"qlinearconcat_{sign}",
        [
            N("QuantizeLinear", ["x", "xs", "xz"], ["q"]),
            N("QuantizeLinear", ["x", "bs", "bz"], ["r"]),
            N("QLinearConcat", ["ys", "yz", "q", "xs", "xz", "r", "bs", "bz"], ["y"], axis=1, **MS),
            N("DequantizeLinear", ["y", "ys", "yz"], ["out"]),
        ],
        dict(xs=f32(0.02), xz=z, bs=f32(0.03), bz=dt(9), ys=f32(0.02), yz=z),
        rn(4, 3, 5),
        ["out"],
    )
    w = R.integers(-127, 128, size=(6, 3, 3, 3)).astype(np.int8) if sign == "s8" else R.integers(0, 255, size=(6, 3, 3, 3)).astype(np.uint8)
    save(
        f"dynamic_conv_{sign}",
        [
            N("DynamicQuantizeLinear", ["x"], ["q", "s", "z"]),
            N("ConvInteger", ["q", "w", "z", "wz"], ["y"], pads=[1, 1, 1, 1]),
            N("Cast", ["y"], ["yf"], to=1),
            N("Mul", ["s", "ws"], ["f"]),
            N("Mul", ["yf", "f"], ["out"]),
        ],
        dict(w=w, wz=w.dtype.type(3) if sign == "u8" else w.dtype.type(0), ws=f32(0.01)),
        rn(4, 3, 8, 7),
        ["out"],
    )
    b = R.integers(lo, hi, size=(5, 4)).astype(dt)
    for per in (False, True):
        save(
            f"dynamic_matmul_{sign}_{per}",
            [
                N("DynamicQuantizeLinear", ["x"], ["q", "s", "z"]),
                N("MatMulInteger", ["q", "b", "z", "bz"], ["y"]),
                N("Cast", ["y"], ["yf"], to=1),
                N("Mul", ["s", "bs"], ["f"]),
                N("Mul", ["yf", "f"], ["out"]),
            ],
            dict(
                b=b,
                bz=np.zeros(4, dt) if per else dt(0 if sign == "s8" else 100),
                bs=R.uniform(0.005, 0.02, 4).astype(f32) if per else f32(0.01),
            ),
            rn(4, 3, 5) + (1 if per else 0),
            ["out"],
        )
        save(
            f"dynamicquantizematmul_{sign}_{per}",
            [N("DynamicQuantizeMatMul", ["x", "b", "bs", "bz", "bias"], ["out"], **MS)],
            dict(
                b=b,
                bz=np.zeros(4, dt) if per else dt(0 if sign == "s8" else 100),
                bs=R.uniform(0.005, 0.02, 4).astype(f32) if per else f32(0.01),
                bias=rn(4),
            ),
            rn(4, 3, 5),
            ["out"],
        )
# QDQ types
for name, tt in (
    ("int4", T.INT4),
    ("uint4", T.UINT4),
    ("e4m3fn", T.FLOAT8E4M3FN),
    ("e5m2", T.FLOAT8E5M2),
    ("e4m3fnuz", T.FLOAT8E4M3FNUZ),
    ("e5m2fnuz", T.FLOAT8E5M2FNUZ),
):
    vals = R.integers(0 if name == "uint4" else -7, 8 if "int" in name else 8, size=(5, 4)).astype(f32)
    if "e" in name and "int" not in name:
        vals = vals * 0.375
    w = h.make_tensor("w", tt, [5, 4], vals.flatten().tolist())
    z = h.make_tensor("wz", tt, [4], [0.0] * 4)
    save(
        f"dequantise_{name}",
        [N("DequantizeLinear", ["w", "ws", "wz"], ["wf"], axis=1), N("MatMul", ["x", "wf"], ["out"])],
        dict(w=w, ws=R.uniform(0.1, 0.3, 4).astype(f32), wz=z),
        rn(4, 5),
        ["out"],
    )
w = h.make_tensor("w", T.INT4, [8, 3], R.integers(-8, 8, 24).tolist())
save(
    "dequantise_int4_blocks",
    [N("DequantizeLinear", ["w", "ws"], ["wf"], axis=0, block_size=4), N("MatMul", ["x", "wf"], ["out"])],
    dict(w=w, ws=R.uniform(0.1, 0.3, (2, 3)).astype(f32)),
    rn(4, 8),
    ["out"],
)
save(
    "qdq_int16",
    [N("QuantizeLinear", ["x", "s", "z"], ["q"]), N("DequantizeLinear", ["q", "s", "z"], ["out"])],
    dict(s=f32(0.001), z=np.uint16(32768)),
    rn(4, 3, 5),
    ["out"],
)
save(
    "qdq_perchannel",
    [N("QuantizeLinear", ["x", "s", "z"], ["q"], axis=1), N("DequantizeLinear", ["q", "s", "z"], ["out"], axis=1)],
    dict(s=R.uniform(0.01, 0.05, 3).astype(f32), z=np.array([1, 2, 3], np.int8)),
    rn(4, 3, 5),
    ["out"],
)
wq = R.integers(0, 16, size=(6, 64)).astype(np.uint8)
pk = (wq[:, 0::2] | (wq[:, 1::2] << 4)).reshape(6, 2, 16)
save(
    "matmulnbits",
    [N("MatMulNBits", ["x", "w", "s", "zp"], ["out"], K=64, N=6, bits=4, block_size=32, **MS)],
    dict(w=pk, s=R.uniform(0.05, 0.2, 12).astype(f32), zp=R.integers(0, 255, 6).astype(np.uint8)),
    rn(4, 3, 64),
    ["out"],
)
save(
    "matmulnbits_nozero",
    [N("MatMulNBits", ["x", "w", "s"], ["out"], K=64, N=6, bits=4, block_size=32, **MS)],
    dict(w=pk, s=R.uniform(0.05, 0.2, 12).astype(f32)),
    rn(4, 3, 64),
    ["out"],
)
# ml
X = rn(6, 4)
save("scaler", [N("Scaler", ["x"], ["out"], offset=[0.5, 1, -1, 2.0], scale=[2.0, 0.3, 1, 4], **ML)], {}, X, ["out"])
save("scaler_one", [N("Scaler", ["x"], ["out"], offset=[0.5], scale=[2.0], **ML)], {}, X, ["out"])
save(
    "scaler_int",
    [N("Scaler", ["x"], ["out"], offset=[0.5, 1, -1, 2.0], scale=[2.0, 0.3, 1, 4], **ML)],
    {},
    R.integers(-5, 5, size=(6, 4)).astype(np.int64),
    ["out"],
)
for n in ("MAX", "L1", "L2"):
    save(f"normalizer_{n}", [N("Normalizer", ["x"], ["out"], norm=n, **ML)], {}, X, ["out"])
    save(f"normalizer_{n}_neg", [N("Normalizer", ["x"], ["out"], norm=n, **ML)], {}, -abs(X) - 0.1, ["out"])
for p in ("NONE", "LOGISTIC", "SOFTMAX"):
    save(
        f"linearregressor_{p}",
        [N("LinearRegressor", ["x"], ["out"], coefficients=rn(12).tolist(), intercepts=[0.1, 0.2, 0.3], targets=3, post_transform=p, **ML)],
        {},
        X,
        ["out"],
    )
    for k in (1, 2, 3):
        save(
            f"linearclassifier_{k}_{p}",
            [
                N(
                    "LinearClassifier",
                    ["x"],
                    ["label", "out"],
                    coefficients=rn(4 * k).tolist(),
                    intercepts=rn(k).tolist(),
                    classlabels_ints=list(range(max(k, 2))),
                    post_transform=p,
                    multi_class=1,
                    **ML,
                )
            ],
            {},
            X,
            ["label", "out"],
            outtypes=dict(label=T.INT64),
        )
save(
    "linearregressor_one",
    [N("LinearRegressor", ["x"], ["out"], coefficients=rn(4).tolist(), intercepts=[0.1], targets=1, **ML)],
    {},
    X,
    ["out"],
)
save("binarizer", [N("Binarizer", ["x"], ["out"], threshold=0.3, **ML)], {}, X, ["out"])
save(
    "imputer",
    [N("Imputer", ["x"], ["out"], imputed_value_floats=[1.0, 2, 3, 4], replaced_value_float=0.0, **ML)],
    {},
    np.where(R.uniform(size=(6, 4)) < 0.3, 0, X).astype(f32),
    ["out"],
)
save(
    "imputer_nan",
    [N("Imputer", ["x"], ["out"], imputed_value_floats=[1.0, 2, 3, 4], replaced_value_float=float("nan"), **ML)],
    {},
    X,
    ["out"],
)
save(
    "vectorizer",
    [N("Split", ["x"], ["a", "b"], axis=1, num_outputs=2), N("FeatureVectorizer", ["a", "b"], ["out"], inputdimensions=[2, 2], **ML)],
    {},
    X,
    ["out"],
)
save("extractor", [N("ArrayFeatureExtractor", ["x", "i"], ["out"], **ML)], dict(i=np.array([[2, 0, 3]], np.int64)), X, ["out"])
C = R.integers(0, 5, size=(6, 4)).astype(np.int64)
save(
    "labelencoder_ii",
    [
        N("LabelEncoder", ["x"], ["y"], keys_int64s=[0, 2, 3], values_int64s=[10, 7, -2], default_int64=-1, **ML),
        N("Cast", ["y"], ["out"], to=1),
    ],
    {},
    C,
    ["out"],
)
save(
    "labelencoder_if",
    [N("LabelEncoder", ["x"], ["out"], keys_int64s=[0, 2, 3], values_floats=[1.5, 2.5, -2], default_float=0.25, **ML)],
    {},
    C,
    ["out"],
)
save(
    "labelencoder_ff",
    [N("LabelEncoder", ["x"], ["out"], keys_floats=[0.0, 2, 3], values_floats=[1.5, 2.5, -2], default_float=0.25, **ML)],
    {},
    C.astype(f32),
    ["out"],
)
save("onehot_ml", [N("OneHotEncoder", ["x"], ["out"], cats_int64s=[0, 3, 1], zeros=1, **ML)], {}, C, ["out"])
# places
D = rn(4, 3, 5)
save(
    "gathernd_b1", [N("GatherND", ["x", "i"], ["out"], batch_dims=0)], dict(i=np.array([[0, 1], [0, 2]], np.int64)), D[:1], ["out"], batch=1
)
save(
    "gathernd_t",
    [N("Transpose", ["x"], ["xt"], perm=[1, 2, 0]), N("GatherND", ["xt", "i"], ["y"]), N("Transpose", ["y"], ["out"], perm=[1, 0])],
    dict(i=np.array([[0, 1], [2, -1], [1, 4]], np.int64)),
    D,
    ["out"],
)
save("gathernd_bd", [N("GatherND", ["x", "i"], ["out"], batch_dims=1)], dict(i=np.array([[[0, 1], [2, 4]]], np.int64)), D, ["out"], batch=1)
save(
    "gatherelements",
    [N("GatherElements", ["x", "i"], ["out"], axis=2)],
    dict(i=R.integers(-5, 5, size=(1, 3, 4)).astype(np.int64)),
    D,
    ["out"],
    batch=1,
)
save(
    "gatherelements_1",
    [N("GatherElements", ["x", "i"], ["out"], axis=1)],
    dict(i=R.integers(0, 3, size=(1, 2, 5)).astype(np.int64)),
    D,
    ["out"],
    batch=1,
)
for red in ("none", "add", "mul", "max", "min"):
    i = np.array([[0, 0, 1], [0, 2, 3], [0, 1, 1]], np.int64)
    save(f"scatternd_const_{red}", [N("ScatterND", ["x", "i", "u"], ["out"], reduction=red)], dict(i=i, u=rn(3)), D, ["out"], batch=1)
    save(
        f"scatternd_rows_{red}",
        [
            N("Transpose", ["x"], ["xt"], perm=[1, 0, 2]),
            N("Gather", ["xt", "g"], ["u"], axis=0),
            N("Mul", ["u", "two"], ["u2"]),
            N("ScatterND", ["xt", "i", "u2"], ["y"], reduction=red),
            N("Transpose", ["y"], ["out"], perm=[1, 0, 2]),
        ],
        dict(i=np.array([[2], [0]], np.int64), g=np.array([0, 1], np.int64), two=f32(2.5)),
        D,
        ["out"],
    )
    ind = np.array([[[0, 2], [1, 1], [4, 0]]], np.int64)
    save(
        f"scatterelements_{red}",
        [
            N("Slice", ["x", "a", "b", "c"], ["u0"]),
            N("Mul", ["u0", "two"], ["u"]),
            N("ScatterElements", ["x", "i", "u"], ["out"], axis=2, reduction=red),
        ],
        dict(
            i=ind if red in ("none", "add", "mul") else ind,
            a=np.array([1], np.int64),
            b=np.array([3], np.int64),
            c=np.array([2], np.int64),
            two=f32(2.5),
        ),
        D,
        ["out"],
        batch=1,
    )
save(
    "scatterelements_intozeros",
    [N("ScatterElements", ["d", "i", "x"], ["out"], axis=1)],
    dict(d=np.zeros((1, 7, 5), f32), i=R.permutation(7)[:3][None, :, None].repeat(5, 2).astype(np.int64)),
    D,
    ["out"],
    batch=1,
)


# opset 23
def att(name, ins, consts, x, nodes0=(), outs=("out",), **a):
    save(
        name, [*nodes0, N("Attention", ins, list(outs)[:1] if len(outs) == 1 else list(outs), **a)], consts, x, list(outs), opset=23, ir=11
    )


W = rn(6, 24)
pre = [N("MatMul", ["x", "w"], ["m"]), N("Split", ["m"], ["q", "k", "v"], axis=2, num_outputs=3)]
for cause in (0, 1):
    att(f"attention3d_{cause}", ["q", "k", "v"], dict(w=W), rn(4, 5, 6), pre, q_num_heads=2, kv_num_heads=2, is_causal=cause)
att(
    "attention3d_mask",
    ["q", "k", "v", "mask"],
    dict(w=W, mask=(R.uniform(size=(5, 5)) < 0.7) | np.eye(5, dtype=bool)),
    rn(4, 5, 6),
    pre,
    q_num_heads=2,
    kv_num_heads=2,
    softcap=2.0,
    scale=0.3,
)
att("attention3d_fmask", ["q", "k", "v", "mask"], dict(w=W, mask=rn(5, 5)), rn(4, 5, 6), pre, q_num_heads=2, kv_num_heads=2)
pre2 = [N("MatMul", ["x", "w"], ["m"]), N("Split", ["m", "sizes"], ["q", "k", "v"], axis=2)]
att(
    "attention_gqa",
    ["q", "k", "v"],
    dict(w=rn(6, 32), sizes=np.array([16, 8, 8], np.int64)),
    rn(4, 5, 6),
    pre2,
    q_num_heads=4,
    kv_num_heads=2,
)
for il in (0, 1):
    save(
        f"rotary_{il}",
        [N("RotaryEmbedding", ["x", "c", "s", "p"], ["out"], interleaved=il, num_heads=2)],
        dict(c=rn(9, 4), s=rn(9, 4), p=np.array([[1, 3, 4, 0, 8]], np.int64)),
        rn(4, 5, 16),
        ["out"],
        opset=23,
        ir=11,
        batch=1,
    )
    save(
        f"rotary4d_{il}",
        [N("RotaryEmbedding", ["x", "c", "s", "p"], ["out"], interleaved=il, rotary_embedding_dim=4)],
        dict(c=rn(9, 2), s=rn(9, 2), p=np.array([[1, 3, 4, 0, 8]], np.int64)),
        rn(4, 2, 5, 8),
        ["out"],
        opset=23,
        ir=11,
        batch=1,
    )
save("rms", [N("RMSNormalization", ["x", "g"], ["out"], axis=-1, epsilon=1e-4)], dict(g=rn(5)), D, ["out"], opset=23, ir=11)
# functions
fn = h.make_function(
    "mine",
    "Act",
    ["a"],
    ["b"],
    [
        (lambda n: (n.attribute.append(onnx.AttributeProto(name="alpha", type=onnx.AttributeProto.FLOAT, ref_attr_name="slope")), n)[1])(
            N("LeakyRelu", ["a"], ["c"])
        ),
        N("Add", ["c", "a"], ["b"]),
    ],
    [h.make_opsetid("", 21)],
    ["slope"],
)
fn2 = h.make_function(
    "mine",
    "Twice",
    ["a"],
    ["b"],
    [
        (lambda n: (n.attribute.append(onnx.AttributeProto(name="slope", type=onnx.AttributeProto.FLOAT, ref_attr_name="s")), n)[1])(
            N("Act", ["a"], ["c"], domain="mine")
        ),
        N("Act", ["c"], ["b"], domain="mine", slope=0.5),
    ],
    [h.make_opsetid("", 21), h.make_opsetid("mine", 1)],
    ["s"],
)
save("function", [N("Twice", ["x"], ["out"], domain="mine", s=0.3)], {}, D, ["out"], extra=[h.make_opsetid("mine", 1)], functions=[fn, fn2])

# recurrent, of weights in steps: per tensor and per column, both directions, states of their own
for direction, ways in (("forward", 1), ("reverse", 1), ("bidirectional", 2)):
    for per in (False, True):
        for dt in (np.uint8, np.int8):
            lo, hi = np.iinfo(dt).min, np.iinfo(dt).max + 1
            columns = (ways, 20) if per else (ways,)
            scales = lambda: R.uniform(0.004, 0.01, columns).astype(f32)
            # The runtime wants none where each column has its own.
            zeros = lambda: np.full(columns, 0 if per else 120 if lo == 0 else -3, dt)
            save(
                f"dynamicquantizelstm_{direction}_{per}_{dt.__name__}",
                [
                    N("Transpose", ["x"], ["steps"], perm=[1, 0, 2]),
                    N(
                        "DynamicQuantizeLSTM",
                        ["steps", "w", "r", "b", "", "", "", "", "ws", "wz", "rs", "rz"],
                        ["y", "h", "c"],
                        hidden_size=5,
                        direction=direction,
                        **MS,
                    ),
                    N("Transpose", ["y"], ["out"], perm=[2, 0, 1, 3]),
                ],
                dict(
                    w=R.integers(lo, hi, size=(ways, 7, 20)).astype(dt),
                    r=R.integers(lo, hi, size=(ways, 5, 20)).astype(dt),
                    b=rn(ways, 40),
                    ws=scales(),
                    wz=zeros(),
                    rs=scales(),
                    rz=zeros(),
                ),
                rn(4, 6, 7),
                ["out"],
            )

# a bound that the input tells: so far below the largest
for name, bounds in (("below", ["low", ""]), ("above", ["", "high"]), ("both", ["low", "high"]), ("mixed", ["fixed", "high"])):
    save(
        f"clip_{name}",
        [
            N("ReduceMax", ["x", "axes"], ["most"], keepdims=0),
            N("Squeeze", ["most"], ["top"]),
            N("Sub", ["top", "two"], ["low"]),
            N("Sub", ["top", "one"], ["high"]),
            N("Clip", ["x", *bounds], ["out"]),
        ],
        dict(axes=np.array([1, 2]), one=f32(1), two=f32(2), fixed=f32(-0.5)),
        rn(4, 3, 5),
        ["out"],
        batch=1,
    )
# values by their order, and where they are; what reads the places is a sum that they weigh
for axis in (1, -1):
    for most in (0, 1):
        save(
            f"topk_{axis}_{most}",
            [N("TopK", ["x", "k"], ["out", "at"], axis=axis, largest=most)],
            dict(k=np.array([3])),
            rn(4, 6, 5),
            ["out", "at"],
            outtypes=dict(at=T.INT64),
        )
ties = R.integers(0, 3, size=(4, 6, 5)).astype(f32)
save("topk_ties", [N("TopK", ["x", "k"], ["out", "at"])], dict(k=np.array([4])), ties, ["out", "at"], outtypes=dict(at=T.INT64))
save("topk_first", [N("TopK", ["x"], ["out", "at"], k=1, axis=1)], {}, rn(4, 6, 5), ["out", "at"], opset=9, outtypes=dict(at=T.INT64))
# More than what places are found among, and nothing reads them.
save("topk_many", [N("TopK", ["x", "k"], ["out", "at"])], dict(k=np.array([7])), rn(3, 300), ["out"])
for op in ("ArgMax", "ArgMin"):
    for keep in (0, 1):
        for last in (0, 1):
            save(
                f"{op.lower()}_{keep}_{last}",
                [N(op, ["x"], ["out"], axis=1, keepdims=keep, select_last_index=last)],
                {},
                ties,
                ["out"],
                outtypes=dict(out=T.INT64),
            )
save(
    "argmax_beside",
    [N("MatMul", ["x", "w"], ["scores"]), N("ArgMax", ["scores"], ["label"], axis=-1, keepdims=0)],
    dict(w=rn(7, 5)),
    rn(4, 7),
    ["scores", "label"],
    outtypes=dict(label=T.INT64),
)
json.dump(names, open(out / "cases.json", "w"))

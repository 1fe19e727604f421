"""TensorFlow.js's graph models: tiny ones made here, against what TensorFlow's rules give."""

import base64
import importlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from faces.ground.errors import CircumplexError

SCRIPTS = Path(__file__).parents[2] / "scripts"
Build = Callable[..., Path]


@pytest.fixture(scope="module")
def graphs() -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(SCRIPTS))
        yield importlib.import_module("tfjs_graph")


def _text(value: str) -> dict[str, str]:
    return {"s": base64.b64encode(value.encode()).decode()}


def _whole(*values: int) -> dict[str, Any]:
    return {"list": {"i": [str(value) for value in values]}}


def _steps(padding: str, stride: int = 1, **more: Any) -> dict[str, Any]:
    return {"padding": _text(padding), "strides": _whole(1, stride, stride, 1), **more}


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """Writes a graph of one operation `y` over the input `x` and constants, as float32 or int32."""

    def run(
        operation: str, *constants: np.ndarray, attr: dict[str, Any] | None = None, **extra: Any
    ) -> Path:
        names = [f"c{at}" for at in range(len(constants))]
        nodes = [{"name": "x", "op": "Placeholder", "attr": {}}]
        nodes += [{"name": name, "op": "Const", "attr": {}} for name in names]
        nodes += [{"name": "y", "op": operation, "input": ["x", *names], "attr": attr or {}}]
        kinds = {"f": ("float32", "<f4"), "i": ("int32", "<i4")}
        weights = [
            {"name": name, "shape": list(value.shape), "dtype": kinds[value.dtype.kind][0]}
            for name, value in zip(names, constants, strict=True)
        ]
        data = b"".join(value.astype(kinds[value.dtype.kind][1]).tobytes() for value in constants)
        (tmp_path / "model.bin").write_bytes(data)
        content = {
            "format": "graph-model",
            "modelTopology": {"node": nodes},
            "weightsManifest": [{"paths": ["model.bin"], "weights": weights}],
            **extra,
        }
        (tmp_path / "model.json").write_text(json.dumps(content))
        return tmp_path / "model.json"

    return run


def _counted(side: int) -> torch.Tensor:
    """1, 2, 3, … in rows: (1, side, side, 1)."""
    return torch.arange(1.0, side * side + 1).reshape(1, side, side, 1)


@pytest.mark.parametrize(
    ("side", "kernel", "stride", "dilation", "rows"),
    [(4, 3, 2, 1, (0, 1)), (5, 3, 2, 1, (1, 1)), (4, 2, 1, 1, (0, 1)), (5, 3, 1, 2, (2, 2)),
     (4, 1, 2, 1, (0, 0)), (224, 3, 2, 1, (0, 1)), (7, 7, 1, 1, (3, 3))],
)  # fmt: skip
def test_same_padding(
    graphs: Any, side: int, kernel: int, stride: int, dilation: int, rows: tuple[int, int]
) -> None:
    operations = importlib.import_module("tfjs_operations")
    assert operations.same_padding(side, kernel, stride, dilation) == rows


def test_convolution_pads_after_not_before(graphs: Any, build: Build) -> None:
    path = build("Conv2D", np.ones((3, 3, 1, 1), np.float32), attr=_steps("SAME", 2))
    (y,) = graphs.GraphModel.load(path)(_counted(4), "y")
    # windows start at the first row: 1+2+3+5+6+7+9+10+11, then two columns, then two rows
    assert y[0, :, :, 0].tolist() == [[54, 45], [72, 54]]


def test_depthwise_with_two_outputs_a_channel(graphs: Any, build: Build) -> None:
    weight = np.array([[[[1, 10], [100, 1000]]]], np.float32)  # (1, 1, I=2, outputs=2)
    path = build("DepthwiseConv2dNative", weight, attr=_steps("VALID"))
    (y,) = graphs.GraphModel.load(path)(torch.tensor([2.0, 3.0]).reshape(1, 1, 1, 2), "y")
    assert y.reshape(-1).tolist() == [2, 20, 300, 3000]


def test_fused_bias_and_activation(graphs: Any, build: Build) -> None:
    fused = {"fused_ops": {"list": {"s": [_text("BiasAdd")["s"], _text("Relu6")["s"]]}}}
    weight, bias = np.eye(2, dtype=np.float32)[None, None], np.array([-5, 5], np.float32)
    path = build("_FusedConv2D", weight, bias, attr=_steps("SAME", **fused))
    (y,) = graphs.GraphModel.load(path)(torch.full((1, 2, 2, 2), 3.0), "y")
    assert y[0, 0, 0].tolist() == [0, 6]


def test_fused_prelu(graphs: Any, build: Build) -> None:
    fused = {"fused_ops": {"list": {"s": [_text("BiasAdd")["s"], _text("Prelu")["s"]]}}}
    constants = [np.eye(2), np.array([-2.0, 2.0]), np.array([0.5, 0.5])]
    path = build("_FusedMatMul", *(c.astype(np.float32) for c in constants), attr=fused)
    (y,) = graphs.GraphModel.load(path)(torch.zeros(1, 2), "y")
    assert y.tolist() == [[-1, 2]]


def test_pools_leave_the_padding_out(graphs: Any, build: Build) -> None:
    attr = _steps("SAME", 2, ksize=_whole(1, 3, 3, 1))
    (mean,) = graphs.GraphModel.load(build("AvgPool", attr=attr))(_counted(4), "y")
    assert mean[0, :, :, 0].tolist() == [[6, 7.5], [12, 13.5]]  # 54/9, 45/6, 72/6, 54/4
    (most,) = graphs.GraphModel.load(build("MaxPool", attr=attr))(-_counted(4), "y")
    assert most[0, :, :, 0].tolist() == [[-1, -3], [-9, -11]]


@pytest.mark.parametrize(
    ("operation", "constants", "attr", "expected"),
    [
        ("Pad", [np.array([[0, 0], [1, 0], [0, 2], [0, 0]])], {}, (1, 3, 4, 1)),
        ("Mean", [np.array([1, 2])], {"keep_dims": {"b": False}}, (1, 1)),
        ("Sum", [np.array(1)], {"keep_dims": {"b": True}}, (1, 1, 2, 1)),
        ("Max", [np.array([1, 2])], {}, (1, 1)),
        ("Reshape", [np.array([-1, 4])], {}, (1, 4)),
        ("Transpose", [np.array([0, 3, 1, 2])], {}, (1, 1, 2, 2)),
        ("Squeeze", [], {"squeeze_dims": _whole(0, 3)}, (2, 2)),
        ("Squeeze", [], {}, (2, 2)),
        ("ExpandDims", [np.array(-1)], {}, (1, 2, 2, 1, 1)),
        ("StridedSlice", [np.array(v) for v in ([0, 0], [0, 1], [1, 1])],
         {"begin_mask": {"i": "1"}, "end_mask": {"i": "1"}, "shrink_axis_mask": {"i": "2"}},
         (1, 2, 1)),
    ],
)  # fmt: skip
def test_shapes(
    graphs: Any,
    build: Build,
    operation: str,
    constants: list[np.ndarray],
    attr: dict[str, Any],
    expected: tuple[int, ...],
) -> None:
    path = build(operation, *(value.astype(np.int32) for value in constants), attr=attr)
    (y,) = graphs.GraphModel.load(path)(_counted(2), "y")
    assert tuple(y.shape) == expected


def test_batch_norm(graphs: Any, build: Build) -> None:
    constants = [np.array([value], np.float32) for value in (2, 1, 3, 0.24)]
    path = build("FusedBatchNormV3", *constants, attr={"epsilon": {"f": 0.01}})
    (y,) = graphs.GraphModel.load(path)(torch.full((1, 1, 1, 1), 4.0), "y")
    assert y.item() == pytest.approx(2 * (4 - 3) / 0.5 + 1)


def test_quantised_weights(graphs: Any, tmp_path: Path) -> None:
    weights = importlib.import_module("tfjs_weights")
    parts = [
        ("half", "float32", {"dtype": "float16"}, np.array([0.5, -2], "<f2")),
        (
            "byte",
            "float32",
            {"dtype": "uint8", "scale": 0.1, "min": -1.0},
            np.array([0, 255], "u1"),
        ),
        ("whole", "int32", {"dtype": "uint8", "scale": 1.0, "min": -3.0}, np.array([3, 7], "u1")),
        ("plain", "float32", None, np.array([0.1, 7], "<f4")),
        ("scalar", "int32", None, np.array([5], "<i4")),
    ]
    entries = [
        {
            "name": name,
            "shape": [] if name == "scalar" else [2],
            "dtype": dtype,
            **({"quantization": how} if how else {}),
        }
        for name, dtype, how, _ in parts
    ]
    data = b"".join(values.tobytes() for *_, values in parts)
    (tmp_path / "a.bin").write_bytes(data[:5])  # a weight may begin in one file and end in the next
    (tmp_path / "b.bin").write_bytes(data[5:])
    manifest = [{"paths": ["a.bin", "b.bin"], "weights": entries}]
    read = weights.read_weights(manifest, tmp_path)
    expected = {"half": [0.5, -2], "byte": [-1, 24.5], "whole": [0, 4], "plain": [0.1, 7]}
    for name, values in expected.items():
        np.testing.assert_allclose(read[name], values, rtol=1e-6)
    assert read["scalar"].shape == () and read["scalar"] == 5
    assert read["whole"].dtype == np.int32 and read["half"].dtype == np.float32

    (tmp_path / "b.bin").write_bytes(data[5:-1])
    with pytest.raises(CircumplexError, match="ends before weight scalar"):
        weights.read_weights(manifest, tmp_path)
    (tmp_path / "b.bin").write_bytes(data[5:] + b"?")
    with pytest.raises(CircumplexError, match="holds 1 bytes that no weight names"):
        weights.read_weights(manifest, tmp_path)
    (tmp_path / "b.bin").unlink()
    with pytest.raises(CircumplexError, match="missing"):
        weights.read_weights(manifest, tmp_path)


def test_order_is_the_inputs_not_the_files(graphs: Any) -> None:
    nodes = [
        graphs.Node("sum", "Add", ("square", "x"), {}),
        graphs.Node("square", "Square", ("x",), {}),
        graphs.Node("x", "Placeholder", (), {}),
    ]
    model = graphs.GraphModel(nodes, {})
    summed, squared = model(torch.tensor([3.0]), "sum", "square")
    assert summed.item() == 12 and squared.item() == 9
    with pytest.raises(CircumplexError, match="no node other"):
        model(torch.tensor([3.0]), "other")


@pytest.mark.parametrize(
    ("operation", "extra", "message"),
    [
        ("NonMaxSuppressionV5", {}, "operation NonMaxSuppressionV5 of node y is not supported"),
        ("Relu", {"format": "layers-model"}, "is no graph model"),
        ("Relu", {"modelTopology": {}}, "damaged graph model"),
        ("Relu", {"modelTopology": {"node": []}}, "a graph of 0 inputs"),
    ],
)
def test_refused(
    graphs: Any, build: Build, operation: str, extra: dict[str, Any], message: str
) -> None:
    with pytest.raises(CircumplexError, match=message) as caught:
        graphs.GraphModel.load(build(operation, **extra))
    assert "\n" not in str(caught.value)


def test_fused_with_something_unknown(graphs: Any, build: Build) -> None:
    fused = {"fused_ops": {"list": {"s": [_text("Erf")["s"]]}}}
    path = build("_FusedMatMul", np.eye(2, dtype=np.float32), attr=fused)
    with pytest.raises(CircumplexError, match="fused operation Erf"):
        graphs.GraphModel.load(path)(torch.zeros(1, 2), "y")

"""TensorFlow's operations in torch, over NHWC: those that face networks of TensorFlow.js use.

Each takes the node's attributes and its inputs. Padding "SAME" is TensorFlow's: the output has
ceil(side / stride) rows, and where their number is odd the row more goes after, not before
(tensorflow/core/framework/kernel_shape_util.h), which no symmetric padding of torch's gives.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from faces.ground.errors import CircumplexError

Attributes = Mapping[str, Any]
Operation = Callable[[Attributes, Sequence[Tensor]], Tensor]


def same_padding(side: int, kernel: int, stride: int, dilation: int = 1) -> tuple[int, int]:
    """Rows that "SAME" adds before and after a side of that length."""
    outputs = -(-side // stride)
    total = max((outputs - 1) * stride + (kernel - 1) * dilation + 1 - side, 0)
    return total // 2, total - total // 2


def _padded(x: Tensor, attributes: Attributes, kernel: Sequence[int], fill: float = 0.0) -> Tensor:
    """NHWC to NCHW with what the node's padding adds. A view of NHWC is torch's channels-last."""
    if attributes.get("data_format", "NHWC") != "NHWC":
        raise CircumplexError(f"data format {attributes['data_format']} is not supported: NHWC is")
    x = x.permute(0, 3, 1, 2)
    padding = attributes["padding"]
    if padding == "VALID":
        return x
    if padding == "EXPLICIT":
        (top, bottom), (left, right) = (
            attributes["explicit_paddings"][at : at + 2] for at in (2, 4)
        )
    elif padding == "SAME":
        dilations = attributes.get("dilations") or [1] * 4
        (top, bottom), (left, right) = (
            same_padding(x.shape[side], kernel[side - 2], attributes["strides"][at], dilations[at])
            for side, at in ((2, 1), (3, 2))
        )
    else:
        raise CircumplexError(f"padding {padding} is not supported")
    if not any((top, bottom, left, right)):
        return x
    return functional.pad(x, (left, right, top, bottom), value=fill)


def _convolved(attributes: Attributes, x: Tensor, weight: Tensor, groups: int) -> Tensor:
    """Weight as torch orders it, OIHW."""
    padded = _padded(x, attributes, weight.shape[2:])
    dilation = (attributes.get("dilations") or [1] * 4)[1:3]
    y = functional.conv2d(padded, weight, None, attributes["strides"][1:3], 0, dilation, groups)
    return y.permute(0, 2, 3, 1)


def _conv2d(attributes: Attributes, inputs: Sequence[Tensor]) -> Tensor:
    return _convolved(attributes, inputs[0], inputs[1].permute(3, 2, 0, 1), 1)


def _depthwise(attributes: Attributes, inputs: Sequence[Tensor]) -> Tensor:
    x, weight = inputs[:2]  # (N, H, W, I), (kH, kW, I, outputs of a channel)
    flat = weight.permute(2, 3, 0, 1).reshape(-1, 1, *weight.shape[:2])
    return _convolved(attributes, x, flat, x.shape[-1])


def _matmul(attributes: Attributes, inputs: Sequence[Tensor]) -> Tensor:
    a, b = inputs[:2]
    a = a.mT if attributes.get("transpose_a") else a
    return a @ (b.mT if attributes.get("transpose_b") else b)


def _prelu(attributes: Attributes, inputs: Sequence[Tensor]) -> Tensor:
    return torch.where(inputs[0] >= 0, inputs[0], inputs[0] * inputs[1])


def _fused(bare: Operation) -> Operation:
    """An operation with what TensorFlow's optimiser fused to it: a bias, then an activation."""

    def run(attributes: Attributes, inputs: Sequence[Tensor]) -> Tensor:
        y, more = bare(attributes, inputs[:2]), list(inputs[2:])
        for name in attributes.get("fused_ops", ()):
            if name == "BiasAdd":
                y = y + more.pop(0)
            elif name == "Prelu":
                y = _prelu(attributes, (y, more.pop(0)))
            elif name == "LeakyRelu":
                y = functional.leaky_relu(y, attributes.get("leakyrelu_alpha", 0.2))
            elif name in _ACTIVATIONS:
                y = _ACTIVATIONS[name](y)
            else:
                raise CircumplexError(f"fused operation {name} is not supported")
        return y

    return run


def _max_pool(attributes: Attributes, inputs: Sequence[Tensor]) -> Tensor:
    kernel = attributes["ksize"][1:3]
    x = _padded(inputs[0], attributes, kernel, fill=-torch.inf)
    return functional.max_pool2d(x, kernel, attributes["strides"][1:3]).permute(0, 2, 3, 1)


def _avg_pool(attributes: Attributes, inputs: Sequence[Tensor]) -> Tensor:
    """Of the pixels inside the picture: what "SAME" adds does not count."""
    kernel, strides = attributes["ksize"][1:3], attributes["strides"][1:3]
    inside = torch.ones_like(inputs[0][:1, :, :, :1])
    total, share = (
        functional.avg_pool2d(_padded(x, attributes, kernel), kernel, strides)
        for x in (inputs[0], inside)
    )
    return (total / share).permute(0, 2, 3, 1)


def _reduced(reduce: Callable[..., Tensor]) -> Operation:
    def run(attributes: Attributes, inputs: Sequence[Tensor]) -> Tensor:
        axes = tuple(inputs[1].reshape(-1).tolist())
        return reduce(inputs[0], axes, keepdim=bool(attributes.get("keep_dims")))

    return run


def _pad(attributes: Attributes, inputs: Sequence[Tensor]) -> Tensor:
    sides = [int(rows) for pair in reversed(inputs[1].tolist()) for rows in pair]  # last axis first
    return functional.pad(inputs[0], sides, value=inputs[2].item() if len(inputs) > 2 else 0.0)


def _reshape(attributes: Attributes, inputs: Sequence[Tensor]) -> Tensor:
    return inputs[0].reshape(inputs[1].tolist())


def _squeeze(attributes: Attributes, inputs: Sequence[Tensor]) -> Tensor:
    axes = attributes.get("squeeze_dims") or [
        axis for axis, length in enumerate(inputs[0].shape) if length == 1
    ]
    return inputs[0].squeeze(tuple(axes))


def _batch_norm(attributes: Attributes, inputs: Sequence[Tensor]) -> Tensor:
    x, scale, offset, mean, variance = inputs
    return (x - mean) * (scale * torch.rsqrt(variance + attributes.get("epsilon", 1e-4))) + offset


def _strided_slice(attributes: Attributes, inputs: Sequence[Tensor]) -> Tensor:
    if attributes.get("ellipsis_mask") or attributes.get("new_axis_mask"):
        raise CircumplexError("StridedSlice with an ellipsis or a new axis is not supported")
    x, *limits = inputs
    index: list[int | slice] = []
    for axis, (begin, end, step) in enumerate(zip(*(v.tolist() for v in limits), strict=True)):
        masked = {
            name: bool(attributes.get(f"{name}_mask", 0) >> axis & 1)
            for name in ("begin", "end", "shrink_axis")
        }
        if step < 0:
            raise CircumplexError("StridedSlice with a negative stride is not supported")
        whole = slice(None if masked["begin"] else begin, None if masked["end"] else end, step)
        index.append(begin if masked["shrink_axis"] else whole)
    return x[tuple(index)]


_ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "Relu": functional.relu,
    "Relu6": functional.relu6,
    "Elu": functional.elu,
    "Sigmoid": torch.sigmoid,
    "Tanh": torch.tanh,
}
_OF_ONE: dict[str, Callable[[Tensor], Tensor]] = {
    **_ACTIVATIONS,
    "Abs": torch.abs,
    "Identity": lambda x: x,
    "Rsqrt": torch.rsqrt,
    "Shape": lambda x: torch.tensor(x.shape, dtype=torch.int32),
    "Softmax": lambda x: torch.softmax(x, -1),
    "Square": torch.square,
}
_OF_TWO: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "Add": torch.add,
    "AddV2": torch.add,
    "BiasAdd": torch.add,
    "ExpandDims": lambda x, axis: x.unsqueeze(int(axis.item())),
    "Maximum": torch.maximum,
    "Minimum": torch.minimum,
    "Mul": torch.mul,
    "RealDiv": torch.div,
    "Sub": torch.sub,
    "Transpose": lambda x, order: x.permute(order.tolist()),
}


def _plain(function: Callable[..., Tensor], count: int) -> Operation:
    return lambda attributes, inputs: function(*inputs[:count])


#: By TensorFlow's name.
OPERATIONS: Mapping[str, Operation] = {
    **{name: _plain(function, 1) for name, function in _OF_ONE.items()},
    **{name: _plain(function, 2) for name, function in _OF_TWO.items()},
    "AvgPool": _avg_pool,
    "ConcatV2": lambda attributes, inputs: torch.cat(list(inputs[:-1]), int(inputs[-1].item())),
    "Conv2D": _conv2d,
    "DepthwiseConv2dNative": _depthwise,
    "FusedBatchNormV3": _batch_norm,
    "FusedDepthwiseConv2dNative": _fused(_depthwise),
    "MatMul": _matmul,
    "Max": _reduced(torch.amax),
    "MaxPool": _max_pool,
    "Mean": _reduced(torch.mean),
    "Pack": lambda attributes, inputs: torch.stack(list(inputs), attributes.get("axis", 0)),
    "Pad": _pad,
    "PadV2": _pad,
    "Prelu": _prelu,
    "Reshape": _reshape,
    "Squeeze": _squeeze,
    "StridedSlice": _strided_slice,
    "Sum": _reduced(torch.sum),
    "_FusedConv2D": _fused(_conv2d),
    "_FusedMatMul": _fused(_matmul),
}

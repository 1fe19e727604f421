"""A TensorFlow.js graph model in torch: the frozen graph of NAME.json, its weights beside it."""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tfjs_operations import OPERATIONS
from tfjs_weights import read_weights
from torch import Tensor

from faces.ground.errors import CircumplexError


@dataclass(frozen=True)
class Node:
    """One operation: its name, what it does, the names of what it takes, its attributes."""

    name: str
    operation: str
    inputs: tuple[str, ...]
    attributes: Mapping[str, Any]


class GraphModel:
    """A graph with one input, run node by node.

    Attributes:
        nodes: by name.
        weights: the constants, by name, on the device where the graph runs.
        shape: of the input as the graph states it, NHWC, -1 for any; None where it states nothing.
    """

    def __init__(
        self,
        nodes: Sequence[Node],
        weights: Mapping[str, np.ndarray],
        device: str | torch.device = "cpu",
    ) -> None:
        self.nodes = {node.name: node for node in nodes}
        # shapes and axes are read as numbers on the way, so whole numbers stay where that is cheap
        self.weights = {
            name: torch.from_numpy(np.ascontiguousarray(value)).to(
                device if value.dtype.kind == "f" else "cpu"
            )
            for name, value in weights.items()
        }
        placeholders = [node for node in nodes if node.operation == "Placeholder"]
        if len(placeholders) != 1:
            raise CircumplexError(f"a graph of {len(placeholders)} inputs is not supported, of one")
        self._input = placeholders[0].name
        self.shape: list[int] | None = placeholders[0].attributes.get("shape")
        self._plans: dict[tuple[str, ...], list[tuple[Node, list[str]]]] = {}
        for node in nodes:
            if node.operation == "Const" and node.name not in self.weights:
                raise CircumplexError(f"the weights lack constant {node.name}")
            if node.operation not in (*OPERATIONS, "Const", "Placeholder"):
                raise CircumplexError(
                    f"operation {node.operation} of node {node.name} is not supported"
                )

    @classmethod
    def load(cls, path: Path, device: str | torch.device = "cpu") -> "GraphModel":
        """The model of NAME.json, whose weights lie in the files that it names beside it.

        Raises:
            CircumplexError: missing, no graph model, or with operations that are not supported.
        """
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise CircumplexError(f"{path} cannot be read: {error.strerror}") from error
        except ValueError as error:
            raise CircumplexError(f"{path} is no JSON: {error}") from error
        if not isinstance(content, dict) or content.get("format") != "graph-model":
            raise CircumplexError(f"{path} is no graph model of TensorFlow.js")
        try:
            nodes = [_node(entry) for entry in content["modelTopology"]["node"]]
            weights = read_weights(content["weightsManifest"], path.parent)
            return cls(nodes, weights, device)
        except CircumplexError as error:
            raise CircumplexError(f"{path}: {error}") from error
        except (KeyError, TypeError, ValueError) as error:
            raise CircumplexError(f"{path} is a damaged graph model: {error!r}") from error

    @torch.inference_mode()
    def __call__(self, x: Tensor, *outputs: str) -> tuple[Tensor, ...]:
        """What the nodes named `outputs` give of the input x, NHWC float32.

        Raises:
            CircumplexError: no such node.
        """
        if outputs not in self._plans:
            self._plans[outputs] = self._plan(outputs)
        values = {self._input: x}
        for node, spent in self._plans[outputs]:
            inputs = [
                self.weights[name] if name in self.weights else values[name] for name in node.inputs
            ]
            values[node.name] = OPERATIONS[node.operation](node.attributes, inputs)
            for name in spent:  # a batch of maps at each layer is more than memory holds
                del values[name]
        return tuple(values[name] for name in outputs)

    def _plan(self, outputs: Sequence[str]) -> list[tuple[Node, list[str]]]:
        """The nodes to run, inputs first, each with the values that nothing needs after it."""
        order: list[Node] = []
        visited = {self._input, *self.weights}
        stack = [(name, False) for name in reversed(outputs)]
        while stack:
            name, ready = stack.pop()
            if ready:
                order.append(self.nodes[name])
            elif name not in visited:
                if name not in self.nodes:
                    raise CircumplexError(f"the graph has no node {name}")
                visited.add(name)
                stack.append((name, True))
                stack.extend((needed, False) for needed in self.nodes[name].inputs)
        last = {name: at for at, node in enumerate(order) for name in node.inputs}
        spent: list[list[str]] = [[] for _ in order]
        for name, at in last.items():
            if name not in self.weights and name not in outputs:
                spent[at].append(name)
        return list(zip(order, spent, strict=True))


def _node(entry: Mapping[str, Any]) -> Node:
    inputs = []
    for name in entry.get("input", ()):
        source, _, which = name.partition(":")
        if which not in ("", "0"):
            raise CircumplexError(
                f"output {which} of node {source} is not supported, only the first"
            )
        if not source.startswith("^"):  # what only orders the nodes
            inputs.append(source)
    attributes = {name: _attribute(value) for name, value in entry.get("attr", {}).items()}
    return Node(entry["name"], entry["op"], tuple(inputs), attributes)


def _attribute(value: Mapping[str, Any]) -> Any:
    """A protocol buffer's AttrValue as JSON: bytes in base64, whole numbers as text."""
    [(kind, content)] = value.items() or [("none", None)]
    if kind == "list":
        return [_attribute({kind: one}) for kind, many in content.items() for one in many]
    if kind == "s":
        return base64.b64decode(content).decode()
    if kind == "i":
        return int(content)
    if kind == "shape":
        return [int(side.get("size", -1)) for side in content.get("dim", ())]
    return content

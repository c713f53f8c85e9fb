"""A real ONNX classifier of ten words, with a real tokenizer: made here, nothing is downloaded."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy
import onnx
from attrs import frozen
from onnx import TensorProto, helper

WORDS = {"[UNK]": 0, "bad": 1, "good": 2, "okay": 3, "terrible": 4, "great": 5}
SAYS = ((0, 0.5, 0), (2, 0, 0), (0, 0, 2), (0, 2, 0), (4, 0, 0), (0, 0, 4))
"""What each of the words adds to negative, neutral and positive."""


@frozen
class Files:
    """Where they are."""

    model: Path
    tokenizer: Path


def write(
    folder: Path,
    *,
    inputs: Sequence[str] = ("input_ids", "attention_mask"),
    outputs: Sequence[str] = ("logits",),
    columns: Sequence[int] = (0, 1, 2),
    kind: int = TensorProto.INT64,
) -> Files:
    """A model whose outputs are ``columns`` of SAYS, each summed up over the words of a text.

    The last of ``outputs`` is what it says. Every input but ``input_ids`` multiplies each word
    (the first) or is added to nothing (others), as an export that needs them would.
    """
    model = folder / "model.onnx"
    onnx.save(_model(inputs, outputs, columns, kind), model)
    tokenizer = folder / "tokenizer.json"
    tokenizer.write_text(json.dumps(_TOKENIZER))
    return Files(model, tokenizer)


_TOKENIZER: dict[str, object] = {
    "version": "1.0",
    "truncation": None,
    # As many files in the wild have it: the classifier must not pay for 32 tokens each time.
    "padding": {
        "strategy": {"Fixed": 32},
        "direction": "Right",
        "pad_to_multiple_of": None,
        "pad_id": 4,
        "pad_type_id": 0,
        "pad_token": "terrible",
    },
    "added_tokens": [],
    "normalizer": {"type": "Lowercase"},
    "pre_tokenizer": {"type": "Whitespace"},
    "post_processor": None,
    "decoder": None,
    "model": {"type": "WordLevel", "vocab": WORDS, "unk_token": "[UNK]"},
}


def _model(
    inputs: Sequence[str], outputs: Sequence[str], columns: Sequence[int], kind: int
) -> onnx.ModelProto:
    table = numpy.array(SAYS, dtype=numpy.float32)[:, list(columns)]
    axis = numpy.array([1], dtype=numpy.int64)
    nodes = [
        helper.make_node("Cast", [inputs[0]], ["ids"], to=TensorProto.INT64),
        helper.make_node("Gather", ["table", "ids"], ["said"]),
    ]
    said = "said"
    for name in inputs[1:]:
        nodes += [
            helper.make_node("Cast", [name], [f"{name}_f"], to=TensorProto.FLOAT),
            helper.make_node("Unsqueeze", [f"{name}_f", "last"], [f"{name}_u"]),
            helper.make_node(
                "Mul" if name == "attention_mask" else "Add", [said, f"{name}_u"], [f"{name}_s"]
            ),
        ]
        said = f"{name}_s"
    for extra in outputs[:-1]:
        nodes.append(helper.make_node("Identity", [said], [extra]))
    nodes.append(helper.make_node("ReduceSum", [said, "axis"], [outputs[-1]], keepdims=0))
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info(name, kind, ["n", "t"]) for name in inputs],
        [
            helper.make_tensor_value_info(
                name,
                TensorProto.FLOAT,
                ["n", len(columns)] if name == outputs[-1] else ["n", "t", 3],
            )
            for name in outputs
        ],
        [
            onnx.numpy_helper.from_array(table, "table"),
            onnx.numpy_helper.from_array(axis, "axis"),
            onnx.numpy_helper.from_array(numpy.array([2], dtype=numpy.int64), "last"),
        ],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    made.ir_version = 9  # for the oldest runtime that pyproject.toml allows
    onnx.checker.check_model(made)
    return made

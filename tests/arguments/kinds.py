"""Values of the wrong kind, and what a function may answer to one."""

import dataclasses
import math
import re
import warnings

import numpy as np
import torch

KINDS = {
    "None": None,
    "text": "4",
    "empty text": " ",
    "True": True,
    "complex": 4j,
    "NaN": math.nan,
    "infinite": math.inf,
    "negative": -1,
    "zero": 0,
    "float for int": 2.5,
    "object": object(),
    "set": {1.5, 2.5},
    "list": [1.5, 2.5],
    "empty list": [],
    "list of None": [None, None],
    "list of texts": ["a", "b"],
    "dict": {"a": 1.0},
    "generator": lambda: (value for value in (1.5, 2.5)),  # a fresh one for each function
    "function": lambda: lambda *args, **options: None,
    "array": np.array([1.5, 2.5, 3.5]),
    "array of no dimension": np.array(1.5),
    "empty array": np.zeros((0, 3)),
    "array of texts": np.array(["a", "b"]),
    "array with NaN": np.array([1.5, math.nan]),
    "tensor": torch.tensor([1.5, 2.5, 3.5]),
    "tensor of three dimensions": torch.ones(2, 3, 4),
    "tensor that requires a gradient": torch.ones(2, 64, requires_grad=True),
    "empty tensor": torch.zeros(2, 0),
    "no sound": torch.zeros(0, 4096),
    "negative tensor": torch.tensor([-1.5, 2.5]),
    "tensor with NaN": torch.tensor([1.5, math.nan]),
    "infinite tensor": torch.full((2, 64), math.inf),
    "float16": torch.ones(2, 64, dtype=torch.float16),
    "bfloat16": torch.ones(2, 64, dtype=torch.bfloat16),
    "integers": torch.ones(2, 64, dtype=torch.int64),
    "complex tensor": torch.ones(2, 64, dtype=torch.complex64),
    "other device": torch.ones(2, 64, device="meta"),
}
# What Python and its libraries say from within, where no check has named the argument.
FROM_WITHIN = re.compile(
    r"has no len\(\)|not iterable|unhashable|converted to Scalar|does not require grad|"
    r"has no attribute|not subscriptable|unsupported operand|ambiguous|not supported between|"
    r"could not broadcast|zip\(\)|must match the size|sequence item|setting an array element"
)


def wrong(kind):
    """A value of a kind of `KINDS`."""
    value = KINDS[kind]
    return value() if kind in ("generator", "function") else value


def check(function, arguments, name, value):
    """Call a function with one argument replaced: the result is right, or the error is clear."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", "`torch.jit.script` is deprecated")  # PyTorch's own
        try:
            result = function(**(arguments | {name: value}))
        except (TypeError, ValueError) as error:
            text = str(error)
            assert re.search(rf"(?<![A-Za-z_]){re.escape(name)}(?![A-Za-z_])", text), text
            assert not FROM_WITHIN.search(text), text
        else:
            assert not has_nan(result)


def has_nan(result):
    """Whether there is NaN in tensors or arrays, or in what holds them."""
    if isinstance(result, torch.Tensor):
        return bool(torch.isnan(result.detach()).any())
    if isinstance(result, float | np.ndarray):
        return bool(np.isnan(np.asarray(result, dtype=float)).any())
    if dataclasses.is_dataclass(result):
        return has_nan([getattr(result, field.name) for field in dataclasses.fields(result)])
    if isinstance(result, list | tuple):
        return any(map(has_nan, result))
    return False

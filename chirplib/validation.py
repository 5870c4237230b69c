"""Checks of arguments: an error says which argument, what it was and what was expected."""

import math
from numbers import Integral, Real

import torch


def _values(x):
    """The plain tensor behind `x`, also inside `torch.func.vmap`, `jvp` and their like."""
    return torch.func.debug_unwrap(x.detach())


def check_positive(name, value):
    """Refuse a number or tensor that is not real, finite and greater than 0."""
    if isinstance(value, torch.Tensor):
        if not value.is_floating_point():
            raise TypeError(f"{name} must be a real floating-point tensor, got {value.dtype}")
        values = _values(value)
        bad = values[~(torch.isfinite(values) & (values > 0))]
        if bad.numel():
            raise ValueError(f"{name} must be positive and finite, got {bad.flatten()[0].item()}")
    elif isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name} must be a number or a tensor, got {value!r}")
    elif not (math.isfinite(value) and value > 0):
        raise ValueError(f"{name} must be positive and finite, got {value!r}")


def check_below(name, value, limit, meaning):
    """Refuse a number or tensor that is not below `limit` (float); `meaning` says what that is."""
    highest = _values(value).max().item() if isinstance(value, torch.Tensor) else value
    if not highest < limit:
        raise ValueError(f"{name} must be below {limit} ({meaning}), got {highest}")


def check_integer(name, value, low=-math.inf, high=math.inf):
    """Refuse what is not an integer between `low` and `high`, both included."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"{name} must be an integer, got {value!r}")
    if not low <= value <= high:
        upper = f" and at most {high}" if math.isfinite(high) else ""
        raise ValueError(f"{name} must be at least {low}{upper}, got {value!r}")


def check_audio(name, x, *, length=None, shortest=1):
    """Refuse what is not a real floating-point tensor ``(..., n)`` of finite samples.

    If `length` (int) is given, n must be equal to it; n must be at least `shortest` (int).
    """
    if not isinstance(x, torch.Tensor):
        raise TypeError(f"{name} must be a tensor of shape (..., n), got {type(x).__name__}")
    if x.dtype not in (torch.float32, torch.float64):
        raise TypeError(f"{name} must hold float32 or float64 samples, got {x.dtype}")
    n = x.shape[-1] if x.ndim else 0
    if x.numel() == 0 or n < shortest:
        raise ValueError(
            f"{name} must have at least {shortest} samples, got shape {tuple(x.shape)}"
        )
    if length is not None and n != length:
        raise ValueError(f"{name} must have {length} samples, got shape {tuple(x.shape)}")
    if not torch.isfinite(_values(x)).all():
        raise ValueError(f"{name} must be finite, got NaN or infinite samples")


def check_broadcast(names, *shapes):
    """Refuse shapes that do not broadcast; `names` (str) says what they are the shapes of."""
    try:
        torch.broadcast_shapes(*shapes)
    except RuntimeError:
        listed = ", ".join(str(tuple(shape)) for shape in shapes)
        raise ValueError(f"shapes of {names} must broadcast, got {listed}") from None

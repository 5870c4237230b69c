"""Checks of arguments: an error says which argument, what it was and what was expected."""

import math
from functools import reduce
from numbers import Integral, Real

import torch

Parameter = float | torch.Tensor


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


def broadcast_parameters(parameters):
    """Check synthesis parameters, and give them one dtype and one device.

    Parameters
    ----------
    parameters : dict of str to float or tensor
        Positive numbers or floating-point tensors, whose shapes broadcast.

    Returns
    -------
    list of tensors
        In the dtype that the tensors among them promote to and on their device, or in the default
        dtype if all are numbers.
    """
    for name, value in parameters.items():
        check_positive(name, value)
    *others, last = parameters
    tensors = [value for value in parameters.values() if isinstance(value, torch.Tensor)]
    check_broadcast(f"{', '.join(others)} and {last}", *(t.shape for t in tensors))
    dtype = reduce(torch.promote_types, [t.dtype for t in tensors] or [torch.get_default_dtype()])
    device = tensors[0].device if tensors else None
    return [torch.as_tensor(v, dtype=dtype, device=device) for v in parameters.values()]


def check_parameters(theta):
    """Refuse what is not a tensor of shape (batch, k) of positive parameters."""
    if not isinstance(theta, torch.Tensor):
        raise TypeError(f"theta must be a tensor, got {type(theta).__name__}")
    check_positive("theta", theta)
    if theta.ndim != 2 or theta.numel() == 0:
        raise ValueError(f"theta must be of shape (batch, k), got {tuple(theta.shape)}")


def check_duration(duration, sr):
    """The number of samples of a duration in seconds, which must be at least 1."""
    check_positive("duration", duration)
    check_positive("sr", sr)
    n = round(duration * sr)
    if n < 1:
        raise ValueError(f"duration * sr must be at least 1 sample, got {duration!r} * {sr!r}")
    return n


def check_scattering(J, J_fr, Q, shape, T, Q_fr, F, format):
    """Refuse settings of a `TimeFrequencyScattering` that are out of range.

    Return Q as a pair and the length of a sound.
    """
    check_integer("J", J, low=1)
    check_integer("J_fr", J_fr, low=1)
    Q = Q if isinstance(Q, tuple) else (Q, 1)
    if len(Q) != 2:
        raise ValueError(f"Q must be an integer or a pair of integers, got {Q!r}")
    for name, q in (("Q", Q[0]), ("Q", Q[1]), ("Q_fr", Q_fr)):
        check_integer(name, q, low=1)
    n = shape[0] if isinstance(shape, tuple) and len(shape) == 1 else shape
    check_integer("shape", n, low=2**J)
    if T is not None and T != "global":
        check_integer("T", T, low=1, high=n)
    if F is not None and F != "global":
        check_integer("F", F, low=0, high=(J + 1) * Q[0])
    if format not in ("time", "joint"):
        raise ValueError(f"format must be 'time' or 'joint', got {format!r}")
    if format == "joint" and F in (0, "global"):
        raise ValueError(f"F must be None or at least 1 if format is 'joint', got {F!r}")
    return Q, n


def check_selection(rates, scales, sr):
    """Refuse bands of rates or scales that are not increasing pairs, and rates without sr."""
    for name, band in (("rates", rates), ("scales", scales)):
        if band is not None and not (len(band) == 2 and 0 <= band[0] <= band[1]):
            raise ValueError(f"{name} must be a pair of increasing numbers, got {band!r}")
    if sr is not None:
        check_positive("sr", sr)
    elif rates is not None:
        raise ValueError(f"sr must be given with rates, got None with rates={rates!r}")

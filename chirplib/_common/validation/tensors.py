"""Checks of tensors: sounds and parameters."""

import math
import sys
from functools import reduce
from numbers import Real
from typing import Any

import numpy as np
import torch

from chirplib._common.validation.values import (
    check_number,
    shown,
)

Parameter = float | torch.Tensor
PRECISIONS = torch.float32, torch.float64


def check_precision(dtype: Any, device: Any) -> None:
    """Refuse a dtype that is not single or double precision, and what is no device."""
    if dtype is not None and not isinstance(dtype, torch.dtype):
        raise TypeError(f"dtype must be a torch.dtype, got {shown(dtype)}")
    if dtype is not None and dtype not in PRECISIONS:
        raise ValueError(f"dtype must be float32 or float64, got {dtype}")
    if device is not None:
        if not isinstance(device, str | torch.device):
            raise TypeError(f"device must be a torch.device or its name, got {shown(device)}")
        try:
            torch.device(device)
        except RuntimeError:
            raise ValueError(f"device must be a device of PyTorch, got {device!r}") from None


def _values(x):
    """The plain tensor behind `x`, also inside `torch.func.vmap`, `jvp` and their like."""
    # torch.compile can not look behind a tensor, and has no need to.
    return x.detach() if torch.compiler.is_compiling() else torch.func.debug_unwrap(x.detach())


def _refuse_tracing(name):
    """Refuse to be recorded: values are looked at, and compiled kernels would leave no trace."""
    proxies = sys.modules.get("torch.fx.experimental.proxy_tensor")  # there if `make_fx` is
    if (
        torch.jit.is_tracing()
        or torch.compiler.is_exporting()
        or (proxies is not None and proxies.get_proxy_mode() is not None)
    ):
        raise RuntimeError(
            f"{name} can not be traced: torch.export, torch.jit.trace and make_fx are not "
            "supported, as chirplib looks at values and runs compiled kernels"
        )


def check_tensor(name: str, value: Any, *, ndim: int | None = None, positive: bool = False) -> None:
    """Refuse what is not a tensor of finite, or positive, numbers in single or double precision."""
    if not isinstance(value, torch.Tensor):
        raise TypeError(f"{name} must be a tensor, got {shown(value)}")
    _refuse_tracing(name)
    if value.dtype not in PRECISIONS:
        raise TypeError(f"{name} must be a real tensor, float32 or float64, got {value.dtype}")
    if value.layout != torch.strided or value.is_meta:
        raise TypeError(f"{name} must be a dense tensor with values, got {shown(value)}")
    if ndim is not None and (value.ndim != ndim or not value.numel()):
        raise ValueError(
            f"{name} must have {ndim} dimensions and not be empty, got shape {tuple(value.shape)}"
        )
    values = _values(value)
    bad = values[~(torch.isfinite(values) & ((values > 0) | (not positive)))]
    if bad.numel():
        wanted = "positive and finite" if positive else "finite"
        raise ValueError(f"{name} must be {wanted}, got {bad.flatten()[0].item()}")


def check_positive(name: str, value: Any) -> None:
    """Refuse a number or tensor that is not real, finite and greater than 0."""
    if not isinstance(value, torch.Tensor):
        if isinstance(value, bool | np.bool) or not isinstance(value, Real):
            raise TypeError(f"{name} must be a number or a tensor, got {shown(value)}")
        check_number(name, value, positive=True)
        return
    check_tensor(name, value, positive=True)


def check_below(name: str, value: Parameter, limit: float, meaning: str) -> None:
    """Refuse a number or tensor that is not below `limit`; `meaning` says what that is."""
    highest = value
    if isinstance(value, torch.Tensor):
        highest = _values(value).max().item() if value.numel() else -math.inf
    if not highest < limit:
        raise ValueError(f"{name} must be below {limit} ({meaning}), got {highest}")


def check_between(name: str, value: torch.Tensor, low: float, high: float) -> None:
    """Refuse a tensor that has an entry below `low` or above `high`."""
    values = _values(value)
    bad = values[(values < low) | (values > high)]
    if bad.numel():
        raise ValueError(f"{name} must be from {low} to {high}, got {bad.flatten()[0].item()}")


def check_audio(name: str, x: Any, *, length: int | None = None, shortest: int = 1) -> None:
    """Refuse what is not a tensor ``(..., n)`` of finite samples in single or double precision.

    There must be at least one sound. If `length` is given, n must be equal to it; n must be at
    least `shortest`.
    """
    if not isinstance(x, torch.Tensor):
        raise TypeError(f"{name} must be a tensor of shape (..., n), got {shown(x)}")
    _refuse_tracing(name)
    n = x.shape[-1] if x.ndim else 0
    if n < shortest:
        raise ValueError(
            f"{name} must have at least {shortest} samples, got shape {tuple(x.shape)}"
        )
    if not x.numel():
        raise ValueError(f"{name} must hold at least one sound, got shape {tuple(x.shape)}")
    if length is not None and n != length:
        raise ValueError(f"{name} must have {length} samples, got shape {tuple(x.shape)}")
    check_tensor(name, x)


def check_broadcast(names: str, *shapes: tuple[int, ...]) -> None:
    """Refuse shapes that do not broadcast; `names` says what they are the shapes of."""
    try:
        np.broadcast_shapes(*shapes)  # that of PyTorch takes seconds to import
    except ValueError:
        listed = ", ".join(str(tuple(shape)) for shape in shapes)
        raise ValueError(f"shapes of {names} must broadcast, got {listed}") from None


def check_devices(names: str, *tensors: torch.Tensor) -> None:
    """Refuse tensors that are not on one device; `names` says what they are."""
    devices = dict.fromkeys(str(tensor.device) for tensor in tensors)
    if len(devices) > 1:
        raise ValueError(f"{names} must be on one device, got {', '.join(devices)}")


def broadcast_parameters(parameters: dict[str, Parameter]) -> list[torch.Tensor]:
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
    names = f"{', '.join(others)} and {last}"
    tensors = [value for value in parameters.values() if isinstance(value, torch.Tensor)]
    check_devices(names, *tensors)
    check_broadcast(names, *(t.shape for t in tensors))
    dtype = reduce(torch.promote_types, [t.dtype for t in tensors] or [torch.get_default_dtype()])
    device = tensors[0].device if tensors else None
    return [torch.as_tensor(v, dtype=dtype, device=device) for v in parameters.values()]


def check_parameters(theta: Any, k: int | None = None) -> None:
    """Refuse what is not a tensor of shape (batch, k) of positive parameters."""
    if not isinstance(theta, torch.Tensor):
        raise TypeError(f"theta must be a tensor, got {shown(theta)}")
    if theta.ndim != 2 or theta.numel() == 0 or theta.shape[1] != (k or theta.shape[1]):
        raise ValueError(f"theta must be of shape (batch, {k or 'k'}), got {tuple(theta.shape)}")
    check_positive("theta", theta)

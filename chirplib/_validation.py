"""Checks of arguments: an error says which argument, what it was and what was expected."""

import math
import reprlib
import sys
from collections.abc import Iterable, KeysView, Mapping, Set
from functools import reduce
from numbers import Integral, Real
from typing import Any

import numpy as np
import torch

Parameter = float | torch.Tensor

# Log2 of a scale: a sound as long as that would not fit into any memory.
LARGEST_SCALE = 40
PRECISIONS = torch.float32, torch.float64


def _shown(value):
    """What an error says of a value: its shape, or a short text."""
    if isinstance(value, (np.ndarray, torch.Tensor)) and value.ndim:
        return f"{type(value).__name__} of shape {tuple(value.shape)} and dtype {value.dtype}"
    return reprlib.repr(value)


# Values that are not tensors


def check_number(
    name: str,
    value: Any,
    *,
    low: float = -math.inf,
    positive: bool = False,
    infinite: bool = False,
) -> None:
    """Refuse what is not a real number, from `low` on or positive, and finite unless `infinite`."""
    if isinstance(value, bool | np.bool) or not isinstance(value, Real):
        raise TypeError(f"{name} must be a number, got {_shown(value)}")
    limit = "positive" if positive else f"at least {low}" if low > -math.inf else ""
    wanted = " and ".join(filter(None, [limit, "" if infinite else "finite"]))
    in_range = value > 0 if positive else value >= low
    if not in_range or not (infinite or math.isfinite(value)):
        raise ValueError(f"{name} must be {wanted}, got {value!r}")


def check_integer(name: str, value: Any, low: float = -math.inf, high: float = math.inf) -> int:
    """Refuse what is not an integer between `low` and `high`, both included.

    Return it as an int of Python: short ones of NumPy overflow.
    """
    if isinstance(value, bool | np.bool) or not isinstance(value, Integral):
        raise TypeError(f"{name} must be an integer, got {_shown(value)}")
    if not low <= value <= high:
        upper = f" and at most {high}" if math.isfinite(high) else ""
        raise ValueError(f"{name} must be at least {low}{upper}, got {value!r}")
    return int(value)


def check_flag(name: str, value: Any) -> None:
    """Refuse what is neither True nor False."""
    if not isinstance(value, bool | np.bool):
        raise TypeError(f"{name} must be True or False, got {_shown(value)}")


def check_text(name: str, value: Any) -> None:
    """Refuse what is not a text with something in it."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a text, got {_shown(value)}")
    if not value.strip():
        raise ValueError(f"{name} must not be empty, got {value!r}")


def check_choice(name: str, value: Any, choices: Iterable[str]) -> None:
    """Refuse what is not one of some texts."""
    choices = tuple(choices)
    if not isinstance(value, str):
        raise TypeError(f"{name} must be one of {choices}, got {_shown(value)}")
    if value not in choices:
        raise ValueError(f"{name} must be one of {choices}, got {value!r}")


def check_callable(name: str, value: Any) -> None:
    """Refuse what can not be called."""
    if not callable(value):
        raise TypeError(f"{name} must be callable, got {_shown(value)}")


def check_instance(name: str, value: Any, kind: type) -> None:
    """Refuse what is not an instance of a class."""
    if not isinstance(value, kind):
        raise TypeError(f"{name} must be a {kind.__name__}, got {_shown(value)}")


def as_list(name: str, value: Any, *, count: int | None = None) -> list:
    """Entries of an iterable with an order that is no text: `count` of them, or at least one."""
    if isinstance(value, str | bytes | dict | Set) or not isinstance(value, Iterable):
        raise TypeError(f"{name} must be a sequence, got {_shown(value)}")
    if getattr(value, "ndim", 1) == 0:  # an array or tensor of no dimension can not be iterated
        raise TypeError(f"{name} must be a sequence, got {_shown(value)}")
    simple = isinstance(value, np.ndarray | torch.Tensor) and value.ndim == 1
    if isinstance(value, torch.Tensor) and value.is_meta:
        raise TypeError(f"{name} must have values, got {_shown(value)} on a device without any")
    entries = value.tolist() if simple else list(value)  # numbers of Python
    if count is not None and len(entries) != count:
        raise ValueError(f"{name} must have {count} entries, got {len(entries)}")
    if not entries:
        raise ValueError(f"{name} must have at least one entry, got none")
    return entries


def as_texts(name: str, value: Any, *, count: int | None = None) -> list[str]:
    """Entries of a sequence of texts, `count` of them or at least one."""
    entries = as_list(name, value, count=count)
    for entry in entries:
        if not isinstance(entry, str):
            raise TypeError(f"{name} must hold texts, got {_shown(entry)}")
    return entries


def as_integers(name: str, value: Any, *, low: int, count: int | None = None) -> tuple[int, ...]:
    """Entries of a sequence of integers of at least `low`, `count` of them or at least one."""
    entries = as_list(name, value, count=count)
    return tuple(check_integer(name, entry, low=low) for entry in entries)


def as_array(
    name: str,
    value: Any,
    *,
    ndim: int | None = None,
    shape: tuple[int | None, ...] | None = None,
    positive: bool = False,
) -> np.ndarray:
    """Real, finite numbers as an array of double precision: from an array, a tensor or a sequence.

    Parameters
    ----------
    name : str
        Name of the argument.
    value : array_like
        Tensors may require a gradient, and be on any device.
    ndim : int, optional
        Number of dimensions that it must have.
    shape : tuple, optional
        Shape that it must have, None where any length of at least 1 will do.
    positive : bool, default False
        Whether all numbers must be positive; they must be finite in any case.
    """
    if isinstance(value, torch.Tensor) and value.is_meta:
        raise TypeError(f"{name} must have values, got {_shown(value)} on a device without any")
    if isinstance(value, torch.Tensor):
        array = value.detach().cpu().resolve_conj().resolve_neg()
        array = array.to(torch.float64).numpy() if array.is_floating_point() else array.numpy()
    elif isinstance(value, str | bytes | dict | set) or value is None:
        raise TypeError(f"{name} must be numbers, got {_shown(value)}")
    else:
        try:
            array = np.asarray(value if hasattr(value, "__len__") else list(value))
        except (TypeError, ValueError, RuntimeError):
            raise TypeError(f"{name} must be an array of numbers, got {_shown(value)}") from None
    if array.dtype.kind not in "iuf":
        raise TypeError(f"{name} must be real numbers, got {_shown(value)}")
    array = array.astype(float)
    if shape is not None:
        wanted = tuple("any" if n is None else n for n in shape)
        fits = len(shape) == array.ndim and all(
            n == m or (n is None and m) for n, m in zip(shape, array.shape, strict=True)
        )
        if not fits:
            text = ", ".join(map(str, wanted)) + ("," if len(wanted) == 1 else "")
            raise ValueError(f"{name} must be of shape ({text}), got {tuple(array.shape)}")
    if ndim is not None and (array.ndim != ndim or not array.size):
        raise ValueError(
            f"{name} must have {ndim} dimensions and not be empty, got shape {tuple(array.shape)}"
        )
    bad = array[~(np.isfinite(array) & ((array > 0) | (not positive)))]
    if bad.size:
        wanted = "positive and finite" if positive else "finite"
        raise ValueError(f"{name} must be {wanted}, got {bad[0]}")
    return array


def as_axes(value: Any) -> tuple[np.ndarray, np.ndarray]:
    """The axes of a landscape: two arrays of increasing positive numbers."""
    axes = [
        as_array("axes", axis, ndim=1, positive=True) for axis in as_list("axes", value, count=2)
    ]
    for axis in axes:
        if not (np.diff(axis) > 0).all():
            raise ValueError(f"axes must be increasing, got {axis}")
    return axes


def as_names(name: str, value: Any, *, count: int | None = None, each: str = "") -> list[str]:
    """Entries of a sequence of texts, or the keys of a dict: `count`, or at least one.

    `each` says what there must be one text for.
    """
    entries = as_texts(name, list(value) if isinstance(value, KeysView | Mapping) else value)
    if count is not None and len(entries) != count:
        of = each and f": one for each {each}"
        raise ValueError(f"{name} must have {count} entries, got {len(entries)}{of}")
    return entries


def as_choices(name: str, value: Any, choices: Iterable[str]) -> list[str]:
    """Entries of a collection of some texts, in any order, maybe none."""
    choices = tuple(choices)
    if isinstance(value, list | tuple | Set) and not value:
        return []
    entries = as_list(name, list(value) if isinstance(value, Set) else value)
    for entry in entries:
        check_choice(name, entry, choices)
    return entries


def as_mapping(name: str, value: Any, *, empty: bool = False) -> dict[str, Any]:
    """What texts are mapped to, as a dict: at least one text unless `empty`."""
    check_instance(name, value, Mapping)
    if value or not empty:
        as_texts(f"keys of {name}", list(value))
    return dict(value)


def check_surface(name: str, surface: Any, *, gradient: bool = False, least: int = 2) -> None:
    """Refuse a `Landscape` of less than `least` values on an axis, or one that is not finished.

    With `gradient`, also one whose gradient is not finite.
    """
    if min(surface.loss.shape) < least:
        shape = surface.loss.shape
        raise ValueError(f"{name} must have at least {least} values on each axis, got {shape}")
    finite = np.isfinite(surface.loss)
    if gradient:
        finite = finite & np.isfinite(surface.gradient).all(axis=-1)
    if not finite.all():
        raise ValueError(
            f"{name} must be finished and finite, got NaN or infinity at "
            f"{(~finite).sum()} of {finite.size} points"
        )


# Tensors


def check_precision(dtype: Any, device: Any) -> None:
    """Refuse a dtype that is not single or double precision, and what is no device."""
    if dtype is not None and not isinstance(dtype, torch.dtype):
        raise TypeError(f"dtype must be a torch.dtype, got {_shown(dtype)}")
    if dtype is not None and dtype not in PRECISIONS:
        raise ValueError(f"dtype must be float32 or float64, got {dtype}")
    if device is not None:
        if not isinstance(device, str | torch.device):
            raise TypeError(f"device must be a torch.device or its name, got {_shown(device)}")
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
        raise TypeError(f"{name} must be a tensor, got {_shown(value)}")
    _refuse_tracing(name)
    if value.dtype not in PRECISIONS:
        raise TypeError(f"{name} must be a real tensor, float32 or float64, got {value.dtype}")
    if value.layout != torch.strided or value.is_meta:
        raise TypeError(f"{name} must be a dense tensor with values, got {_shown(value)}")
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
            raise TypeError(f"{name} must be a number or a tensor, got {_shown(value)}")
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


def check_audio(name: str, x: Any, *, length: int | None = None, shortest: int = 1) -> None:
    """Refuse what is not a tensor ``(..., n)`` of finite samples in single or double precision.

    There must be at least one sound. If `length` is given, n must be equal to it; n must be at
    least `shortest`.
    """
    if not isinstance(x, torch.Tensor):
        raise TypeError(f"{name} must be a tensor of shape (..., n), got {_shown(x)}")
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
        torch.broadcast_shapes(*shapes)
    except RuntimeError:
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
        raise TypeError(f"theta must be a tensor, got {_shown(theta)}")
    if theta.ndim != 2 or theta.numel() == 0 or theta.shape[1] != (k or theta.shape[1]):
        raise ValueError(f"theta must be of shape (batch, {k or 'k'}), got {tuple(theta.shape)}")
    check_positive("theta", theta)


# Settings


def check_duration(duration: Any, sr: Any) -> int:
    """The number of samples of a duration in seconds, which must be at least 1."""
    check_number("duration", duration, positive=True)
    check_number("sr", sr, positive=True)
    n = round(duration * sr)
    if n < 1:
        raise ValueError(f"duration * sr must be at least 1 sample, got {duration!r} * {sr!r}")
    return n


def check_scattering(J, J_fr, Q, shape, T, Q_fr, F, format) -> tuple:
    """Refuse settings of a `TimeFrequencyScattering` that are out of range.

    Return J, J_fr, Q as a pair, the length of a sound, T, Q_fr and F.
    """
    J = check_integer("J", J, low=1, high=LARGEST_SCALE)
    J_fr = check_integer("J_fr", J_fr, low=1, high=LARGEST_SCALE)
    Q_fr = check_integer("Q_fr", Q_fr, low=1)
    Q = as_integers("Q", (Q, 1) if isinstance(Q, Integral) else Q, low=1, count=2)
    n = shape if isinstance(shape, Integral) else as_list("shape", shape, count=1)[0]
    n = check_integer("shape", n, low=2**J)
    if not _is_word(T, "global"):
        T = check_integer("T", T, low=1, high=n)
    if not _is_word(F, "global"):
        F = check_integer("F", F, low=0, high=(J + 1) * Q[0])
    check_choice("format", format, ("time", "joint"))
    if format == "joint" and (F == 0 or F == "global"):
        raise ValueError(f"F must be None or at least 1 if format is 'joint', got {F!r}")
    return J, J_fr, Q, n, T, Q_fr, F


def _is_word(value, word):
    """Whether a value is None or a word; another text than that is refused by what comes next."""
    return value is None or (isinstance(value, str) and value == word)


def check_selection(rates, scales, sr) -> list:
    """Refuse bands of rates or scales that are not increasing pairs, and rates without sr.

    Return both bands as pairs, or None.
    """
    bands = []
    for name, band in (("rates", rates), ("scales", scales)):
        if band is not None:
            band = low, high = as_list(name, band, count=2)
            check_number(name, low, low=0)
            check_number(name, high, low=0, infinite=True)
            if low > high:
                raise ValueError(f"{name} must be a pair of increasing numbers, got {band!r}")
        bands.append(band)
    if sr is not None:
        check_number("sr", sr, positive=True)
    elif rates is not None:
        raise ValueError(f"sr must be given with rates, got None with rates={rates!r}")
    return bands

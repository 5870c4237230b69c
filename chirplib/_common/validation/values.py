"""Checks of numbers, texts, sequences and arrays."""

import math
import reprlib
from collections.abc import Iterable, KeysView, Mapping, Set
from numbers import Integral, Real
from typing import Any

import numpy as np
import torch


def shown(value):
    """What an error says of a value: its shape, or a short text."""
    if isinstance(value, (np.ndarray, torch.Tensor)) and value.ndim:
        return f"{type(value).__name__} of shape {tuple(value.shape)} and dtype {value.dtype}"
    return reprlib.repr(value)


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
        raise TypeError(f"{name} must be a number, got {shown(value)}")
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
        raise TypeError(f"{name} must be an integer, got {shown(value)}")
    if not low <= value <= high:
        upper = f" and at most {high}" if math.isfinite(high) else ""
        raise ValueError(f"{name} must be at least {low}{upper}, got {value!r}")
    return int(value)


def check_flag(name: str, value: Any) -> None:
    """Refuse what is neither True nor False."""
    if not isinstance(value, bool | np.bool):
        raise TypeError(f"{name} must be True or False, got {shown(value)}")


def check_text(name: str, value: Any) -> None:
    """Refuse what is not a text with something in it."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a text, got {shown(value)}")
    if not value.strip():
        raise ValueError(f"{name} must not be empty, got {value!r}")


def check_choice(name: str, value: Any, choices: Iterable[str]) -> None:
    """Refuse what is not one of some texts."""
    choices = tuple(choices)
    if not isinstance(value, str):
        raise TypeError(f"{name} must be one of {choices}, got {shown(value)}")
    if value not in choices:
        raise ValueError(f"{name} must be one of {choices}, got {value!r}")


def check_callable(name: str, value: Any) -> None:
    """Refuse what can not be called."""
    if not callable(value):
        raise TypeError(f"{name} must be callable, got {shown(value)}")


def check_instance(name: str, value: Any, kind: type) -> None:
    """Refuse what is not an instance of a class."""
    if not isinstance(value, kind):
        raise TypeError(f"{name} must be a {kind.__name__}, got {shown(value)}")


def as_list(name: str, value: Any, *, count: int | None = None) -> list:
    """Entries of an iterable with an order that is no text: `count` of them, or at least one."""
    if isinstance(value, str | bytes | dict | Set) or not isinstance(value, Iterable):
        raise TypeError(f"{name} must be a sequence, got {shown(value)}")
    if getattr(value, "ndim", 1) == 0:  # an array or tensor of no dimension can not be iterated
        raise TypeError(f"{name} must be a sequence, got {shown(value)}")
    simple = isinstance(value, np.ndarray | torch.Tensor) and value.ndim == 1
    if isinstance(value, torch.Tensor) and value.is_meta:
        raise TypeError(f"{name} must have values, got {shown(value)} on a device without any")
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
            raise TypeError(f"{name} must hold texts, got {shown(entry)}")
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
        raise TypeError(f"{name} must have values, got {shown(value)} on a device without any")
    if isinstance(value, torch.Tensor):
        array = value.detach().cpu().resolve_conj().resolve_neg()
        array = array.to(torch.float64).numpy() if array.is_floating_point() else array.numpy()
    elif isinstance(value, str | bytes | dict | set) or value is None:
        raise TypeError(f"{name} must be numbers, got {shown(value)}")
    else:
        try:
            array = np.asarray(value if hasattr(value, "__len__") else list(value))
        except (TypeError, ValueError, RuntimeError):
            raise TypeError(f"{name} must be an array of numbers, got {shown(value)}") from None
    if array.dtype.kind not in "iuf":
        raise TypeError(f"{name} must be real numbers, got {shown(value)}")
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


def as_axes(value: Any, name: str = "axes") -> tuple[np.ndarray, np.ndarray]:
    """The axes of a landscape: two arrays of increasing positive numbers."""
    axes = [as_array(name, axis, ndim=1, positive=True) for axis in as_list(name, value, count=2)]
    for axis in axes:
        if not (np.diff(axis) > 0).all():
            raise ValueError(f"{name} must be increasing, got {axis}")
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

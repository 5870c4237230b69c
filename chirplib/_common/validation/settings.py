"""Checks of settings that belong together."""

from numbers import Integral
from typing import Any

from chirplib._common.validation.values import (
    as_integers,
    as_list,
    check_choice,
    check_integer,
    check_number,
)

# Log2 of a scale: a sound as long as that would not fit into any memory.
LARGEST_SCALE = 40


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
    n = check_integer("shape", n, low=2)
    if n < 2**J:
        raise ValueError(
            f"shape must be at least {2**J} (2 ** J), got {n}: pad the sounds with zeros, or let J "
            f"be at most {n.bit_length() - 1}"
        )
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

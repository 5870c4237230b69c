"""An interactive figure of landscapes that makes sound, for pages with no kernel."""

import base64
import html
import inspect
import json
from collections.abc import Mapping
from importlib.resources import files

import numpy as np
from IPython.display import HTML
from matplotlib import colormaps
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from chirplib._common.validation import check_instance, check_integer, check_surface, check_text
from chirplib.figures.svg import themed_svg
from chirplib.landscapes import Landscape
from chirplib.matching import FOUND
from chirplib.synths.chirp import am_chirp

# One script, in this order: sound, arithmetic, pictures, the figure; the last one starts it.
SCRIPTS = ["synth.js", "field.js", "draw.js", "map.js", "solid.js"]
SCRIPTS += ["words.js", "panels.js", "descents.js", "hands.js", "hear.js"]
N_LEVELS = 20  # of the filled contours, as in the printed figures


def hear_landscapes(
    surfaces: Mapping[tuple[str, int], Landscape],
    shift: int,
    picture: Figure,
    alt: str,
) -> HTML:
    """Landscapes over (f_m, gamma) to point at: each point plays its chirp and starts descents.

    The maps of all losses lie side by side, with a switch between the aligned and the shifted
    target. The chirps are computed in the page by the equation of `.am_chirp`, with a carrier of
    512 Hz and its default bandwidth, duration and sample rate. Needs neither a kernel nor a
    network.

    Parameters
    ----------
    surfaces : mapping of (str, int) to Landscape
        Landscapes by name of the loss and shift of the target in samples. For each name, those of
        shift 0 and of `shift` are shown; all must have the same axes, of at least 2 values each
        and spaced logarithmically, and the same target.
    shift : int
        Shift of the target in samples, not 0, by less than half its duration. Positive is late.
    picture : matplotlib.figure.Figure
        What is shown instead where scripts are off, and in print.
    alt : str
        What there is to see in `picture`, in words.

    Returns
    -------
    IPython.display.HTML

    Raises
    ------
    TypeError
        If `shift` is not an integer, `picture` not a figure, `alt` not a text, or `surfaces` not a
        mapping or something else than landscapes in it.
    ValueError
        If `shift` is 0 or too large, `alt` is empty, or `surfaces` are incomplete, not finished,
        not on one logarithmic grid or not for one target.

    Examples
    --------
    >>> import numpy as np
    >>> from chirplib import Landscape
    >>> from chirplib.hear import hear_landscapes
    >>> from chirplib.figures import plot_contours
    >>> axes = np.geomspace(4, 16, 5), np.geomspace(0.5, 4, 4)
    >>> f_m, gamma = np.meshgrid(*map(np.log2, axes), indexing="ij")
    >>> slopes = np.broadcast_to([1.0, 2.0], (5, 4, 2))
    >>> tilted = Landscape(axes, np.array([8, 1.0]), f_m + 2 * gamma, slopes, 0.0)
    >>> figure = hear_landscapes(
    ...     {("tilted", 0): tilted, ("tilted", 1024): tilted},
    ...     shift=1024,
    ...     picture=plot_contours([tilted], ["tilted"]),
    ...     alt="A tilted plane, lowest at the lower left.",
    ... )
    >>> type(figure).__name__
    'HTML'
    """
    defaults = {name: p.default for name, p in inspect.signature(am_chirp).parameters.items()}
    synth = {name: defaults[name] for name in ("bandwidth", "duration", "sr")}
    # A larger shift would lose the middle of the target.
    most = round(synth["duration"] * synth["sr"] / 2) - 1
    check_integer("shift", shift, low=-most, high=most)
    if shift == 0:
        raise ValueError("shift must not be 0, got 0")
    check_instance("picture", picture, Figure)
    check_text("alt", alt)
    chosen = _chosen(surfaces, shift)

    first = next(iter(chosen.values()))[0]
    data = {
        "synth": {"f_c": 512.0, **synth},
        "shift": int(shift),
        "found": FOUND,
        "axes": [_rounded(axis) for axis in first.axes],
        "target": _rounded(first.target),
        "colors": [to_hex(c) for c in colormaps["viridis"](np.linspace(0, 1, N_LEVELS))],
        "losses": [
            {"name": name, "surfaces": [_surface(surface) for surface in pair]}
            for name, pair in chosen.items()
        ],
    }
    # "<" would let a name end the script that holds the data.
    text = json.dumps(data, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
    style, template, *scripts = map(_source, ("hear.css", "hear.html", *SCRIPTS))
    svg = base64.b64encode(themed_svg(picture).encode()).decode()
    return HTML(
        f"<style>{style}</style>"
        '<div class="hear" data-lm-suppress-shortcuts="true">'
        f'<div class="hear-static"><img class="dark-light" alt="{html.escape(alt)}" '
        f'src="data:image/svg+xml;base64,{svg}"></div>'
        '<div class="hear-widget" hidden></div>'
        f"<template>{template}</template>"
        f'<script type="application/json">{text}</script>'
        "</div>"
        f'<script>(() => {{\n"use strict";\n{"".join(scripts)}}})();</script>'
    )


def _chosen(surfaces, shift):
    """Landscapes that fit together, aligned and shifted, by the name of their loss."""
    check_instance("surfaces", surfaces, Mapping)
    if not surfaces or not all(map(_is_key, surfaces)):
        raise ValueError(f"surfaces must have keys (name, shift), got {list(surfaces)}")
    names = list(dict.fromkeys(name for name, _ in surfaces))
    first = surfaces.get((names[0], 0))
    chosen = {}
    for name in names:
        chosen[name] = [surfaces.get((name, s)) for s in (0, shift)]
        for s, surface in zip((0, shift), chosen[name], strict=True):
            key = f"surfaces[{name!r}, {s}]"
            if surface is None:
                raise ValueError(f"{key} is missing for shift {shift}, got keys {list(surfaces)}")
            check_instance(key, surface, Landscape)
            check_surface(key, surface, gradient=True)
            if not surface.is_logarithmic:
                raise ValueError(f"{key} must have logarithmic axes, got {surface.axes}")
            if not all(map(np.array_equal, surface.axes, first.axes)):
                raise ValueError(f"{key} must have the axes {first.axes}, got {surface.axes}")
            if not np.array_equal(surface.target, first.target):
                raise ValueError(f"{key} must have target {first.target}, got {surface.target}")
    return chosen


def _is_key(key):
    """Whether it is a pair of a name and something else."""
    return isinstance(key, tuple) and len(key) == 2 and isinstance(key[0], str)


def _surface(surface):
    """A landscape as lists: loss, and its change per octave of either parameter."""
    slopes = [_rounded(surface.gradient[..., k]) for k in (0, 1)]
    return {"loss": _rounded(surface.loss), "slopes": slopes}


def _rounded(values):
    """Array as a flat list of numbers of 6 significant digits."""
    return [float(f"{value:.6g}") for value in np.ravel(values)]


def _source(name):
    """Text of a file of the package."""
    return (files("chirplib.hear") / name).read_text("utf-8")

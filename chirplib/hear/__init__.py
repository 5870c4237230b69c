"""An interactive figure of landscapes that makes sound, for pages with no kernel."""

import base64
import html
import inspect
import json
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path

import numpy as np
from IPython.display import HTML
from matplotlib import colormaps
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from chirplib._common.validation import (
    as_array,
    as_texts,
    check_instance,
    check_integer,
    check_surface,
    check_text,
)
from chirplib.figures.svg import themed_svg
from chirplib.hear._packing import file_of, read_scripts, rounded
from chirplib.landscapes import Landscape
from chirplib.matching import FOUND
from chirplib.synths.chirp import am_chirp

# One script, in this order: sound, arithmetic, pictures, the figure; the last one starts it.
SCRIPTS = ["synth.js", "player.js", "field.js", "tables.js", "draw.js", "map.js", "solid.js"]
SCRIPTS += ["spectrogram.js", "words.js", "panels.js", "descents.js", "walk.js", "hands.js"]
SCRIPTS += ["controls.js", "hear.js"]
N_LEVELS = 20  # of the filled contours, as in the printed figures


def hear_landscapes(
    surfaces: Mapping[tuple[str, int], Landscape],
    shift: int,
    picture: Figure,
    alt: str,
) -> HTML:
    """Landscapes over (f_m, gamma) to point at: each point plays its chirp and starts descents.

    The maps of two losses lie side by side, with a switch between the target on time and the
    shifted target. Of more than two losses, the last one and one of the others are shown. The
    chirps are computed in the page by the equation of `.am_chirp`, with a carrier of 512 Hz and
    its default bandwidth, duration and sample rate. Needs neither a kernel nor a network.

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
    # A larger shift would lose the middle of the target.
    synth = _synth()
    most = round(synth["duration"] * synth["sr"] / 2) - 1
    check_integer("shift", shift, low=-most, high=most)
    if shift == 0:
        raise ValueError("shift must not be 0, got 0")
    check_instance("picture", picture, Figure)
    check_text("alt", alt)
    chosen = _chosen(surfaces, shift)

    first = next(iter(chosen.values()))[0]
    shifts = sorted((0, int(shift)))
    data = {
        "axes": [rounded(axis) for axis in first.axes],
        "targets": [[value] for value in rounded(first.target)],
        "shifts": shifts,
        "target": rounded(first.target),
        "losses": [
            {
                "name": name,
                "sources": {},
                "tables": {s: {"surfaces": [_surface(pair[s])]} for s in shifts},
            }
            for name, pair in chosen.items()
        ],
    }
    return _figure(data, picture, alt)


def hear_targets(
    folder: Path,
    address: str,
    names: Sequence[str],
    target: Sequence[float],
    picture: Figure,
    alt: str,
) -> HTML:
    """The figure of `hear_landscapes` with a target that can be dragged, and shifted by a slider.

    The losses come from tables of all pairs of an attempt and a target (`.write_pairs`). Those of
    targets on time are in the figure. The page loads the others when they are asked for, from disk
    as well. The slider stops at the shifts of the tables. Between their targets, losses and
    gradients are interpolated, as by `.Pairs.at`.

    Parameters
    ----------
    folder : Path
        Where the tables are.
    address : str
        The same for the page: an address relative to that of the page.
    names : list of str
        Of at least two losses, on the same grids and for the same shifts, of which the first is 0.
        The map of the last one is always shown. Of the others one is, at first the first.
    target : pair of float
        Where the target is at first: parameters within the ranges of the tables.
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
        If an argument is of another type.
    ValueError
        If there are fewer than two losses, tables are missing or do not fit together, or `target`
        is out of range.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from matplotlib.figure import Figure
    >>> from chirplib import landscape
    >>> from chirplib.hear import hear_targets
    >>> from chirplib.hear.pairs import write_pairs
    >>> axes = np.array([4.0, 16.0]), np.array([0.5, 4.0])
    >>> surfaces = [
    ...     landscape(lambda x: (x - f_m)[:, 0].square(), lambda x: x, axes, (f_m, gamma))
    ...     for f_m in axes[0]
    ...     for gamma in axes[1]
    ... ]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name in ("a", "b"):
    ...         write_pairs(Path(folder), name, {0: surfaces, 1024: surfaces}, "an example")
    ...     figure = hear_targets(
    ...         Path(folder), "tables", ["a", "b"], (8, 1), Figure(), "Two slopes."
    ...     )
    >>> type(figure).__name__
    'HTML'
    """
    names = as_texts("names", names)
    if len(names) < 2:
        raise ValueError(f"names must be at least two, got {names}")
    check_text("address", address)
    check_instance("picture", picture, Figure)
    check_text("alt", alt)
    tables = [read_scripts(folder, name) for name in names]
    shifts = list(tables[0])
    if shifts[0] or len(shifts) < 2 or any(list(table) != shifts for table in tables):
        raise ValueError(f"names must have tables for the same shifts, 0 and others, got {names}")
    axes, targets = (tables[0][0][grid] for grid in ("axes", "targets"))
    for by_shift in tables:
        if any([t["axes"], t["targets"]] != [axes, targets] for t in by_shift.values()):
            raise ValueError(f"names must have tables on the same grids, got {names}")
    target = as_array("target", target, shape=(2,), positive=True)
    for k, axis in enumerate(targets):
        if not axis[0] <= target[k] <= axis[-1]:
            raise ValueError(f"target[{k}] must be from {axis[0]} to {axis[-1]}, got {target[k]}")
    data = {
        "axes": [rounded(axis) for axis in axes],
        "targets": [rounded(axis) for axis in targets],
        "shifts": shifts,
        "target": rounded(target),
        "losses": [
            {
                "name": name,
                "sources": {s: f"{address}/{file_of(Path(), name, s)}" for s in shifts},
                "tables": {0: by_shift[0]["table"]} if name in (names[0], names[-1]) else {},
            }
            for name, by_shift in zip(names, tables, strict=True)
        ],
    }
    return _figure(data, picture, alt)


def _figure(data, picture, alt):
    """What is the same for all figures: constants, style, template and scripts."""
    data = data | {
        "synth": {"f_c": 512.0, **_synth()},
        "shift": 0,
        "found": FOUND,
        "colors": [to_hex(c) for c in colormaps["viridis"](np.linspace(0, 1, N_LEVELS))],
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


def _synth():
    """Constants of the synthesizer, which the page needs."""
    defaults = {name: p.default for name, p in inspect.signature(am_chirp).parameters.items()}
    return {name: defaults[name] for name in ("bandwidth", "duration", "sr")}


def _chosen(surfaces, shift):
    """Landscapes that fit together, on time and shifted, by the name of their loss."""
    check_instance("surfaces", surfaces, Mapping)
    if not surfaces or not all(map(_is_key, surfaces)):
        raise ValueError(f"surfaces must have keys (name, shift), got {list(surfaces)}")
    names = list(dict.fromkeys(name for name, _ in surfaces))
    first = surfaces.get((names[0], 0))
    chosen = {}
    for name in names:
        chosen[name] = {s: surfaces.get((name, s)) for s in (0, shift)}
        for s, surface in chosen[name].items():
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
    slopes = [rounded(surface.gradient[..., k]) for k in (0, 1)]
    return {"loss": rounded(surface.loss), "slopes": slopes}


def _source(name):
    """Text of a file of the package."""
    return (resources.files("chirplib.hear") / name).read_text("utf-8")

"""Figures of sound matching: descents on their surface, their errors, and basins of attraction.

Each function returns a matplotlib figure.
"""

from collections.abc import Collection, Mapping, Sequence
from itertools import cycle

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from chirplib._common.validation import (
    as_array,
    as_list,
    as_mapping,
    as_names,
    as_texts,
    check_instance,
    check_text,
)
from chirplib.figures._axes import (
    inside,
    looks,
    mark,
    octaves_within,
    plain_ticks,
    row_of_axes,
    shared_legend,
)
from chirplib.figures.style import F_M_LABEL, GAMMA_LABEL, LINE_COLORS, STYLE
from chirplib.figures.surfaces import Landscapes, _as_landscapes, _draw_contours
from chirplib.matching import FOUND, Match


def plot_descents(
    landscapes: Landscapes,
    descents: Collection[Collection[Match]],
    titles: Collection[str],
    *,
    label: str = "loss",
) -> Figure:
    """Paths of descents on the contours of their loss, one panel for each landscape.

    Parameters
    ----------
    landscapes : collection of Landscape
        Surfaces over (f_m, gamma). A target that no panel reaches is not marked.
    descents : collection of collections of Match
        Descents of each panel, at least one.
    titles : collection of str
        One title for each.
    label : str, default "loss"
        Label of the color bars.

    Raises
    ------
    ValueError, TypeError
        If an argument is out of range, empty, of another shape or of the wrong type,
        or a landscape is not finished.

    Examples
    --------
    >>> import numpy as np
    >>> import torch
    >>> from chirplib import landscape, match
    >>> from chirplib.figures import plot_descents
    >>> bowl = lambda theta: torch.log2(theta).square().sum(dim=-1)
    >>> axes = np.geomspace(0.5, 2, 5), np.geomspace(0.5, 2, 5)
    >>> surface = landscape(bowl, lambda theta: theta, axes, target=(1, 1))
    >>> descent = match(bowl, lambda theta: theta, (2, 4), method="gradient descent")
    >>> figure = plot_descents([surface], [[descent]], ["a bowl"])
    """
    landscapes, titles = _as_landscapes(landscapes, titles)
    descents = _as_matches("descents", descents, len(landscapes))
    check_text("label", label)
    with rc_context(STYLE):
        figure, axes = row_of_axes(len(landscapes), height=4.6)
        for axis, surface, matches, title in zip(axes, landscapes, descents, titles, strict=True):
            _draw_contours(axis, surface, title, label)
            # A descent may leave the grid.
            passed = np.concatenate([surface.grid.reshape(-1, 2), *(r.parameters for r in matches)])
            if inside(surface.target, passed):
                mark(axis, "target", surface.target)
            for result in matches:
                axis.plot(*result.parameters.T, "-", color="black", lw=2.5)
                axis.plot(*result.parameters.T, ".-", color="white", mec="black", mew=0.5)
                mark(axis, "start", result.parameters[0])
                mark(axis, "lowest loss", result.best)
            low, high = passed.min(axis=0), passed.max(axis=0)
            axis.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]))
        shared_legend(figure, ncols=3)
    return figure


def plot_errors(
    runs: Mapping[str, Collection[tuple[Sequence[float], np.ndarray]]],
    parameters: Collection[str] = ("$f_m$", "$\\gamma$"),
    *,
    xlabel: str = "step",
    levels: Mapping[str, Sequence[float]] | None = None,
) -> Figure:
    """Errors of estimates as they shrink with steps or time, one panel for each parameter.

    Parameters
    ----------
    runs : dict of str to collection of pairs of arrays, of shape (n,) and (n, k)
        For each method the steps or seconds, and the errors in octaves, of one or several runs.
        Errors are at least 0.
    parameters : collection of k str
        Names of the parameters.
    xlabel : str, default "step"
        What the first array of each pair is.
    levels : dict of str to array of shape (k,), optional
        Errors to compare with, drawn as dashed lines; an empty dict for none. 1/12 octave by
        default.

    Raises
    ------
    ValueError, TypeError
        If an argument is out of range, empty, of another shape or of the wrong type.

    Examples
    --------
    >>> import numpy as np
    >>> from chirplib.figures import plot_errors
    >>> errors = np.array([[1.0, 1.0], [0.5, 0.3], [0.1, 0.2]])
    >>> figure = plot_errors({"a run": [(np.arange(3), errors)]})
    """
    parameters = as_texts("parameters", parameters)
    count = len(parameters)
    runs = {
        name: [
            _as_curve(f"runs[{name!r}][{i}]", curve, count)
            for i, curve in enumerate(as_list(f"runs[{name!r}]", curves))
        ]
        for name, curves in as_mapping("runs", runs).items()
    }
    check_text("xlabel", xlabel)
    if levels is None:
        levels = {"1/12 octave": [FOUND] * count}
    levels = {
        name: _as_errors(f"levels[{name!r}]", level, (count,))
        for name, level in as_mapping("levels", levels, empty=True).items()
    }
    with rc_context(STYLE):
        figure, axes = row_of_axes(len(parameters), height=3.6, sharey=True)
        for k, (axis, parameter) in enumerate(zip(axes, parameters, strict=True)):
            for look, (name, curves) in zip(looks(), runs.items(), strict=False):
                look |= {"lw": 2 if len(curves) == 1 else 1, "ms": 4, "label": name}
                for x, errors in curves:
                    axis.plot(x, errors[:, k], markevery=max(1, len(x) // 8), **look)
            for dash, (name, level) in zip(cycle(("--", ":", "-.")), levels.items(), strict=False):
                axis.axhline(level[k], color="gray", ls=dash, label=name)
            axis.set(yscale="log", title=f"error of {parameter}", xlabel=xlabel)
            axis.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes[0].set_ylabel("error [octaves]")
        shared_legend(figure, ncols=4)
    return figure


def plot_basins(
    basins: Collection[Collection[Match]], target: tuple[float, float], titles: Collection[str]
) -> Figure:
    """Which starts over the (f_m, gamma) plane lead to the target, one panel for each basin.

    Parameters
    ----------
    basins : collection of collections of Match
        Descents of each panel.
    target : pair of float
        Parameters of the target.
    titles : collection of str
        One title for each.

    Raises
    ------
    ValueError, TypeError
        If an argument is out of range, empty, of another shape or of the wrong type.

    Examples
    --------
    >>> import torch
    >>> from chirplib import match
    >>> from chirplib.figures import plot_basins
    >>> bowl = lambda theta: torch.log2(theta).square().sum(dim=-1)
    >>> descent = match(bowl, lambda theta: theta, (2, 4), method="gradient descent")
    >>> figure = plot_basins([[descent]], (1, 1), ["a bowl"])
    """
    basins = _as_matches("basins", basins)
    titles = as_names("titles", titles, count=len(basins), each="entry of basins")
    target = as_array("target", target, shape=(2,), positive=True)
    with rc_context(STYLE):
        figure, axes = row_of_axes(len(basins), height=4.6, sharey=True)
        for axis, matches, title in zip(axes, basins, titles, strict=True):
            starts = np.array([result.parameters[0] for result in matches])
            found = np.array([result.found(target) for result in matches])
            axis.plot(*starts[found].T, "o", color=LINE_COLORS[0], label="leads to the target")
            axis.plot(*starts[~found].T, "x", color=LINE_COLORS[1], label="does not")
            mark(axis, "target", target)
            axis.set(xscale="log", yscale="log", aspect="equal", title=title, xlabel=F_M_LABEL)
            plain_ticks(axis.xaxis, octaves_within(axis.get_xlim()))
            plain_ticks(axis.yaxis, octaves_within(axis.get_ylim()))
        axes[0].set_ylabel(GAMMA_LABEL)
        shared_legend(figure, ncols=3)
    return figure


def _as_matches(name, value, count=None):
    """Descents over two parameters, a list for each panel: `count` of them, or at least one."""
    panels = []
    for k, matches in enumerate(as_list(name, value, count=count)):
        panels.append(as_list(f"{name}[{k}]", matches))
        for result in panels[-1]:
            check_instance(f"{name}[{k}]", result, Match)
            as_array(
                f"parameters of {name}[{k}]", result.parameters, shape=(None, 2), positive=True
            )
    return panels


def _as_curve(name, value, k):
    """Steps or seconds, and as many errors of k parameters."""
    x, errors = as_list(name, value, count=2)
    x = as_array(f"{name}[0]", x, ndim=1)
    return x, _as_errors(f"{name}[1]", errors, (len(x), k))


def _as_errors(name, value, shape):
    errors = as_array(name, value, shape=shape)
    if (errors < 0).any():
        raise ValueError(f"{name} must be at least 0, got {errors.min()}")
    return errors

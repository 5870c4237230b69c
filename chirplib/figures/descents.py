"""Figures of sound matching: descents on their surface, their errors, and basins of attraction.

Each function returns a matplotlib figure.
"""

from collections.abc import Collection, Mapping, Sequence
from itertools import cycle
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from chirplib.figures.style import (
    F_M_LABEL,
    GAMMA_LABEL,
    LINE_COLORS,
    STYLE,
    looks,
    mark,
    octaves_within,
    plain_ticks,
    row_of_axes,
    shared_legend,
)
from chirplib.figures.surfaces import draw_contours
from chirplib.figures.svg import closed
from chirplib.matching import FOUND, Match

if TYPE_CHECKING:
    from chirplib.landscapes import Landscape


def plot_descents(
    landscapes: Collection["Landscape"],
    descents: Collection[Collection[Match]],
    titles: Collection[str],
    *,
    label: str = "loss",
) -> Figure:
    """Paths of descents on the contours of their loss, one panel for each landscape.

    Parameters
    ----------
    landscapes : collection of Landscape
        Surfaces over (f_m, gamma).
    descents : collection of collections of Match
        Descents of each panel.
    titles : collection of str
        One title for each.
    label : str, default "loss"
        Label of the color bars.

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
    with plt.rc_context(STYLE):
        figure, axes = row_of_axes(len(landscapes), height=4.6)
        for axis, surface, matches, title in zip(axes, landscapes, descents, titles, strict=True):
            draw_contours(axis, surface, title, label)
            mark(axis, "target", surface.target)
            for result in matches:
                axis.plot(*result.parameters.T, "-", color="black", lw=2.5)
                axis.plot(*result.parameters.T, ".-", color="white", mec="black", mew=0.5)
                mark(axis, "start", result.parameters[0])
                mark(axis, "lowest loss", result.best)
            # A descent may leave the grid.
            passed = np.concatenate([surface.grid.reshape(-1, 2), *(r.parameters for r in matches)])
            low, high = passed.min(axis=0), passed.max(axis=0)
            axis.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]))
        shared_legend(figure, axes[0], ncols=3)
    return closed(figure)


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
    parameters : collection of k str
        Names of the parameters.
    xlabel : str, default "step"
        What the first array of each pair is.
    levels : dict of str to array of shape (k,), optional
        Errors to compare with, drawn as dashed lines. 1/12 octave by default.

    Examples
    --------
    >>> import numpy as np
    >>> from chirplib.figures import plot_errors
    >>> errors = np.array([[1.0, 1.0], [0.5, 0.3], [0.1, 0.2]])
    >>> figure = plot_errors({"a run": [(np.arange(3), errors)]})
    """
    if levels is None:
        levels = {"1/12 octave": [FOUND] * len(parameters)}
    with plt.rc_context(STYLE):
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
        shared_legend(figure, axes[0], ncols=4)
    return closed(figure)


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

    Examples
    --------
    >>> import torch
    >>> from chirplib import match
    >>> from chirplib.figures import plot_basins
    >>> bowl = lambda theta: torch.log2(theta).square().sum(dim=-1)
    >>> descent = match(bowl, lambda theta: theta, (2, 4), method="gradient descent")
    >>> figure = plot_basins([[descent]], (1, 1), ["a bowl"])
    """
    with plt.rc_context(STYLE):
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
        shared_legend(figure, axes[0], ncols=3)
    return closed(figure)

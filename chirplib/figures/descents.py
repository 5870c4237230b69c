"""Figures of sound matching: descents on their surface, their errors, and basins of attraction.

Each function takes results of `match` and returns a matplotlib figure.
"""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import MaxNLocator

from chirplib.figures.style import (
    LINE_COLORS,
    STYLE,
    closed,
    octaves_within,
    plain_ticks,
    row_of_axes,
)
from chirplib.figures.surfaces import F_M_LABEL, GAMMA_LABEL, draw_contours

FOUND, LOST = LINE_COLORS[:2]
TARGET = {"marker": "*", "ms": 14, "mfc": "white", "mec": "black", "ls": "none", "zorder": 10}


def plot_descents(landscapes, descents, titles, *, label="loss"):
    """Paths of descents on the contours of their loss, one panel for each landscape.

    Parameters
    ----------
    landscapes : sequence of Landscape
        Surfaces over (f_m, gamma).
    descents : sequence of sequences of Match
        Descents of each panel.
    titles : sequence of str
        One title for each.
    label : str, default "loss"
        Label of the color bars.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> from chirplib import MultiscaleSpectralLoss, am_chirp, landscape, match
    >>> from chirplib.figures.descents import plot_descents
    >>> def synth(theta):
    ...     return am_chirp(512, *theta.T, duration=0.5)
    >>> loss = MultiscaleSpectralLoss((256,)).to_target(am_chirp(512, 6.0, 2.0, duration=0.5))
    >>> descent = match(loss, synth, (6.5, 2.1), max_steps=2)
    >>> surface = landscape(loss, synth, ([5, 7], [1, 3]), target=(6.0, 2.0))
    >>> figure = plot_descents([surface], [[descent]], ["MSS"])
    """
    with plt.rc_context(STYLE):
        figure, axes = row_of_axes(len(landscapes), height=4.6)
        for axis, surface, matches, title in zip(axes, landscapes, descents, titles):
            draw_contours(figure, axis, surface, title, label)
            for result in matches:
                axis.plot(*result.parameters.T, "-", color="black", lw=2.5)
                axis.plot(*result.parameters.T, ".-", color="white", mec="black", mew=0.5)
                end = {"mec": "black", "ms": 6, "clip_on": False}
                axis.plot(*result.parameters[0], "s", color="white", **end)
                axis.plot(*result.best, "D", color=LOST, zorder=11, **end)
            axis.plot(*surface.target, **TARGET)
            # A descent may leave the grid.
            passed = np.concatenate([surface.grid.reshape(-1, 2), *(r.parameters for r in matches)])
            low, high = passed.min(axis=0), passed.max(axis=0)
            axis.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]))
        for marker, color, name in (("s", "white", "start"), ("D", LOST, "lowest loss")):
            axes[0].plot([], [], marker, color=color, mec="black", label=name)
        axes[0].plot([], [], **TARGET, label="target")
        figure.legend(loc="outside lower center", ncols=3)
    return closed(figure)


def plot_errors(descents, target, labels=("error of $f_m$", "error of $\\gamma$")):
    """Error of each parameter against the steps of descents, one panel for each parameter.

    Parameters
    ----------
    descents : dict of str to Match
        Name and descent of each line.
    target : sequence of k floats
        Parameters of the target.
    labels : sequence of k str
        What each panel shows. The unit, octaves, is added.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> from chirplib import MultiscaleSpectralLoss, am_chirp, match
    >>> from chirplib.figures.descents import plot_errors
    >>> def synth(theta):
    ...     return am_chirp(512, *theta.T, duration=0.5)
    >>> loss = MultiscaleSpectralLoss((256,)).to_target(am_chirp(512, 6.0, 2.0, duration=0.5))
    >>> descent = match(loss, synth, (6.5, 2.1), max_steps=2)
    >>> figure = plot_errors({"Gauss-Newton": descent}, target=(6.0, 2.0))
    """
    with plt.rc_context(STYLE):
        figure, axes = row_of_axes(len(labels), height=3.3)
        for k, (axis, label) in enumerate(zip(axes, labels)):
            for n, (name, result) in enumerate(descents.items()):
                errors = np.abs(np.log2(result.parameters[:, k] / target[k]))
                style = ("-", "--", "-.", ":")[n % 4]
                axis.plot(errors, style, marker=".", label=name)
            axis.axhline(1 / 12, color="gray", lw=0.8)
            place = {"xycoords": ("axes fraction", "data"), "va": "bottom", "color": "gray"}
            axis.annotate("1/12 octave", (0.02, 1 / 12), **place)
            axis.set(xlabel="step", ylabel=f"{label} [octaves]", ylim=0)
            axis.xaxis.set_major_locator(MaxNLocator(integer=True))
        handles, names = axes[0].get_legend_handles_labels()
        figure.legend(handles, names, loc="outside lower center", ncols=4)
    return closed(figure)


def plot_basins(basins, target, titles, *, octaves=1 / 12):
    """Which starts over the (f_m, gamma) plane lead to the target, one panel for each basin.

    Parameters
    ----------
    basins : sequence of sequences of Match
        Descents of each panel.
    target : pair of float
        Parameters of the target.
    titles : sequence of str
        One title for each.
    octaves : float, default 1/12
        A start leads to the target if no parameter ends further away than this.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> from chirplib import MultiscaleSpectralLoss, am_chirp, match
    >>> from chirplib.figures.descents import plot_basins
    >>> def synth(theta):
    ...     return am_chirp(512, *theta.T, duration=0.5)
    >>> loss = MultiscaleSpectralLoss((256,)).to_target(am_chirp(512, 6.0, 2.0, duration=0.5))
    >>> descent = match(loss, synth, (6.5, 2.1), max_steps=2)
    >>> figure = plot_basins([[descent]], (6.0, 2.0), ["MSS"])
    """
    with plt.rc_context(STYLE):
        figure, axes = row_of_axes(len(basins), height=4.6, sharey=True)
        for axis, matches, title in zip(axes, basins, titles):
            starts = np.array([result.parameters[0] for result in matches])
            found = np.array([(result.octaves_to(target) <= octaves).all() for result in matches])
            axis.plot(*starts[found].T, "o", color=FOUND, ms=6, label="leads to the target")
            axis.plot(*starts[~found].T, "x", color=LOST, ms=6, label="does not")
            axis.plot(*target, **TARGET, label="target")
            axis.set(xscale="log", yscale="log", aspect="equal", title=title, xlabel=F_M_LABEL)
            plain_ticks(axis.xaxis, octaves_within((4, 16)))
            plain_ticks(axis.yaxis, octaves_within((0.5, 4)))
        axes[0].set_ylabel(GAMMA_LABEL)
        handles, names = axes[0].get_legend_handles_labels()
        figure.legend(handles, names, loc="outside lower center", ncols=3)
    return closed(figure)

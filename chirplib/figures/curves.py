"""Figures of the metric on two parameters, and of errors that shrink with time."""

import matplotlib.pyplot as plt
import numpy as np

from chirplib.figures.style import (
    INK,
    LINE_COLORS,
    RIM,
    STYLE,
    closed,
    octaves_within,
    plain_ticks,
    row_of_axes,
)
from chirplib.figures.surfaces import F_M_LABEL, GAMMA_LABEL


def plot_ratios(octaves, ratios, titles):
    """Ratio of a quadratic form to the squared distance that it approximates.

    Parameters
    ----------
    octaves : array of shape (n,)
        Lengths of steps, in octaves, powers of 2.
    ratios : array of shape (n, directions)
        Ratio for each length and direction.
    titles : sequence of str
        Names of the directions.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> import numpy as np
    >>> from chirplib.figures.curves import plot_ratios
    >>> ratios = np.array([[1.01, 0.99], [1.1, 0.9]])
    >>> figure = plot_ratios(np.array([0.25, 0.5]), ratios, ["f_m up", "f_m down"])
    """
    with plt.rc_context(STYLE):
        figure, axis = plt.subplots(figsize=(7.6, 3.4))
        axis.axhline(1, color="gray", lw=1)
        for marker, ratio, title in zip("os^vD<>P", ratios.T, titles):
            axis.plot(octaves, ratio, marker=marker, ms=4, label=title)
        axis.set_xscale("log", base=2)
        axis.set_yscale("log", base=2)
        axis.set_xticks(octaves, [_fraction(value) for value in octaves])
        plain_ticks(axis.yaxis, octaves_within([ratios.min() / 2, 2 * ratios.max()]))
        axis.set(xlabel="step [octaves]", ylabel="quadratic form / squared distance")
        axis.legend(title="direction", loc="center left", bbox_to_anchor=(1, 0.5))
    return closed(figure)


def plot_ellipses(theta, curves, sensitivity, *, label):
    """Ellipses of a metric over the plane of event rate and chirp rate.

    Parameters
    ----------
    theta : array of shape (batch, 2)
        Centers.
    curves : array of shape (batch, n, 2)
        Closed curves around them, in octaves, from `chirplib.metric.ellipses`.
    sensitivity : array of shape (batch,)
        Value that the color of each shows.
    label : str
        Name and unit of that value.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> import numpy as np
    >>> import torch
    >>> from chirplib.metric import ellipses
    >>> from chirplib.figures.curves import plot_ellipses
    >>> curves = ellipses(torch.eye(2).expand(2, 2, 2), radius=0.1)
    >>> theta = np.array([[4.0, 0.5], [8.0, 1.0]])
    >>> figure = plot_ellipses(theta, curves, np.array([0.4, 0.6]), label="share of $f_m$")
    """
    with plt.rc_context(STYLE):
        figure, axis = plt.subplots(figsize=(5.4, 5.6))
        scale = plt.Normalize(sensitivity.min(), sensitivity.max())
        colors = plt.get_cmap("viridis")(scale(sensitivity))
        for center, curve, color in zip(theta, curves, colors):
            axis.fill(*(center * 2**curve).T, fc=color, ec=INK, lw=0.5)
            axis.plot(*center, ".", ms=5, color="white", mec=RIM, mew=0.5)
        axis.set(xscale="log", yscale="log", aspect="equal", xlabel=F_M_LABEL, ylabel=GAMMA_LABEL)
        for ticks, values in zip((axis.xaxis, axis.yaxis), theta.T):
            plain_ticks(ticks, np.unique(values.round(1)))
        shown = plt.cm.ScalarMappable(scale, "viridis")
        figure.colorbar(shown, ax=axis, label=label, shrink=0.8)
    return closed(figure)


def plot_errors(runs, parameters=("$f_m$", "$\\gamma$"), *, reference=None):
    """Errors in octaves against wall time, a panel for each parameter.

    Parameters
    ----------
    runs : dict of str to sequence of pairs of arrays, of shape (n,) and (n, k)
        For each method the wall seconds and errors of one or several runs.
    parameters : sequence of k str
        Names of the parameters.
    reference : array of shape (k,), optional
        Errors of the nearest neighbour, drawn as a dashed line.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> import numpy as np
    >>> from chirplib.figures.curves import plot_errors
    >>> seconds, errors = np.arange(3), np.array([[1.0, 1.0], [0.5, 0.3], [0.1, 0.2]])
    >>> figure = plot_errors({"a run": [(seconds, errors)]})
    """
    with plt.rc_context(STYLE):
        figure, axes = row_of_axes(len(parameters), height=3.6, sharey=True)
        for k, (axis, parameter) in enumerate(zip(axes, parameters)):
            for color, marker, (name, curves) in zip(LINE_COLORS, "os^vD", runs.items()):
                lw = 2 if len(curves) == 1 else 1
                for i, (seconds, errors) in enumerate(curves):
                    axis.plot(
                        seconds, errors[:, k], color=color, lw=lw, marker=marker, ms=4,
                        markevery=max(1, len(seconds) // 8), label=name if i == 0 else None,
                    )  # fmt: skip
            if reference is not None:
                axis.axhline(reference[k], color="gray", ls="--", label="nearest neighbour")
            axis.set(yscale="log", title=f"error of {parameter}", xlabel="wall time [s]")
        axes[0].set_ylabel("error [octaves]")
        handles, names = axes[0].get_legend_handles_labels()
        figure.legend(handles, names, loc="outside lower center", ncols=4)
    return closed(figure)


def _fraction(value):
    """A power of 2 as a plain fraction."""
    return f"{value:g}" if value >= 1 else f"1/{1 / value:g}"

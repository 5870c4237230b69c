"""Figure of many landscapes on one scale of color: ranks, which losses of any unit share."""

import matplotlib.pyplot as plt
import numpy as np
import scipy.stats

from chirplib.figures.style import STYLE, closed, octaves_within, plain_ticks
from chirplib.figures.surfaces import F_M_LABEL, GAMMA_LABEL


def ranks(surface):
    """Share of the other grid points of lower loss, for each point of a `Landscape`.

    Parameters
    ----------
    surface : Landscape
        Result of `landscape`.

    Returns
    -------
    array of shape (n, m)
        0 at the lowest point, 1 at the highest. Equal losses share the mean of their ranks.

    Examples
    --------
    >>> import numpy as np, torch
    >>> from chirplib import landscape
    >>> from chirplib.figures.ranks import ranks
    >>> axes = np.array([1.0, 2.0]), np.array([1.0, 3.0])
    >>> ranks(landscape(lambda theta: theta.prod(-1), lambda theta: theta, axes, (1, 1))).round(2)
    array([[0.  , 0.67],
           [0.33, 1.  ]])
    """
    order = scipy.stats.rankdata(surface.loss.ravel())
    return (order.reshape(surface.loss.shape) - 1) / (order.size - 1)


def plot_ranks(landscapes, titles, *, columns=3, labels=(F_M_LABEL, GAMMA_LABEL)):
    """Ranks of loss surfaces in rows of panels, all on one scale of color.

    Parameters
    ----------
    landscapes : sequence of Landscape
        Results of `landscape`, all of them on the same axes.
    titles : sequence of str
        One title for each.
    columns : int, default 3
        Number of panels in a row.
    labels : pair of str
        Labels of the parameters.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> import numpy as np
    >>> from chirplib import landscape
    >>> from chirplib.figures.ranks import plot_ranks
    >>> axis = np.geomspace(1, 4, 5)
    >>> def loss(x):
    ...     return (x - 2).square().sum(dim=-1)
    >>> surface = landscape(loss, lambda theta: theta, (axis, axis), target=(2, 2))
    >>> figure = plot_ranks([surface] * 2, ["a loss", "the same"], columns=2)
    """
    rows = -(-len(landscapes) // columns)
    with plt.rc_context(STYLE):
        figure, panels = plt.subplots(
            rows,
            columns,
            figsize=(7.6, 2.9 * rows + 0.5),
            sharex=True,
            sharey=True,
            squeeze=False,
        )
        for axis in panels.flat[len(landscapes) :]:
            axis.set_axis_off()
        for axis, surface, title in zip(panels.flat, landscapes, titles):
            x, y = surface.axes
            levels = np.linspace(0, 1, 11)
            contours = axis.contourf(x, y, ranks(surface).T, levels=levels, cmap="viridis")
            contours.set(edgecolor="face", lw=0.3)
            mark = {"ls": "none", "ms": 12, "zorder": 10}
            axis.plot(
                *surface.target[:, None], "*", mfc="white", mec="black", label="target", **mark
            )
            axis.plot(
                *surface.minimum[:, None],
                marker="o", mfc="none", mec="red", mew=2, label="minimum of the grid", **mark,
            )  # fmt: skip
            axis.set(xscale="log", yscale="log", title=title)
            plain_ticks(axis.xaxis, octaves_within(x))
            plain_ticks(axis.yaxis, octaves_within(y))
        figure.supxlabel(labels[0], fontsize=10)
        figure.supylabel(labels[1], fontsize=10)
        figure.colorbar(contours, ax=panels, label="share of points of lower loss", shrink=0.6)
        handles, names = panels[0, 0].get_legend_handles_labels()
        figure.legend(handles, names, loc="outside upper center", ncols=2)
    return closed(figure)

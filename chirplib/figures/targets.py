"""Figures of many landscapes: a value of each, at the place of its target."""

from collections.abc import Callable, Collection, Sequence

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure

from chirplib._common.validation import (
    as_array,
    as_list,
    as_names,
    check_callable,
    check_text,
)
from chirplib.figures._axes import WIDE, make_panels, octaves_within, plain_ticks, shared_labels
from chirplib.figures.style import F_M_LABEL, GAMMA_LABEL, STYLE
from chirplib.landscapes._checks import as_finished
from chirplib.landscapes.result import Landscape


def plot_targets(
    groups: Collection[Sequence[Landscape]],
    titles: Collection[str],
    value: Callable[[Landscape], float],
    *,
    label: str,
) -> Figure:
    """A value of each landscape as the color of a square at its target, in rows of three panels.

    Parameters
    ----------
    groups : collection of lists of Landscape
        What a panel shows: landscapes of one loss for many targets.
    titles : collection of str
        One for each panel.
    value : callable
        Maps a landscape to a number.
    label : str
        Name and unit of that number.

    Raises
    ------
    ValueError, TypeError
        If an argument is empty, of another length or of the wrong type, a landscape not finished,
        or a value not finite.

    Examples
    --------
    >>> import numpy as np
    >>> from chirplib import landscape
    >>> from chirplib.figures import plot_targets
    >>> axes = np.geomspace(1, 4, 3), np.geomspace(1, 4, 3)
    >>> surfaces = [
    ...     landscape(lambda x: (x - 2).square().sum(-1), lambda x: x, axes, target)
    ...     for target in [(2, 2), (4, 4)]
    ... ]
    >>> figure = plot_targets(
    ...     [surfaces], ["a loss"], lambda surface: surface.octaves_to_target, label="octaves"
    ... )
    """
    groups = [
        as_finished(f"groups[{k}]", group, gradient=True)
        for k, group in enumerate(as_list("groups", groups))
    ]
    titles = as_names("titles", titles, count=len(groups))
    check_callable("value", value)
    check_text("label", label)
    values = [
        as_array("the results of value", [value(surface) for surface in group], ndim=1)
        for group in groups
    ]
    everything = np.concatenate(values)
    rows = -(-len(groups) // 3)
    with rc_context(STYLE):
        figure, panels = make_panels(rows, 3, (WIDE, 2.6 * rows + 0.5), sharex=True, sharey=True)
        for axis in panels.flat[len(groups) :]:
            axis.set_axis_off()
        for axis, group, shown, title in zip(panels.flat, groups, values, titles, strict=False):
            theta = np.array([surface.target for surface in group])
            squares = axis.scatter(
                *theta.T, c=shown, s=min(120, 16000 / len(group)), marker="s", lw=0,
                antialiased=False, rasterized=True, vmin=everything.min(), vmax=everything.max(),
            )  # fmt: skip
            axis.set(xscale="log", yscale="log", title=title)
        for ticks, k in ((panels[0, 0].xaxis, 0), (panels[0, 0].yaxis, 1)):
            plain_ticks(ticks, octaves_within(groups[0][0].axes[k]))
        shared_labels(figure, F_M_LABEL, GAMMA_LABEL)
        figure.colorbar(squares, ax=panels, label=label, shrink=0.6)
    return figure

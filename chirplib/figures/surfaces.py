"""Figures of the plane of two parameters: contours with arrows, surfaces and ranks.

Each `plot` function returns a matplotlib figure.
"""

from collections.abc import Collection, Sequence

import numpy as np
import scipy.stats
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, ScalarFormatter
from scipy.interpolate import RegularGridInterpolator

from chirplib._common.validation import (
    as_names,
    check_instance,
    check_surface,
    check_text,
)
from chirplib.figures._axes import (
    WIDE,
    inside,
    make_panels,
    mark,
    octaves_within,
    plain_ticks,
    row_of_axes,
    shared_labels,
    shared_legend,
)
from chirplib.figures._checks import check_columns
from chirplib.figures.style import F_M_LABEL, GAMMA_LABEL, RIM, STYLE
from chirplib.landscapes._checks import as_finished
from chirplib.landscapes.result import Landscape

AWAY = "#ff4500"  # color of arrows that do not point towards the target
LABELS = F_M_LABEL, GAMMA_LABEL
Landscapes = Collection[Landscape]


def plot_contours(
    landscapes: Landscapes,
    titles: Collection[str],
    *,
    label: str = "loss",
    labels: Sequence[str] = LABELS,
    columns: int | None = None,
) -> Figure:
    """Filled contours of loss surfaces with their fields of steepest descent, side by side.

    Arrows have unit length. Their angle is that of the descent in the coordinates of the plot:
    in log-parameters where the axes are logarithmic. Those that point away from the target, by
    90 degrees or more, are red. A target off the grid is not marked.

    Parameters
    ----------
    landscapes : collection of Landscape
        Results of `landscape`, with at least 2 values on each axis.
    titles : collection of str
        One title for each.
    label : str, default "loss"
        Label of the color bars, with a unit if there is one.
    labels : pair of str
        Labels of the parameters.
    columns : int, optional
        Number of panels in a row, which divides that of all. All are in one row by default.

    Raises
    ------
    ValueError, TypeError
        If an argument is out of range, empty, of another shape or of the wrong type,
        or a landscape is not finished.

    Examples
    --------
    >>> import numpy as np
    >>> from chirplib import landscape
    >>> from chirplib.figures import plot_contours
    >>> axis = np.geomspace(1, 4, 5)
    >>> square = lambda x: (x - 2).square().sum(dim=-1)
    >>> surface = landscape(square, lambda theta: theta, (axis, axis), target=(2, 2))
    >>> figure = plot_contours([surface], ["squared distance from (2, 2)"])
    """
    landscapes, titles = _as_landscapes(landscapes, titles, gradient=True)
    check_text("label", label)
    labels = as_names("labels", labels, count=2)
    if columns is not None:
        check_columns(columns, len(landscapes))
    with rc_context(STYLE):
        figure, axes = row_of_axes(len(landscapes), height=4.6, columns=columns)
        for axis, surface, title in zip(axes, landscapes, titles, strict=True):
            _draw_contours(axis, surface, title, label, labels)
            # With angles="xy" an arrow points from (x, y) to (x + u, y + v) on the plot,
            # whatever the scales of its axes. The gradient is per octave: the derivative with
            # respect to a parameter is in proportion to it divided by the parameter, and a step
            # in octaves moves a parameter in proportion to itself.
            step = -surface.gradient / surface.grid
            if surface.is_logarithmic:
                step = surface.descent * surface.grid
            norm = np.linalg.norm(step, axis=-1, keepdims=True)
            u, v = np.moveaxis(np.divide(step, norm, out=0 * step, where=norm > 0), -1, 0)
            color = np.where(surface.towards_target, "white", AWAY).ravel()
            axis.quiver(
                *np.moveaxis(surface.grid, -1, 0), u, v,
                angles="xy", scale=19, width=0.008, headwidth=4, pivot="mid", color=color,
                ec=RIM, lw=0.25,
            )  # fmt: skip
            # Half a step of the grid around it, so that the arrows of its rim are whole.
            for values, limit in zip(surface.axes, (axis.set_xlim, axis.set_ylim), strict=True):
                limit(*_beyond(values, surface.is_logarithmic))
            for name, point in _points(surface).items():
                mark(axis, name, point)
        for color, name in (("white", "descent towards the target"), (AWAY, "away from it")):
            arrow = {"marker": r"$\rightarrow$", "ms": 14, "ls": "none", "mec": RIM, "mew": 0.9}
            axes[0].plot([], [], mfc=color, label=name, **arrow)
        shared_legend(figure, ncols=4, columnspacing=1)
    return figure


def _beyond(values, is_logarithmic):
    """Limits half a step below the first of an axis of values and above the last."""
    if is_logarithmic:
        return np.exp(_beyond(np.log(values), False))
    return values[0] - np.diff(values)[0] / 2, values[-1] + np.diff(values)[-1] / 2


def _as_landscapes(landscapes, titles, **options):
    """Landscapes that can be drawn, in the sense of `check_surface`, and as many titles."""
    landscapes = as_finished("landscapes", landscapes, **options)
    return landscapes, as_names("titles", titles, count=len(landscapes), each="entry of landscapes")


def _points(surface):
    """Points of a landscape to mark, by their names: a target off the grid is left out."""
    target = {"target": surface.target} if inside(surface.target, surface.grid) else {}
    return target | {"minimum of the grid": surface.minimum}


def _draw_contours(
    axis: Axes, surface: Landscape, title: str, label: str, labels: Sequence[str] = LABELS
) -> None:
    """Draw the filled contours of a landscape, with a color bar, into an axes."""
    contours = _fill(axis, surface, surface.loss, 20)
    axis.set(title=title, xlabel=labels[0], ylabel=labels[1])
    if surface.is_logarithmic:
        axis.set_aspect("equal")
    bar = axis.figure.colorbar(contours, ax=axis, label=label, shrink=0.8)
    bar.locator = MaxNLocator(5, steps=[1, 2, 5, 10])
    bar.formatter = ScalarFormatter(useOffset=False)
    bar.update_ticks()


def _fill(axis, surface, values, levels):
    """Fill the contours of values (n, m) on the grid of a landscape."""
    x, y = surface.axes
    contours = axis.contourf(x, y, values.T, levels=levels, cmap="viridis")
    contours.set(edgecolor="face", lw=0.3)  # else the page shines through between the levels
    if surface.is_logarithmic:
        axis.set(xscale="log", yscale="log")
    plain_ticks(axis.xaxis, octaves_within(x))
    plain_ticks(axis.yaxis, octaves_within(y))
    return contours


def plot_surfaces(
    landscapes: Landscapes, titles: Collection[str], *, label: str = "loss"
) -> Figure:
    """Loss surfaces in three dimensions, side by side.

    Parameters, and what is raised, as in `plot_contours`. A target off the grid is not marked.

    Examples
    --------
    >>> import numpy as np
    >>> from chirplib import landscape
    >>> from chirplib.figures import plot_surfaces
    >>> axis = np.geomspace(1, 4, 5)
    >>> square = lambda x: (x - 2).square().sum(dim=-1)
    >>> surface = landscape(square, lambda theta: theta, (axis, axis), target=(2, 2))
    >>> figure = plot_surfaces([surface], ["squared distance from (2, 2)"])
    """
    landscapes, titles = _as_landscapes(landscapes, titles)
    check_text("label", label)
    with rc_context(STYLE):
        figure, axes = row_of_axes(len(landscapes), height=3.9, projection="3d")
        for axis, surface, title in zip(axes, landscapes, titles, strict=True):
            scale = np.log2 if surface.is_logarithmic else np.asarray
            x, y = np.moveaxis(scale(surface.grid), -1, 0)
            # Without antialiasing, no light shines through between the facets.
            axis.plot_surface(
                x, y, surface.loss, cmap="viridis", rcount=40, ccount=40, lw=0,
                antialiased=False, rasterized=True,
            )  # fmt: skip
            axis.computed_zorder = False  # the marks lie on the surface, not behind it
            # A target on the rim may lie off the grid by a rounding error.
            loss_at = RegularGridInterpolator(
                [scale(v) for v in surface.axes], surface.loss, bounds_error=False, fill_value=None
            )
            for name, point in _points(surface).items():
                mark(axis, name, np.append(scale(point), loss_at(scale(point))))
            for ticks, values in zip((axis.xaxis, axis.yaxis), surface.axes, strict=True):
                shown = octaves_within(values)
                ticks.set_ticks(scale(shown), [f"{v:g}" for v in shown])
            axis.set(title=title, xlabel=F_M_LABEL, ylabel=GAMMA_LABEL)
            axis.set_zlabel(label, labelpad=8)
            axis.tick_params("z", pad=5)
            for side in (axis.xaxis, axis.yaxis, axis.zaxis):
                side.set_pane_color("#80808040")  # low parts stand out from a dark page
            axis.view_init(elev=28, azim=-125)
            axis.set_box_aspect(None, zoom=0.85)
        shared_legend(figure, ncols=2, borderaxespad=0)  # below the names of the axes
    return figure


def ranks(surface: Landscape) -> np.ndarray:
    """Share of the other grid points of lower loss, for each point of a `.Landscape`.

    Parameters
    ----------
    surface : Landscape
        Result of `landscape`.

    Returns
    -------
    array of shape (n, m)
        0 at the lowest point, 1 at the highest. Equal losses share the mean of their ranks. 0 if
        there is no other point.

    Raises
    ------
    ValueError
        If the landscape is not finished.
    TypeError
        If it is not a landscape.

    Examples
    --------
    >>> import numpy as np
    >>> from chirplib import landscape
    >>> from chirplib.figures import ranks
    >>> axes = np.array([1.0, 2.0]), np.array([1.0, 3.0])
    >>> ranks(landscape(lambda theta: theta.prod(-1), lambda theta: theta, axes, (1, 1))).round(2)
    array([[0.  , 0.67],
           [0.33, 1.  ]])
    """
    check_instance("surface", surface, Landscape)
    check_surface("surface", surface, least=1)
    order = scipy.stats.rankdata(surface.loss.ravel())
    return (order.reshape(surface.loss.shape) - 1) / max(order.size - 1, 1)


def plot_ranks(
    landscapes: Landscapes, titles: Collection[str], *, labels: Sequence[str] = LABELS
) -> Figure:
    """Ranks of loss surfaces in rows of three panels, all on one scale of color.

    Ranks are the same for losses of any unit. Parameters, and what is raised, as in
    `plot_contours`; all landscapes are on the same axes. A target off the grid is not marked.

    Examples
    --------
    >>> import numpy as np
    >>> from chirplib import landscape
    >>> from chirplib.figures import plot_ranks
    >>> axis = np.geomspace(1, 4, 5)
    >>> square = lambda x: (x - 2).square().sum(dim=-1)
    >>> surface = landscape(square, lambda theta: theta, (axis, axis), target=(2, 2))
    >>> figure = plot_ranks([surface] * 2, ["a loss", "the same"])
    """
    landscapes, titles = _as_landscapes(landscapes, titles)
    for surface in landscapes:
        if not all(map(np.array_equal, surface.axes, landscapes[0].axes)):
            raise ValueError(
                f"landscapes must be on the same axes, got {landscapes[0].axes} and {surface.axes}"
            )
    labels = as_names("labels", labels, count=2)
    n = len(landscapes)
    rows = -(-n // 3)
    with rc_context(STYLE):
        figure, panels = make_panels(rows, 3, (WIDE, 2.9 * rows + 0.5), sharex=True, sharey=True)
        for axis in panels.flat[n:]:
            axis.set_axis_off()
        for axis, surface, title in zip(panels.flat[:n], landscapes, titles, strict=True):
            contours = _fill(axis, surface, ranks(surface), np.linspace(0, 1, 11))
            for name, point in _points(surface).items():
                mark(axis, name, point)
            axis.set_title(title)
        shared_labels(figure, *labels)
        figure.colorbar(contours, ax=panels, label="share of points of lower loss", shrink=0.6)
        shared_legend(figure, side="upper", ncols=2)
    return figure

"""Figures of landscapes: contours with arrows, and surfaces.

Each function takes results of `landscape` and returns a matplotlib figure.
"""

import matplotlib.pyplot as plt
import numpy as np
from scipy.interpolate import RegularGridInterpolator

from chirplib.figures.style import RIM, STYLE, closed, octaves_within, plain_ticks, row_of_axes

AWAY = "#ff4500"  # color of arrows that do not point towards the target
F_M_LABEL = "event rate $f_m$ [Hz]"
GAMMA_LABEL = "chirp rate $\\gamma$ [octaves/s]"


def plot_contours(
    landscapes, titles, *, label="loss", labels=(F_M_LABEL, GAMMA_LABEL), columns=None
):
    """Filled contours of loss surfaces with their fields of steepest descent, side by side.

    Arrows have unit length. Their angle is that of the descent in the coordinates of the plot:
    in log-parameters where the axes are logarithmic. Those that point away from the target, by
    90 degrees or more, are red.

    Parameters
    ----------
    landscapes : sequence of Landscape
        Results of `landscape`.
    titles : sequence of str
        One title for each.
    label : str, default "loss"
        Label of the color bars, with a unit if there is one.
    labels : pair of str
        Labels of the parameters.
    columns : int, optional
        Number of panels in a row, which divides that of all. All are in one row by default.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> import numpy as np
    >>> from chirplib import landscape
    >>> from chirplib.figures.surfaces import plot_contours
    >>> axis = np.geomspace(1, 4, 5)
    >>> def loss(x):
    ...     return (x - 2).square().sum(dim=-1)
    >>> surface = landscape(loss, lambda theta: theta, (axis, axis), target=(2, 2))
    >>> figure = plot_contours([surface], ["squared distance from (2, 2)"])
    """
    with plt.rc_context(STYLE):
        figure, axes = row_of_axes(len(landscapes), height=4.6, columns=columns)
        for axis, surface, title in zip(axes, landscapes, titles):
            draw_contours(figure, axis, surface, title, label, labels)
            # With angles="xy" an arrow points from (x, y) to (x + u, y + v) on the plot,
            # whatever the scales of its axes. A step in log-parameters moves a parameter in
            # proportion to itself.
            step = -surface.gradient
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
            _mark(axis.plot, surface.target, surface.minimum)
        for color, name in (("white", "descent towards the target"), (AWAY, "away from it")):
            arrow = {"marker": r"$\rightarrow$", "ms": 14, "ls": "none", "mec": RIM, "mew": 0.9}
            axes[0].plot([], [], mfc=color, label=name, **arrow)
        handles, names = axes[0].get_legend_handles_labels()
        figure.legend(handles, names, loc="outside lower center", ncols=4, columnspacing=1)
    return closed(figure)


def draw_contours(figure, axis, surface, title, label, labels=(F_M_LABEL, GAMMA_LABEL)):
    """Draw the filled contours of a landscape, with a color bar, into an axes of a figure."""
    x, y = surface.axes
    contours = axis.contourf(x, y, surface.loss.T, levels=20, cmap="viridis")
    contours.set(edgecolor="face", lw=0.3)  # else the page shines through between the levels
    if surface.is_logarithmic:
        axis.set(xscale="log", yscale="log", aspect="equal")
    plain_ticks(axis.xaxis, octaves_within(x))
    plain_ticks(axis.yaxis, octaves_within(y))
    axis.set(title=title, xlabel=labels[0], ylabel=labels[1])
    figure.colorbar(contours, ax=axis, label=label, shrink=0.8, format="%.3g")


def plot_surfaces(landscapes, titles, *, label="loss", labels=(F_M_LABEL, GAMMA_LABEL)):
    """Loss surfaces in three dimensions, side by side. Parameters as in `plot_contours`.

    Examples
    --------
    >>> import numpy as np
    >>> from chirplib import landscape
    >>> from chirplib.figures.surfaces import plot_surfaces
    >>> axis = np.geomspace(1, 4, 5)
    >>> def loss(x):
    ...     return (x - 2).square().sum(dim=-1)
    >>> surface = landscape(loss, lambda theta: theta, (axis, axis), target=(2, 2))
    >>> figure = plot_surfaces([surface], ["squared distance from (2, 2)"])
    """
    with plt.rc_context(STYLE):
        figure, axes = row_of_axes(len(landscapes), height=3.9, projection="3d")
        for axis, surface, title in zip(axes, landscapes, titles):
            scale = np.log2 if surface.is_logarithmic else np.asarray
            x, y = np.moveaxis(scale(surface.grid), -1, 0)
            # Without antialiasing, no light shines through between the facets.
            axis.plot_surface(
                x, y, surface.loss, cmap="viridis", rcount=40, ccount=40, lw=0,
                antialiased=False, rasterized=True,
            )  # fmt: skip
            knots = tuple(scale(values) for values in surface.axes)
            target = scale(surface.target)
            at_target = RegularGridInterpolator(knots, surface.loss)(target)
            axis.computed_zorder = False  # the marks lie on the surface, not behind it
            _mark(
                axis.plot,
                np.append(target, at_target),
                np.append(scale(surface.minimum), surface.loss.min()),
            )
            for ticks, values in ((axis.xaxis, surface.axes[0]), (axis.yaxis, surface.axes[1])):
                shown = octaves_within(values)
                ticks.set_ticks(scale(shown), [f"{v:g}" for v in shown])
            axis.set(title=title, xlabel=labels[0], ylabel=labels[1])
            axis.set_zlabel(label, labelpad=8)
            axis.tick_params("z", pad=5)
            for side in (axis.xaxis, axis.yaxis, axis.zaxis):
                side.set_pane_color("#80808040")  # low parts stand out from a dark page
            axis.view_init(elev=28, azim=-125)
            axis.set_box_aspect(None, zoom=0.85)
        handles, names = axes[0].get_legend_handles_labels()
        figure.legend(handles, names, loc="outside lower center", ncols=2)
    return closed(figure)


def _mark(plot, target, minimum):
    """Mark the target and the minimum of the grid, two points of the plane or of space."""
    style = {"ls": "none", "ms": 14, "zorder": 10}
    plot(*target[:, None], marker="*", mfc="white", mec="black", label="target", **style)
    plot(
        *minimum[:, None],
        marker="o",
        mfc="none",
        mec="red",
        mew=2,
        label="minimum of the grid",
        **style,
    )

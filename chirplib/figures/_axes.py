"""Axes of the figures: how many a figure has, and the marks, ticks and legends that all share."""

import itertools
from collections.abc import Iterator, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from chirplib.figures.style import LINE_COLORS, MARKS
from chirplib.figures.svg import ThemedFigure

# Widths in inches: of several panels side by side, and of one, whose text is legible on a phone.
WIDE, SINGLE = 7.6, 5.2


def make_panels(
    rows: int, columns: int, size: tuple[float, float], **options
) -> tuple[Figure, np.ndarray]:
    """A figure of a size in inches, and its axes: array of shape (rows, columns)."""
    # Without pyplot, which would keep the figure and show it a second time, and whose backend
    # changes the settings of the session when it makes its first one.
    figure = ThemedFigure(figsize=size)
    axes = figure.subplots(rows, columns, squeeze=False, **options)
    for axis in axes.flat:
        axis.tick_params("y", labelleft=True)  # on a phone, a column of panels stands alone
    return figure, axes


def row_of_axes(
    n: int, *, height: float, columns: int | None = None, sharey: bool = False, **projection: str
) -> tuple[Figure, Sequence[Axes]]:
    """A figure as wide as a page, or half as wide for one axes, and its n axes.

    They stand in one row, or in full rows of `columns`, each of the given height in inches.
    """
    columns = columns or n
    rows = n // columns
    size = (4.2 if columns == 1 else WIDE, rows * height)
    figure, axes = make_panels(rows, columns, size, sharey=sharey, subplot_kw=projection)
    return figure, axes.ravel()


def looks() -> Iterator[dict[str, str]]:
    """Looks of lines, without end, of which 30 differ in marker or dash, also without colors."""
    shapes = itertools.product(("-", "--", ":"), "os^vD<>Ph*")
    pairs = zip(itertools.cycle(LINE_COLORS), itertools.cycle(shapes), strict=True)
    return ({"color": color, "ls": dash, "marker": marker} for color, (dash, marker) in pairs)


def mark(axis: Axes, name: str, point: np.ndarray) -> None:
    """Mark a point of the plane or of space, with a name of ``MARKS``."""
    axis.plot(*np.reshape(point, (-1, 1)), ls="none", zorder=10, label=name, **MARKS[name])


def inside(point: np.ndarray, points: np.ndarray) -> bool:
    """Whether a point lies in the smallest box around points (..., 2), but for rounding."""
    points = points.reshape(-1, 2)
    low, high = points.min(axis=0), points.max(axis=0)
    return bool(((point >= low * (1 - 1e-6)) & (point <= high * (1 + 1e-6))).all())


def shared_legend(figure: Figure, *, side: str = "lower", **options: float) -> None:
    """Put the legend of all axes, each name once, below or above them."""
    legends = [axis.get_legend_handles_labels() for axis in figure.axes]
    shown = {
        name: handle
        for handles, names in legends
        for handle, name in zip(handles, names, strict=True)
    }
    figure.legend(shown.values(), shown.keys(), loc=f"outside {side} center", **options)


def shared_labels(figure: Figure, x: str, y: str) -> None:
    """Label the axes of all panels at once."""
    figure.supxlabel(x, fontsize=10)
    figure.supylabel(y, fontsize=10)


def octaves_within(values: Sequence[float]) -> np.ndarray:
    """Round numbers an octave apart that lie between the first and the last of `values`."""
    low, high = np.log2([values[0], values[-1]])
    return 2.0 ** np.arange(np.ceil(low - 1e-9), np.floor(high + 1e-9) + 1)


def plain_ticks(axis: Axis, values: Sequence[float]) -> None:
    """Put the ticks of an x- or y-axis at values, written as plain numbers."""
    axis.set_major_locator(FixedLocator(values))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))

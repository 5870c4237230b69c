"""What all figures of the book share: palette, labels, marks, axes, ticks and legends.

The ink of a figure, that is text, axes and ticks, takes the color of the theme, light or dark; all
other colors stay as they are. Color maps are viridis for losses and magma for sounds: in both,
lightness grows evenly, also for readers who see few hues.
"""

import itertools
from collections.abc import Iterator, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

# Ink on a light page, by which it is found in the SVG, and on a dark page.
INK, INK_ON_DARK = "#32363b", "#ced6dd"
# Colors of lines, with a contrast of 3 or more to white and to near black.
LINE_COLORS = "#0072b2 #d55e00 #009e73 #b8559a #808080 #8f7a00 #8a63d2 #2f8f9d".split()
# Red and white marks on viridis have a dark rim, so that they stand out from any of its colors.
RIM = "#1a1a1a"

F_M_LABEL = "event rate $f_m$ [Hz]"
GAMMA_LABEL = "chirp rate $\\gamma$ [octaves/s]"

# Points of the plane or of space that figures mark, by their name in the legend.
MARKS = {
    "target": {"marker": "*", "ms": 14, "mfc": "white", "mec": "black"},
    "minimum of the grid": {"marker": "o", "ms": 14, "mfc": "none", "mec": "red", "mew": 2},
    "start": {"marker": "s", "ms": 6, "mfc": "white", "mec": "black", "clip_on": False},
    "lowest loss": {"marker": "D", "ms": 6, "mfc": "#d55e00", "mec": "black", "clip_on": False},
}

STYLE = {
    "figure.dpi": 150,  # of what is dense, and drawn as pixels within the SVG
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "figure.constrained_layout.use": True,
    "figure.constrained_layout.wspace": 0.06,
    "font.size": 10,
    "axes.titlesize": 10,
    "legend.frameon": False,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "axes.titlecolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "svg.hashsalt": "chirplib",  # the same picture, the same bytes
}


def row_of_axes(
    n: int, *, height: float, columns: int | None = None, sharey: bool = False, **projection: str
) -> tuple[Figure, Sequence[Axes]]:
    """A figure as wide as a page, or half as wide for one axes, and its n axes.

    They stand in one row, or in full rows of `columns`, each of the given height in inches.
    """
    columns = columns or n
    rows = n // columns
    size = (4.2 if columns == 1 else 7.6, rows * height)
    figure, axes = plt.subplots(
        rows, columns, figsize=size, sharey=sharey, squeeze=False, subplot_kw=projection
    )
    return figure, axes.ravel()


def looks() -> Iterator[dict[str, str]]:
    """Looks of lines, without end, of which 30 differ in marker or dash, also without colors."""
    shapes = itertools.product(("-", "--", ":"), "os^vD<>Ph*")
    pairs = zip(itertools.cycle(LINE_COLORS), itertools.cycle(shapes), strict=True)
    return ({"color": color, "ls": dash, "marker": marker} for color, (dash, marker) in pairs)


def mark(axis: Axes, name: str, point: np.ndarray) -> None:
    """Mark a point of the plane or of space, with a name of ``MARKS``."""
    axis.plot(*np.reshape(point, (-1, 1)), ls="none", zorder=10, label=name, **MARKS[name])


def shared_legend(figure: Figure, axis: Axes, *, side: str = "lower", **options: float) -> None:
    """Put the legend of an axes, each name once, below or above all axes of the figure."""
    handles, names = axis.get_legend_handles_labels()
    shown = dict(zip(names, handles, strict=True))
    figure.legend(shown.values(), shown.keys(), loc=f"outside {side} center", **options)


def octaves_within(values: Sequence[float]) -> np.ndarray:
    """Round numbers an octave apart that lie between the first and the last of `values`."""
    low, high = np.log2([values[0], values[-1]])
    return 2.0 ** np.arange(np.ceil(low - 1e-9), np.floor(high + 1e-9) + 1)


def plain_ticks(axis: Axis, values: Sequence[float]) -> None:
    """Put the ticks of an x- or y-axis at values, written as plain numbers."""
    axis.set_major_locator(FixedLocator(values))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))

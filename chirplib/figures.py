"""What all figures of the book share: their style, their width, and ticks in plain numbers."""

import io

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

STYLE = {
    "figure.dpi": 150,
    "figure.constrained_layout.use": True,
    "font.size": 10,
    "axes.titlesize": 10,
    "legend.frameon": False,
}


def row_of_axes(n, *, height, sharey=False, **projection):
    """A figure as wide as a page, or half as wide for one axes, and its row of n axes."""
    size = (4.2 if n == 1 else 7.6, height)
    figure, axes = plt.subplots(
        1, n, figsize=size, sharey=sharey, squeeze=False, subplot_kw=projection
    )
    return figure, axes[0]


def octaves_within(values):
    """Round numbers an octave apart that lie within `values`."""
    low, high = np.log2([values[0], values[-1]])
    return 2.0 ** np.arange(np.ceil(low - 1e-9), np.floor(high + 1e-9) + 1)


def plain_ticks(axis, values):
    """Put the ticks of an x- or y-axis at values, written as plain numbers."""
    axis.set_major_locator(FixedLocator(values))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def closed(figure):
    """The figure, which a notebook would show twice if pyplot kept it."""
    plt.close(figure)
    return figure


def themed_svg(figure):
    """The figure as the text of an SVG picture."""
    figure.savefig(text := io.StringIO(), format="svg")
    return text.getvalue()

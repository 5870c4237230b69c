"""What all figures of the book share: their style, width, ticks, and how a notebook shows them.

Figures are shown as SVG without a background. Their ink, that is text, axes and ticks, takes the
color of the theme, light or dark; all other colors stay as they are. Color maps are viridis for
losses and magma for sounds: in both, lightness grows evenly, also for readers who see few hues.
"""

import base64
import io
import re

import matplotlib.pyplot as plt
import numpy as np
from IPython import get_ipython
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator
from PIL import Image
from scour import scour

# Ink on a light page, by which it is found in the SVG, and on a dark page.
INK, INK_ON_DARK = "#32363b", "#ced6dd"
# Colors of lines, with a contrast of 3 or more to white and to near black. Hues alone do not tell
# them apart for all readers: lines of one figure have markers or dashes of their own as well.
LINE_COLORS = (
    "#0072b2",
    "#d55e00",
    "#009e73",
    "#b8559a",
    "#808080",
    "#8f7a00",
    "#8a63d2",
    "#2f8f9d",
)
# Red and white marks on viridis have a dark rim, so that they stand out from any of its colors.
RIM = "#1a1a1a"

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
    "axes.prop_cycle": plt.cycler(color=LINE_COLORS),
    "svg.hashsalt": "chirplib",  # the same picture, the same bytes
}

# An SVG of matplotlib in less bytes: without names and indents, in five digits.
SHORT = scour.parse_args(
    "--enable-id-stripping --shorten-ids --enable-comment-stripping --remove-metadata "
    "--strip-xml-prolog --no-line-breaks --set-precision=5".split()
)


def themed_svg(figure):
    """The figure as the text of an SVG that follows the color scheme of the page.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        A figure drawn with ``STYLE``.

    Returns
    -------
    str

    Examples
    --------
    >>> from chirplib import am_chirp
    >>> from chirplib.figures.style import themed_svg
    >>> from chirplib.figures.sounds import plot_cqt
    >>> svg = themed_svg(plot_cqt([am_chirp(512, 4, 0.5)], ["a slow chirp"]))
    >>> "prefers-color-scheme: dark" in svg
    True
    """
    target = io.StringIO()
    with plt.rc_context(STYLE):
        figure.savefig(
            target, format="svg", bbox_inches="tight", pad_inches=0.05, metadata={"Date": None}
        )
    svg = target.getvalue()
    dark = f"@media (prefers-color-scheme: dark) {{svg {{color: {INK_ON_DARK}}}}}"
    theme = f"svg {{color: {INK}}} {dark}"
    svg = svg.replace(INK, "currentColor").replace("<defs>", f"<style>{theme}</style>\n <defs>", 1)
    # Neighbours of one color, such as arrows, are one path.
    svg = re.sub(r'"(?P<look> clip-path[^>]*)/>\s*<path d="(?=[^"]*"(?P=look)/>)', "", svg)
    # The eye does not tell points apart that are a hundredth of a point from each other.
    svg = re.sub(r' d="M [^"]+', lambda path: re.sub(r"\d+\.\d{3,}", _in_hundredths, path[0]), svg)
    svg = re.sub(r"(?<=data:image/png;base64,)[^\"]+", lambda png: _with_palette(png[0]), svg)
    return scour.scourString(svg, SHORT)


def _in_hundredths(number):
    return f"{float(number[0]):.2f}"


def _with_palette(png):
    """A picture (PNG, base64) with one byte for each pixel, if it has at most 256 colors."""
    image = Image.open(io.BytesIO(base64.b64decode(png))).convert("RGBA")
    if image.getcolors(256) is None:
        return png
    colors, index = np.unique(np.asarray(image).reshape(-1, 4), axis=0, return_inverse=True)
    short = Image.frombytes("P", image.size, index.astype(np.uint8).tobytes())
    short.putpalette(colors[:, :3].tobytes())
    target = io.BytesIO()
    short.save(target, "png", transparency=colors[:, 3].tobytes(), optimize=True)
    return base64.b64encode(target.getvalue()).decode()


def row_of_axes(n, *, height, columns=None, sharey=False, **projection):
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
    """The figure, ready to be the value of a cell: shown once, as SVG, by a notebook."""
    plt.close(figure)  # pyplot would show it a second time
    shell = get_ipython()
    if shell is not None:
        formatters = shell.display_formatter.formatters
        formatters["image/png"].pop(Figure, None)
        formatters["image/svg+xml"].for_type(Figure, themed_svg)
    return figure

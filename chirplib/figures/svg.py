"""How a notebook shows figures.

It shows an SVG without a background, whose ink takes the color of the theme, and whose columns are
views that a narrow screen can show one below the other. Figures that are not of this package stay
as they are.
"""

import base64
import io
import re

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import display
from matplotlib import rc_context
from matplotlib.figure import Figure
from PIL import Image
from scour import scour

from chirplib._common.validation import check_instance
from chirplib.figures._parts import views
from chirplib.figures._png import palette_png
from chirplib.figures.style import INK, INK_ON_DARK, STYLE

PAD = 0.05  # around a figure, in inches

# An SVG of matplotlib in less bytes: without names and indents, in five digits.
SHORT = scour.parse_args(
    "--enable-id-stripping --shorten-ids --enable-comment-stripping --remove-metadata "
    "--strip-xml-prolog --no-line-breaks --set-precision=5".split()
)


class ThemedFigure(Figure):
    """A figure that a notebook shows as SVG, in the colors of the page."""

    # IPython asks for this method before it asks the formatters of the session, where matplotlib
    # has put one for the PNG of any figure.
    def _ipython_display_(self):
        display({"image/svg+xml": themed_svg(self), "text/plain": repr(self)}, raw=True)


def themed_svg(figure: Figure) -> str:
    """The figure as the text of an SVG that follows the color scheme of the page.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Result of a function of ``chirplib.figures``, or any other figure.

    Returns
    -------
    str

    Raises
    ------
    TypeError
        If `figure` is not a figure.

    Examples
    --------
    >>> from chirplib import am_chirp
    >>> from chirplib.figures import plot_cqt, themed_svg
    >>> svg = themed_svg(plot_cqt([am_chirp(512, 4, 0.5)], ["a slow chirp"]))
    >>> "prefers-color-scheme: dark" in svg
    True
    """
    check_instance("figure", figure, Figure)
    target = io.StringIO()
    with rc_context(STYLE):
        figure.savefig(
            target, format="svg", bbox_inches="tight", pad_inches=PAD, metadata={"Date": None}
        )
        figure.draw_without_rendering()  # an SVG has another scale
        parts = views(figure, figure.get_tightbbox().padded(PAD))
    svg = target.getvalue()
    dark = f"@media (prefers-color-scheme: dark) {{svg {{color: {INK_ON_DARK}}}}}"
    theme = f"svg {{color: {INK}}} {dark}"
    svg = svg.replace(INK, "currentColor").replace("<defs>", f"<style>{theme}</style>\n <defs>", 1)
    # Neighbours of one color, such as arrows, are one path.
    svg = re.sub(r'"(?P<look> clip-path[^>]*)/>\s*<path d="(?=[^"]*"(?P=look)/>)', "", svg)
    # The eye does not tell points apart that are a hundredth of a point from each other.
    svg = re.sub(r' d="M [^"]+', lambda path: re.sub(r"\d+\.\d{3,}", _in_hundredths, path[0]), svg)
    svg = re.sub(r"(?<=data:image/png;base64,)[^\"]+", lambda png: _with_palette(png[0]), svg)
    # Added at the end, for their names are to stay.
    return scour.scourString(svg, SHORT).replace("<style>", f"{parts}<style>", 1)


def closed(figure: Figure) -> Figure:
    """A figure of pyplot, ready to be the value of a cell: shown once, as SVG, by a notebook.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        One that you have drawn. Others of the session are shown as before.

    Returns
    -------
    matplotlib.figure.Figure
        The same figure.

    Raises
    ------
    TypeError
        If `figure` is not a figure, or one of a class that others made.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from chirplib.figures.svg import closed
    >>> figure = closed(plt.figure())
    >>> plt.get_fignums()
    []
    """
    check_instance("figure", figure, Figure)
    if type(figure) is Figure:  # one that `plt.subplots` has made by itself
        figure.__class__ = ThemedFigure
    if not isinstance(figure, ThemedFigure):
        raise TypeError(f"figure must be of the class Figure itself, got {type(figure).__name__}")
    plt.close(figure)  # pyplot would show it a second time
    return figure


def _in_hundredths(number):
    return f"{float(number[0]):.2f}"


def _with_palette(png):
    """A picture (PNG, base64) with one byte for each pixel, if it has at most 256 colors."""
    image = Image.open(io.BytesIO(base64.b64decode(png))).convert("RGBA")
    if image.getcolors(256) is None:
        return png
    colors, index = np.unique(np.asarray(image).reshape(-1, 4), axis=0, return_inverse=True)
    index = index.reshape(image.height, image.width)
    return palette_png(index, colors[:, :3], transparency=colors[:, 3].tobytes())

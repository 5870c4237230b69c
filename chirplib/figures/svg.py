"""How a notebook shows figures: as SVG without a background, whose ink takes the theme's color."""

import base64
import io
import re

import matplotlib.pyplot as plt
import numpy as np
from IPython import get_ipython
from matplotlib.figure import Figure
from PIL import Image
from scour import scour

from chirplib.figures.style import INK, INK_ON_DARK, STYLE

# An SVG of matplotlib in less bytes: without names and indents, in five digits.
SHORT = scour.parse_args(
    "--enable-id-stripping --shorten-ids --enable-comment-stripping --remove-metadata "
    "--strip-xml-prolog --no-line-breaks --set-precision=5".split()
)


def themed_svg(figure: Figure) -> str:
    """The figure as the text of an SVG that follows the color scheme of the page.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Result of a function of ``chirplib.figures``.

    Returns
    -------
    str

    Examples
    --------
    >>> from chirplib import am_chirp
    >>> from chirplib.figures import plot_cqt, themed_svg
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


def closed(figure: Figure) -> Figure:
    """The figure, ready to be the value of a cell: shown once, as SVG, by a notebook.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from chirplib.figures.svg import closed
    >>> figure = closed(plt.figure())
    >>> plt.get_fignums()
    []
    """
    plt.close(figure)  # pyplot would show it a second time
    shell = get_ipython()
    if shell is not None:
        formatters = shell.display_formatter.formatters
        formatters["image/png"].pop(Figure, None)
        formatters["image/svg+xml"].for_type(Figure, themed_svg)
    return figure


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

import base64
import io
import re
import xml.etree.ElementTree as ET

import matplotlib.pyplot as plt
import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell
from matplotlib.figure import Figure
from PIL import Image

from chirplib.figures import themed_svg
from chirplib.figures.style import INK, INK_ON_DARK, STYLE, row_of_axes
from chirplib.figures.svg import closed


@pytest.fixture
def figure():
    with plt.rc_context(STYLE):
        figure, (axis,) = row_of_axes(1, height=2)
        axis.plot([0.123456, 1], [0, 1], color="#123456")
        axis.set(title="a title", xlabel="time [s]")
    return closed(figure)


def test_ink_follows_the_theme_and_other_colors_stay(figure):
    svg = themed_svg(figure)
    ET.fromstring(svg)
    assert f"@media (prefers-color-scheme: dark) {{svg {{color: {INK_ON_DARK}}}}}" in svg
    drawing = re.sub(r"<style>.*?</style>", "", svg)
    assert "currentColor" in drawing and INK not in drawing
    assert "#123456" in drawing
    # No card behind the figure or its axes.
    assert "#fff" not in drawing


def test_svg_is_reproducible_and_short(figure):
    svg = themed_svg(figure)
    assert svg == themed_svg(figure)
    plain = io.StringIO()
    figure.savefig(plain, format="svg")
    assert len(svg) < 0.8 * len(plain.getvalue())


def test_pictures_within_keep_their_pixels():
    with plt.rc_context(STYLE):
        figure, (axis,) = row_of_axes(1, height=2)
        values = np.random.default_rng(0).random((30, 40))
        axis.pcolormesh(values, cmap="magma", rasterized=True)
    pixels = []
    plain = io.StringIO()
    with plt.rc_context(STYLE):
        figure.savefig(plain, format="svg", bbox_inches="tight", pad_inches=0.05)
    for svg in (plain.getvalue(), themed_svg(closed(figure))):
        (png,) = re.findall(r'data:image/png;base64,([^"]+)"', svg)
        image = Image.open(io.BytesIO(base64.b64decode(png)))
        pixels.append((image.mode, np.asarray(image.convert("RGBA"))))
    (mode, whole), (short_mode, short) = pixels
    assert (mode, short_mode) == ("RGBA", "P")
    assert np.array_equal(whole, short)


def test_notebook_shows_one_svg_and_no_png(figure, monkeypatch):
    shell = InteractiveShell()
    shell.display_formatter.formatters["image/png"].for_type(Figure, lambda figure: b"png")
    monkeypatch.setattr("chirplib.figures.svg.get_ipython", lambda: shell)
    shell.display_formatter.active_types = ["text/plain", "image/png", "image/svg+xml"]
    bundle, _ = shell.display_formatter.format(closed(figure))
    assert bundle["image/svg+xml"] == themed_svg(figure)
    assert "image/png" not in bundle

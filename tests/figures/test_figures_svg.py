import base64
import inspect
import io
import os
import re
import sys
import xml.etree.ElementTree as ET

import matplotlib.pyplot as plt
import nbclient
import nbformat
import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from matplotlib.figure import Figure
from PIL import Image

from chirplib.figures import plot_costs, themed_svg
from chirplib.figures._axes import row_of_axes
from chirplib.figures.style import INK, INK_ON_DARK, STYLE
from chirplib.figures.svg import closed


@pytest.fixture
def figure():
    with plt.rc_context(STYLE):
        figure, (axis,) = row_of_axes(1, height=2)
        axis.plot([0.123456, 1], [0, 1], color="#123456")
        axis.set(title="a title", xlabel="time [s]")
    return figure


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
    for svg in (plain.getvalue(), themed_svg(figure)):
        (png,) = re.findall(r'data:image/png;base64,([^"]+)"', svg)
        image = Image.open(io.BytesIO(base64.b64decode(png)))
        pixels.append((image.mode, np.asarray(image.convert("RGBA"))))
    (mode, whole), (short_mode, short) = pixels
    assert (mode, short_mode) == ("RGBA", "P")
    assert np.array_equal(whole, short)


@pytest.fixture
def shell():
    """A session of IPython that shows figures as PNG, as in a notebook."""
    shell = InteractiveShell.instance()
    formatter = shell.display_formatter
    formatter.active_types = ["text/plain", "image/png", "image/svg+xml"]
    formatter.formatters["image/png"].for_type(Figure, lambda figure: b"png")
    yield shell
    InteractiveShell.clear_instance()


def test_formatters_of_the_session_stay_as_they_are(shell):
    def registered():
        return {
            kind: (dict(formatter.type_printers), dict(formatter.deferred_printers))
            for kind, formatter in shell.display_formatter.formatters.items()
        }

    before = registered()
    ours = plot_costs(["a"], [1.0], [1.0], ["here"])
    theirs, drawn = plt.figure(), closed(plt.figure())
    plt.close(theirs)
    with capture_output() as captured:
        for figure in (ours, drawn):
            shell.display_formatter.format(figure)
    kinds = [sorted(output.data) for output in captured.outputs]
    assert kinds == [["image/svg+xml", "text/plain"]] * 2
    assert captured.outputs[0].data["image/svg+xml"] == themed_svg(ours)
    assert "image/svg+xml" not in shell.display_formatter.format(theirs)[0]
    assert registered() == before


def test_figures_leave_pyplot_alone():
    current = plt.figure()
    plot_costs(["a"], [1.0], [1.0], ["here"])
    assert plt.gcf() is current and plt.get_fignums() == [current.number]
    plt.close(current)


def test_any_figure_of_matplotlib_has_an_svg_and_only_plain_ones_are_taken_over():
    class Own(Figure):
        pass

    assert "<svg" in themed_svg(Own())
    with pytest.raises(TypeError, match="figure must be of the class Figure itself, got Own"):
        closed(Own())
    for function in (themed_svg, closed):
        with pytest.raises(TypeError, match="figure must be a Figure, got 'a.png'"):
            function("a.png")


SVG, PNG = ["image/svg+xml", "text/plain"], ["image/png", "text/plain"]
CELLS = {
    """
    import matplotlib.pyplot as plt
    from chirplib.figures import plot_costs
    from chirplib.figures.svg import closed

    def draw():
        return plot_costs(["a"], [1.0], [1.0], ["here"])
    """: [],
    "draw()": [SVG],
    # The reader's own, with and without a value.
    "plt.plot([0, 1]);": [PNG],
    "figure, axis = plt.subplots()": [PNG],
    "figure": [PNG],
    # Twice, and in the middle of a cell.
    "figure = draw(); display(figure); display(figure)": [SVG, SVG],
    "display(figure); 1 + 1": [SVG, ["text/plain"]],
    "later = draw();": [],
    "draw();": [],
    "later": [SVG],
    "closed(plt.figure())": [SVG],
}


def test_a_notebook_shows_our_figures_as_svg_and_those_of_the_reader_as_png(monkeypatch):
    monkeypatch.setenv("PATH", os.path.dirname(sys.executable), prepend=os.pathsep)
    monkeypatch.delenv("MPLBACKEND", raising=False)  # the kernel has its own
    cells = [nbformat.v4.new_code_cell(inspect.cleandoc(source)) for source in CELLS]
    notebook = nbformat.v4.new_notebook(cells=cells)
    nbclient.NotebookClient(notebook, kernel_name="python3", timeout=60).execute()
    shown = [[sorted(output.data) for output in cell.outputs] for cell in notebook.cells]
    assert dict(zip(CELLS, shown, strict=True)) == CELLS

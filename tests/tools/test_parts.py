import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from bs4 import BeautifulSoup

from chirplib import am_chirp
from chirplib.figures import plot_cqt, themed_svg

sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))
import parts

IMAGE = '<img alt="Two &amp; more" src="../_images/a.svg" />'


@pytest.fixture
def render(tmp_path):
    """What the extension makes of a page with one image."""

    def page(sounds, body=IMAGE):
        svg = themed_svg(plot_cqt(sounds, ["a", "b"][: len(sounds)]))
        (tmp_path / "figure.svg").write_text(svg)
        builder = SimpleNamespace(images={"figure.svg": "a.svg"})
        context = {"body": body}
        app = SimpleNamespace(srcdir=tmp_path, builder=builder)
        parts.add_parts(app, "book/page", "page.html", context, None)
        return context["body"]

    return page


def test_panels_side_by_side_become_parts_under_the_same_name(render):
    body = render([am_chirp(512, 4, 1), am_chirp(512, 8, 1)])
    assert body.startswith(IMAGE)
    soup = BeautifulSoup(body, "html.parser")
    assert soup.select_one(".parts")["aria-label"] == "Two & more"
    shown = soup.select(".parts img")
    assert [part["src"] for part in shown] == [f"../_images/a.svg#panels-{k}" for k in (1, 2)]
    assert all(part["alt"] == "" and part["aria-hidden"] == "true" for part in shown)


def test_one_panel_and_other_pictures_stay(render):
    assert render([am_chirp(512, 4, 1)]) == IMAGE
    other = '<img alt="a" src="../_static/media/b.svg">'
    assert render([am_chirp(512, 4, 1)] * 2, other) == other


def table(*names):
    head = "".join(f"<th><p>{name}</p></th>" for name in names)
    cells = "".join(f"<td><p>{k}</p></td>" for k in range(len(names)))
    rows = f"<tr>{head}</tr></thead><tbody><tr>{cells}</tr></tbody>"
    return f'<table class="table"><thead>{rows}</table>'


def test_cells_of_a_wide_table_name_their_column(render):
    body = render([am_chirp(512, 4, 1)], table("what", "MSS", "JTFS", "another"))
    soup = BeautifulSoup(body, "html.parser")
    assert "cards" in soup.table["class"]
    labels = [cell.get("data-label") for cell in soup.select("td")]
    assert labels == [None, "MSS", "JTFS", "another"]
    empty = render([am_chirp(512, 4, 1)], table("what", "MSS", "JTFS", "another").replace("2", ""))
    assert 'data-label="MSS"' in empty and 'data-label="JTFS"' not in empty
    narrow = table("what", "MSS", "JTFS")
    assert render([am_chirp(512, 4, 1)], narrow) == narrow

"""The interactive figures of the pages; and that their check finds what is broken."""

import pytest
from hear_checks import idle_figure

BROKEN = [
    ('<div class="hear"', '<div class="hearing"', "there is none"),
    ('dataset.state = "ready"', 'dataset.state = "read"', "does not start"),
    ('"pointerup"', '"pointerupon"', "a click does not move the cursor"),
    ("playing.start(0,", "[playing].at(0,", "a click makes no sound"),
    ('"keydown"', '"keydont"', "a key does not move the cursor"),
    ("root.setAttribute(attribute", "root.append(attribute", "a click starts no descents"),
]


@pytest.fixture(params=["index", "landscapes"])
def page(site, request):
    return site / "book" / f"{request.param}.html"


def test_figure_reacts_sounds_and_descends(browser, page):
    assert idle_figure(browser, page) == []


@pytest.mark.parametrize(
    "name, piece, instead, fault",
    [
        *[("landscapes", *broken) for broken in BROKEN],
        ("landscapes", 'data-set="late" value="late"', 'data-set="later" value="late"', "shifts"),
        ("index", "../_static/pairs/", "../_static/pears/", "nothing shifts the target"),
        ("index", "if (dragged) moveTarget(figure, p);", "", "the star can not be dragged"),
    ],
)
def test_check_finds_what_is_broken(browser, site, name, piece, instead, fault):
    page = site / "book" / f"{name}.html"
    text = page.read_text("utf-8")
    assert piece in text
    # Beside the page, where it finds its style sheets.
    broken = page.with_name(f"broken-{name}.html")
    broken.write_text(text.replace(piece, instead), "utf-8")
    try:
        assert any(fault in found for found in idle_figure(browser, broken))
    finally:
        broken.unlink()

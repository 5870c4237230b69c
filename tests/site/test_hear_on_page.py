"""The interactive figure of the landscapes page; and that its check finds what is broken."""

import pytest
from hear_checks import idle_figure


@pytest.fixture
def page(site):
    return site / "book" / "landscapes.html"


def test_figure_reacts_sounds_and_descends(browser, page):
    assert idle_figure(browser, page) == []


@pytest.mark.parametrize(
    "piece, instead, fault",
    [
        ('<div class="hear"', '<div class="hearing"', "there is none"),
        ('dataset.state = "ready"', 'dataset.state = "read"', "does not start"),
        ('"pointerup"', '"pointerupon"', "a click does not move the cursor"),
        ("playing.start(0,", "[playing].at(0,", "a click makes no sound"),
        ('"keydown"', '"keydont"', "a key does not move the cursor"),
        ("root.setAttribute(attribute", "root.append(attribute", "a click starts no descents"),
        ('data-set="late" value="late"', 'data-set="later" value="late"', "the switch"),
    ],
)
def test_check_finds_what_is_broken(browser, page, piece, instead, fault):
    text = page.read_text("utf-8")
    assert piece in text
    # Beside the page, where it finds its style sheets.
    broken = page.with_name("broken-landscapes.html")
    broken.write_text(text.replace(piece, instead), "utf-8")
    try:
        assert any(fault in found for found in idle_figure(browser, broken))
    finally:
        broken.unlink()

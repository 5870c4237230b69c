import html
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from chirplib import Landscape
from chirplib.hear import SCRIPTS, hear_landscapes
from chirplib.matching import FOUND

AXES = np.geomspace(4, 16, 20), np.geomspace(0.5, 4, 20)
TARGET = np.array([AXES[0][10], AXES[1][10]])


def noisy(seed):
    random = np.random.default_rng(seed)
    return Landscape(AXES, TARGET, random.normal(size=(20, 20)), random.normal(size=(20, 20, 2)), 0)


SURFACES = {(name, shift): noisy(shift) for name in ("MSS", "JTFS") for shift in (0, 1024)}


def hear(surfaces=SURFACES, shift=1024, picture=None, alt="Two maps."):
    return hear_landscapes(surfaces, shift, picture or Figure(), alt).data


def data_of(text):
    (data,) = re.findall(r'<script type="application/json">(.*?)</script>', text, re.DOTALL)
    return json.loads(data)


class Tags(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.open, self.seen = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))
        if tag not in ("img", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_numbers_have_six_digits_and_their_order():
    data = data_of(hear())
    surface = SURFACES["JTFS", 1024]
    assert [loss["name"] for loss in data["losses"]] == ["MSS", "JTFS"]
    (shown,) = data["losses"][1]["tables"]["1024"]["surfaces"]
    np.testing.assert_allclose(np.reshape(shown["loss"], (20, 20)), surface.loss, rtol=5e-6)
    for k in (0, 1):
        slope = np.reshape(shown["slopes"][k], (20, 20))
        np.testing.assert_allclose(slope, surface.gradient[..., k], rtol=5e-6)
    assert max(len(f"{v:.15g}".lstrip("-").replace(".", "").lstrip("0").split("e")[0])
               for v in shown["loss"]) == 6  # fmt: skip


def test_constants_are_those_of_the_package():
    data = data_of(hear())
    assert data["synth"] == {"f_c": 512.0, "bandwidth": 2.0, "duration": 4.0, "sr": 8192}
    assert data["found"] == FOUND


def test_a_figure_is_small_and_its_tags_are_balanced():
    text = hear()
    assert len(re.sub(r'base64,[^"]*', "", text)) < 200_000
    tags = Tags(text)
    assert not tags.open
    # Ids would collide with those of a second figure.
    assert not [attrs for _, attrs in tags.seen if "id" in attrs]


def test_names_and_alt_text_cannot_end_a_script_or_an_attribute():
    name, alt = "</script><script>alert(1)</script>", '"><script>alert(2)</script>'
    surfaces = {(name, shift): SURFACES["MSS", shift] for shift in (0, 1024)}
    text = hear(surfaces, alt=alt)
    assert "alert(1)</script>" not in text and alt not in text and html.escape(alt) in text
    assert data_of(text)["losses"][0]["name"] == name
    assert sum(tag == "script" for tag, _ in Tags(text).seen) == 2


def test_sources_cannot_end_their_script():
    (source,) = re.findall(r"<script>(.*)</script>", hear(), re.DOTALL)
    assert "</script" not in source and "<!--" not in source


def test_all_sources_are_in_the_figure():
    folder = Path(hear_landscapes.__code__.co_filename).parent
    assert sorted(SCRIPTS) == sorted(path.name for path in folder.glob("*.js"))


def test_other_shifts_are_left_out():
    surfaces = SURFACES | {("MSS", 4096): noisy(1)}
    assert data_of(hear(surfaces)) == data_of(hear())


@pytest.mark.parametrize(
    "change, error, message",
    [
        ({"shift": 0}, ValueError, "shift must not be 0"),
        ({"shift": 2.5}, TypeError, "shift must be an integer, got 2.5"),
        ({"shift": 2**14}, ValueError, "shift must be at least -16383 and at most 16383"),
        ({"shift": 512}, ValueError, r"surfaces\['MSS', 512\] is missing"),
        ({"surfaces": {}}, ValueError, "surfaces must have keys"),
        ({"surfaces": {"MSS": noisy(0)}}, ValueError, "surfaces must have keys .* got \\['MSS'\\]"),
        ({"surfaces": {(1, 0): noisy(0)}}, ValueError, "surfaces must have keys"),
        ({"surfaces": [noisy(0)]}, TypeError, "surfaces must be a Mapping"),
        ({"picture": "figure.png"}, TypeError, "picture must be a Figure, got 'figure.png'"),
        ({"alt": " "}, ValueError, "alt must not be empty, got ' '"),
        ({"alt": None}, TypeError, "alt must be a text, got None"),
    ],
)
def test_bad_arguments_are_named(change, error, message):
    with pytest.raises(error, match=message):
        hear(**change)


@pytest.mark.parametrize(
    "wrong, error, message",
    [
        ("a landscape", TypeError, "must be a Landscape, got 'a landscape'"),
        (replace(noisy(0), axes=(AXES[0] * 2, AXES[1])), ValueError, "must have the axes"),
        (replace(noisy(0), axes=(np.linspace(4, 16, 20), AXES[1])), ValueError, "logarithmic"),
        (replace(noisy(0), target=2 * TARGET), ValueError, "must have target"),
        (replace(noisy(0), loss=np.full((20, 20), np.nan)), ValueError, "must be finished"),
        (replace(noisy(0), gradient=np.full((20, 20, 2), np.nan)), ValueError, "must be finished"),
        (
            Landscape((AXES[0], AXES[1][:1]), TARGET, np.ones((20, 1)), np.ones((20, 1, 2)), 0.0),
            ValueError,
            "must have at least 2 values on each axis",
        ),
    ],
)
def test_landscapes_that_do_not_fit_are_named(wrong, error, message):
    with pytest.raises(error, match=r"surfaces\['JTFS', 1024\] .*" + message):
        hear(SURFACES | {("JTFS", 1024): wrong})

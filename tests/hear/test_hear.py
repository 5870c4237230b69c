import html
import itertools
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from scipy.stats import spearmanr

from chirplib import (
    Landscape,
    MultiscaleSpectralLoss,
    TimeFrequencyScatteringLoss,
    am_chirp,
    landscape_each,
)
from chirplib.hear import SCRIPTS, hear_landscapes, hear_targets
from chirplib.hear.pairs import read_pairs, write_pairs
from chirplib.matching import FOUND
from chirplib.settings import LATE, UP_TO_64, synth

FOLDER = Path(__file__).parents[2] / "book" / "_static" / "pairs"

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


# Targets anywhere -----------------------------------------------------------------------------

GRID = list(itertools.product((4.0, 16.0), (0.5, 4.0)))
NAMES = ["MSS", "MSS, both", "JTFS"]


@pytest.fixture
def tables(tmp_path):
    for name in NAMES:
        for shift in (0, 256, 1024):
            surfaces = [replace(noisy(shift), target=target) for target in GRID]
            write_pairs(tmp_path, name, {shift: surfaces}, "a test")
    return tmp_path


def anywhere(folder, names=NAMES, target=(8, 1), address="tables", picture=None, alt="Two maps."):
    return hear_targets(folder, address, names, target, picture or Figure(), alt).data


def test_tables_of_targets_on_time_are_in_the_figure_and_others_beside_it(tables):
    data = data_of(anywhere(tables, address="../tables"))
    assert [loss["name"] for loss in data["losses"]] == NAMES
    # Those of the two losses that are shown at first.
    assert [list(loss["tables"]) for loss in data["losses"]] == [["0"], [], ["0"]]
    for loss in data["losses"]:
        assert list(loss["sources"]) == ["0", "256", "1024"]
        for address in loss["sources"].values():
            assert (tables / address.removeprefix("../tables/")).exists()
    assert data["targets"] == [[4, 16], [0.5, 4]] and data["target"] == [8, 1]
    assert data["shifts"] == [0, 256, 1024]


def test_a_figure_with_the_tables_of_the_book_is_light(tables):
    shifts = (0, LATE)
    files = [FOLDER / f"{name}-{shift}.js" for name in ("MSS", "JTFS") for shift in shifts]
    sizes = [file.stat().st_size for file in files]
    # Two in the figure; two that are loaded for any other shift.
    assert sum(sizes) + len(anywhere(tables)) < 1_500_000


@pytest.mark.parametrize(
    "change, error, message",
    [
        ({"names": ["MSS"]}, ValueError, "names must be at least two, got \\['MSS'\\]"),
        ({"names": ["MSS", "mel"]}, ValueError, "folder must have files of 'mel'"),
        ({"target": (3, 1)}, ValueError, r"target\[0\] must be from 4.0 to 16.0, got 3.0"),
        ({"target": (8, 5)}, ValueError, r"target\[1\] must be from 0.5 to 4.0, got 5.0"),
        ({"address": ""}, ValueError, "address must not be empty"),
        ({"picture": "figure.png"}, TypeError, "picture must be a Figure"),
        ({"alt": " "}, ValueError, "alt must not be empty"),
        ({"folder": "tables"}, TypeError, "folder must be a Path, got 'tables'"),
    ],
)
def test_bad_arguments_for_targets_are_named(tables, change, error, message):
    with pytest.raises(error, match=message):
        anywhere(**({"folder": tables} | change))


def test_tables_must_fit_together(tables):
    write_pairs(
        tables, "other", {0: [replace(noisy(0), target=t) for t in GRID]}, "without late ones"
    )
    with pytest.raises(ValueError, match="names must have tables for the same shifts"):
        anywhere(tables, names=["MSS", "other"])
    wider = [replace(noisy(0), target=(2 * f_m, gamma)) for f_m, gamma in GRID]
    write_pairs(tables, "wider", {0: wider, 256: wider, 1024: wider}, "on other targets")
    with pytest.raises(ValueError, match="names must have tables on the same grids"):
        anywhere(tables, names=["MSS", "wider"])


# The tables of the book -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "name, loss",
    [
        ("MSS", MultiscaleSpectralLoss()),
        ("MSS with logarithms", MultiscaleSpectralLoss(terms="both")),
        ("JTFS", TimeFrequencyScatteringLoss(**UP_TO_64)),
    ],
)
def test_between_targets_the_tables_agree_with_the_losses(name, loss):
    """For targets drawn at random, on every second attempt."""
    pairs = read_pairs(FOLDER, name)
    random = np.random.default_rng(6)
    targets = 2 ** random.uniform([2, -1], [4, 2], (6, 2))
    shifts = random.choice(pairs.shifts, 6, replace=False)
    sounds = [
        am_chirp(512, *torch.tensor(target, dtype=torch.float32), shift=shift)
        for target, shift in zip(targets, shifts, strict=True)
    ]
    few = tuple(axis[::2] for axis in pairs.axes)
    true = landscape_each(loss, synth, few, targets, torch.stack(sounds))
    for target, shift, surface in zip(targets, shifts, true, strict=True):
        ours = pairs.at(target, shift)
        rank = spearmanr(ours.loss[::2, ::2], surface.loss, axis=None).statistic
        assert rank > 0.98, (target, shift)
        assert np.mean(ours.towards_target[::2, ::2] == surface.towards_target) > 0.8

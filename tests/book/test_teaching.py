"""Each page says what it teaches, what it needs and how long it takes, and ends with exercises."""

import re
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted(ROOT.glob("book/*.ipynb"))


def text(path):
    nb = nbformat.read(path, as_version=4)
    return "\n\n".join(cell.source for cell in nb.cells if cell.cell_type == "markdown")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_page_opens_with_what_it_teaches_needs_and_takes(path):
    opening = text(path).split("\n## ")[0]
    for part in ("What you will learn", "**You need:**", "**Runs in:** about"):
        assert part in opening


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_page_ends_with_exercises_and_folded_solutions_that_are_executed(path):
    nb = nbformat.read(path, as_version=4)
    source = text(path).split("\n## Exercises\n")[-1]
    exercises = re.findall(r"\{exercise\}\n:label: (\S+)", source)
    assert 2 <= len(exercises) <= 4
    assert re.findall(r"\{solution-start\} (\S+)\n:class: dropdown", source) == exercises
    assert source.count("{solution-end}") == len(exercises)
    starts = [n for n, cell in enumerate(nb.cells) if "{solution-start}" in cell.source]
    assert all(nb.cells[n + 1].cell_type == "code" for n in starts)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_page_has_three_things_to_take_away_before_its_exercises(path):
    before = text(path).split("\n## Exercises\n")[0]
    box = re.search(r"```\{admonition\} Take away\n:class: tip\n(.+)\n```\s*$", before, re.S)
    assert box and len(re.findall(r"^\* ", box[1], re.M)) == 3


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_displayed_equations_are_numbered(path):
    source = text(path)
    assert "$$" not in source and "\\begin{" not in source
    assert source.count("```{math}") == source.count("```{math}\n:label: eq-")

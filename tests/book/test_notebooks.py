"""The notebooks are stored as they are written: no outputs, no traces of an execution."""

import ast
import re
from pathlib import Path

import nbformat
import pytest

from chirplib import settings

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted(ROOT.glob("book/*.ipynb"))
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def faults(nb):
    """What is wrong with a notebook: a list of texts."""
    found = []
    if nb.metadata != METADATA:
        found.append(f"notebook metadata {nb.metadata}, expected {METADATA}")
    if (nb.nbformat, nb.nbformat_minor) != (4, 5):
        found.append(f"format {nb.nbformat}.{nb.nbformat_minor}, expected 4.5")
    ids = [cell.id for cell in nb.cells]
    if len(set(ids)) != len(ids):
        found.append("cell ids that are not unique")
    for cell in nb.cells:
        if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", cell.id) or re.fullmatch(
            r"[0-9a-f]{8}(-.*)?", cell.id
        ):
            found.append(f"cell {cell.id}: not a name in words and hyphens")
        if set(cell.metadata) - {"tags", "mystnb"}:
            found.append(f"cell {cell.id}: metadata {sorted(cell.metadata)}")
        if cell.cell_type == "code":
            if cell.outputs:
                found.append(f"cell {cell.id}: outputs")
            if cell.execution_count is not None:
                found.append(f"cell {cell.id}: an execution count")
    return found


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_is_clean(path):
    nb = nbformat.read(path, as_version=4)
    nbformat.validate(nb)
    assert faults(nb) == []


def test_there_are_notebooks():
    chapter = {"chirps", "representations", "landscapes", "matching"}
    assert {path.stem for path in NOTEBOOKS} >= chapter | {"cost", "metric", "losses", "own"}


def code(path):
    """The sources of the code cells of a notebook."""
    cells = nbformat.read(path, as_version=4).cells
    return [cell.source for cell in cells if cell.cell_type == "code"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_cells_and_pages_are_short(path):
    lengths = [len(source.splitlines()) for source in code(path)]
    assert max(lengths) <= 30 and sum(lengths) <= 400


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_shared_settings_are_defined_in_the_package_alone(path):
    defined = set()
    for node in ast.parse("\n".join(code(path))).body:
        if isinstance(node, ast.FunctionDef):
            defined.add(node.name)
        elif isinstance(node, ast.Assign):
            defined |= {name.id for target in node.targets for name in _names(target)}
    own = settings.__name__
    shared = {k for k, v in vars(settings).items() if getattr(v, "__module__", own) == own}
    assert not defined & shared


def _names(target):
    return [node for node in ast.walk(target) if isinstance(node, ast.Name)]


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (lambda nb: nb.cells[1].update(execution_count=3), "an execution count"),
        (
            lambda nb: nb.cells[1].outputs.append(
                nbformat.v4.new_output("stream", name="stdout", text="1")
            ),
            "outputs",
        ),
        (lambda nb: nb.metadata.update(widgets={}), "notebook metadata"),
        (lambda nb: nb.metadata.language_info.update(version="3.11.7"), "notebook metadata"),
        (lambda nb: nb.cells[0].metadata.update(collapsed=True), "metadata"),
        (lambda nb: nb.cells[0].update(id=nb.cells[1].id), "not unique"),
        (lambda nb: nb.cells[0].update(id="1f0a9b3c"), "not a name"),
    ],
)
def test_a_spoiled_notebook_is_refused(spoil, fault):
    nb = nbformat.read(ROOT / "book" / "index.ipynb", as_version=4)
    spoil(nb)
    assert any(fault in text for text in faults(nb))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_figure_has_a_caption_and_a_text_for_those_who_do_not_see_it(path):
    for cell, in_solution in _cells_and_solutions(path):
        if "plot_" in cell.source.split("\n")[-1] and cell.cell_type == "code":
            settings = cell.metadata.get("mystnb", {})
            assert len(settings.get("image", {}).get("alt", "")) > 20, cell.id
            # A figure in a folded solution has no number, which the next one would seem to miss.
            if in_solution:
                assert "figure" not in settings, cell.id
            else:
                assert settings["figure"]["caption"] and settings["figure"]["name"], cell.id


def _cells_and_solutions(path):
    """The cells of a notebook, and whether they are within a solution."""
    within = False
    for cell in nbformat.read(path, as_version=4).cells:
        for end in re.findall(r"\{solution-(start|end)\}", cell.source):
            within = end == "start"
        yield cell, within

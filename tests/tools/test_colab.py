"""The first code cell on Colab fetches the package; anywhere else it does nothing."""

import json
import shutil
import subprocess
from pathlib import Path

import nbformat
import pytest
from colab import BRANCH, first_cell, prepare
from nbclient import NotebookClient

ROOT = Path(__file__).parents[2]
ON_COLAB = "import sys, types\nsys.modules['google.colab'] = types.ModuleType('google.colab')"
# Stands in for pip: notes what it is asked for, and where.
PIP = "import json, os, sys\njson.dump([os.getcwd(), *sys.argv[1:]], open({!r}, 'w'))"


@pytest.fixture
def repository(tmp_path):
    """Address of a repository, and of a folder to work in, with a pip that only takes notes."""
    source = tmp_path / "my.chirps.git"
    (source / "book").mkdir(parents=True)
    (source / "book" / "page.txt").write_text("a page")
    git = ["git", "-C", source, "-c", "user.name=Ann", "-c", "user.email=ann@example.org"]
    for command in ("init -q -b main", f"checkout -q -b {BRANCH}", "add .", "commit -q -m a"):
        subprocess.run([*git, *command.split()], check=True)
    (tmp_path / "content").mkdir()
    (tmp_path / "fake").mkdir()
    (tmp_path / "fake" / "pip.py").write_text(PIP.format(str(tmp_path / "asked")))
    return source.as_uri()


def run(tmp_path, monkeypatch, *sources):
    """Last output of code cells that run in the folder `content`."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "fake"))
    cells = [nbformat.v4.new_code_cell(source) for source in (*sources, "import os; os.getcwd()")]
    nb = nbformat.v4.new_notebook(cells=cells)
    resources = {"metadata": {"path": str(tmp_path / "content")}}
    NotebookClient(nb, kernel_name="python3", resources=resources).execute()
    return nb.cells[-1].outputs[0].data["text/plain"].strip("'")


def test_on_colab_it_fetches_installs_and_goes_there(tmp_path, monkeypatch, repository):
    where = run(tmp_path, monkeypatch, ON_COLAB, first_cell(repository, "book"))
    assert where == str(tmp_path / "content" / "my.chirps" / "book")
    assert Path(where, "page.txt").read_text() == "a page"
    asked = json.loads((tmp_path / "asked").read_text())
    assert asked == [str(tmp_path / "content"), "install", "--quiet", "./my.chirps[book]"]


def test_elsewhere_it_does_nothing(tmp_path, monkeypatch, repository):
    where = run(tmp_path, monkeypatch, first_cell(repository, "book"))
    assert where == str(tmp_path / "content")
    assert not list(Path(where).iterdir()) and not (tmp_path / "asked").exists()


def test_each_notebook_gets_it_before_its_first_code(tmp_path):
    shutil.copytree(ROOT / "book", tmp_path / "book", ignore=shutil.ignore_patterns("_static"))
    prepare(tmp_path, "https://github.com/ann/my.chirps")
    before = sorted((ROOT / "book").glob("*.ipynb"))
    assert before
    for path in before:
        old = nbformat.read(path, as_version=4)
        new = nbformat.read(tmp_path / "book" / path.name, as_version=4)
        nbformat.validate(new)
        first, second = [cell for cell in new.cells if cell.cell_type == "code"][:2]
        assert "https://github.com/ann/my.chirps my.chirps" in first.source
        assert second == next(cell for cell in old.cells if cell.cell_type == "code")
        new.cells.remove(first)
        assert new == old

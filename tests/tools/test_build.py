"""A page that fails must fail the build, each time, and by name."""

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from build_book import fingerprint

ROOT = Path(__file__).parents[2]


def book(folder, source, timeout=60):
    """A book of one notebook, whose second code cell is `source`."""
    nb = nbformat.v4.new_notebook()
    nb.cells = [
        nbformat.v4.new_markdown_cell("# A page", id="title"),
        nbformat.v4.new_code_cell("x = 1", id="fine"),
        nbformat.v4.new_code_cell(source, id="suspect"),
    ]
    nb.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(nb, folder / "page.ipynb")
    (folder / "_toc.yml").write_text("format: jb-book\nroot: page\n")
    (folder / "_config.yml").write_text(
        f"title: Book\nonly_build_toc_files: true\n"
        f"execute: {{execute_notebooks: cache, timeout: {timeout}}}\n"
    )


def build(folder):
    command = [sys.executable, ROOT / "tools" / "build_book.py", folder]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)


@pytest.mark.parametrize(
    ("source", "timeout", "error"),
    [
        ("raise ValueError('a broken cell')", 60, "a broken cell"),
        ("import time; time.sleep(60)", 2, "CellTimeoutError"),
        ("import os; os._exit(1)", 60, "DeadKernelError"),
    ],
    ids=["error", "timeout", "dead kernel"],
)
def test_a_failing_cell_fails_each_build_by_name(tmp_path, source, timeout, error):
    book(tmp_path, source, timeout)
    for _ in range(2):
        done = build(tmp_path)
        assert done.returncode != 0
        assert "page.ipynb: code cell 2 of 2 (id suspect) failed" in done.stderr
        assert error in done.stderr


def test_a_good_book_is_built_cached_and_executed_again_after_a_change(tmp_path):
    book(tmp_path, "open('runs', 'a').write('+')\nprint('the', 'output')")
    done = build(tmp_path)
    assert done.returncode == 0, done.stderr
    assert "page.ipynb: executed" in done.stdout
    index = Path(done.stdout.splitlines()[-1])
    assert index == tmp_path / "_build" / "html" / "index.html" and index.exists()
    assert "the output" in (index.parent / "page.html").read_text()
    assert (tmp_path / "runs").read_text() == "+", "executed again while the site was rendered"

    again = build(tmp_path)
    assert again.returncode == 0 and "page.ipynb: unchanged" in again.stdout

    (tmp_path / "requirements.txt").write_text("another==1\n")
    assert "page.ipynb: executed" in build(tmp_path).stdout


@pytest.mark.parametrize(
    "path", ["chirplib/a.py", "chirplib/deep/er/b.py", "chirplib/deep/c.js", "requirements.txt"]
)
def test_pages_depend_on_each_file_of_the_package(tmp_path, path):
    file = tmp_path / path
    file.parent.mkdir(parents=True, exist_ok=True)
    prints = [fingerprint(tmp_path)]
    for text in ("x = 1", "x = 2"):
        file.write_text(text)
        prints.append(fingerprint(tmp_path))
    file.rename(file.with_name("renamed"))
    prints.append(fingerprint(tmp_path))
    assert len(set(prints)) == (3 if path == "requirements.txt" else 4)


def test_pages_do_not_depend_on_what_python_keeps_of_the_package(tmp_path):
    before = fingerprint(tmp_path)
    kept = tmp_path / "chirplib" / "deep" / "__pycache__" / "a.pyc"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"kept")
    assert fingerprint(tmp_path) == before


def test_a_warning_of_sphinx_fails_the_build(tmp_path):
    book(tmp_path, "x")
    nb = nbformat.read(tmp_path / "page.ipynb", as_version=4)
    nb.cells[0].source += "\n\n{ref}`nowhere`"
    nbformat.write(nb, tmp_path / "page.ipynb")
    for _ in range(2):
        done = build(tmp_path)
        assert done.returncode != 0 and "nowhere" in done.stderr

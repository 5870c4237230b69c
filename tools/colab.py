"""Put a first cell into the notebooks of a clone that fetches the package on Colab.

    python tools/colab.py OWNER/NAME [FOLDER]

Colab opens a notebook of a repository on GitHub, and nothing else of it: neither the package that
it imports nor the tables that it reads. The workflow publishes what this command makes of a clone
as the branch `colab`, to which the buttons of the site lead. So the notebooks of `main` stay as
they are written, and those of a fork fetch the fork. Anywhere but on Colab, the cell does nothing.
"""

import argparse
from pathlib import Path

import nbformat

BRANCH = "colab"
CELL = """\
# On Colab, fetch the package and the tables of this page.
import sys

if "google.colab" in sys.modules:
    !git clone --quiet --depth 1 --branch {branch} {url} {name}
    %pip install --quiet "./{name}[book]"
    %cd -q {name}/{folder}"""


def first_cell(url, folder):
    """Code that clones the repository at `url`, installs it, and goes to a folder of it."""
    name = url.rstrip("/").rpartition("/")[2].removesuffix(".git")
    return CELL.format(branch=BRANCH, url=url, name=name, folder=folder)


def prepare(root, url):
    """Put the cell into each notebook of the book in the folder `root`."""
    for path in sorted(root.glob("book/*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        kinds = [cell.cell_type for cell in notebook.cells]
        cell = nbformat.v4.new_code_cell(first_cell(url, "book"), id="colab")
        notebook.cells.insert(kinds.index("code"), cell)
        nbformat.write(notebook, path)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("repository", help="OWNER/NAME on GitHub")
    parser.add_argument("folder", nargs="?", default=".", type=Path)
    arguments = parser.parse_args()
    prepare(arguments.folder, f"https://github.com/{arguments.repository}")


if __name__ == "__main__":
    main()

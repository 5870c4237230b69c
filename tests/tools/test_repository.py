"""Launch and repository buttons lead to the repository that the site is built from."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import yaml
from repository import pages_url, remote_url, repository_url

ROOT = Path(__file__).parents[2]
FORK = "https://github.com/ann/my.chirps"


@pytest.mark.parametrize(
    "remote",
    [
        "https://github.com/ann/my.chirps",
        "https://github.com/ann/my.chirps.git",
        "https://github.com/ann/my.chirps/",
        "https://ann:secret@github.com/ann/my.chirps.git",
        "git@github.com:ann/my.chirps.git",
        "git@github.com:ann/my.chirps",
        "ssh://git@github.com/ann/my.chirps.git",
    ],
)
def test_the_remote_tells_the_repository(remote):
    assert repository_url({}, remote) == FORK


@pytest.mark.parametrize(
    "remote",
    [
        "",
        "https://gitlab.com/ann/my.chirps.git",
        "https://github.com.example.org/ann/my.chirps",
        "https://example.org/github.com/ann/my.chirps",
        "git@example.org:ann/my.chirps.git",
        "/srv/git/chirps.git",
        "https://github.com/ann",
    ],
)
def test_another_remote_tells_none(remote):
    assert repository_url({}, remote) is None


def test_a_workflow_knows_better_than_the_remote():
    workflow = {"GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "ann/my.chirps"}
    assert repository_url(workflow, "git@github.com:bob/chirps.git") == FORK
    workflow["GITHUB_SERVER_URL"] = "https://example.org"
    assert repository_url(workflow, "git@github.com:bob/chirps.git") is None


@pytest.mark.parametrize(
    ("repository", "site"),
    [("Ann/my.chirps", "ann.github.io/my.chirps/"), ("Ann/ann.github.io", "ann.github.io/")],
)
def test_a_repository_tells_where_its_site_is(repository, site):
    assert pages_url(f"https://github.com/{repository}") == f"https://{site}"


def clone(folder, remote):
    subprocess.run(["git", "init", "--quiet", folder], check=True)
    if remote:
        subprocess.run(["git", "-C", folder, "remote", "add", "origin", remote], check=True)


@pytest.mark.parametrize("remote", ["", "git@github.com:ann/my.chirps.git"])
def test_the_remote_of_a_clone_is_read(tmp_path, remote):
    clone(tmp_path, remote)
    assert remote_url(tmp_path) == remote


def built_page(folder, remote):
    """HTML of a book of one notebook, built with the configuration of ours."""
    clone(folder, remote)
    shutil.copytree(ROOT / "tools", folder / "tools")
    shutil.copytree(ROOT / "book" / "_static", folder / "book" / "_static")
    shutil.copy(ROOT / "book" / "references.bib", folder / "book")
    shutil.copy(ROOT / "CITATION.cff", folder)
    config = yaml.safe_load((ROOT / "_config.yml").read_text())
    config["execute"] = {"execute_notebooks": "off"}
    (folder / "_config.yml").write_text(yaml.safe_dump(config))
    (folder / "_toc.yml").write_text("format: jb-book\nroot: book/page\n")
    nb = nbformat.read(ROOT / "book" / "index.ipynb", as_version=4)
    nb.cells = [nbformat.v4.new_markdown_cell("# A page", id="title")]
    nbformat.write(nb, folder / "book" / "page.ipynb")
    outside = {name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")}
    command = [Path(sys.executable).parent / "jupyter-book", "build", folder, "-q", "-W"]
    done = subprocess.run(command, capture_output=True, text=True, env=outside, timeout=100)
    assert done.returncode == 0, done.stderr
    return (folder / "_build" / "html" / "book" / "page.html").read_text()


def links(html):
    return set(re.findall(r'href="(https?://[^"]*)"', html))


def test_the_pages_of_a_fork_lead_to_the_fork(tmp_path):
    html = built_page(tmp_path, "git@github.com:ann/my.chirps.git")
    binder = "https://mybinder.org/v2/gh/ann/my.chirps/main?urlpath=lab/tree/book/page.ipynb"
    colab = "https://colab.research.google.com/github/ann/my.chirps/blob/colab/book/page.ipynb"
    assert {binder, colab, FORK} < links(html)
    assert '<link rel="canonical" href="https://ann.github.io/my.chirps/book/page.html"' in html
    assert 'content="https://ann.github.io/my.chirps/_static/preview.png"' in html
    assert any(link.startswith(f"{FORK}/issues/new?") for link in links(html))
    assert 'href="../_sources/book/page.ipynb"' in html, "no download of the notebook"


def test_there_are_no_such_buttons_if_the_repository_is_unknown(tmp_path):
    html = built_page(tmp_path, "https://example.org/ann/my.chirps")
    assert not re.search("mybinder|colab|fa-rocket|fa-github|/issues/new", html)
    assert not any("github.com" in link for link in links(html))
    assert 'href="../_sources/book/page.ipynb"' in html, "no download of the notebook"
    notebook = tmp_path / "_build" / "html" / "_sources" / "book" / "page.ipynb"
    assert nbformat.read(notebook, as_version=4).cells

"""How to cite a page, as CITATION.cff says how to cite the book."""

from pathlib import Path

import pytest
import yaml
from citation import entries, in_words

CFF = yaml.safe_load((Path(__file__).parents[2] / "CITATION.cff").read_text("utf-8"))
WORK = {
    "title": "A Book",
    "version": "1.2",
    "authors": [
        {"given-names": "Ann", "family-names": "Lee"},
        {"name": "The others"},
        {"given-names": "Bo", "family-names": "Ek"},
    ],
}


@pytest.mark.parametrize(
    ("page", "url", "words"),
    [
        ("A Page", None, "A Page. In: A Book, version 1.2."),
        ("A Page", "https://x.org/p", "A Page. In: A Book, version 1.2. https://x.org/p"),
        ("", None, "A Book, version 1.2."),
    ],
)
def test_in_words(page, url, words):
    assert in_words(WORK, page, 2026, url) == f"Ann Lee, The others and Bo Ek (2026). {words}"


def test_bibtex_of_a_page_and_of_what_the_book_builds_on():
    page, paper = entries(CFF, "chirps", "A Page", "2026", "https://x.org/p").split("\n\n")
    lines = page.splitlines()
    assert lines[0] == "@incollection{chirplib-chirps," and lines[-1] == "}"
    assert "  title = {{A Page}}," in lines and "  url = {https://x.org/p}," in lines
    assert f"  booktitle = {{{{{CFF['title']}}}}}," in lines
    assert f"  note = {{Version {CFF['version']}}}," in lines
    assert paper.startswith("@article{vahidi2023,\n  author = {Cyrus Vahidi and Han Han and ")
    assert "booktitle" not in paper and "url" not in paper


def test_bibtex_of_the_book():
    (book,) = entries(WORK, "index", "", "2026", None).split("\n\n")
    assert "@book{" in book and "  title = {{A Book}}," in book and "booktitle" not in book

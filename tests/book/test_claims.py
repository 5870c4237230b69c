"""The table of claims, in the architecture page: each has a cell that asserts it."""

import re
from pathlib import Path

import nbformat
import pytest

BOOK = Path(__file__).parents[2] / "book"


def cells(page):
    return nbformat.read(BOOK / f"{page}.ipynb", as_version=4).cells


def rows():
    """Claim, page, cell and number of cases of each row."""
    (table,) = (c.source for c in cells("architecture") if c.id == "claims")
    found = re.findall(r"^\| (.+?) \| \[\]\((\w+)\.ipynb\) `([\w-]+)` \| (.+?) \|$", table, re.M)
    assert len(found) == table.count("\n| ") - 1  # but for the head
    return found


ROWS = rows()


@pytest.mark.parametrize(("claim", "page", "cell", "cases"), ROWS, ids=[row[2] for row in ROWS])
def test_a_claim_is_asserted_by_its_cell_on_more_than_one_case(claim, page, cell, cases):
    (source,) = (c.source for c in cells(page) if c.id == cell)
    assert "assert" in source
    assert max(map(int, re.findall(r"\d+", cases))) > 1 or "exact" in cases


def test_no_assertion_knows_a_clock_or_the_memory_that_was_taken():
    for page in BOOK.glob("*.ipynb"):
        for cell in cells(page.stem):
            if cell.cell_type == "code":
                asserted = re.findall(r"^ *assert [^\n]*(?:\n {4,}[^\n]*)*", cell.source, re.M)
                known = re.search(r"seconds|perf_counter|\.peak|\.growth", " ".join(asserted))
                assert not known, cell.id

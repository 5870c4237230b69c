"""The benchmarks use what the package has: they run too rarely to tell by themselves."""

import ast
import importlib
from pathlib import Path

import pytest

BENCHMARKS = sorted((Path(__file__).parents[2] / "benchmarks").glob("*.py"))


@pytest.mark.parametrize("path", BENCHMARKS, ids=lambda path: path.stem)
def test_what_is_imported_from_the_package_is_there(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module.split(".")[0] == "chirplib":
            module = importlib.import_module(node.module)
            for alias in node.names:
                assert hasattr(module, alias.name), f"{node.module} has no {alias.name}"


def test_a_table_goes_on_where_it_ended(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS[0].parent)
    from table import Table

    path = tmp_path / "some.csv"
    table = Table(path, "some.py")
    assert not table.has(loss="MSS", shift=0)
    table.add([{"loss": "MSS", "shift": 0, "error": 0.123456789}])
    path.write_text(path.read_text().replace("python benchmarks/some.py", "another day"))
    again = Table(path, "some.py")
    assert again.has(loss="MSS", shift=0) and not again.has(loss="MSS", shift=1)
    again.add([{"loss": "MSS", "shift": 1, "error": 2.0}, {"loss": "JTFS", "shift": 0}])
    first, head, *rows = path.read_text().splitlines()
    assert first.startswith("# another day") and head == "loss,shift,error"
    assert rows == ["MSS,0,0.12346", "MSS,1,2", "JTFS,0,"]
    assert [p.name for p in tmp_path.iterdir()] == ["some.csv"]

"""The benchmarks use what the package has: they run too rarely to tell by themselves."""

import ast
import importlib
from pathlib import Path

import numpy as np
import pytest
import torch

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


@pytest.fixture
def benchmark(monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS[0].parent)
    return importlib.import_module


def test_the_interpolation_of_features_takes_a_polynomial_and_its_slopes(benchmark):
    amortised = benchmark("amortised")

    def feature(places):
        a, b = places.T
        return torch.stack([a**3 * b**2 - b, torch.exp(a - b)], dim=1)

    coefficients = amortised.interpolated(feature(amortised.grid(amortised.NODES)))
    places = torch.rand(20, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    found = amortised.products(places) @ coefficients
    torch.testing.assert_close(found, feature(places), rtol=1e-9, atol=1e-9)
    slope = torch.func.jacrev(lambda p: (amortised.products(p) @ coefficients)[0])(places[0])
    a, b = places[0]
    torch.testing.assert_close(slope, torch.stack([3 * a**2 * b**2, 2 * a**3 * b - 1]))


def test_the_folds_of_the_chirplets_are_those_of_the_paper(benchmark):
    amortised = benchmark("amortised")
    assert amortised.TRAIN.sum() == 615 and amortised.TEST.sum() == 204
    assert not (amortised.TRAIN & amortised.TEST).any()
    assert amortised.PLACES[33].tolist() == pytest.approx([2 / 33, 2 / 33])
    delays = [amortised.delay(k) for k in range(100)]
    assert max(map(abs, delays)) <= 2048 and len(set(delays)) > 90


def test_an_error_counts_as_reached_only_if_it_stays_there(benchmark):
    row = benchmark("race").row({"loss": "some"}, np.array([1.0, 0.05, 0.2, 0.09, 0.02]))
    assert row == {
        "loss": "some",
        "steps": 4,
        "steps to 0.1": 3,
        "steps to 0.01": np.inf,
        "at the end": 0.02,
    }

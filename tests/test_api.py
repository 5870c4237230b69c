"""The API page has the whole package, and what a reader may call has an example."""

import importlib
import inspect
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "book" / "api.md").read_text()
MODULES = sorted(
    ".".join(path.relative_to(ROOT / "chirplib").with_suffix("").parts)
    for path in ROOT.glob("chirplib/**/*.py")
)
# A package whose `__init__` is more than a list of names.
MODULES = [name for name in MODULES if "__init__" not in name] + ["hear"]
# Parts of other parts, and results of functions: what makes or uses them has the example.
INTERNAL = {
    "_validation",
    "figures.style",
    "optimisers",
    "scattering.cpu_ops",
    "scattering.filters",
    "scattering.kernels",
    "scattering.network",
    "scattering.simple_kernels",
}
RESULTS = {"Cost", "Descent", "Landscape", "LossToTarget", "Match", "Training", "Wavelet"}
PARTS = {
    "TemporalAverage",
    "check_parameters",
    "check_probabilities",
    "draw_contours",
}


def test_each_module_is_on_the_page():
    listed = re.findall(r"automodule:: chirplib\.([\w.]+)", PAGE)
    assert sorted(listed) == sorted(name for name in MODULES if not name.startswith("_"))


@pytest.mark.parametrize("name", [name for name in MODULES if name not in INTERNAL])
def test_what_a_reader_may_call_has_an_example(name):
    module = importlib.import_module(f"chirplib.{name}")
    for thing, value in vars(module).items():
        mine = getattr(value, "__module__", None) == module.__name__
        if mine and not thing.startswith("_") and thing not in RESULTS | PARTS:
            assert ">>>" in (inspect.getdoc(value) or ""), f"{name}.{thing} has no example"


def test_names_at_the_top_are_those_that_the_package_exports():
    import chirplib

    top = PAGE[: PAGE.index("\n## ")]
    assert sorted(re.findall(r"\.(\w+)`", top)) == sorted(chirplib.__all__)

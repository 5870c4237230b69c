"""The API pages have the whole package; what a reader may call has types and an example."""

import importlib
import inspect
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "book" / "api.md", *sorted(ROOT.glob("book/api/*.md"))]
MODULES = sorted(
    ".".join(path.relative_to(ROOT / "chirplib").with_suffix("").parts)
    for path in ROOT.glob("chirplib/**/*.py")
)
# A package whose `__init__` is more than a list of names.
MODULES = [name for name in MODULES if "__init__" not in name] + ["hear"]
PUBLIC = [name for name in MODULES if not any(part[0] == "_" for part in name.split("."))]
# Parts of other parts, and results of functions: what makes or uses them has the example.
INTERNAL = {
    "figures.style",
    "scattering.cpu_ops",
    "scattering.filters",
    "scattering.kernels",
    "scattering.network",
}
OPTIMISERS = {"Adam", "GaussNewton", "GradientDescent", "Point"}
RESULTS = {"Cost", "Evaluation", "Landscape", "LossToTarget", "Match", "MetricSet", "OutOfDomain"}
RESULTS |= {"ThemedFigure", "Training"}
PARTS = {"Operator", "TemporalAverage", "Wavelet", "averages", "closed"}
PARTS |= {"call_size", "filters_size"}


def defined(name):
    """Public functions and classes of a module, by their names."""
    module = importlib.import_module(f"chirplib.{name}")
    return {
        thing: value
        for thing, value in vars(module).items()
        if getattr(value, "__module__", None) == module.__name__ and not thing.startswith("_")
    }


def test_each_module_is_on_one_page():
    listed = [re.findall(r"automodule:: chirplib\.([\w.]+)", page.read_text()) for page in PAGES]
    assert sorted(sum(listed, [])) == sorted(PUBLIC)


def test_each_page_is_linked():
    links = re.findall(r"\]\((api/\w+\.md)\)", PAGES[0].read_text())
    assert sorted(links) == [f"api/{page.name}" for page in PAGES[1:]]


@pytest.mark.parametrize("name", [name for name in PUBLIC if name not in INTERNAL])
def test_what_a_reader_may_call_has_an_example(name):
    for thing, value in defined(name).items():
        if thing not in OPTIMISERS | RESULTS | PARTS:
            assert ">>>" in (inspect.getdoc(value) or ""), f"{name}.{thing} has no example"


# Numba finds the types of kernels by itself.
@pytest.mark.parametrize("name", [name for name in PUBLIC if name != "scattering.kernels"])
def test_what_a_reader_may_call_has_types(name):
    functions = {}
    for thing, value in defined(name).items():
        members = vars(value).items() if inspect.isclass(value) else [("", value)]
        for member, function in members:
            function = getattr(function, "__func__", function)
            ours = getattr(function, "__module__", None) == f"chirplib.{name}"
            if inspect.isfunction(function) and ours and not member.startswith("_"):
                functions[f"{thing}.{member}"] = function
    for function, value in functions.items():
        signature = inspect.signature(value)
        assert signature.return_annotation is not signature.empty, f"{name}.{function}"
        for parameter in signature.parameters.values():
            typed = parameter.annotation is not parameter.empty
            assert typed or parameter.name == "self" or parameter.kind == parameter.VAR_KEYWORD, (
                f"{name}.{function}: {parameter}"
            )


def test_names_at_the_top_are_those_that_the_package_exports():
    import chirplib

    listed = re.findall(r"\{py:\w+\}`~[\w.]+\.(\w+)`", PAGES[0].read_text())
    assert sorted(listed) == sorted(chirplib.__all__)

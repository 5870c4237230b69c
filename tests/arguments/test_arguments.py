"""Every public function refuses what it can not use, and says so by the name of the argument."""

import importlib
import inspect
import pkgutil

import pytest
from cases_core import CASES as CORE
from cases_figures import CASES as FIGURES
from kinds import KINDS, check, wrong

import chirplib

CASES = {**CORE, **FIGURES}
# What the package returns or raises, and nobody else makes.
RESULTS = {
    "chirplib.cost.Cost",
    "chirplib.metric.datasets.MetricSet",
    "chirplib.figures.svg.ThemedFigure",
    "chirplib.matching.descents.Match",
    "chirplib.objective.Evaluation",
    "chirplib.objective.OutOfDomain",
    "chirplib.regression.Training",
}


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """Where a function that writes files does no harm."""
    monkeypatch.chdir(tmp_path)


def public_names():
    """Functions and classes of the package that a user may call, but for those of the engine."""
    names = set()
    for info in pkgutil.walk_packages(chirplib.__path__, "chirplib."):
        parts = info.name.split(".")
        engine = parts[1] == "scattering" and parts[-1] not in ("responses", "time", "transform")
        if any(part.startswith("_") for part in parts) or engine:
            continue
        for name, value in vars(importlib.import_module(info.name)).items():
            here = getattr(value, "__module__", None) == info.name
            if here and not name.startswith("_") and callable(value):
                names.add(f"{info.name}.{name}")
    return names


def test_every_public_name_has_a_case():
    covered = {name.split(" ")[0] for name in CASES}
    assert covered | RESULTS == public_names()


@pytest.mark.parametrize("name", CASES)
def test_every_argument_has_a_value(name):
    function, arguments = CASES[name]
    arguments = arguments()
    parameters = inspect.signature(function).parameters.values()
    named = {p.name for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)}
    assert named <= set(arguments), "arguments without a value"
    function(**arguments)


@pytest.mark.parametrize("name", CASES)
def test_wrong_kinds_are_refused(name):
    function, arguments = CASES[name]
    failed = []
    for kind in KINDS:
        given = arguments()
        for argument in given:
            try:
                check(function, given, argument, wrong(kind))
            except Exception as fault:
                failed.append(f"{argument}, {kind}: {type(fault).__name__}: {fault}")
    assert not failed, "\n".join(failed)

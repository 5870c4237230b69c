"""The import rule: each room of the package knows those below it only."""

import pytest
import rooms

BACKENDS = {"cpu_ops", "kernels", "torch_ops"}


def names(path, **options):
    return {part for name in rooms.imported(path, **options) for part in name.split(".")}


def test_each_room_has_its_place():
    placed = [room for layer in rooms.LAYERS for room in layer]
    assert sorted(placed) == sorted({rooms.room(path) for path in rooms.files()})


def test_imports_follow_the_rule():
    assert len(rooms.arrows()) > 20 and rooms.broken(rooms.arrows()) == []


@pytest.mark.parametrize(
    "arrow", [("losses", "metric"), ("landscapes", "losses"), ("figures", "scattering")]
)
def test_a_broken_rule_is_found(arrow):
    assert rooms.broken([arrow, ("losses", "scattering")]) == [arrow]


def test_imports_are_found_also_within_functions(tmp_path):
    file = tmp_path / "a.py"
    file.write_text(
        "from typing import TYPE_CHECKING\n"
        "from chirplib import matching\n"
        "if TYPE_CHECKING:\n    from chirplib.hear import x\n"
        "def f():\n    from chirplib.scattering.cpu_ops import y\n"
    )
    assert list(rooms.imported(file)) == ["matching", "scattering.cpu_ops.y"]
    assert list(rooms.imported(file, late=False)) == ["matching"]


def test_the_network_is_given_a_backend():
    assert not names(rooms.PACKAGE / "scattering" / "network.py") & BACKENDS


@pytest.mark.parametrize("path", rooms.files(), ids=lambda path: path.stem)
def test_kernels_are_loaded_when_they_are_needed(path):
    """Numba takes a while to import. Only the backend for CPUs needs it, and is loaded late."""
    if path.stem not in BACKENDS:
        assert not names(path, late=False) & {"cpu_ops", "kernels"}

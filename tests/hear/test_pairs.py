import itertools
from dataclasses import replace

import numpy as np
import pytest
import scipy.interpolate

from chirplib import Landscape
from chirplib.hear._packing import file_of
from chirplib.hear.pairs import Pairs, read_pairs, write_pairs

AXES = np.geomspace(4, 16, 5), np.geomspace(0.5, 4, 4)
TARGETS = np.geomspace(4, 16, 3), np.geomspace(0.5, 4, 6)
SHIFTS = [0, 256, 1024]


def random_surfaces(seed):
    random = np.random.default_rng(seed)
    return [
        Landscape(AXES, target, 1 + random.random((5, 4)), random.normal(size=(5, 4, 2)), 0.0)
        for target in itertools.product(*TARGETS)
    ]


SURFACES = {shift: random_surfaces(shift) for shift in SHIFTS}


@pytest.fixture
def pairs(tmp_path):
    write_pairs(tmp_path, "MSS, both", SURFACES, "a test")
    return read_pairs(tmp_path, "MSS, both")


def test_what_is_read_is_what_was_written_but_for_rounding(pairs):
    assert pairs.name == "MSS, both" and pairs.shifts == tuple(SHIFTS)
    for ours, axes in ((pairs.axes, AXES), (pairs.targets, TARGETS)):
        assert all(map(np.array_equal, ours, axes))
    for k, shift in enumerate(SHIFTS):
        for at, surface in zip(np.ndindex(3, 6), SURFACES[shift], strict=True):
            low, range_ = surface.loss.min(), np.ptp(surface.loss)
            # Half a step of the square root, and what rounding to six digits leaves.
            step = np.sqrt((surface.loss - low) / range_) / 255 + 0.25 / 255**2
            assert (np.abs(pairs.loss[k][at] - surface.loss) < step * range_ + 2e-5).all()
            gradient = pairs.gradient[k][at]
            slope, exact = (np.linalg.norm(g, axis=-1) for g in (gradient, surface.gradient))
            np.testing.assert_allclose(slope, exact, rtol=0.03)
            cosine = np.sum(gradient * surface.gradient, axis=-1) / slope / exact
            assert cosine.min() > np.cos(1.01 * np.pi / 256)


def test_in_between_it_is_linear(pairs):
    """As SciPy interpolates, in the logarithms of the parameters."""
    knots = [np.log2(axis) for axis in TARGETS]
    random = np.random.default_rng(0)
    for _ in range(20):
        u = random.uniform([2, -1], [4, 2])
        k = random.integers(3)
        surface = pairs.at(2**u, SHIFTS[k])
        for name in ("loss", "gradient"):
            values = getattr(pairs, name)[k]
            (expected,) = scipy.interpolate.RegularGridInterpolator(knots, values)([u])
            np.testing.assert_allclose(getattr(surface, name), expected, atol=1e-12)
        np.testing.assert_allclose(surface.target, 2**u)


def test_at_a_target_of_the_table_it_is_the_table(pairs):
    for at, target in zip(np.ndindex(3, 6), itertools.product(*TARGETS), strict=True):
        np.testing.assert_allclose(pairs.at(target, 1024).loss, pairs.loss[2][at], atol=1e-9)


def test_flat_landscapes_are_kept_as_well(tmp_path):
    flat = [
        replace(surface, loss=np.ones((5, 4)), gradient=np.zeros((5, 4, 2)))
        for surface in SURFACES[0]
    ]
    write_pairs(tmp_path, "flat", {0: flat}, "a test")
    pairs = read_pairs(tmp_path, "flat")
    assert (pairs.loss == 1).all() and (pairs.gradient == 0).all()


def test_names_that_begin_alike_are_apart(tmp_path):
    write_pairs(tmp_path, "MSS", {0: SURFACES[0]}, "a test")
    write_pairs(tmp_path, "MSS 2", {0: SURFACES[256]}, "a test")
    assert read_pairs(tmp_path, "MSS").shifts == (0,)
    first, other = (read_pairs(tmp_path, name).loss for name in ("MSS", "MSS 2"))
    assert not np.array_equal(first, other)


def test_a_file_is_a_script_that_says_what_made_it(tmp_path):
    write_pairs(tmp_path, "MSS", {0: SURFACES[0]}, "made by a test")
    first, second = file_of(tmp_path, "MSS", 0).read_text().splitlines()
    assert first == "// made by a test"
    assert second.startswith('(globalThis.chirplibPairs ??= {})["MSS 0"] = {"name":"MSS"')


def test_bad_arguments_are_named(pairs, tmp_path):
    with pytest.raises(ValueError, match=r"log2 of target\[1\] must be from -1.0 to 2.0, got 3.0"):
        pairs.at((4, 8), 0)
    with pytest.raises(ValueError, match=r"shift must be one of \(0, 256, 1024\), got 1025"):
        pairs.at((4, 1), 1025)
    with pytest.raises(ValueError, match="folder must have files of 'JTFS'"):
        read_pairs(tmp_path, "JTFS")
    with pytest.raises(ValueError, match="targets of one grid, in order"):
        write_pairs(tmp_path, "a", {0: SURFACES[0][::-1]}, "a test")
    wider = [*SURFACES[0][:-1], replace(SURFACES[0][-1], axes=(2 * AXES[0], AXES[1]))]
    with pytest.raises(ValueError, match="on the same axes"):
        write_pairs(tmp_path, "a", {0: wider}, "a test")
    with pytest.raises(ValueError, match="shifts must increase"):
        Pairs("a", AXES, TARGETS, SHIFTS[::-1], pairs.loss, pairs.gradient)
    with pytest.raises(ValueError, match="loss"):
        Pairs("a", AXES, TARGETS, SHIFTS, pairs.loss[:1], pairs.gradient)

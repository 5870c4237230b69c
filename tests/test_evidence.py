from dataclasses import replace

import numpy as np
import pytest

from chirplib import Landscape
from chirplib.landscapes.evidence import share, summary

AXES = np.geomspace(4, 16, 5), np.geomspace(0.5, 4, 4)
RANDOM = np.random.default_rng(0)


def random_surfaces(n):
    targets = np.stack([RANDOM.uniform(axis[0], axis[-1], n) for axis in AXES], axis=1)
    return [
        Landscape(AXES, target, RANDOM.random((5, 4)), RANDOM.normal(size=(5, 4, 2)), 0.0)
        for target in targets
    ]


@pytest.mark.parametrize(("k", "n"), [(0, 10), (3, 10), (10, 10), (371, 400)])
def test_shares_are_where_wilson_puts_them(k, n):
    """The ends solve (p - k / n)^2 = z^2 p (1 - p) / n."""
    middle, low, high = share(k, n)
    assert middle == k / n and 0 <= low <= middle <= high <= 1
    z = 1.959963984540054
    for end in {low, high} - {0.0, 1.0}:
        assert (end - k / n) ** 2 == pytest.approx(z**2 * end * (1 - end) / n)


def test_a_summary_is_that_of_its_landscapes():
    surfaces = random_surfaces(30)
    found = summary(surfaces)
    octaves = sorted(surface.octaves_to_target for surface in surfaces)
    arrows = sorted(surface.share_towards_target for surface in surfaces)
    assert found["targets"] == 30
    assert found["octaves"] == pytest.approx((octaves[14] + octaves[15]) / 2)
    assert (found["octaves, worst"], found["arrows, worst"]) == (octaves[-1], arrows[0])
    assert octaves[27] <= found["octaves, 95 %"] <= octaves[28]
    assert arrows[1] <= found["arrows, 5 %"] <= arrows[2]
    assert found["most minima"] == max(surface.n_local_minima for surface in surfaces)
    assert found["at target"] == np.mean([surface.is_at_target for surface in surfaces])
    assert found["from"] <= found["at target"] <= found["to"]


def test_landscapes_must_be_complete():
    one, other = random_surfaces(2)
    with pytest.raises(ValueError, match=r"surfaces\[1\] must be finished and finite"):
        summary([one, replace(other, loss=np.full((5, 4), np.nan))])

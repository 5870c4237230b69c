import base64
from dataclasses import replace

import numpy as np
import pytest

from chirplib import Landscape
from chirplib.landscapes.evidence import compact, share, summary

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


def test_what_is_compact_is_the_landscapes_but_for_rounding():
    surfaces = random_surfaces(3)
    packed = compact(surfaces)
    loss, direction = (
        np.frombuffer(base64.b64decode(packed[name]), np.uint8).reshape(3, 5, 4).astype(float)
        for name in ("loss", "direction")
    )
    assert packed["targets"] == [surface.target.tolist() for surface in surfaces]
    for surface, bytes_of_loss, turns in zip(surfaces, loss, direction, strict=True):
        low, high = surface.loss.min(), surface.loss.max()
        error = low + bytes_of_loss / 255 * (high - low) - surface.loss
        assert abs(error).max() < 0.51 / 255 * (high - low)
        angle = 2 * np.pi * turns / 256
        cosine = np.cos(angle) * surface.descent[..., 0] + np.sin(angle) * surface.descent[..., 1]
        assert cosine.min() > np.cos(1.01 * np.pi / 256)


def test_a_flat_landscape_is_compact_as_well():
    (surface,) = random_surfaces(1)
    flat = replace(surface, loss=np.ones((5, 4)), gradient=np.zeros((5, 4, 2)))
    assert set(base64.b64decode(compact([flat])["loss"])) == {0}


def test_landscapes_must_be_complete_and_on_one_grid():
    one, other = random_surfaces(2)
    wider = replace(other, axes=(2 * AXES[0], AXES[1]))
    with pytest.raises(ValueError, match="surfaces must be on the same axes"):
        compact([one, wider])
    with pytest.raises(ValueError, match=r"surfaces\[1\] must be finished and finite"):
        summary([one, replace(other, loss=np.full((5, 4), np.nan))])

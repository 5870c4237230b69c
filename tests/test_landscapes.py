import dataclasses

import numpy as np
import pytest
import torch

from chirplib import (
    Landscape,
    MultiscaleSpectralLoss,
    TimeFrequencyScatteringLoss,
    am_chirp,
    landscape,
    landscape_each,
)
from chirplib.landscapes import many_targets
from chirplib.losses import NormLoss
from chirplib.representations import CumulativeSpectrum, MelSpectrogram

AXES = np.geomspace(1, 16, 5), np.geomspace(1, 4, 3)


def bowl(theta):
    """A 'loss' of 'sounds' that are the parameters themselves, with its minimum at (4, 2)."""
    return (torch.log2(theta) - torch.tensor([2.0, 1.0], dtype=theta.dtype)).square().sum(-1)


def identity(theta):
    return theta


def surface(loss, target=(4, 2)):
    loss = np.asarray(loss, dtype=float)
    axes = tuple(2.0 ** np.arange(n) for n in loss.shape)
    return Landscape(axes, np.asarray(target), loss, np.zeros((*loss.shape, 2)), 0.0)


@pytest.mark.parametrize("batch_size", [1, 4, 100])
def test_loss_and_gradient_of_a_bowl(batch_size):
    result = landscape(bowl, identity, AXES, (4, 2), batch_size=batch_size, dtype=torch.float64)
    u, v = np.meshgrid(np.log2(AXES[0]) - 2, np.log2(AXES[1]) - 1, indexing="ij")
    np.testing.assert_allclose(result.loss, u**2 + v**2)
    expected = 2 * np.stack([u, v], axis=-1)  # per octave
    np.testing.assert_allclose(result.gradient, expected, atol=1e-12)
    np.testing.assert_allclose(result.minimum, (4, 2))
    assert result.octaves_to_target == 0 and result.n_local_minima == 1
    assert result.share_towards_target == 1 and result.is_logarithmic
    # On a round bowl in log-parameters, descent is the straight line to the target.
    to_target = -np.stack([u, v], axis=-1)
    norm = np.linalg.norm(to_target, axis=-1, keepdims=True)
    np.testing.assert_allclose(result.descent * norm, to_target, atol=1e-12)


def test_descent_is_away_from_a_wrong_target():
    result = landscape(bowl, identity, AXES, (1, 1))
    assert result.octaves_to_target == pytest.approx(np.sqrt(2**2 + 1**2))
    # From (2, 2) the descent climbs to (4, 2); from (16, 4) it comes down towards both.
    assert not result.towards_target[1, 1] and result.towards_target[4, 2]


@pytest.mark.parametrize(
    ("loss", "count"),
    [
        ([[0, 1, 2], [1, 2, 1], [2, 1, 0]], 2),
        ([[0, 1, 0], [1, 1, 1], [0, 1, 0]], 4),
        ([[2, 2, 2], [2, 1, 2], [2, 2, 0]], 1),
        ([[2, 2, 2, 2], [2, 1, 1, 2], [2, 2, 2, 2]], 1),  # a plateau counts once
    ],
)
def test_local_minima(loss, count):
    assert surface(loss).n_local_minima == count


def test_a_flat_surface_leads_nowhere():
    flat = surface(np.ones((3, 3)))
    assert (flat.descent == 0).all() and flat.share_towards_target == 0


def test_interrupted_work_is_kept_and_resumed():
    calls = []

    def interrupted(x):
        calls.append(len(x))
        if len(calls) == 3:
            raise KeyboardInterrupt
        return bowl(x)

    with pytest.warns(UserWarning, match="after 8 of 15 points; pass the result as `resume`"):
        part = landscape(interrupted, identity, AXES, (4, 2), batch_size=4)
    assert np.isnan(part.loss).sum() == 7 and np.isfinite(part.minimum).all()
    calls.clear()
    whole = landscape(bowl, identity, AXES, (4, 2), batch_size=4, resume=part)
    np.testing.assert_array_equal(whole.loss, landscape(bowl, identity, AXES, (4, 2)).loss)


def test_progress_says_what_is_left(capfd):
    landscape(bowl, identity, AXES, (4, 2))
    assert "/15" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"axes": (AXES[0],)}, "axes must have 2 entries, got 1"),
        ({"target": (1, 2, 3)}, r"target must be of shape \(2,\), got \(3,\)"),
        ({"axes": (AXES[0][::-1], AXES[1])}, "axes must be increasing"),
        ({"axes": (AXES[0] - 1, AXES[1])}, "axes must be positive"),
        ({"loss": lambda x: x.sum(-1) * float("nan")}, "loss and its gradient must be finite"),
        ({"loss": lambda x: (x - x).sum(-1).sqrt()}, "loss and its gradient must be finite"),
        ({"loss": lambda x: x.sum()}, r"values of loss must have shape \(4,\), got \(\)"),
        ({"synth": lambda theta: theta * float("inf")}, "synth must make finite sounds"),
    ],
)
def test_bad_arguments_are_refused(change, message):
    arguments = {"loss": bowl, "synth": identity, "axes": AXES, "target": (4, 2)}
    with pytest.raises(ValueError, match=message):
        landscape(**{**arguments, **change})


def test_a_result_of_another_grid_is_not_resumed():
    done = landscape(bowl, identity, AXES, (4, 2))
    other = dataclasses.replace(done, axes=(2 * AXES[0], AXES[1]))
    with pytest.raises(ValueError, match="resume must be a result for these axes"):
        landscape(bowl, identity, AXES, (4, 2), resume=other)
    with pytest.raises(ValueError, match="resume must be a result for .*, got one for"):
        landscape(bowl, identity, AXES, (4, 1), resume=done)


def test_results_are_compared_by_identity():
    one, other = (landscape(bowl, identity, AXES, (4, 2)) for _ in range(2))
    assert one == one and one != other and one in [other, one] and len({one, other}) == 2


@pytest.mark.parametrize("batch_size", [0, -1])
def test_batches_hold_sounds(batch_size):
    with pytest.raises(ValueError, match=f"batch_size must be at least 1, got {batch_size}"):
        landscape(bowl, identity, AXES, (4, 2), batch_size=batch_size)


def test_a_grid_of_the_target_alone_has_no_share():
    alone = landscape(bowl, identity, ([4.0], [2.0]), (4, 2))
    with pytest.raises(ValueError, match="axes must hold more than the target"):
        alone.share_towards_target  # noqa: B018


def test_a_target_may_lie_off_the_grid():
    surface = landscape(bowl, identity, AXES, (100.0, 1.0))
    assert 0 <= surface.share_towards_target <= 1


def brief(theta):
    return am_chirp(512, *theta.T, duration=0.25)


class Own(MultiscaleSpectralLoss):
    """A distance that does not say that it is a norm."""

    def distance(self, S_x, S_y):
        return super().distance(S_x, S_y)


CHIRPS = np.geomspace(4, 16, 4), np.geomspace(0.5, 4, 3)
EACH_LOSS = {
    "JTFS": TimeFrequencyScatteringLoss(J=7, J_fr=2, Q=(4, 1), F=0, shape=2048),
    "JTFS, joint": TimeFrequencyScatteringLoss(J=7, J_fr=2, Q=4, shape=2048, format="joint"),
    "MSS": MultiscaleSpectralLoss((512, 64)),
    "logarithms": MultiscaleSpectralLoss((512, 64), terms="logarithms"),
    "both": MultiscaleSpectralLoss((512, 64), terms="both"),
    "own distance": Own((512, 64)),
    "L1": NormLoss(CumulativeSpectrum(256), p=1),
    "L2": NormLoss(MelSpectrogram(8192), p=2),
}


@pytest.mark.parametrize("name", EACH_LOSS)
def test_landscapes_of_many_targets_are_those_of_each(name, monkeypatch):
    # One target on the grid, one off it, one late; and blocks of one target.
    monkeypatch.setattr(many_targets, "BLOCK_BYTES", 1)
    targets = np.array([[CHIRPS[0][1], CHIRPS[1][1]], [5.0, 1.0], [8.0, 2.0]])
    # In single precision, the sign of a difference of about 0 is a matter of rounding.
    double = {"dtype": torch.float64}
    sounds = brief(torch.tensor(targets))
    sounds[2] = sounds[2].roll(100)
    loss = EACH_LOSS[name]
    many = landscape_each(loss, brief, CHIRPS, targets, sounds, **double)
    for target, sound, surface in zip(targets, sounds, many, strict=True):
        alone = landscape(loss.to_target(sound), brief, CHIRPS, target, **double)
        largest = alone.loss.max()
        np.testing.assert_allclose(surface.loss, alone.loss, rtol=1e-9, atol=1e-7 * largest)
        elsewhere = ~np.isclose(surface.grid, target).all(-1)
        gradients = surface.gradient[elsewhere], alone.gradient[elsewhere]
        np.testing.assert_allclose(*gradients, rtol=1e-7, atol=1e-9 * largest)
        np.testing.assert_array_equal(surface.target, target)


@pytest.mark.parametrize("name", ["JTFS", "MSS"])
def test_landscapes_of_many_targets_are_those_of_each_in_single_precision(name):
    targets, loss = torch.tensor([[5.0, 1.0], [8.0, 2.0]]), EACH_LOSS[name]
    sounds = brief(targets)
    many = landscape_each(loss, brief, CHIRPS, targets, sounds)
    for target, sound, surface in zip(targets, sounds, many, strict=True):
        alone = landscape(loss.to_target(sound), brief, CHIRPS, target)
        np.testing.assert_allclose(surface.loss, alone.loss, rtol=1e-5)
        np.testing.assert_allclose(
            surface.gradient, alone.gradient, rtol=1e-3, atol=1e-3 * abs(alone.gradient).max()
        )


def test_targets_in_chunks_and_resumed_are_the_same(monkeypatch):
    loss = EACH_LOSS["JTFS"]
    targets = torch.tensor([[5.0, 1.0], [8.0, 2.0], [12.0, 0.7]])
    whole = landscape_each(loss, brief, CHIRPS, targets, brief(targets))
    monkeypatch.setattr(many_targets, "TARGET_BYTES", 1)
    calls = []

    def interrupted(theta):
        calls.append(1)
        if len(calls) == 17:
            raise KeyboardInterrupt
        return brief(theta)

    with pytest.warns(UserWarning, match="interrupted after 16 of 36 points.*resume"):
        some = landscape_each(loss, interrupted, CHIRPS, targets, brief(targets))
    assert [int(np.isfinite(surface.loss).sum()) for surface in some] == [12, 4, 0]
    done = landscape_each(loss, brief, CHIRPS, targets, brief(targets), resume=some)
    for one, other in zip(done, whole, strict=True):
        np.testing.assert_allclose(one.loss, other.loss, rtol=1e-6)
        np.testing.assert_allclose(one.gradient, other.gradient, rtol=1e-6, atol=1e-9)
    with pytest.raises(ValueError, match="resume must be a result for"):
        landscape_each(loss, brief, CHIRPS, targets + 1, brief(targets), resume=some)


def test_bad_targets_are_refused():
    targets = torch.tensor([[5.0, 1.0], [8.0, 2.0]])
    with pytest.raises(ValueError, match=r"sounds must be of shape \(2, n\), one for each target"):
        landscape_each(EACH_LOSS["MSS"], brief, CHIRPS, targets, brief(targets[:1]))
    with pytest.raises(TypeError, match="loss.representation must be callable"):
        landscape_each(bowl, brief, CHIRPS, targets, brief(targets))


@pytest.mark.parametrize("target", [(4.0, 2.0), (5.0, 1.9), (4.0, 3.0), (1.0, 100.0)])
def test_the_minimum_is_at_the_target_where_no_grid_value_lies_between(target):
    n = len(AXES[0]), len(AXES[1])
    for i, j in np.ndindex(n):
        loss = np.ones(n)
        loss[i, j] = 0
        surface = dataclasses.replace(
            landscape(bowl, identity, AXES, target), loss=loss, gradient=np.zeros((*n, 2))
        )
        expected = True
        for axis, k, value in zip(AXES, (i, j), target, strict=True):
            at = np.searchsorted(axis, value)  # axis[at - 1] < value <= axis[at]
            on_grid = at < len(axis) and axis[at] == value
            expected &= k == at if on_grid else k in (at - 1, at)
        assert surface.is_at_target == expected

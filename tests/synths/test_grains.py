import math

import numpy as np
import pytest
import torch

from chirplib.synths.grains import grains


def plain(slope, density, seed):
    """One sound, grain by grain, from the closed form of the phase."""
    carriers, onsets = np.random.default_rng(seed).random((2, 64))
    gamma = math.tan(0.95 * slope * math.pi / 2) * 8192 / (12 * 256) / 4
    t = (np.arange(4096) - 2048) / 8192
    x, loudest = np.zeros(2**15), None
    for k, (u, v) in enumerate(zip(carriers, onsets, strict=True)):
        f = 256 * 8**u
        a = 1 - 1 / (1 + math.exp(-2 * (1 - density) * (k - 16 * density - 48 * density**2)))
        loudest = loudest or a
        # The sum of frequencies is a geometric series.
        ratio = 2 ** (gamma / 8192)
        phase = f * 2 ** (gamma * t[0]) * (ratio ** np.arange(1, 4097) - 1) / (ratio - 1) / 8192
        window = np.sin(np.pi * np.arange(4096) / 4096) ** 2
        onset = int(v * (2**15 - 4096))
        x[onset : onset + 4096] += a / loudest / math.sqrt(f) * window * np.sin(2 * np.pi * phase)
    return x / np.linalg.norm(x)


@pytest.mark.parametrize(("slope", "density"), [(-0.9, 0.1), (0.3, 0.5), (1.0, 1.0), (1e-3, 0.0)])
def test_agrees_with_a_sum_of_single_grains(slope, density):
    slopes, densities = torch.tensor([[slope, 0.5], [density, 0.5]], dtype=torch.float64)
    x = grains(slopes, densities, seeds=[7, 3])
    np.testing.assert_allclose(x[0], plain(slope, density, 7), atol=1e-10)
    single = grains(slopes.float(), densities.float(), seeds=[7, 3])
    torch.testing.assert_close(single.double(), x, atol=1e-5, rtol=0)


def test_a_grain_sweeps_the_octaves_it_is_asked_for():
    """Half a second at a slope of 1 is 8.5 octaves per second, for all grains alike."""
    slope = torch.tensor([0.6], dtype=torch.float64)
    x = grains(slope, torch.tensor([0.0], dtype=torch.float64), seeds=[0])[0].numpy()
    carrier, onset = np.random.default_rng(0).random((2, 64))[:, 0]
    f, start = 256 * 8**carrier, int(onset * (2**15 - 4096))
    gamma = math.tan(0.95 * 0.6 * math.pi / 2) * 8192 / 3072 / 4
    # At density 0 the first grain is four times as loud as the second, or more.
    for offset in (-800, 0, 800):
        middle = start + 2048 + offset
        part = x[middle - 256 : middle + 256] * np.hanning(512)
        spectrum = np.abs(np.fft.rfft(part, 2**16))
        expected = f * 2 ** (gamma * offset / 8192)
        assert abs(spectrum.argmax() * 8192 / 2**16 - expected) < 0.05 * expected


@pytest.mark.parametrize("slope", [-0.7, 0.0, 0.4])
def test_derivatives_agree_with_finite_differences(slope):
    theta = torch.tensor([[slope], [0.3]], dtype=torch.float64, requires_grad=True)
    weights = torch.randn(2**15, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda t: grains(*t, seeds=[1]) @ weights, theta, eps=1e-7)


def test_forward_and_backward_derivatives_agree():
    theta = torch.tensor([[0.2], [0.6]], dtype=torch.float64)
    forward = torch.func.jacfwd(lambda t: grains(*t, seeds=[1]))(theta)
    backward = torch.func.jvp(
        lambda t: grains(*t, seeds=[1]), (theta,), (torch.ones(2, 1).double(),)
    )
    torch.testing.assert_close(forward.sum(dim=(-2, -1)), backward[1])


def test_sounds_of_a_batch_do_not_know_of_each_other():
    slope, density = torch.rand(2, 3, generator=torch.Generator().manual_seed(0))
    together = grains(slope, density, seeds=[4, 5, 6])
    assert (torch.linalg.vector_norm(together, dim=1) - 1).abs().max() < 1e-5
    for k in range(3):
        alone = grains(slope[k : k + 1], density[k : k + 1], seeds=[4 + k])
        torch.testing.assert_close(alone[0], together[k])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"slope": torch.tensor([1.1])}, "slope must be from -1 to 1, got 1.1"),
        ({"density": torch.tensor([-0.1])}, "density must be from 0 to 1, got -0.1"),
        ({"density": torch.rand(2)}, "density must have 1 entries"),
        ({"seeds": [0, 1]}, "seeds"),
    ],
)
def test_what_makes_no_sound_is_refused(change, message):
    theta = {"slope": torch.tensor([0.5]), "density": torch.tensor([0.5]), "seeds": [0]}
    with pytest.raises(ValueError, match=message):
        grains(**theta | change)

import numpy as np
import pytest
import torch

from chirplib import TimeFrequencyScattering, am_chirp
from chirplib.losses import NormLoss
from chirplib.objective import jacobian
from chirplib.representations import LogCompression, path_mean

JTFS = TimeFrequencyScattering(J=6, J_fr=2, Q=(4, 1), shape=512, F=0)
GAMMAS = torch.tensor([4.0, 8.0, 16.0], dtype=torch.float64)
SOUNDS = am_chirp(512, 40.0, GAMMAS, duration=1 / 16)
NOISE = torch.from_numpy(np.random.default_rng(0).normal(size=(3, 512)))


def test_values_are_those_of_the_formula_with_signs():
    mean = path_mean(JTFS, NOISE)
    S = JTFS(NOISE).numpy()
    expected = np.sign(S) * np.log1p(np.abs(S) / (0.01 * mean.numpy()))
    assert (S < 0).any()  # order 0
    actual = LogCompression(JTFS, 0.01, mean=mean)(NOISE)
    np.testing.assert_allclose(actual, expected, rtol=1e-12)


def test_the_mean_is_over_sounds_and_frames():
    mean = path_mean(JTFS, NOISE[None])
    np.testing.assert_allclose(mean[:, 0], JTFS(NOISE).abs().mean(dim=(0, 2)), rtol=1e-12)


def test_silent_paths_are_not_blown_up():
    mean = path_mean(lambda x: torch.stack([x, 0 * x], dim=-2), NOISE)
    assert mean[1] == 1e-6 * mean[0] > 0


def test_gradients_and_jacobians_are_those_of_central_differences():
    compressed = LogCompression(JTFS, 1e-3, mean=path_mean(JTFS, NOISE))
    x, direction, step = NOISE[0], NOISE[1], 1e-6
    above, below = (compressed(x + s * direction) for s in (step, -step))
    quotient = (above - below) / (2 * step)
    tangent = torch.func.jvp(compressed, (x,), (direction,))[1]
    torch.testing.assert_close(tangent, quotient, rtol=1e-5, atol=1e-7)
    weights = torch.from_numpy(np.random.default_rng(1).normal(size=quotient.shape))
    leaf = x.clone().requires_grad_()
    (compressed(leaf) * weights).sum().backward()
    assert leaf.grad @ direction == pytest.approx((weights * tangent).sum().item(), rel=1e-9)
    theta = torch.tensor([40.0, 8.0], dtype=torch.float64)
    _, J = jacobian(lambda t: compressed(am_chirp(512, *t, duration=1 / 16)).flatten(), theta)
    assert torch.isfinite(J).all() and J.any()


def test_soft_paths_count_as_much_as_loud_ones():
    """A path a thousand times as soft changes the loss as much, by the same factor."""

    def two_paths(x):
        return x * torch.tensor([[1.0], [1e-3]], dtype=x.dtype)

    x = torch.ones(1, 4, dtype=torch.float64)
    mean = path_mean(lambda x: two_paths(x)[None], x)
    S = LogCompression(lambda x: two_paths(x)[None], mean=mean)(2 * x)
    torch.testing.assert_close(S[0, 0], S[0, 1])


def test_a_loss_of_compressed_features_is_zero_at_the_target_only():
    loss = NormLoss(LogCompression(JTFS), p=2).to_target(SOUNDS[1])
    losses = loss(SOUNDS)
    # FFTs of several sounds at a time round otherwise than those of one.
    assert losses[1] < 1e-12 * losses[[0, 2]].min()


def test_a_mean_of_another_shape_is_refused():
    for mean in (torch.ones(7, 1), torch.ones(2, 1, 1, 1, 1)):
        with pytest.raises(ValueError, match="mean must broadcast with features of shape"):
            LogCompression(JTFS, mean=mean)(NOISE)
    with pytest.raises(ValueError, match="mean must be positive and finite, got 0.0"):
        LogCompression(JTFS, mean=torch.zeros(1))
    with pytest.raises(ValueError, match="features must be finite and not all 0"):
        path_mean(lambda x: 0 * x[None], NOISE)

import numpy as np
import pytest
import torch

from chirplib import (
    MultiscaleSpectralLoss,
    MultiscaleSpectrogram,
    TimeFrequencyScatteringLoss,
    am_chirp,
    landscape,
)
from chirplib.losses import NormLoss
from chirplib.representations import waveform
from chirplib.scattering.modulus import modulus

SETTINGS = {"J": 6, "J_fr": 2, "Q": (4, 1), "shape": 512}
LOSSES = {
    "MSS": MultiscaleSpectralLoss((256, 64)),
    "JTFS": TimeFrequencyScatteringLoss(**SETTINGS, F=0),
    "JTFS, joint": TimeFrequencyScatteringLoss(**SETTINGS, format="joint"),
}
each_loss = pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES.keys())


def plain_mss(x, y, n_ffts):
    """The multiscale spectral loss, window by window, in NumPy."""
    scales = []
    for n in n_ffts:
        window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n) / n)
        magnitudes = []
        for sound in (x, y):
            padded = np.pad(sound, n // 2, mode="reflect")
            starts = range(0, len(padded) - n + 1, n // 4)
            magnitudes.append([np.abs(np.fft.rfft(window * padded[s : s + n])) for s in starts])
        scales.append(np.mean(np.abs(np.subtract(*magnitudes))))
    return np.mean(scales)


def test_mss_agrees_with_its_equation():
    x, y = torch.randn(2, 512, dtype=torch.float64)
    expected = plain_mss(x.numpy(), y.numpy(), (256, 64))
    np.testing.assert_allclose(LOSSES["MSS"](x, y), expected, rtol=1e-12)


def test_jtfs_loss_is_the_euclidean_distance_of_all_coefficients():
    x, y = torch.randn(2, 512)
    for name in ("JTFS", "JTFS, joint"):
        S = LOSSES[name].representation
        torch.testing.assert_close(LOSSES[name](x, y), (S(x) - S(y)).flatten().norm())


@each_loss
def test_is_a_distance_for_each_sound_of_a_batch(loss):
    x, y = torch.randn(2, 2, 3, 512)
    value = loss(x, y)
    assert value.shape == (2, 3) and (value > 0).all()
    torch.testing.assert_close(value, loss(y, x))
    torch.testing.assert_close(value[1, 2], loss(x[1, 2], y[1, 2]))
    assert (loss(x, x) == 0).all()
    z = torch.randn(2, 3, 512)
    assert (loss(x, z) <= value + loss(y, z)).all()


@each_loss
def test_a_fixed_target_gives_the_same_loss_and_gradient(loss):
    x, y = torch.randn(3, 512, requires_grad=True), torch.randn(512)
    fixed = loss.to_target(y)
    torch.testing.assert_close(fixed(x), loss(x, y))
    gradients = [torch.autograd.grad(f.sum(), x)[0] for f in (fixed(x), loss(x, y))]
    torch.testing.assert_close(*gradients)


@each_loss
def test_gradient_agrees_with_finite_differences(loss):
    x, y = torch.randn(2, 512, dtype=torch.float64)
    assert torch.autograd.gradcheck(loss.to_target(y), x.requires_grad_(), fast_mode=True)


@each_loss
def test_silence_has_a_finite_loss_and_a_gradient_of_zero(loss):
    silence, y = torch.zeros(512, requires_grad=True), torch.randn(512)
    for value in (loss(silence, torch.zeros(512)), loss(y, y) + loss(silence, silence)):
        (gradient,) = torch.autograd.grad(value, silence)
        assert value == 0 and (gradient == 0).all()
    assert torch.isfinite(loss(silence, y))


@pytest.mark.parametrize("gamma", [0.5, 4.0])
def test_mss_has_finite_gradients_where_the_window_underflows(gamma):
    """Where `torch.stft(...).abs()` has none."""

    def gradient(magnitude, dtype):
        theta = torch.tensor([4.0, gamma], dtype=dtype, requires_grad=True)
        magnitude(am_chirp(512, *theta)).mean().backward()
        return theta.grad

    def plain(x):
        window = torch.hann_window(64, dtype=x.dtype)
        return torch.stft(x, 64, 16, window=window, return_complex=True).abs()

    def ours(x):
        return MultiscaleSpectrogram((64,))(x)[0]

    assert torch.isfinite(gradient(ours, torch.float32)).all()
    expected = gradient(plain, torch.float64)
    torch.testing.assert_close(gradient(ours, torch.float64), expected)


def test_the_plain_modulus_fails_where_ours_does_not():
    """Were it not so, `chirplib.scattering.modulus` would not be needed."""
    re = torch.tensor([1e-30], requires_grad=True)
    torch.complex(re, torch.zeros(1)).abs().sum().backward()
    tiny = torch.tensor([1e-42], requires_grad=True)
    torch.complex(tiny, torch.zeros(1)).abs().sum().backward()
    assert torch.isfinite(re.grad).all() and not torch.isfinite(tiny.grad).all()


@pytest.mark.parametrize("shift", [0, 200])
@pytest.mark.parametrize("name", ["MSS", "JTFS"])
def test_gradients_on_a_grid_agree_with_central_differences(name, shift):
    """At the sample rate and the filters of the chapter, for a shorter sound."""
    options = {"duration": 1.0}
    loss = {
        "MSS": MultiscaleSpectralLoss(),
        "JTFS": TimeFrequencyScatteringLoss(
            J=10, J_fr=5, Q=(8, 2), Q_fr=2, T=2**10, F=0, shape=2**13
        ),
    }[name]

    def synth(theta):
        return am_chirp(512, *theta.T, **options)

    axes, target = (np.geomspace(4.1, 15.9, 4), np.geomspace(1.1, 3.9, 4)), (8.3, 2.2)
    y = am_chirp(512, *torch.tensor(target, dtype=torch.float64), **options, shift=shift)
    to_target = loss.to_target(y)
    surface = landscape(to_target, synth, axes, target, dtype=torch.float64)
    for k in range(2):
        step = torch.zeros(2, dtype=torch.float64)
        step[k] = 1e-6
        with torch.no_grad():
            grid = torch.tensor(surface.grid).flatten(0, 1)
            above, below = (
                torch.cat([to_target(synth(part)) for part in theta.split(4)])
                for theta in (grid * 2**step, grid / 2**step)
            )
        difference = ((above - below) / 2e-6).reshape(4, 4).numpy()
        derivative = surface.gradient[..., k]
        assert (np.sign(derivative) == np.sign(difference)).all()
        np.testing.assert_allclose(derivative, difference, rtol=1e-3)


@each_loss
@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (torch.zeros(512), torch.zeros(511), "of one length|must have 512"),
        (torch.zeros(2, 512), torch.zeros(3, 512), r"x and y must broadcast, got \(2, 512\), \(3"),
        (torch.full((512,), float("nan")), torch.zeros(512), "x must be finite"),
        (torch.zeros(512), torch.full((512,), float("nan")), "y .*must be finite"),
        (torch.zeros(0), torch.zeros(0), "must have at least 1 samples"),
        (torch.zeros(20), torch.zeros(20), "x must have"),
    ],
)
def test_bad_pairs_are_refused(loss, x, y, message):
    with pytest.raises(ValueError, match=message):
        loss(x, y)
    if not y.isnan().any():
        with pytest.raises(ValueError, match=message):
            loss.to_target(y)(x)


def test_bad_window_lengths_are_refused():
    for n_ffts, message in (((), "have at least one entry"), ((2,), "be at least 4, got 2")):
        with pytest.raises(ValueError, match=f"n_ffts must {message}"):
            MultiscaleSpectralLoss(n_ffts)
    with pytest.raises(TypeError, match="n_ffts must be an integer, got 64.0"):
        MultiscaleSpectralLoss((64.0,))


def test_derivatives_of_the_modulus_can_be_nested():
    theta = torch.tensor([0.3, 0.7], dtype=torch.float64)

    def ours(theta):
        return modulus(torch.complex(theta[0] ** 2, theta[1]))

    def plain(theta):
        return (theta[0] ** 4 + theta[1] ** 2).sqrt()

    expected = torch.func.jacrev(torch.func.jacrev(plain))(theta)
    for outer in (torch.func.jacfwd, torch.func.jacrev):
        for inner in (torch.func.jacfwd, torch.func.jacrev):
            torch.testing.assert_close(outer(inner(ours))(theta), expected)


def test_the_gradient_of_a_small_modulus_does_not_overflow():
    """As under a logarithm, which multiplies it by a large number."""
    z = torch.tensor([3e-37 + 4e-37j, 0], requires_grad=True)
    (1e6 * modulus(z)).sum().backward()
    torch.testing.assert_close(z.grad, torch.tensor([6e5 + 8e5j, 0]))


@pytest.mark.parametrize("scale", [1e-30, 1e-18, 1e19, 1e30])
def test_distances_of_loud_and_quiet_sounds_are_in_proportion(scale):
    x, y = torch.randn(2, 512, generator=torch.Generator().manual_seed(0))
    jtfs = TimeFrequencyScatteringLoss(J=6, J_fr=2, Q=4, shape=512, F=0)
    for loss in (jtfs, NormLoss(lambda x: x[..., None, :], p=2)):
        values, gradients = [], []
        for factor in (1.0, scale):
            z = (x * factor).requires_grad_()
            value = loss(z, y * factor)
            values.append(value.item() / factor)
            gradients.append(torch.autograd.grad(value, z)[0])
        assert values[1] == pytest.approx(values[0], rel=1e-5)
        torch.testing.assert_close(gradients[1], gradients[0], rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize(
    "loss",
    [
        MultiscaleSpectralLoss((64, 32)),
        MultiscaleSpectralLoss((64, 32), terms="both"),
        TimeFrequencyScatteringLoss(J=5, J_fr=2, Q=4, shape=256),
        TimeFrequencyScatteringLoss(J=5, J_fr=2, Q=4, shape=256, format="joint"),
        NormLoss(waveform, p=1),
        NormLoss(waveform, p=2),
    ],
    ids=["MSS", "DDSP", "JTFS", "joint", "L1", "L2"],
)
def test_a_loss_is_the_norm_of_a_difference_of_vectors(loss):
    x, y = torch.randn(2, 3, 256, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    vectors = [loss.vector(loss.representation(sound)) for sound in (x, y)]
    norms = torch.linalg.vector_norm(vectors[0] - vectors[1], ord=loss.p, dim=-1)
    torch.testing.assert_close(norms, loss(x, y))


def test_the_loss_of_ddsp_is_the_sum_of_its_terms():
    x, y = torch.randn(2, 3, 512, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    one, other, both = (
        MultiscaleSpectralLoss((128, 64), terms=terms)(x, y)
        for terms in ("magnitudes", "logarithms", "both")
    )
    torch.testing.assert_close(both, one + other)

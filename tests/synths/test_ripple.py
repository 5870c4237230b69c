import math

import numpy as np
import pytest
import torch

from chirplib.synths.ripple import ripple


def plain_ripple(w, Omega, delta, phases, f_min=128.0, octaves=4.0, duration=4.0, sr=2**13):
    """The equation, partial by partial, in NumPy."""
    t = np.arange(round(duration * sr)) / sr
    total = np.zeros_like(t)
    for x, phase in zip(np.linspace(0, octaves, len(phases)), phases, strict=True):
        envelope = 1 + delta * np.sin(2 * np.pi * (w * t + Omega * x))
        total += envelope * np.sin(2 * np.pi * f_min * 2**x * t + phase)
    return total / np.sqrt(len(phases))


def phases(n, seed):
    return np.random.default_rng(seed).uniform(0, 2 * np.pi, n)


@pytest.mark.parametrize(
    "settings", [{}, {"f_min": 100.0, "octaves": 3.0, "duration": 1.5, "sr": 4000}]
)
def test_agrees_with_the_equation(settings):
    w = torch.tensor(5.0, dtype=torch.float64)
    for Omega, delta in ((0.5, 0.9), (2.0, 0.3)):
        x = ripple(w, Omega, delta, n_partials=7, seed=3, **settings)
        expected = plain_ripple(5.0, Omega, delta, phases(7, 3), **settings)
        np.testing.assert_allclose(x, expected, atol=1e-9)


def test_spectrum_has_lines_at_the_partials_and_side_lines_w_away():
    """Over whole periods of all, each line is one bin of the spectrum."""
    w, delta = 8.0, 0.5
    x = ripple(torch.tensor(w, dtype=torch.float64), 1.0, delta, n_partials=5, duration=1.0)
    spectrum = 2 / len(x) * np.abs(np.fft.rfft(x)) * np.sqrt(5)
    expected = np.zeros_like(spectrum)
    for f in (128, 256, 512, 1024, 2048):
        expected[f] = 1
        expected[[f - 8, f + 8]] = delta / 2
    np.testing.assert_allclose(spectrum, expected, atol=1e-9)


def test_the_envelope_of_a_partial_passes_w_times_a_second_and_moves_down():
    """Crests pass the upper partials first, by Omega / w seconds for each octave."""
    w, Omega, n = 4.0, 0.2, 2**13
    x = ripple(torch.tensor(w, dtype=torch.float64), Omega, 0.9, n_partials=5, duration=1.0)
    spectrum = np.fft.fft(x)
    crests = []
    for f in (256, 512):
        band = np.zeros(n, dtype=complex)
        band[f - 64 : f + 65] = spectrum[f - 64 : f + 65]
        envelope = np.abs(np.fft.ifft(band))
        rates = np.abs(np.fft.rfft(envelope - envelope.mean()))
        assert rates.argmax() == w
        crests.append(np.angle(np.fft.rfft(envelope)[4]))
    later = np.angle(np.exp(1j * (crests[0] - crests[1]))) / (-2 * np.pi * w)
    assert later == pytest.approx(Omega / w, rel=1e-6)


def test_derivatives_agree_with_finite_differences():
    parameters = [
        torch.tensor(p, dtype=torch.float64, requires_grad=True)
        for p in ([[4.0], [7.0]], [0.5, 1.3, 2.0], 0.7)
    ]
    settings = {"f_min": 50.0, "octaves": 2.0, "n_partials": 5, "duration": 0.1, "sr": 500}
    assert torch.autograd.gradcheck(lambda *p: ripple(*p, **settings), parameters, fast_mode=True)


def test_shape_dtype_and_broadcasting():
    w, Omega = torch.rand(3, 1) + 4, torch.rand(2) + 1
    x = ripple(w, Omega, 0.9)
    assert x.shape == (3, 2, 2**15) and x.dtype == torch.float32
    torch.testing.assert_close(x[2, 1], ripple(w[2, 0], Omega[1], 0.9), rtol=0, atol=1e-5)
    assert ripple(4, 1, 0.5).dtype == torch.get_default_dtype()
    double = ripple(w.double(), Omega.double(), 0.9)
    assert (x - double).abs().max() < 1e-4
    columns = torch.func.jacfwd(lambda w: ripple(w, 1.0, 0.9))(torch.tensor(4.0))
    assert columns.shape == (2**15,) and torch.isfinite(columns).all()


def test_a_seed_is_a_sound_and_another_seed_another():
    assert (ripple(4, 1, 0.9, seed=1) == ripple(4, 1, 0.9, seed=1)).all()
    difference = ripple(4, 1, 0.9, seed=1) - ripple(4, 1, 0.9, seed=2)
    assert difference.norm() > ripple(4, 1, 0.9, seed=1).norm()


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"w": 0}, ValueError, "w must be positive and finite, got 0"),
        ({"Omega": -1.0}, ValueError, "Omega must be positive and finite, got -1.0"),
        ({"delta": math.nan}, ValueError, "delta must be positive and finite, got nan"),
        ({"w": torch.tensor(4)}, TypeError, "w must be a real tensor, float32 or float64"),
        ({"w": "4"}, TypeError, "w must be a number or a tensor, got '4'"),
        ({"octaves": 5.0}, ValueError, r"f_min \* 2 \*\* octaves must be below 4096.0 .*Nyquist"),
        ({"n_partials": 1}, ValueError, "n_partials must be at least 2, got 1"),
        ({"seed": 0.5}, TypeError, "seed must be an integer, got 0.5"),
        ({"duration": 1e-9}, ValueError, "duration \\* sr must be at least 1 sample"),
        ({"w": torch.ones(2), "Omega": torch.ones(3)}, ValueError, "w, Omega and delta must br"),
    ],
)
def test_bad_parameters_are_refused(change, error, message):
    with pytest.raises(error, match=message):
        ripple(**{"w": 4.0, "Omega": 1.0, "delta": 0.9, **change})


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_refused(dtype):
    with pytest.raises(TypeError, match=f"must be a real tensor, float32 or float64, got {dtype}"):
        ripple(torch.tensor(4.0, dtype=dtype), 1, 0.5)

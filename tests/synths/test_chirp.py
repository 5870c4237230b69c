import math

import numpy as np
import pytest
import torch

from chirplib import am_chirp


def plain_chirp(f_c, f_m, gamma, bandwidth=2.0, duration=4.0, sr=2**13):
    """The equation, in NumPy."""
    t = np.arange(round(duration * sr)) / sr - duration / 2
    window = np.exp(-(t**2) / (2 * (0.1 * bandwidth / gamma) ** 2))
    phase = 2 * np.pi * f_c / (gamma * np.log(2)) * (2 ** (gamma * t) - 1)
    return gamma * window * np.sin(2 * np.pi * f_m * t) * np.sin(phase)


@pytest.mark.parametrize("settings", [{}, {"bandwidth": 1.0, "duration": 1.5, "sr": 4000}])
def test_agrees_with_the_equation(settings):
    for f_m, gamma in ((4.0, 0.5), (16.0, 4.0)):
        x = am_chirp(512.0, torch.tensor(f_m, dtype=torch.float64), gamma, **settings)
        np.testing.assert_allclose(x, plain_chirp(512.0, f_m, gamma, **settings), atol=1e-10)


def test_derivatives_agree_with_finite_differences():
    parameters = [
        torch.tensor(p, dtype=torch.float64, requires_grad=True)
        for p in (300.0, [[4.0], [7.0]], [0.5, 1.3, 4.0])
    ]
    assert torch.autograd.gradcheck(lambda *p: am_chirp(*p, duration=0.5, sr=1000), parameters)


def test_shape_dtype_and_broadcasting():
    f_m, gamma = torch.rand(3, 1) + 4, torch.rand(2) + 1
    x = am_chirp(512, f_m, gamma)
    assert x.shape == (3, 2, 2**15) and x.dtype == torch.float32
    torch.testing.assert_close(x[2, 1], am_chirp(512, f_m[2, 0], gamma[1]))
    assert am_chirp(512, 4, 1).dtype == torch.get_default_dtype()
    mixed = am_chirp(torch.tensor(512.0), torch.tensor(4.0, dtype=torch.float64), 1)
    assert mixed.dtype == torch.float64


@pytest.mark.parametrize("shift", [0, 1, 100, 8191, 8192, 10**6])
def test_shift_moves_and_fills_with_zeros(shift):
    x = am_chirp(512, 4, 1, duration=1.0)
    late, early = (am_chirp(512, 4, 1, duration=1.0, shift=s) for s in (shift, -shift))
    n = min(shift, len(x))
    assert (late[:n] == 0).all() and (early[len(x) - n :] == 0).all()
    assert (late[n:] == x[: len(x) - n]).all() and (early[: len(x) - n] == x[n:]).all()


def test_single_precision_is_enough():
    """Close to the window, the phase has all the digits that can be heard."""
    for gamma in (0.5, 4.0):
        single = am_chirp(512, 8, gamma)
        double = am_chirp(512, 8, torch.tensor(gamma, dtype=torch.float64))
        assert (single - double).abs().max() < 1e-3 * gamma


@pytest.mark.parametrize("gamma", [1e-3, 0.01, 30.0, 1000.0])
def test_extreme_chirp_rates_are_finite(gamma):
    gamma = torch.tensor(gamma, requires_grad=True)
    x = am_chirp(512, 4, gamma)
    x.sum().backward()
    assert torch.isfinite(x).all() and torch.isfinite(gamma.grad)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"f_c": 0}, ValueError, "f_c must be positive and finite, got 0"),
        ({"f_m": -1.0}, ValueError, "f_m must be positive and finite, got -1.0"),
        ({"gamma": math.nan}, ValueError, "gamma must be positive and finite, got nan"),
        ({"gamma": torch.tensor([1.0, math.inf])}, ValueError, "gamma must .* got inf"),
        ({"f_m": torch.tensor([1.0, 0.0])}, ValueError, "f_m must .* got 0.0"),
        ({"f_m": torch.tensor(4)}, TypeError, "f_m must be a real tensor, float32 or float64"),
        ({"f_m": torch.tensor(4j)}, TypeError, "f_m must be a real tensor, float32 or float64"),
        ({"f_m": "4"}, TypeError, "f_m must be a number or a tensor, got '4'"),
        ({"f_c": 4096}, ValueError, "f_c must be below 4096.0 .*Nyquist.*, got 4096"),
        ({"f_c": torch.tensor([1.0, 5000.0])}, ValueError, "f_c must be below 4096.0"),
        ({"sr": 0}, ValueError, "sr must be positive"),
        ({"duration": -1.0}, ValueError, "duration must be positive and finite, got -1.0"),
        ({"duration": 1e-9}, ValueError, "duration \\* sr must be at least 1 sample"),
        ({"bandwidth": 0.0}, ValueError, "bandwidth must be positive"),
        ({"shift": 0.5}, TypeError, "shift must be an integer, got 0.5"),
    ],
)
def test_bad_parameters_are_refused(change, error, message):
    with pytest.raises(error, match=message):
        am_chirp(**{"f_c": 512, "f_m": 4, "gamma": 1.0, **change})


def test_parameters_of_different_shape_are_refused():
    with pytest.raises(ValueError, match="f_m and gamma|broadcast"):
        am_chirp(512, torch.rand(3) + 4, torch.rand(2) + 1)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_refused(dtype):
    with pytest.raises(TypeError, match=f"must be a real tensor, float32 or float64, got {dtype}"):
        am_chirp(torch.tensor(512.0, dtype=dtype), 4, 1)

import math

import numpy as np
import pytest
import torch

from chirplib.synths.call import call

FALL = dict(f_c=700.0, growth=0.5, width=0.3, level=0.2, middle=1.3)


def plain_call(f_c, growth, width, level, middle, f_m=None, duration=4.0, sr=2**13):
    """The closed form, but for a constant phase, as an analytic signal in NumPy."""
    t = np.arange(round(duration * sr)) / sr - middle
    phase = 2 * np.pi * f_c * (growth**t - 1) / np.log(growth)
    envelope = level * np.exp(-0.5 * (t / width) ** 2)
    if f_m is not None:
        envelope = envelope * np.sin(2 * np.pi * f_m * t)
    return envelope * np.exp(1j * phase)


@pytest.mark.parametrize(
    "change", [{}, {"growth": 3.0}, {"f_m": 5.0}, {"duration": 2.5, "sr": 4096}]
)
def test_agrees_with_the_closed_form_but_for_a_phase(change):
    parameters = {**FALL, **change}
    f_c = torch.tensor(parameters["f_c"], dtype=torch.float64)
    x = call(**(parameters | {"f_c": f_c})).numpy()
    expected = plain_call(**parameters)
    phasor = np.vdot(expected, x)
    fitted = (expected * phasor / abs(phasor)).real
    assert np.linalg.norm(x - fitted) < 1e-3 * np.linalg.norm(fitted)


def test_a_growth_of_one_is_a_tone():
    x = call(1000.0, 1.0, width=10.0, level=0.5, middle=2.0)
    spectrum = np.abs(np.fft.rfft(x.numpy() * np.hanning(len(x))))
    assert spectrum.argmax() == 4000
    assert 0.49 < x.abs().max() <= 0.5


def test_bursts_come_twice_as_often_as_f_m_and_there_is_none_in_the_middle():
    x = call(1000.0, 1.0, width=10.0, level=0.5, middle=2.0, f_m=3.0)
    energy = x.square().reshape(-1, 128).sum(-1).numpy()
    rates = np.abs(np.fft.rfft(energy - energy.mean()))
    assert 8 + rates[8:].argmax() == 24  # six a second, in four seconds
    assert energy[128] < 0.05 * energy.max()


def test_derivatives_agree_with_finite_differences():
    values = [700.0, 0.5, 0.3, 0.2, 1.3, 4.0]
    parameters = [torch.tensor([v], dtype=torch.float64, requires_grad=True) for v in values]

    def bursts(*p):
        return call(*p[:5], f_m=p[5], duration=2.0, sr=2048)

    assert torch.autograd.gradcheck(bursts, parameters, fast_mode=True, rtol=1e-2)


def test_shape_dtype_and_broadcasting():
    f_c, growth = torch.rand(3, 1) + 500, torch.rand(2) + 0.5
    x = call(f_c, growth, 0.3, 0.2, 2.0)
    assert x.shape == (3, 2, 2**15) and x.dtype == torch.float32
    torch.testing.assert_close(x[2, 1], call(f_c[2, 0], growth[1], 0.3, 0.2, 2.0))
    double = call(f_c.double(), growth.double(), 0.3, 0.2, 2.0)
    assert (x - double).abs().max() < 1e-3
    columns = torch.func.jacfwd(lambda q: call(500.0, q, 0.3, 0.2, 2.0))(torch.tensor(0.7))
    assert columns.shape == (2**15,) and torch.isfinite(columns).all()


def test_extreme_growth_is_finite():
    for growth in (1e-6, 1e6):
        assert torch.isfinite(call(500.0, growth, 0.1, 0.2, 2.0)).all()


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"growth": 0}, ValueError, "growth must be positive and finite, got 0"),
        ({"middle": -1.0}, ValueError, "middle must be positive and finite, got -1.0"),
        ({"f_m": math.nan}, ValueError, "f_m must be positive and finite, got nan"),
        ({"f_c": 4096.0}, ValueError, "f_c must be below 4096.0"),
        ({"width": "4"}, TypeError, "width must be a number or a tensor, got '4'"),
        ({"f_c": torch.ones(2), "level": torch.ones(3)}, ValueError, "must broadcast"),
    ],
)
def test_bad_parameters_are_refused(change, error, message):
    with pytest.raises(error, match=message):
        call(**{**FALL, **change})

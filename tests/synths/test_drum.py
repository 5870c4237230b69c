import math

import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp

from chirplib.synths.drum import drum

THETA = 1200.0, 0.2, 0.03, 0.02, 0.7
# From one end of the ranges of the paper to the other, and narrow membranes.
CASES = [
    THETA,
    (10**2.4, 0.07, 1e-5, 1e-5, 1.0),
    (10**3.8, 0.8, 10**-0.7, 10**-0.5, 0.9),
    (10**2.4, 0.8, 10**-0.7, 10**-0.5, 0.05),
    (10**3.0, 0.3, 1e-5, 10**-0.5, 1e-3),
]


def double(theta):
    return [torch.tensor(value, dtype=torch.float64) for value in theta]


def equation_of_motion(omega, tau, p, D, alpha, m1, m2):
    """Stiffness and damping of a mode, from the coefficients of the membrane."""
    b, n = alpha + 1 / alpha, m1**2 + (m2 / alpha) ** 2
    S4 = (D * omega * alpha) ** 2 + (p * alpha / tau) ** 2
    c2 = alpha * (1 / b - p**2 * b) / tau**2 + alpha * omega**2 * (1 / b - D**2 * b)
    d1, d3 = 2 * (1 - p * b) / tau, -2 * p * alpha / tau
    return S4 * n**2 + c2 * n, d1 - d3 * n


@pytest.mark.parametrize("theta", CASES)
def test_agrees_with_the_equation_of_motion_step_by_step(theta):
    sr, n = 22050, 300
    t, x = np.arange(n) / sr, np.zeros(n)
    for m1 in range(1, 11):
        for m2 in range(1, 11):
            k, d = equation_of_motion(*theta, m1, m2)
            frequency = math.sqrt(k - d**2 / 4) / (math.pi * sr)
            fade = np.interp(frequency, [0.9, 1.0], [0, math.pi])
            shape = (math.sin(0.4 * math.pi * m1) * math.sin(0.4 * math.pi * m2)) ** 2
            weight = shape * (1 + math.cos(fade)) / 2
            if weight < 1e-12:
                continue
            solution = solve_ivp(
                lambda _, y, k=k, d=d: [y[1], -k * y[0] - d * y[1]],
                (0, t[-1]),
                [0.0, 1.0],
                "DOP853",
                t,
                rtol=1e-10,
                atol=1e-15,
                max_step=1 / sr,
            )
            x += weight * solution.y[0]
    found = drum(*double(theta), duration=n / sr)
    np.testing.assert_allclose(found, x / abs(x).max(), atol=1e-7)


def test_first_mode_has_the_frequency_and_decay_it_is_asked_for():
    sr, (omega, tau) = 22050, (2000.0, 0.1)
    # So much damping that no other mode is left after two seconds.
    x = drum(*double((omega, tau, 0.19, 1e-5, 0.8)), sr=sr)[2 * sr :].numpy()
    t = np.arange(len(x)) / sr
    basis = np.exp(-t / tau)[:, None] * np.stack([np.sin(omega * t), np.cos(omega * t)], axis=1)
    coefficients = np.linalg.lstsq(basis, x, rcond=None)[0]
    assert np.linalg.norm(x - basis @ coefficients) < 1e-3 * np.linalg.norm(x)


@pytest.mark.parametrize("theta", CASES)
def test_derivatives_agree_with_finite_differences(theta):
    parameters = [value.requires_grad_() for value in double(theta)]
    assert torch.autograd.gradcheck(
        lambda *theta: drum(*theta, duration=0.005), parameters, eps=1e-7, atol=1e-4, rtol=1e-3
    )


def test_forward_and_backward_derivatives_agree():
    theta = torch.tensor(THETA, dtype=torch.float64)
    forward = torch.func.jacfwd(lambda theta: drum(*theta, duration=0.01))(theta)
    backward = torch.func.jacrev(lambda theta: drum(*theta, duration=0.01))(theta)
    torch.testing.assert_close(forward, backward)


def test_a_mode_that_leaves_the_band_makes_no_jump():
    """Neither in the sound nor in its derivative."""

    def sound_and_slope(omega):
        rest = double(THETA[1:])
        return torch.func.jvp(
            lambda omega: drum(omega, *rest, duration=0.02),
            (torch.tensor(omega, dtype=torch.float64),),
            (torch.tensor(1.0, dtype=torch.float64),),
        )

    steps = np.linspace(3000, 3200, 401)  # several modes fade out on this way
    sounds, slopes = (torch.stack(rows) for rows in zip(*map(sound_and_slope, steps), strict=True))
    half = 0.5 * (slopes[1:] + slopes[:-1]) * (steps[1] - steps[0])
    assert (sounds.diff(dim=0) - half).norm(dim=1).max() < 0.02 * half.norm(dim=1).min()


def test_shape_dtype_and_batches():
    tau, alpha = torch.rand(3, 1) + 0.1, torch.rand(2) + 0.1
    x = drum(1000.0, tau, 0.01, 0.01, alpha)
    assert x.shape == (3, 2, 2**16) and x.dtype == torch.float32
    torch.testing.assert_close(x[2, 1], drum(1000.0, tau[2, 0], 0.01, 0.01, alpha[1]))
    assert (x.abs().amax(-1) == 1).all()


@pytest.mark.parametrize("theta", CASES)
def test_single_precision_is_enough(theta):
    single = drum(*(value.float() for value in double(theta)))
    exact = drum(*(value.float().double() for value in double(theta)))
    assert (single - exact).abs().max() < 1e-5


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"omega": 0.95 * math.pi * 22050}, "omega must be below"),
        ({"alpha": 1e-7}, "1 / alpha must be below"),
        ({"D": 1e300}, "the squared frequency of omega, tau, p, D and alpha must be"),
    ],
)
def test_what_makes_no_sound_is_refused(change, message):
    theta = dict(zip(("omega", "tau", "p", "D", "alpha"), double(THETA), strict=True))
    with pytest.raises(ValueError, match=message):
        drum(**theta | {name: double([value])[0] for name, value in change.items()})

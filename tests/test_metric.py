import numpy as np
import pytest
import torch

from chirplib import TimeFrequencyScattering, am_chirp
from chirplib.metric import ellipses, jacobian, metric, quadratic_form

N = 2**12
THETA = torch.tensor([[8.0, 1.5], [5.0, 3.0]], dtype=torch.float64)


@pytest.fixture(scope="module")
def jtfs():
    return TimeFrequencyScattering(J=8, J_fr=3, Q=4, F=0, shape=N)


def synth(theta):
    f_m, gamma = theta.T
    return am_chirp(512, f_m, gamma, duration=0.5)


def test_jacobian_is_that_of_central_differences(jtfs):
    J = jacobian(jtfs, synth, THETA)
    step = 1e-5
    for k in range(2):
        d = torch.zeros(2, dtype=torch.float64)
        d[k] = step
        with torch.no_grad():
            ahead, behind = (jtfs(synth(THETA * 2 ** (s * d))).flatten(1) for s in (1, -1))
        expected = (ahead - behind) / (2 * step)
        # Where a response vanishes its modulus has a kink: the norm forgives single features.
        assert (J[..., k] - expected).norm() < 1e-5 * expected.norm()


def test_quadratic_form_is_the_squared_distance_of_small_steps(jtfs):
    M = metric(jacobian(jtfs, synth, THETA))
    torch.testing.assert_close(M, M.mT)
    d = torch.tensor([0.6, -0.8], dtype=torch.float64)
    errors = []
    for step in (2**-6, 2**-10):
        with torch.no_grad():
            S_x, S_y = jtfs(synth(THETA * 2 ** (step * d))), jtfs(synth(THETA))
        truth = (S_x - S_y).square().sum(dim=(-2, -1))
        errors.append((quadratic_form(M, step * d) / truth - 1).abs())
    # The relative error tends to 0 with the step.
    assert (errors[1] < 0.005).all() and (errors[1] < errors[0] / 3).all()


def test_jacobian_of_a_power_law():
    J = jacobian(lambda x: x, lambda theta: theta**3, THETA)
    expected = torch.diag_embed(3 * np.log(2) * THETA**3)
    torch.testing.assert_close(J, expected)


def test_ellipses_are_level_sets():
    M = torch.tensor([[[4.0, 1.0], [1.0, 2.0]], [[1.0, 0.0], [0.0, 9.0]]], dtype=torch.float64)
    curves = ellipses(M, 0.5, n=16)
    assert curves.shape == (2, 16, 2)
    values = quadratic_form(M[:, None], torch.tensor(curves))
    torch.testing.assert_close(values, torch.full_like(values, 0.25))
    # The second is 0.5 wide and a third of that high.
    np.testing.assert_allclose(np.abs(ellipses(M, 0.5, n=65)[1]).max(axis=0), [0.5, 0.5 / 3])


def test_interrupted_jacobians_are_kept():
    calls = []

    def interrupted(x):
        calls.append(x)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return x

    with pytest.warns(UserWarning, match="after 1 of 2 sounds"):
        J = jacobian(interrupted, lambda theta: theta, THETA)
    assert J.shape == (1, 2, 2)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: jacobian(torch.sqrt, lambda t: t, -THETA), ValueError, "theta must be positive"),
        (lambda: jacobian(torch.sqrt, lambda t: t, THETA[0]), ValueError, "theta must be of shape"),
        (lambda: jacobian(torch.sqrt, lambda t: t, [8, 1]), TypeError, "theta must be a tensor"),
        (
            lambda: jacobian(lambda x: [x], lambda t: t, THETA),
            TypeError,
            "representation must be a Tensor",
        ),
        (
            lambda: jacobian(lambda x: (x - x).sqrt(), lambda t: t, THETA),
            ValueError,
            "Jacobian must be finite, not so at",
        ),
        (lambda: metric(THETA), ValueError, "jacobians must have 3 dimensions"),
        (lambda: quadratic_form(torch.eye(3), THETA), ValueError, "metrics and octaves"),
        (lambda: ellipses(torch.zeros(1, 2, 2), 1.0), ValueError, "positive definite"),
        (lambda: ellipses(torch.eye(2)[None], -1.0), ValueError, "radius must be positive"),
    ],
)
def test_bad_arguments_are_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()

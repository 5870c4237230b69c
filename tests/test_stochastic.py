import numpy as np
import pytest
import torch

from chirplib import am_chirp
from chirplib.stochastic import RateDistances, descend, estimate, octave_gradient

SETTINGS = dict(J=9, J_fr=3, Q=4, F=0, sr=2**13, shape=2**13, rates=(8, 100))
THETA = torch.tensor([[6.0, 3.0], [12.0, 2.0]], dtype=torch.float64)


def synth(theta):
    f_m, gamma = theta.T
    return am_chirp(512, f_m, gamma, duration=1)


@pytest.fixture(scope="module")
def distances():
    return RateDistances(synth(torch.tensor([[8.0, 2.5]], dtype=torch.float64))[0], **SETTINGS)


def test_distance_is_that_of_the_rows_of_order_2(distances):
    x, y = synth(THETA), synth(torch.tensor([[8.0, 2.5]], dtype=torch.float64))
    jtfs, meta = distances.whole, distances.whole.meta()
    difference = (jtfs(x) - jtfs(y)).square().sum(dim=-1)
    torch.testing.assert_close(distances(x), difference[:, meta["order"] == 2].sum(dim=-1))
    assert len(distances.rates) == 4 and (np.diff(distances.rates) < 0).all()
    for n, rate in enumerate(distances.rates):
        expected = difference[:, np.isclose(2**13 * meta["rate"], rate)].sum(dim=-1)
        torch.testing.assert_close(distances.by_rate(x)[:, n], expected)
        torch.testing.assert_close(distances.of_rate(x, n), expected)


@pytest.mark.parametrize("p", [[0.25] * 4, [0.1, 0.2, 0.3, 0.4]])
def test_the_estimate_is_unbiased(distances, p):
    exact = octave_gradient(distances, synth, THETA)
    parts = [estimate(distances, synth, THETA, n, p) for n in range(4)]
    mean = sum(p_n * part for p_n, part in zip(p, parts))
    torch.testing.assert_close(mean, exact, rtol=1e-9, atol=1e-12 * exact.abs().max().item())
    # It is an estimate: no single rate is the whole.
    assert all((part - exact).norm() > 0.01 * exact.norm() for part in parts)


def test_gradient_is_that_of_central_differences(distances):
    gradient, step = octave_gradient(distances, synth, THETA), 1e-5
    for k in range(2):
        d = torch.zeros(2, dtype=torch.float64)
        d[k] = step
        with torch.no_grad():
            ahead, behind = (distances(synth(THETA * 2 ** (s * d))) for s in (1, -1))
        torch.testing.assert_close(gradient[:, k], (ahead - behind) / (2 * step), rtol=1e-5, atol=0)


def test_descent_follows_its_recursion():
    def gradient(theta):
        return torch.log2(theta)

    result = descend(gradient, (1.2, 0.9), step=0.5, decay=2, steps=3)
    u = np.log2([1.2, 0.9])
    for k in range(3):
        np.testing.assert_allclose(np.log2(result.parameters[k]), u, rtol=1e-5)
        u = u - 0.5 / (1 + k / 2) * u
    np.testing.assert_allclose(np.log2(result.parameters[3]), u, rtol=1e-5)
    assert result.seconds[0] == 0 and (np.diff(result.seconds) >= 0).all()


def test_long_steps_are_shortened_to_half_an_octave():
    result = descend(lambda theta: torch.tensor([[100.0, 50.0]]), (8, 8), step=1, steps=1)
    np.testing.assert_allclose(np.log2(result.parameters[1]), [2.5, 2.75], rtol=1e-6)


def test_interrupted_descent_is_kept():
    calls = []

    def gradient(theta):
        calls.append(theta)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return torch.log2(theta)

    with pytest.warns(UserWarning, match="interrupted after 2 steps"):
        result = descend(gradient, (2.0,), step=0.1, steps=9)
    assert result.parameters.shape == (3, 1) and result.seconds.shape == (3,)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"start": (0.0,)}, "theta must be positive"),
        ({"step": -1}, "step must be positive"),
        ({"decay": 0}, "decay must be positive"),
        ({"seconds": 1}, "exactly one of seconds and steps"),
    ],
)
def test_bad_descents_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        descend(torch.log2, **{"start": (2.0,), "step": 0.1, "steps": 1, **change})


def test_bad_estimates_are_refused(distances):
    for p in ([0.5, 0.5], [0.5, 0.5, 0.0, 0.0], [0.3] * 4):
        with pytest.raises(ValueError, match="probabilities must be 4 positive numbers of sum 1"):
            estimate(distances, synth, THETA, 0, p)
    with pytest.raises(ValueError, match="the gradient must be finite"):
        octave_gradient(lambda x: (x - x).sum(-1).sqrt(), synth, THETA)
    with pytest.raises(ValueError, match="rates must leave paths of order 2"):
        RateDistances(synth(THETA)[0], **{**SETTINGS, "rates": (4000, 4001)})

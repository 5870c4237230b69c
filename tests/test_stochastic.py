import numpy as np
import pytest
import torch

from chirplib import am_chirp
from chirplib.objective import Objective
from chirplib.stochastic import RandomRate, RateDistances

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
    random = RandomRate(distances, p, seed=0)

    def gradient(loss):
        return Objective(loss, synth).at(THETA).gradient

    exact = gradient(distances)
    parts = [gradient(lambda x, n=n: random.of_rate(x, n)) for n in range(4)]
    mean = sum(p_n * part for p_n, part in zip(p, parts, strict=True))
    torch.testing.assert_close(mean, exact, rtol=1e-9, atol=1e-12 * exact.abs().max().item())
    # It is an estimate: no single rate is the whole.
    assert all((part - exact).norm() > 0.01 * exact.norm() for part in parts)


def test_draws_are_those_of_the_seed_and_the_probabilities(distances):
    x, p = synth(THETA), [0.1, 0.2, 0.3, 0.4]
    drawn = np.random.default_rng(3).choice(4, p=p)
    value = RandomRate(distances, p, seed=3)(x)
    torch.testing.assert_close(value, distances.of_rate(x, drawn) / p[drawn])


def test_bad_estimates_are_refused(distances):
    bad = {
        r"be of shape \(4,\)": [0.5, 0.5],
        "be positive": [0.5, 0.5, 0.0, 0.0],
        "have the sum 1": [0.3] * 4,
    }
    for message, p in bad.items():
        with pytest.raises(ValueError, match=f"probabilities must {message}"):
            RandomRate(distances, p, seed=0)
    with pytest.raises(ValueError, match="must leave paths of order 2"):
        RateDistances(synth(THETA)[0], **{**SETTINGS, "rates": (4000, 4001)})

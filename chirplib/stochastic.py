"""Stochastic estimates of the gradient of a JTFS distance: one temporal wavelet at a time."""

import copy
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from chirplib._common.validation import (
    as_array,
    check_audio,
    check_instance,
    check_integer,
    check_number,
)
from chirplib.scattering import TimeFrequencyScattering


class RateDistances:
    r"""Squared distance of the JTFS of order 2 to a target, split by rate.

    .. math::

        L^2(x) = \sum_\mu L_\mu^2(x), \qquad
        L_\mu^2(x) = \| S_2 x(\cdot, \mu) - S_2 y(\cdot, \mu) \|^2

    where :math:`S_2 x(\cdot, \mu)` are all paths of one temporal wavelet. Orders 0 and 1 are left
    out.

    Parameters
    ----------
    y : tensor of shape (n,)
        Target.
    sr : float
        Sample rate in Hz.
    **settings
        Settings of `.TimeFrequencyScattering`.

    Attributes
    ----------
    whole : TimeFrequencyScattering
        The transform, of all orders.
    order2 : tensor of bool
        Which of its rows are of order 2.
    rates : array of shape (m,)
        Center frequencies of the temporal wavelets in Hz, decreasing.

    Examples
    --------
    >>> from chirplib import am_chirp
    >>> from chirplib.stochastic import RateDistances
    >>> x, y = am_chirp(512, 4, 2.0, duration=1), am_chirp(512, 6, 2.0, duration=1)
    >>> distances = RateDistances(y, sr=2**13, J=9, J_fr=3, Q=4, shape=len(y), rates=(4, 64))
    >>> distances.rates.round(1).tolist()
    [44.8, 22.4, 11.2, 5.6]
    >>> bool(abs(distances.of_rate(x, 1) - distances.by_rate(x)[1]) < 1e-6 * distances(x))
    True
    """

    def __init__(self, y: Tensor, *, sr: float, **settings):
        check_number("sr", sr, positive=True)
        self.whole = TimeFrequencyScattering(sr=sr, **settings)
        check_audio("y", y, length=self.whole.n_samples)
        meta = self.whole.meta()
        self.order2 = torch.as_tensor(meta["order"] == 2)
        frequencies = meta["rate"][meta["order"] == 2]
        if not frequencies.size:
            raise ValueError(
                "rates, scales and sr must leave paths of order 2, got "
                f"{settings.get('rates')}, {settings.get('scales')} and {sr}"
            )
        self.rates = sr * np.unique(frequencies)[::-1]
        self.index = torch.as_tensor(np.unique(-frequencies, return_inverse=True)[1])
        self.first_row = int(np.argmax(meta["order"] == 2))
        self.parts = [_of_one_wavelet(self.whole, n) for n in range(len(self.rates))]
        with torch.no_grad():
            target = self.whole(y)[self.order2]
        self.targets = [target[self.index == n] for n in range(len(self.rates))]
        self.target = target

    def __call__(self, x: Tensor) -> Tensor:
        """Squared distances of sounds x of shape (..., n) over all rates: shape (...)."""
        return self.by_rate(x).sum(dim=-1)

    def by_rate(self, x: Tensor) -> Tensor:
        """Squared distances of sounds x of shape (..., n) by rate: shape (..., m).

        All rates are computed in one transform.
        """
        squares = (self.whole(x)[..., self.order2, :] - self.target).square().sum(dim=-1)
        zeros = squares.new_zeros(*squares.shape[:-1], len(self.rates))
        return zeros.index_add(-1, self.index, squares)

    def of_rate(self, x: Tensor, n: int) -> Tensor:
        """Squared distances of sounds x of shape (..., n) at rate n: shape (...).

        Only the paths of that rate are computed.
        """
        check_integer("n", n, low=0, high=len(self.rates) - 1)
        rows = self.parts[n](x)[..., self.first_row :, :]
        return (rows - self.targets[n]).square().sum(dim=(-2, -1))


def _of_one_wavelet(jtfs, n):
    """The transform with one of its wavelets of order 2, and its other filters shared."""
    part = copy.copy(jtfs)
    part.network = jtfs.network.with_wavelet(1 + n)
    return part


class RandomRate:
    r"""Loss whose gradient is an estimate of that of a squared JTFS distance, from one random rate.

    Each call draws a rate n with probability :math:`p_n`, and returns :math:`L_n^2 / p_n`. The
    expectation of this, and of its gradient, is :math:`L^2` with its gradient.

    Parameters
    ----------
    distances : RateDistances
        Squared distances by rate.
    probabilities : sequence of m floats
        Probability of each rate.
    seed : int
        Seed of the draws.

    References
    ----------
    .. [1] C. Mitcheltree, V. Lostanlen, E. Benetos and M. Lagrange, "SCRAPL: Scattering Transform
       with Random Paths for Machine Learning", ICLR, 2026. It draws a path, not a rate.

    Examples
    --------
    The mean over all rates, with their probabilities, is the distance:

    >>> from chirplib import am_chirp
    >>> from chirplib.stochastic import RandomRate, RateDistances
    >>> x, y = am_chirp(512, 4, 2.0, duration=0.5), am_chirp(512, 6, 2.0, duration=0.5)
    >>> distances = RateDistances(y, sr=2**13, J=8, J_fr=3, Q=4, shape=len(y), rates=(20, 64))
    >>> loss = RandomRate(distances, [0.25, 0.75], seed=0)
    >>> mean = 0.25 * loss.of_rate(x, 0) + 0.75 * loss.of_rate(x, 1)
    >>> bool(abs(mean / distances(x) - 1) < 1e-4)
    True
    """

    def __init__(self, distances: RateDistances, probabilities: Sequence[float], *, seed: int):
        check_instance("distances", distances, RateDistances)
        check_integer("seed", seed, low=0)
        p = as_array("probabilities", probabilities, shape=distances.rates.shape, positive=True)
        if abs(p.sum() - 1) > 1e-6:
            raise ValueError(f"probabilities must have the sum 1, got {p.sum()}")
        self.distances, self.probabilities = distances, p
        self.generator = np.random.default_rng(seed)

    def __call__(self, x: Tensor) -> Tensor:
        """Estimates of the squared distances of sounds x of shape (..., n): shape (...)."""
        return self.of_rate(x, self.generator.choice(len(self.probabilities), p=self.probabilities))

    def of_rate(self, x: Tensor, n: int) -> Tensor:
        """The estimates that a draw of rate n gives."""
        return self.distances.of_rate(x, n) / self.probabilities[n]

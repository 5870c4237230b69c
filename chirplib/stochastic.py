"""Stochastic estimates of the gradient of a JTFS distance: one temporal wavelet at a time."""

import copy
from dataclasses import dataclass, field

import numpy as np
import torch

from chirplib._progress import Budget
from chirplib._validation import check_positive
from chirplib.metric import check_parameters
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

    def __init__(self, y, *, sr, **settings):
        self.whole = TimeFrequencyScattering(sr=sr, **settings)
        meta = self.whole.meta()
        self.order2 = torch.as_tensor(meta["order"] == 2)
        frequencies = meta["rate"][meta["order"] == 2]
        if not frequencies.size:
            raise ValueError(f"rates must leave paths of order 2, got {settings.get('rates')}")
        self.rates = sr * np.unique(frequencies)[::-1]
        self.index = torch.as_tensor(np.unique(-frequencies, return_inverse=True)[1])
        self.first_row = int(np.argmax(meta["order"] == 2))
        self.parts = [_of_one_wavelet(self.whole, n) for n in range(len(self.rates))]
        with torch.no_grad():
            target = self.whole(y)[self.order2]
        self.targets = [target[self.index == n] for n in range(len(self.rates))]
        self.target = target

    def __call__(self, x):
        """Squared distances of sounds x of shape (..., n) over all rates: shape (...)."""
        return self.by_rate(x).sum(dim=-1)

    def by_rate(self, x):
        """Squared distances of sounds x of shape (..., n) by rate: shape (..., m).

        All rates are computed in one transform.
        """
        squares = (self.whole(x)[..., self.order2, :] - self.target).square().sum(dim=-1)
        zeros = squares.new_zeros(*squares.shape[:-1], len(self.rates))
        return zeros.index_add(-1, self.index, squares)

    def of_rate(self, x, n):
        """Squared distances of sounds x of shape (..., n) at rate n: shape (...).

        Only the paths of that rate are computed.
        """
        rows = self.parts[n](x)[..., self.first_row :, :]
        return (rows - self.targets[n]).square().sum(dim=(-2, -1))


def _of_one_wavelet(jtfs, n):
    """The transform with one of its wavelets of order 2, and its other filters shared."""
    part = copy.copy(jtfs)
    part.network = jtfs.network.with_wavelet(1 + n)
    return part


def octave_gradient(distance, synth, theta):
    """Gradient of a distance with respect to log2-parameters.

    Parameters
    ----------
    distance : callable
        Maps sounds (batch, n) to distances (batch,).
    synth : callable
        Maps parameters (batch, k) to sounds (batch, n).
    theta : tensor of shape (batch, k)
        Parameters, positive.

    Returns
    -------
    tensor of shape (batch, k)
        Change of the distance per octave.

    Raises
    ------
    ValueError
        If a parameter is not positive or the gradient not finite.

    Examples
    --------
    >>> import torch
    >>> from chirplib.stochastic import octave_gradient
    >>> def synth(theta):
    ...     return theta
    >>> theta = torch.tensor([[1.0, 3.0]])
    >>> gradient = octave_gradient(lambda x: x.sum(-1), synth, theta)
    >>> gradient / torch.log(torch.tensor(2.0))
    tensor([[1., 3.]])
    """
    check_parameters(theta)
    u = torch.log2(theta.detach()).requires_grad_()
    (gradient,) = torch.autograd.grad(distance(synth(torch.exp2(u))).sum(), u)
    if not torch.isfinite(gradient).all():
        raise ValueError(f"the gradient must be finite, not so at {theta.tolist()}")
    return gradient


def estimate(distances, synth, theta, n, probabilities):
    r"""Estimate of the gradient from the one rate n that was drawn.

    It is :math:`\nabla L_n^2 / p_n`. Its expectation over n is the gradient of :math:`L^2`.

    Parameters
    ----------
    distances : RateDistances
    synth : callable
        Maps parameters (batch, k) to sounds (batch, n).
    theta : tensor of shape (batch, k)
        Parameters, positive.
    n : int
        Index of the rate.
    probabilities : array of shape (m,)
        Probability of each rate.

    Returns
    -------
    tensor of shape (batch, k)
        Per octave, as from `octave_gradient`.

    Examples
    --------
    The mean over all rates, with their probabilities, is the gradient:

    >>> import torch
    >>> from chirplib import am_chirp
    >>> from chirplib.stochastic import RateDistances, estimate, octave_gradient
    >>> def synth(theta):
    ...     return am_chirp(512, *theta.T, duration=0.5)
    >>> y, theta, p = am_chirp(512, 8.0, 2.0, duration=0.5), torch.tensor([[6.0, 2.5]]), [0.5, 0.5]
    >>> distances = RateDistances(y, sr=2**13, J=8, J_fr=3, Q=4, shape=len(y), rates=(20, 64))
    >>> mean = sum(p[n] * estimate(distances, synth, theta, n, p) for n in range(2))
    >>> torch.allclose(mean, octave_gradient(distances, synth, theta), rtol=1e-4)
    True
    """
    check_probabilities(probabilities, len(distances.rates))
    gradient = octave_gradient(lambda x: distances.of_rate(x, n), synth, theta)
    return gradient / float(probabilities[n])


def check_probabilities(probabilities, m):
    """Refuse what are not m positive probabilities of sum 1."""
    p = np.asarray(probabilities, dtype=float)
    if p.shape != (m,) or not (p > 0).all() or abs(p.sum() - 1) > 1e-6:
        raise ValueError(f"probabilities must be {m} positive numbers of sum 1, got {p}")


@dataclass(frozen=True)
class Descent:
    """Result of `descend`.

    Attributes
    ----------
    parameters : array of shape (steps + 1, k)
        Parameters before each step, and after the last.
    seconds : array of shape (steps + 1,)
        Wall time at which they were reached.
    """

    parameters: np.ndarray = field(repr=False)
    seconds: np.ndarray = field(repr=False)


def descend(gradient, start, *, step, decay=np.inf, seconds=None, steps=None):
    r"""Gradient descent in log-parameters with a decreasing step.

    .. math::

        u_{k+1} = u_k - \frac{\eta}{1 + k / \kappa} \, \nabla_u L

    No change of a parameter exceeds half an octave: longer ones are shortened.

    Parameters
    ----------
    gradient : callable
        Maps parameters (1, k) to the gradient per octave, or an estimate of it, (1, k).
    start : sequence of k floats
        Parameters to start from, positive.
    step : float
        First step :math:`\eta`, in octaves per unit of the gradient.
    decay : float, default infinity
        Number of steps :math:`\kappa` after which the step has halved.
    seconds, steps : optional
        See `.Budget`: exactly one of them.

    Returns
    -------
    Descent
        If it is interrupted from the keyboard, the steps so far, with a warning.

    Examples
    --------
    >>> import torch
    >>> from chirplib.stochastic import descend
    >>> result = descend(lambda theta: torch.log2(theta), [8.0], step=0.5, steps=20)
    >>> result.parameters[-1].round(3).tolist()
    [1.0]
    """
    check_positive("step", step)
    if not decay > 0:
        raise ValueError(f"decay must be positive, got {decay!r}")
    theta = torch.tensor([list(map(float, start))])
    check_parameters(theta)
    budget = Budget(seconds=seconds, steps=steps)
    parameters, times = [theta[0].numpy()], [0.0]

    def take_step(k):
        theta = torch.tensor(parameters[-1])[None]
        change = -step / (1 + k / decay) * gradient(theta)[0]
        change = change * min(1.0, 0.5 / max(change.abs().max().item(), 1e-30))
        parameters.append((theta[0] * torch.exp2(change)).numpy())
        times.append(budget.elapsed)

    budget.run(take_step)
    return Descent(np.stack(parameters), np.array(times))

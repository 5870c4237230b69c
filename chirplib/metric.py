"""The metric that a representation puts on the parameters of a synthesizer."""

from collections.abc import Callable
from concurrent.futures import Executor
from functools import partial
from itertools import takewhile

import numpy as np
import torch
from torch import Tensor

from chirplib import objective
from chirplib._common.derivatives import product
from chirplib._common.executors import completed
from chirplib._common.memory import check_memory
from chirplib._common.progress import interruptible
from chirplib._common.validation import (
    as_array,
    check_callable,
    check_instance,
    check_integer,
    check_number,
    check_parameters,
    check_tensor,
)


def jacobian(
    representation: Callable,
    synth: Callable,
    theta: Tensor,
    *,
    executor: Executor | None = None,
) -> Tensor:
    r"""Jacobian of the features in log-parameters, :math:`\partial \Phi(g(\theta)) / \partial u`.

    The log-parameters are :math:`u = \log_2 \theta`, in octaves. Forward differentiation computes
    all columns in one pass, one sound at a time.

    Parameters
    ----------
    representation : callable
        Phi, from sounds of shape (batch, n) to a tensor of features (batch, ...).
    synth : callable
        g, from parameters of shape (batch, k) to sounds of shape (batch, n).
    theta : tensor of shape (batch, k)
        Parameters, positive.
    executor : concurrent.futures.Executor, optional
        Who computes them, in one thread each: processes, or a cluster. By default, this process, in
        as many threads as PyTorch uses.

    Returns
    -------
    tensor of shape (batch, features, k)
        Change of each feature per octave of each parameter. If it is interrupted from the
        keyboard, the first rows, as far as they are done, with a warning.

    Raises
    ------
    ValueError
        If `theta` is not of shape (batch, k) or not positive, or a Jacobian is not finite.
    TypeError
        If `theta` is not a tensor of float32 or float64, or the features are not one tensor.

    References
    ----------
    .. [1] H. Han, V. Lostanlen and M. Lagrange, "Perceptual-Neural-Physical Sound Matching",
       ICASSP, 2023.

    Examples
    --------
    >>> import torch
    >>> from chirplib.metric import jacobian
    >>> square = lambda x: x.square()
    >>> theta = torch.tensor([[1.0, 2.0]])
    >>> jacobian(square, lambda theta: theta, theta) / torch.log(torch.tensor(2.0))
    tensor([[[2., 0.],
             [0., 8.]]])
    """
    check_callable("representation", representation)
    check_callable("synth", synth)
    check_parameters(theta)

    theta, results = theta.detach(), {}
    task = partial(_jacobian, representation, synth)
    with interruptible(len(theta), "sound", "Jacobian") as bar:
        for k, J in completed(task, theta, executor):
            if not results:
                # The Jacobians, and the tensor that they end in.
                size = 2 * J.numel() * J.element_size() * len(theta)
                check_memory("jacobian", size, "take fewer theta at a time, or keep only J^T J")
            results[k] = J
            bar.update()
    first = list(takewhile(results.__contains__, range(len(theta))))
    if not first:
        raise KeyboardInterrupt
    return torch.stack([results[k] for k in first])


def _jacobian(representation, synth, theta):
    return features_and_jacobian(representation, synth, theta)[1]


def features_and_jacobian(
    representation: Callable, synth: Callable, theta: Tensor
) -> tuple[Tensor, Tensor]:
    """Features of one sound, and their Jacobian in log-parameters.

    Parameters
    ----------
    representation, synth
        As for `jacobian`.
    theta : tensor of shape (k,)
        Parameters, positive.

    Returns
    -------
    pair of tensors, of shape (features,) and (features, k)

    Examples
    --------
    >>> import torch
    >>> from chirplib.metric import features_and_jacobian
    >>> S, J = features_and_jacobian(torch.log2, lambda theta: theta, torch.tensor([1.0, 8.0]))
    >>> S, J
    (tensor([0., 3.]), tensor([[1., 0.],
            [0., 1.]]))
    """
    check_callable("representation", representation)
    check_callable("synth", synth)
    check_tensor("theta", theta, ndim=1, positive=True)

    def features(theta):
        sounds = synth(theta[None])
        check_instance("the result of synth", sounds, Tensor)
        result = representation(sounds)
        check_instance("the result of representation", result, Tensor)
        return result.flatten()

    value, J = objective.jacobian(features, theta)
    if not torch.isfinite(J).all():
        raise ValueError(f"the Jacobian must be finite, not so at {theta.tolist()}")
    return value, J


def metric(jacobians: Tensor) -> Tensor:
    r"""Metric :math:`M = J^\top J` at each of a batch of parameters.

    Parameters
    ----------
    jacobians : tensor of shape (batch, features, k)
        From `jacobian`.

    Returns
    -------
    tensor of shape (batch, k, k)
        Symmetric and positive semidefinite, in squared features per squared octave.

    Examples
    --------
    >>> import torch
    >>> from chirplib.metric import metric
    >>> metric(torch.tensor([[[1.0, 0.0], [1.0, 2.0]]]))
    tensor([[[2., 2.],
             [2., 4.]]])
    """
    check_tensor("jacobians", jacobians, ndim=3)
    return product(jacobians.mT, jacobians)


def quadratic_form(metrics: Tensor, octaves: Tensor) -> Tensor:
    r"""Approximate squared distance :math:`d^\top M d` of sounds whose log-parameters differ by d.

    To second order in d, it is :math:`\|\Phi(g(\theta \, 2^d)) - \Phi(g(\theta))\|^2` for the
    metric M at :math:`\theta`.

    Parameters
    ----------
    metrics : tensor of shape (..., k, k)
        From `metric`.
    octaves : tensor of shape (..., k)
        Differences d of the log-parameters, in octaves.

    Returns
    -------
    tensor of shape (...)

    References
    ----------
    .. [1] H. Han, V. Lostanlen and M. Lagrange, "Learning to Solve Inverse Problems for Perceptual
       Sound Matching", IEEE/ACM Transactions on Audio, Speech, and Language Processing 32, 2024.

    Examples
    --------
    >>> import torch
    >>> from chirplib.metric import quadratic_form
    >>> quadratic_form(torch.eye(2), torch.tensor([3.0, 4.0]))
    tensor(25.)
    """
    check_tensor("metrics", metrics)
    check_tensor("octaves", octaves)
    if metrics.shape[-2:] != octaves.shape[-1:] * 2:
        raise ValueError(
            "metrics and octaves must be of shapes (..., k, k) and (..., k), "
            f"got {tuple(metrics.shape)} and {tuple(octaves.shape)}"
        )
    return (octaves.unsqueeze(-1) * metrics * octaves.unsqueeze(-2)).sum(dim=(-2, -1))


def ellipses(metrics: Tensor, radius: float, n: int = 64) -> np.ndarray:
    r"""Changes d of two log-parameters for which :math:`d^\top M d` is `radius` squared.

    Parameters
    ----------
    metrics : tensor of shape (batch, 2, 2)
        From `metric`, positive definite.
    radius : float
        Distance between features.
    n : int, default 64
        Number of points on each ellipse.

    Returns
    -------
    array of shape (batch, n, 2)
        Closed curves, in octaves.

    Examples
    --------
    >>> import torch
    >>> from chirplib.metric import ellipses
    >>> M = torch.tensor([[[1.0, 0.0], [0.0, 4.0]]])
    >>> abs(ellipses(M, 1.0, n=5)[0]).round(3).tolist()
    [[1.0, 0.0], [0.0, 0.5], [1.0, 0.0], [0.0, 0.5], [1.0, 0.0]]
    """
    check_number("radius", radius, positive=True)
    n = check_integer("n", n, low=2)
    values, vectors = np.linalg.eigh(as_array("metrics", metrics, shape=(None, 2, 2)))
    if not (values > 0).all():
        raise ValueError(f"metrics must be positive definite, got eigenvalues {values.min():.3g}")
    angle = np.linspace(0, 2 * np.pi, n)
    circle = radius * np.stack([np.cos(angle), np.sin(angle)])
    return np.swapaxes((vectors / np.sqrt(values)[:, None]) @ circle, 1, 2)

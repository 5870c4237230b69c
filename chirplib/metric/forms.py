"""The metric that Jacobians make, and what it says of small changes of parameters."""

import numpy as np
from torch import Tensor

from chirplib._common.derivatives import product
from chirplib._common.validation import (
    as_array,
    check_integer,
    check_number,
    check_tensor,
)


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

"""Jacobians of the features of sounds in the log-parameters of a synthesizer."""

from collections.abc import Callable
from concurrent.futures import Executor
from functools import partial
from itertools import takewhile

import torch
from torch import Tensor

from chirplib import objective
from chirplib._common.executors import completed
from chirplib._common.memory import check_memory
from chirplib._common.progress import interruptible
from chirplib._common.validation import (
    check_callable,
    check_instance,
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
    >>> energy = lambda x: x.square().sum(-1).log2()
    >>> S, J = features_and_jacobian(energy, lambda theta: theta, torch.tensor([2.0]))
    >>> S, J
    (tensor([2.]), tensor([[2.]]))
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

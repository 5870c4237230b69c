r"""The objective of a descent, ``loss(synth(theta))``, and its derivatives per octave.

The derivatives of this package are those in log2-parameters, :math:`u = \log_2 \theta`. Their unit
is the octave: how much something changes per octave of a parameter. By the chain rule, that is
:math:`\theta \ln 2` times the derivative in the parameter itself.
"""

import math
import os
import threading
from collections.abc import Callable
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from chirplib._common.validation import (
    as_array,
    check_callable,
    check_instance,
    check_parameters,
    check_precision,
    check_tensor,
)


class OutOfDomain(ValueError):
    """A synthesizer makes no sound, or not a finite one, of these parameters."""


class Objective:
    """A loss of the sounds of a synthesizer, as a function of its parameters.

    Parameters
    ----------
    loss : callable
        Maps sounds of shape (batch, n) to losses of shape (batch,).
    synth : callable
        Maps parameters of shape (batch, k) to sounds of shape (batch, n), differentiably. A
        ValueError that it raises means that the parameters are out of its domain.
    dtype : torch.dtype, optional
        Dtype of the parameters; by default their own.
    device : torch.device or str, optional
        Device of the parameters; by default their own.

    Attributes
    ----------
    n_evaluations : int
        Number of sounds whose loss was computed; a Jacobian counts as one for each parameter.

    Examples
    --------
    >>> import torch
    >>> from chirplib.objective import Objective
    >>> objective = Objective(lambda x: x.sum(-1), lambda theta: theta**2)
    >>> here = objective.at(torch.tensor([[1.0, 2.0]]))
    >>> here.loss.tolist()
    [5.0]
    >>> here.gradient / torch.log(torch.tensor(2.0))
    tensor([[2., 8.]])
    """

    def __init__(
        self,
        loss: Callable,
        synth: Callable,
        *,
        dtype: torch.dtype | None = None,
        device: torch.device | str | None = None,
    ):
        check_callable("loss", loss)
        check_callable("synth", synth)
        check_precision(dtype, device)
        self.loss, self.synth, self.dtype, self.device = loss, synth, dtype, device
        self.n_evaluations = 0

    def at(self, theta: Tensor | np.ndarray) -> "Evaluation":
        """The objective at parameters (batch, k): tensor or array.

        Raises
        ------
        OutOfDomain
            If the synthesizer raises a ValueError, or a sound is not finite.
        ValueError
            If the synthesizer does not return one sound for each set of parameters, or the loss not
            one value for each sound.
        TypeError
            If one of them does not return a tensor.
        """
        theta = self._parameters(theta)
        try:
            check_parameters(theta)
            x = self.synth(theta.requires_grad_())
        except ValueError as error:
            raise OutOfDomain(str(error)) from error
        check_instance("the result of synth", x, Tensor)
        if x.ndim < 2 or len(x) != len(theta):
            raise ValueError(
                f"the result of synth must have shape ({len(theta)}, n), got {tuple(x.shape)}"
            )
        if not torch.isfinite(x).all():
            raise OutOfDomain(f"synth must make finite sounds, not so at {theta.tolist()}")
        self.n_evaluations += len(theta)
        loss = self.loss(x)
        check_instance("the result of loss", loss, Tensor)
        if loss.shape != theta.shape[:1]:
            raise ValueError(
                f"the values of loss must have shape {tuple(theta.shape[:1])}, "
                f"got {tuple(loss.shape)}"
            )
        return Evaluation(theta, loss)

    def linearized(self, theta: Tensor | np.ndarray) -> tuple[Tensor, Tensor]:
        """Residual of the loss at parameters (k,), and its Jacobian: (features,), (features, k).

        Raises
        ------
        TypeError
            If the loss has no method ``residual``.
        """
        if not hasattr(self.loss, "residual"):
            raise TypeError(f"loss must have a method residual, got {self.loss!r}")
        theta = self._parameters(theta)
        check_tensor("theta", theta, ndim=1, positive=True)
        self.n_evaluations += len(theta)
        return jacobian(lambda theta: self.loss.residual(self.synth(theta[None])[0]), theta)

    def _parameters(self, theta):
        if not isinstance(theta, Tensor):
            theta = torch.from_numpy(as_array("theta", theta))
        # A copy: the caller's tensor is not made to require a gradient.
        return theta.detach().to(self.dtype or theta.dtype).to(self.device).clone()


class Evaluation:
    """An objective at parameters, as `Objective.at` returns it.

    Attributes
    ----------
    theta : tensor of shape (batch, k)
        Parameters.
    loss : tensor of shape (batch,)
        Their losses.
    """

    def __init__(self, theta: Tensor, loss: Tensor):
        self.theta, self.loss = theta.detach(), loss.detach()
        self._graph = theta, loss

    @cached_property
    def gradient(self) -> Tensor:
        """Change of the loss per octave of each parameter: tensor of shape (batch, k)."""
        theta, loss = self._graph
        del self._graph  # and what it keeps for a backward pass
        gradient = None
        if loss.requires_grad:
            (gradient,) = torch.autograd.grad(loss.sum(), theta, allow_unused=True)
        if gradient is None:
            raise ValueError(
                "loss(synth(theta)) must be differentiable in theta, got a value without a "
                "gradient: is there a detach() or no_grad() on the way?"
            )
        return gradient * self.theta * math.log(2)

    def is_finite(self) -> bool:
        """Whether losses and gradients are finite."""
        return bool(torch.isfinite(self.loss).all() and torch.isfinite(self.gradient).all())


def _open_lock():
    """Let one thread at a time compute forward derivatives, and any thread of a forked process.

    torch.func counts the levels of nested forward derivatives for the whole process: those of two
    threads at once would be taken for nested ones.
    """
    global _forward_mode
    _forward_mode = threading.RLock()


_open_lock()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_open_lock)


def jacobian(function: Callable, theta: Tensor) -> tuple[Tensor, Tensor]:
    """Value of a function of one set of parameters, and its Jacobian per octave.

    Forward differentiation computes all columns in one pass. One thread at a time does that: the
    others of the process wait.

    Parameters
    ----------
    function : callable
        Maps parameters of shape (k,) to a tensor of shape (features,).
    theta : tensor of shape (k,)
        Parameters, positive.

    Returns
    -------
    pair of tensors, of shape (features,) and (features, k)

    Examples
    --------
    >>> import torch
    >>> from chirplib.objective import jacobian
    >>> value, J = jacobian(torch.log2, torch.tensor([1.0, 8.0]))
    >>> value, J
    (tensor([0., 3.]), tensor([[1., 0.],
            [0., 1.]]))
    """
    check_callable("function", function)
    check_tensor("theta", theta, ndim=1, positive=True)

    def twice(theta):
        value = function(theta)
        check_instance("the result of function", value, Tensor)
        return value, value

    with _forward_mode, torch.no_grad():
        J, value = torch.func.jacfwd(twice, has_aux=True)(theta)
    return value, J * theta * math.log(2)

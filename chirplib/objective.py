r"""The objective of a descent, ``loss(synth(theta))``, and its derivatives per octave.

The derivatives of this package are those in log2-parameters, :math:`u = \log_2 \theta`. Their unit
is the octave: how much something changes per octave of a parameter. By the chain rule, that is
:math:`\theta \ln 2` times the derivative in the parameter itself.
"""

import math
from collections.abc import Callable
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from chirplib._validation import check_parameters


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
        self.loss, self.synth, self.dtype, self.device = loss, synth, dtype, device
        self.n_evaluations = 0

    def at(self, theta: Tensor | np.ndarray) -> "Evaluation":
        """The objective at parameters (batch, k): tensor or array.

        Raises
        ------
        OutOfDomain
            If the synthesizer raises a ValueError, or a sound is not finite.
        ValueError
            If the loss does not return one value for each sound.
        """
        theta = self._parameters(theta)
        try:
            check_parameters(theta)
            x = self.synth(theta.requires_grad_())
        except ValueError as error:
            raise OutOfDomain(str(error)) from error
        if not torch.isfinite(x).all():
            raise OutOfDomain(f"synth must make finite sounds, not so at {theta.tolist()}")
        self.n_evaluations += len(theta)
        loss = self.loss(x)
        if loss.shape != theta.shape[:1]:
            raise ValueError(
                f"the values of loss must have shape {tuple(theta.shape[:1])}, "
                f"got {tuple(loss.shape)}"
            )
        return Evaluation(theta, loss)

    def linearized(self, theta: Tensor | np.ndarray) -> tuple[Tensor, Tensor]:
        """Residual of the loss at parameters (k,), and its Jacobian: (features,), (features, k)."""
        theta = self._parameters(theta)
        self.n_evaluations += len(theta)
        return jacobian(lambda theta: self.loss.residual(self.synth(theta[None])[0]), theta)

    def _parameters(self, theta):
        # A copy: the caller's tensor is not made to require a gradient.
        return torch.as_tensor(theta, dtype=self.dtype, device=self.device).detach().clone()


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
        (gradient,) = torch.autograd.grad(loss.sum(), theta)
        return gradient * self.theta * math.log(2)

    def is_finite(self) -> bool:
        """Whether losses and gradients are finite."""
        return bool(torch.isfinite(self.loss).all() and torch.isfinite(self.gradient).all())


def jacobian(function: Callable, theta: Tensor) -> tuple[Tensor, Tensor]:
    """Value of a function of one set of parameters, and its Jacobian per octave.

    Forward differentiation computes all columns in one pass.

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

    def twice(theta):
        value = function(theta)
        return value, value

    with torch.no_grad():
        J, value = torch.func.jacfwd(twice, has_aux=True)(theta)
    return value, J * theta * math.log(2)

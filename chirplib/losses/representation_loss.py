"""The loss of two sounds as a distance of what a representation makes of them."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from chirplib._common.compiled import Unscripted
from chirplib._common.validation import (
    check_audio,
    check_broadcast,
    check_callable,
    check_devices,
    check_instance,
)

Features = Tensor | list[Tensor]


class RepresentationLoss(Unscripted, nn.Module):
    """Distance between representations: ``loss(x, y) = distance(Phi(x), Phi(y))``.

    A distance that is the p-norm of a difference of vectors says so: by a method ``vector`` from
    features to vectors, an attribute ``p``, and a mark ``is_norm`` on the method ``distance``. Then
    Gauss-Newton has its residual, and `.landscape_each` a faster way.

    Attributes
    ----------
    representation : callable
        Phi, from sounds (..., n) to features.

    Examples
    --------
    A loss of your own needs a representation and a distance:

    >>> from chirplib import MultiscaleSpectrogram, am_chirp
    >>> from chirplib.losses import RepresentationLoss
    >>> class PeakLoss(RepresentationLoss):
    ...     def distance(self, S_x, S_y):
    ...         return (S_x[0].amax(dim=(-2, -1)) - S_y[0].amax(dim=(-2, -1))).abs()
    >>> loss = PeakLoss(MultiscaleSpectrogram((256,)))
    >>> x = am_chirp(512, 4, 2.0, duration=0.5)
    >>> loss(x, x), bool(loss(2 * x, x) > 0)
    (tensor(0.), True)
    """

    def __init__(self, representation: Callable):
        super().__init__()
        check_callable("representation", representation)
        self.representation = representation

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        """Loss between sounds.

        Parameters
        ----------
        x, y : tensors of shape (..., n)
            Sounds of one length. Their batch shapes must broadcast.

        Returns
        -------
        tensor of shape (...)
            One loss for each sound of the batch.
        """
        _check_pair(x, y)
        return self.distance(self.representation(x), self.representation(y))

    def to_target(self, y: Tensor) -> "LossToTarget":
        """Loss against a fixed target, whose representation is computed once.

        Parameters
        ----------
        y : tensor of shape (..., n)
            Target.

        Returns
        -------
        LossToTarget
            Maps sounds x of shape (..., n) to ``loss(x, y)``. It is differentiable in x.
        """
        try:
            check_audio("y", y)
            with torch.no_grad():
                target = self.representation(y)
        except (TypeError, ValueError) as error:
            raise type(error)(f"y can not be a target: {error}") from None
        return LossToTarget(self, y, target)


class LossToTarget:
    """A loss against a fixed target: see `RepresentationLoss.to_target`.

    Parameters
    ----------
    loss : RepresentationLoss
    y : tensor of shape (..., n)
        Target.
    target : tensor or list of tensors
        Its representation.
    """

    def __init__(self, loss: RepresentationLoss, y: Tensor, target: Features):
        check_instance("loss", loss, RepresentationLoss)
        check_audio("y", y)
        self.loss, self.y, self.target = loss, y, target

    def __call__(self, x: Tensor) -> Tensor:
        """Loss of sounds x of shape (..., n): tensor of shape (...)."""
        _check_pair(x, self.y)
        return self.loss.distance(self.loss.representation(x), self.target)

    def residual(self, x: Tensor) -> Tensor:
        """What the loss is a norm of, for least squares: the difference of the features.

        Parameters
        ----------
        x : tensor of shape (n,)
            One sound.

        Returns
        -------
        tensor of shape (features,)
        """
        _check_pair(x, self.y)
        return self.loss.vector(self.loss.representation(x)) - self.loss.vector(self.target)


def _check_pair(x, y):
    """Refuse sounds of different length or whose batch shapes do not broadcast."""
    check_audio("x", x)
    check_audio("y", y)
    if x.shape[-1] != y.shape[-1]:
        raise ValueError(
            f"x and y must be of one length, got shapes {tuple(x.shape)} and {tuple(y.shape)}"
        )
    check_devices("x and y", x, y)
    check_broadcast("x and y", x.shape, y.shape)

"""The level of a signal, which is taken out before squares are, and put in again afterwards.

The square of a number of 1e20 is infinite in single precision, and that of 1e-23 is 0. Both may be
finite sounds.
"""

from collections.abc import Callable

import torch
from torch import Tensor


def level(x: Tensor, dim: int | tuple[int, ...] = -1) -> Tensor:
    """A power of two within an octave below the largest magnitude, or 1 for silence.

    A product with it, or a quotient, has no rounding error. It is a constant to differentiation.

    Parameters
    ----------
    x : tensor of shape (..., n)
        Signals.
    dim : int or tuple of int, default -1
        Axes along which the largest magnitude is looked for.

    Returns
    -------
    tensor of shape (..., 1)

    Examples
    --------
    >>> import torch
    >>> from chirplib.scattering.level import level
    >>> level(torch.tensor([[0.0, -5.0, 3.0], [1e-30, 0.0, 0.0], [0.0, 0.0, 0.0]])).log2().flatten()
    tensor([   2., -100.,    0.])
    """
    largest = x.detach().abs().amax(dim, keepdim=True)
    mantissa = torch.frexp(largest)[0]  # from 1/2 to 1
    return torch.where(largest > 0, largest / (2 * mantissa), torch.ones_like(largest))


def at_unit_level(transform: Callable, x: Tensor) -> Tensor:
    """What a transform makes of sounds, computed at a level near 1 and in their own precision.

    Parameters
    ----------
    transform : callable
        Maps sounds of shape (batch, n) to rows of shape (batch, C, frames). Sounds times a
        positive number have rows times that number.
    x : tensor of shape (..., n)
        Sounds.

    Returns
    -------
    tensor of shape (..., C, frames)

    Examples
    --------
    >>> import torch
    >>> from chirplib.scattering.level import at_unit_level
    >>> energy = lambda x: x.square().sum(dim=-1, keepdim=True).sqrt()[:, None]
    >>> at_unit_level(energy, torch.tensor([[3e30, 4e30]])).flatten()
    tensor([5.0000e+30])
    """
    sounds = x.reshape(-1, x.shape[-1])
    with torch.autocast(x.device.type, enabled=False):
        scale = level(sounds)
        rows = transform(sounds / scale) * scale.unsqueeze(-1)
    return rows.reshape(*x.shape[:-1], *rows.shape[1:])

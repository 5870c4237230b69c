"""Logarithmic compression: soft paths of a transform count beside loud ones."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from chirplib._common.compiled import Unscripted
from chirplib._common.validation import (
    check_audio,
    check_callable,
    check_instance,
    check_number,
    check_tensor,
)

# A path has at least this share of the mean of the loudest: below is rounding.
SILENT = 1e-6


class LogCompression(Unscripted, nn.Module):
    r"""A representation, followed by a logarithm that leaves 0 at 0.

    .. math::

        \Phi(x) = \log \Big( 1 + \frac{S x}{\varepsilon \mu} \Big)

    It is linear where :math:`S x` is small beside :math:`\varepsilon \mu`, and logarithmic where it
    is large. Negative values, which an average of the sound itself may have, are compressed by
    their magnitudes and keep their signs.

    Parameters
    ----------
    representation : callable
        S, from sounds (..., n) to features (..., paths, frames), such as a
        `.TimeFrequencyScattering`.
    eps : float, default 1e-3
        Epsilon, positive.
    mean : tensor that broadcasts with features, default 1
        Mu, positive. The mean of each path over a data set, from `path_mean`, brings all paths to
        one level.

    Raises
    ------
    ValueError
        If an argument is out of range, or `mean` does not broadcast with features.
    TypeError
        If an argument, or what `representation` returns, is of the wrong type.

    References
    ----------
    .. [1] V. Lostanlen, C. El-Hajj, M. Rossignol, G. Lafay, J. Andén and M. Lagrange,
       "Time-frequency scattering accurately models auditory similarities between instrumental
       playing techniques", EURASIP Journal on Audio, Speech, and Music Processing, 2021.

    Examples
    --------
    >>> import torch
    >>> from chirplib import TimeFrequencyScattering, am_chirp
    >>> from chirplib.representations import LogCompression, path_mean
    >>> from chirplib.losses import NormLoss
    >>> jtfs = TimeFrequencyScattering(J=8, J_fr=2, Q=4, shape=2**12, F=0)
    >>> sounds = am_chirp(512, 8.0, torch.tensor([1.0, 2.0, 4.0]), duration=0.5)
    >>> loss = NormLoss(LogCompression(jtfs, mean=path_mean(jtfs, sounds)), p=2)
    >>> loss(sounds[0], sounds).argmin()
    tensor(0)
    """

    def __init__(self, representation: Callable, eps: float = 1e-3, *, mean: Tensor | float = 1.0):
        super().__init__()
        check_callable("representation", representation)
        check_number("eps", eps, positive=True)
        if isinstance(mean, Tensor):
            check_tensor("mean", mean, positive=True)
        else:
            check_number("mean", mean, positive=True)
        self.representation, self.eps = representation, eps
        self.mean = torch.as_tensor(mean, dtype=torch.float64).detach()

    def forward(self, x: Tensor) -> Tensor:
        """Compressed features of sounds: from shape (..., n) to (..., paths, frames)."""
        check_audio("x", x)
        S = self.representation(x)
        check_instance("the result of representation", S, Tensor)
        shape, wanted = self.mean.shape, S.shape
        if len(shape) > len(wanted) or any(
            n not in (1, m) for n, m in zip(reversed(shape), reversed(wanted), strict=False)
        ):
            raise ValueError(
                f"mean must broadcast with features of shape {tuple(wanted)}, got {tuple(shape)}"
            )
        return torch.copysign(torch.log1p(S.abs() / (self.eps * self.mean).to(S)), S)


def path_mean(representation: Callable, sounds: Tensor) -> Tensor:
    """Mean magnitude of each path over the frames of all sounds, one sound at a time.

    Parameters
    ----------
    representation : callable
        From sounds (..., n) to features (..., paths, frames).
    sounds : tensor of shape (batch, n)
        A data set.

    Returns
    -------
    tensor of shape (paths, 1)
        At least a millionth of the largest, so that paths that hear nothing stay silent.

    Raises
    ------
    ValueError
        If all features are 0, or not finite.
    TypeError
        If an argument, or what `representation` returns, is of the wrong type.

    Examples
    --------
    >>> import torch
    >>> from chirplib.representations import path_mean
    >>> path_mean(lambda x: x.unflatten(-1, (2, 2)), torch.tensor([[1.0, 3.0, -2.0, 2.0]]))
    tensor([[2.],
            [2.]])
    """
    check_callable("representation", representation)
    check_audio("sounds", sounds)
    total = 0
    with torch.no_grad():
        for x in sounds.reshape(-1, 1, sounds.shape[-1]):
            S = representation(x)
            check_instance("the result of representation", S, Tensor)
            total = total + S[0].abs().mean(dim=-1, keepdim=True)
    mean = total / sounds.shape[:-1].numel()
    if not (torch.isfinite(mean).all() and mean.any()):
        raise ValueError("features must be finite and not all 0, to have a mean of each path")
    return mean.clamp_min(SILENT * mean.max())

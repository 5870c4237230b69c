"""The losses: distances between the representations of two sounds."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from chirplib._common.validation import (
    check_integer,
    check_tensor,
)
from chirplib.losses.representation_loss import Features, RepresentationLoss
from chirplib.representations.spectrograms import N_FFTS, MultiscaleSpectrogram
from chirplib.scattering import TimeFrequencyScattering
from chirplib.scattering.level import level


class MultiscaleSpectralLoss(RepresentationLoss):
    r"""Multiscale spectral loss (MSS): mean absolute difference of magnitudes.

    .. math::

        L(x, y) = \frac{1}{|\mathcal{N}|} \sum_{n \in \mathcal{N}} \operatorname{mean}_{t, \omega}
                  \big| \Phi_n x(t, \omega) - \Phi_n y(t, \omega) \big|

    The mean over the window lengths gives each of them one vote. But the shorter a window, the
    smaller its magnitudes, and the less they count.

    Parameters
    ----------
    n_ffts : sequence of int, default (2048, 1024, 512, 256, 128, 64)
        Window lengths in samples.
    terms : {'magnitudes', 'logarithms', 'both'}, default 'magnitudes'
        What is compared. The loss of [1]_ is the sum of both, but for its sum over windows, where
        this is a mean.

    References
    ----------
    .. [1] J. Engel, L. Hantrakul, C. Gu and A. Roberts, "DDSP: Differentiable Digital Signal
       Processing", ICLR, 2020.

    Examples
    --------
    >>> from chirplib import MultiscaleSpectralLoss, am_chirp
    >>> x, y = am_chirp(512, 4, 0.5), am_chirp(512, 4, 2.0)
    >>> loss = MultiscaleSpectralLoss()
    >>> loss(x, y) == loss(y, x), loss(x, x)
    (tensor(True), tensor(0.))

    Twice the amplitude is log 2 more, wherever the sound is well above 1e-5:

    >>> import torch
    >>> x = torch.randn(1024, generator=torch.Generator().manual_seed(0))
    >>> round(MultiscaleSpectralLoss((64,), terms="logarithms")(x, 2 * x).item(), 3)
    0.693
    """

    p = 1

    def __init__(self, n_ffts: Sequence[int] = N_FFTS, *, terms: str = "magnitudes"):
        super().__init__(MultiscaleSpectrogram(n_ffts, terms=terms))

    def distance(self, S_x: Features, S_y: Features) -> Tensor:
        """Distance between two lists of magnitudes: tensor of shape (...)."""
        scales = [(a - b).abs().mean(dim=(-2, -1)) for a, b in zip(S_x, S_y, strict=True)]
        return torch.stack(scales).sum(dim=0) / len(self.representation.n_ffts)

    distance.is_norm = True

    def vector(self, S: Features) -> Tensor:
        """Magnitudes as a vector, each divided by how many there are: tensor (..., features)."""
        n_scales = len(self.representation.n_ffts)
        parts = [s.flatten(-2) / (s.shape[-2:].numel() * n_scales) for s in S]
        return torch.cat(parts, dim=-1)


class TimeFrequencyScatteringLoss(RepresentationLoss):
    r"""Joint time-frequency scattering loss: Euclidean distance of the coefficients.

    .. math::

        L(x, y) = \| \Phi x - \Phi y \|_2

    Parameters
    ----------
    **settings
        Settings of `.TimeFrequencyScattering`.

    References
    ----------
    .. [1] C. Vahidi, H. Han, C. Wang, M. Lagrange, G. Fazekas and V. Lostanlen, "Mesostructures:
       Beyond Spectrogram Loss in Differentiable Time-Frequency Analysis", JAES 71(9), 2023.

    Examples
    --------
    >>> from chirplib import TimeFrequencyScatteringLoss, am_chirp
    >>> x = am_chirp(512, 4, 2.0, duration=0.5)
    >>> y = am_chirp(512, 4, 2.0, duration=0.5, shift=10)
    >>> loss = TimeFrequencyScatteringLoss(J=8, J_fr=3, Q=8, shape=len(x))
    >>> loss_y = loss.to_target(y)
    >>> loss_y(x) == loss(x, y)
    tensor(True)
    """

    p = 2

    def __init__(self, **settings):
        super().__init__(TimeFrequencyScattering(**settings))

    def distance(self, S_x: Features, S_y: Features) -> Tensor:
        """Distance between two tensors of coefficients: tensor of shape (...)."""
        return _euclidean_norm(S_x - S_y, self._axes())

    distance.is_norm = True

    def vector(self, S: Features) -> Tensor:
        """Coefficients as a vector: tensor (..., features)."""
        return S.flatten(self._axes()[0])

    def _axes(self):
        return (-3, -2, -1) if self.representation.format == "joint" else (-2, -1)


class NormLoss(RepresentationLoss):
    r"""Norm of the difference of features, for a representation of the reader's own.

    .. math::

        L(x, y) = \| \Phi x - \Phi y \|_p

    Parameters
    ----------
    representation : callable
        Phi, from sounds (..., n) to features (..., bins, frames).
    p : int
        Order of the norm: 1 for the sum of absolute differences, 2 for the Euclidean distance.

    Raises
    ------
    ValueError
        If p is neither 1 nor 2.

    Examples
    --------
    >>> import torch
    >>> from chirplib.losses import NormLoss
    >>> loss = NormLoss(lambda x: x.unflatten(-1, (2, 2)), p=1)
    >>> loss(torch.tensor([1.0, 2.0, 3.0, 4.0]), torch.ones(4))
    tensor(6.)
    """

    def __init__(self, representation: Callable, p: int):
        super().__init__(representation)
        check_integer("p", p, low=1, high=2)
        self.p = p

    def distance(self, S_x: Features, S_y: Features) -> Tensor:
        """Distance between features (..., bins, frames): tensor of shape (...)."""
        _check_features(S_x, S_y)
        if self.p == 1:
            return torch.linalg.vector_norm(S_x - S_y, ord=1, dim=(-2, -1))
        return _euclidean_norm(S_x - S_y, (-2, -1))

    distance.is_norm = True

    @staticmethod
    def vector(S: Features) -> Tensor:
        """Features as a vector: tensor (..., bins * frames)."""
        return S.flatten(-2)


def _euclidean_norm(x, dim):
    """Euclidean norm of a tensor along some axes, whatever its level."""
    scale = level(x, dim)
    return torch.linalg.vector_norm(x / scale, dim=dim) * scale.squeeze(dim)


def _check_features(S_x, S_y):
    """Refuse what are not two tensors of features (..., bins, frames) of one size."""
    check_tensor("S_x", S_x)
    check_tensor("S_y", S_y)
    if min(S_x.ndim, S_y.ndim) < 2 or S_x.shape[-2:] != S_y.shape[-2:]:
        raise ValueError(
            f"S_x and S_y must be features (..., bins, frames) of one size, "
            f"got shapes {tuple(S_x.shape)} and {tuple(S_y.shape)}"
        )

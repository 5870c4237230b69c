"""Filters of the scattering transform: Morlet wavelets, low-pass filters and padding.

The filter bank is the one of Kymatio, built from its public functions, so that our
coefficients can be compared with Kymatio's figure by figure. A transform uses three banks:
two along time (first and second order) and one along log-frequency.
"""

import math
import warnings
from typing import NamedTuple

import numpy as np
import torch
from kymatio.scattering1d.filter_bank import (
    compute_params_filterbank,
    compute_temporal_support,
    gauss_1d,
    morlet_1d,
)
from torch import Tensor

# Kymatio's constants: the low-pass filter of scale T has bandwidth SIGMA_0 / T, and a wavelet
# may be subsampled as long as ALPHA standard deviations of it stay below Nyquist.
SIGMA_0 = 0.1
ALPHA = 5.0

# A filter passes the bins where it exceeds this fraction of its maximum. The others count for
# less than 1e-12 of the coefficients in our tests.
NEGLIGIBLE = 1e-13


class Wavelet(NamedTuple):
    """A Morlet wavelet, or a Gaussian low-pass filter if ``xi`` is 0.

    Attributes
    ----------
    xi : float
        Center frequency, in cycles per sample.
    sigma : float
        Bandwidth: standard deviation in the Fourier domain, in cycles per sample.
    j : int
        The filtered signal may be subsampled by ``2 ** j``.
    """

    xi: float
    sigma: float
    j: int

    def fourier(self, n: int) -> np.ndarray:
        """Fourier transform over `n` samples: an array of shape ``(n,)``, real.

        Like Kymatio's, the filters are rounded to single precision, whatever the precision they
        are applied in. Where a sound has no energy, a response is as small as that rounding, and
        the gradient of its modulus depends on it.
        """
        psi = morlet_1d(n, abs(self.xi), self.sigma) if self.xi else gauss_1d(n, self.sigma)
        if self.xi < 0:
            # The mirror image of the wavelet of positive frequency, and so in time its conjugate.
            # Kymatio's is that but for 2e-6 of its norm, close to the Nyquist frequency.
            psi = np.roll(psi[::-1], 1)
        return psi.astype(np.float32).astype(np.float64)


def lowpass(scale: int) -> Wavelet:
    """Gaussian low-pass filter of a scale in samples (int): 1.59 `scale` is its standard deviation.

    Examples
    --------
    >>> from chirplib.scattering.wavelets import lowpass
    >>> lowpass(scale=16).j
    4
    """
    return Wavelet(0.0, SIGMA_0 / scale, int(math.log2(scale)))


def wavelet_bank(J: int, Q: int) -> list[Wavelet]:
    """Wavelets from the highest to the lowest center frequency.

    `Q` wavelets per octave (int, at least 1), with center frequencies in geometric progression
    down to the bandwidth ``SIGMA_0 / 2 ** J``, and in arithmetic progression below.

    Examples
    --------
    >>> from chirplib.scattering.wavelets import wavelet_bank
    >>> [psi.j for psi in wavelet_bank(J=4, Q=1)]
    [0, 0, 0, 1, 2]
    """
    parameters = compute_params_filterbank(SIGMA_0 / 2**J, Q, ALPHA)
    return [Wavelet(*psi) for psi in zip(*parameters, strict=True)]


def spinned_bank(J: int, Q: int) -> list[Wavelet]:
    """Filters along log-frequency.

    A low-pass filter of scale ``2 ** J``, wavelets of positive center frequency (spin +1), and the
    same wavelets with negative center frequency (spin -1).

    Examples
    --------
    >>> from chirplib.scattering.wavelets import spinned_bank
    >>> [round(psi.xi, 2) for psi in spinned_bank(J=2, Q=1)]
    [0.0, 0.35, 0.17, 0.09, -0.35, -0.17, -0.09]
    """
    up = wavelet_bank(J, Q)
    return [lowpass(2**J), *up, *(psi._replace(xi=-psi.xi) for psi in up)]


def padded_length(n: int, T: int | str | None) -> int:
    """Length, a power of two, to which `n` samples are padded for a low-pass filter of scale `T`.

    Reflection adds at most ``n - 1`` samples on either side.

    Examples
    --------
    >>> from chirplib.scattering.wavelets import padded_length
    >>> padded_length(1000, T=64)
    2048
    """
    with warnings.catch_warnings():
        # Kymatio warns when the support of the filter exceeds the signal. That is so for any
        # T close to n, and harmless: the padding is then as long as it can be.
        warnings.simplefilter("ignore")
        support = compute_temporal_support(lowpass(T).fourier(n)[None], criterion_amplitude=1e-3)
    return 2 ** min(math.ceil(math.log2(n + 6 * support)), int(math.log2(3 * n - 2)))


def periodized(fourier: np.ndarray, j: int) -> np.ndarray:
    """Fourier transform of a filter for a signal subsampled by ``2 ** j``: shape ``(n >> j,)``.

    Examples
    --------
    >>> import numpy as np
    >>> from chirplib.scattering.wavelets import periodized
    >>> periodized(np.array([1.0, 2.0, 3.0, 4.0]), 1).tolist()
    [4.0, 6.0]
    """
    return fourier.reshape(2**j, -1).sum(axis=0)


def convolution_matrix(
    fourier: np.ndarray, stride: int, n_in: int, n_out: int, first: int = 0
) -> np.ndarray:
    """Matrix of a circular convolution that computes some of its samples.

    Parameters
    ----------
    fourier : array of shape (n,)
        Fourier transform of the filter.
    stride : int
        Output sample ``i`` stands at input sample ``(first + i) * stride``.
    n_in : int
        Number of input samples; the other ``n - n_in`` are zero.
    n_out : int
        Number of output samples.
    first : int, default 0
        Index of the first output sample.

    Returns
    -------
    array of shape (n_out, n_in), complex

    Examples
    --------
    >>> import numpy as np
    >>> from chirplib.scattering.wavelets import convolution_matrix
    >>> delay = np.fft.fft([0.0, 1.0, 0.0, 0.0])
    >>> abs(convolution_matrix(delay, stride=2, n_in=4, n_out=2)).round().tolist()
    [[0.0, 0.0, 0.0, 1.0], [0.0, 1.0, 0.0, 0.0]]
    """
    response = np.fft.ifft(fourier)
    at = (first + np.arange(n_out)) * stride
    return response[(at[:, None] - np.arange(n_in)) % len(response)]


class TemporalAverage:
    """Low-pass filter along time, from the padded sound to frames.

    Parameters
    ----------
    T : int, None or 'global'
        Scale of the filter in samples, as in `lowpass`; None and 'global' for ``2 ** J``.
    J : int
        Scale of the wavelets.
    n : int
        Length of the sound in samples.

    Attributes
    ----------
    phi : Wavelet
        The low-pass filter. Frames are ``2 ** phi.j`` samples apart.
    n_padded, pad_left : int
        Length of the padded sound, and number of samples added before its start.
    frames : range
        The frames that lie within the sound, or all of them if `T` is 'global'.
    """

    def __init__(self, T: int | str | None, J: int, n: int):
        self.is_global = T == "global"
        scale = 2**J if T in (None, "global") else T
        self.phi = lowpass(scale)
        self.n_padded = padded_length(n, scale)
        self._fourier = self.phi.fourier(self.n_padded)
        self.pad_left = (self.n_padded - n) // 2
        start, stop = self.pad_left, self.pad_left + n
        if self.is_global:
            start, stop = 0, self.n_padded
        hop = 2**self.phi.j
        self.frames = range(math.ceil(start / hop), math.ceil(stop / hop))

    def pad(self, x: Tensor) -> Tensor:
        """Sounds (batch, n), reflected at their ends: tensor of shape (batch, n_padded)."""
        right = self.n_padded - x.shape[-1] - self.pad_left
        return torch.nn.functional.pad(x, (self.pad_left, right), mode="reflect")

    def low_pass(self, j: int, n_in: int | None = None, frames: range | None = None) -> np.ndarray:
        """Matrix ``(time, frames)`` of the filter, for a signal subsampled by ``2 ** j``.

        For a signal that is ``2 ** j`` times too large: the matrix makes up for that. `n_in`
        samples and `frames` are all that there are, or some.
        """
        frames = self.frames if frames is None else frames
        matrix = convolution_matrix(
            periodized(self._fourier, j),
            stride=2 ** (self.phi.j - j),
            n_in=n_in or self.n_padded >> j,
            n_out=len(frames),
            first=frames.start,
        )
        return matrix.real.T / 2**j

    def output(self, j: int) -> np.ndarray:
        """Matrix ``(time, output frames)``: the filter, or the sum over time if T is 'global'."""
        if self.is_global:
            return np.full((self.n_padded >> j, 1), 0.5**j)
        return self.low_pass(j)

    def low_pass_of_spectrum(
        self, j: int, frames: range | None = None
    ) -> tuple[np.ndarray, int, range]:
        """The filter for the spectrum of such a real signal: what `.SpectrumAverage` takes.

        The bins are those that the filter passes.
        """
        frames = self.frames if frames is None else frames
        n, total = self.n_padded >> j, self.n_padded >> self.phi.j
        phi = periodized(self._fourier, j)[: n // 2 + 1]
        phi = phi[: 1 + np.flatnonzero(phi > NEGLIGIBLE * phi[0])[-1]] / self.n_padded
        # So many samples for each frame that the bins and their negatives fit.
        step = 1
        while step * total < min(n, 2 * len(phi) - 1):
            step *= 2
        return phi, step * total, range(frames.start * step, frames.stop * step, step)

    def output_of_spectrum(self) -> tuple[np.ndarray, int, range]:
        """The filter for the spectrum of a sound, or the sum over time if T is 'global'."""
        return (np.ones(1), 1, range(1)) if self.is_global else self.low_pass_of_spectrum(0)

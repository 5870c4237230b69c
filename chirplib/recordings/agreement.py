"""How well a match agrees with a recording, and how much later it is."""

from collections.abc import Sequence

import numpy as np
from torch import Tensor

from chirplib._common.validation import as_array
from chirplib.recordings._spectrogram import FRAMES, spectrogram


def delay(
    x: Tensor | np.ndarray | Sequence[float],
    y: Tensor | np.ndarray | Sequence[float],
    *,
    sr: float = 2**13,
) -> float:
    """Estimate of how much later one sound is than another, by cross-correlation.

    It is the delay at which the magnitudes of their spectrograms, with Hann windows of 1/16 second
    that are 1/128 second apart, agree best [1]_.

    Parameters
    ----------
    x, y : tensors or arrays of shape (n,)
        Sounds of one length, as for `.ridge`.
    sr : float, default 8192
        Sample rate, in Hz.

    Returns
    -------
    float
        Seconds by which y is later than x.

    Raises
    ------
    ValueError, TypeError
        As `.ridge` does, and if the lengths differ.

    References
    ----------
    .. [1] C. H. Knapp and G. C. Carter, "The Generalized Correlation Method for Estimation of Time
       Delay", IEEE Transactions on Acoustics, Speech, and Signal Processing 24(4), 1976.

    Examples
    --------
    >>> from chirplib import am_chirp
    >>> from chirplib.recordings import delay
    >>> delay(am_chirp(512, 4, 2.0), am_chirp(512, 4, 2.0, shift=1024))
    0.125
    """
    x, y = _as_pair(x, y)
    agreement = _agreement(spectrogram("x", x, sr), spectrogram("y", y, sr))
    lag = int(agreement.argmax())
    return (lag if lag < len(agreement) / 2 else lag - len(agreement)) * round(sr / FRAMES) / sr


def explained(
    x: Tensor | np.ndarray | Sequence[float],
    y: Tensor | np.ndarray | Sequence[float],
    *,
    sr: float = 2**13,
) -> tuple[float, float]:
    r"""How much of the energy of a recording a match explains.

    It is the squared correlation of both: :math:`1 - \min \| y - x' \|^2 / \| y \|^2`. For the
    waveform, the :math:`x'` are all copies of x with a delay, a level and a constant phase. For the
    spectrogram, that of `delay`, they are those with a delay and a level.

    Parameters
    ----------
    x : tensor or array of shape (n,)
        The match, as for `.ridge`.
    y : tensor or array of shape (n,)
        The recording.
    sr : float, default 8192
        Sample rate, in Hz.

    Returns
    -------
    waveform, spectrogram : float
        Shares of the energy, between 0 and 1.

    Raises
    ------
    ValueError, TypeError
        As `delay` does.

    Examples
    --------
    >>> from chirplib import am_chirp
    >>> from chirplib.recordings import explained
    >>> late = am_chirp(512, 4, 2.0, shift=1024)
    >>> waveform, spectrogram = explained(0.5 * late, am_chirp(512, 4, 2.0))
    >>> waveform > 0.99, spectrogram > 0.99
    (True, True)
    """
    x, y = _as_pair(x, y)
    agreement = _agreement(spectrogram("x", x, sr), spectrogram("y", y, sr))
    n = 2 * len(y)
    X, Y = np.fft.fft(x / np.linalg.norm(x), n), np.fft.fft(y / np.linalg.norm(y), n)
    X[len(y) :] = 0  # the analytic signal, of which the waveforms with other phases are parts
    waveform = np.abs(np.fft.ifft(2 * X.conj() * Y)).max()
    return min(1.0, float(waveform) ** 2), min(1.0, float(agreement.max()) ** 2)


def _as_pair(x, y):
    """Two sounds of one length."""
    x, y = as_array("x", x, ndim=1), as_array("y", y, ndim=1)
    if len(x) != len(y):
        raise ValueError(f"x and y must be of one length, got {len(x)} and {len(y)} samples")
    return x, y


def _agreement(X, Y):
    """Correlation of two spectrograms over the delay of Y in frames, which wraps around."""
    n = 2 * X.shape[-1]
    product = np.fft.rfft(X / np.linalg.norm(X), n).conj() * np.fft.rfft(Y / np.linalg.norm(Y), n)
    return np.fft.irfft(product.sum(axis=0), n)

"""The representation Phi that listens at the microscale: spectrograms at several scales."""

import torch
from torch import nn

from chirplib._validation import check_audio, check_integer
from chirplib.scattering.modulus import modulus


class MultiscaleSpectrogram(nn.Module):
    r"""Magnitudes of short-time Fourier transforms with windows of several lengths.

    .. math::

        \Phi_n x(t, \omega) = \big| \mathrm{STFT}_n x(t, \omega) \big|

    Hann windows of n samples, a quarter of a window apart, the sound reflected at its ends.

    Parameters
    ----------
    n_ffts : sequence of int, default (2048, 1024, 512, 256, 128, 64)
        Window lengths in samples, each at least 4.

    Examples
    --------
    >>> import torch
    >>> from chirplib import MultiscaleSpectrogram
    >>> [tuple(s.shape) for s in MultiscaleSpectrogram(n_ffts=(64, 32))(torch.randn(2, 1024))]
    [(2, 33, 65), (2, 17, 129)]
    """

    def __init__(self, n_ffts=(2048, 1024, 512, 256, 128, 64)):
        super().__init__()
        if not n_ffts:
            raise ValueError(f"n_ffts must hold at least one window length, got {n_ffts!r}")
        for n_fft in n_ffts:
            check_integer("n_ffts", n_fft, low=4)
        self.n_ffts = tuple(n_ffts)

    def forward(self, x):
        """Magnitudes of sounds.

        Parameters
        ----------
        x : tensor of shape (..., n)
            Sounds, longer than half of the longest window.

        Returns
        -------
        list of tensors of shape (..., n_fft // 2 + 1, frames)
            One for each window length.
        """
        check_audio("x", x, shortest=max(self.n_ffts) // 2 + 1)
        sounds = x.reshape(-1, x.shape[-1])
        magnitudes = []
        for n_fft in self.n_ffts:
            window = torch.hann_window(n_fft, dtype=x.dtype, device=x.device)
            z = torch.stft(sounds, n_fft, n_fft // 4, window=window, return_complex=True)
            magnitude = modulus(z)
            magnitudes.append(magnitude.reshape(*x.shape[:-1], *magnitude.shape[1:]))
        return magnitudes

"""Representations Phi, from sounds to features: spectrograms, and what is made of them."""

from collections.abc import Sequence

import scipy.fft
import torch
from torch import Tensor, nn

from chirplib._common.compiled import Unscripted, import_librosa
from chirplib._common.derivatives import product
from chirplib._common.memory import check_memory
from chirplib._common.validation import (
    as_integers,
    check_audio,
    check_choice,
    check_flag,
    check_integer,
    check_number,
)
from chirplib.scattering.modulus import modulus

FLOOR = 1e-5  # added to magnitudes before a logarithm or a division
N_FFTS = (2048, 1024, 512, 256, 128, 64)
N_MELS = 64


def waveform(x: Tensor) -> Tensor:
    """The sound itself: from shape (..., n) to features of shape (..., 1, n).

    Examples
    --------
    >>> import torch
    >>> from chirplib.representations import waveform
    >>> waveform(torch.zeros(2, 8)).shape
    torch.Size([2, 1, 8])
    """
    check_audio("x", x)
    return x.unsqueeze(-2)


class MultiscaleSpectrogram(Unscripted, nn.Module):
    r"""Magnitudes of short-time Fourier transforms with windows of several lengths.

    .. math::

        \Phi_n x(t, \omega) = \big| \mathrm{STFT}_n x(t, \omega) \big|

    Hann windows of n samples, a quarter of a window apart, the sound reflected at its ends.

    Parameters
    ----------
    n_ffts : sequence of int, default (2048, 1024, 512, 256, 128, 64)
        Window lengths in samples, each at least 4.
    terms : {'magnitudes', 'logarithms', 'both'}, default 'magnitudes'
        What is returned. Logarithms are natural ones, taken after 1e-5 is added.

    Examples
    --------
    >>> import torch
    >>> from chirplib import MultiscaleSpectrogram
    >>> [tuple(s.shape) for s in MultiscaleSpectrogram(n_ffts=(64, 32))(torch.randn(2, 1024))]
    [(2, 33, 65), (2, 17, 129)]
    """

    def __init__(self, n_ffts: Sequence[int] = N_FFTS, *, terms: str = "magnitudes"):
        super().__init__()
        check_choice("terms", terms, ("magnitudes", "logarithms", "both"))
        self.n_ffts, self.terms = as_integers("n_ffts", n_ffts, low=4), terms

    def forward(self, x: Tensor) -> list[Tensor]:
        """Magnitudes of sounds.

        Parameters
        ----------
        x : tensor of shape (..., n)
            Sounds, longer than half of the longest window.

        Returns
        -------
        list of tensors of shape (..., n_fft // 2 + 1, frames)
            One for each window length; of both terms, all magnitudes come first.
        """
        check_audio("x", x, shortest=max(self.n_ffts) // 2 + 1)
        # Complex bins, twice as many numbers as samples for each window, and their moduli.
        size = 16 * len(self.n_ffts) * x.numel() * x.element_size()
        check_memory("MultiscaleSpectrogram", size, "take fewer sounds at a time (batch_size)")
        sounds = x.reshape(-1, x.shape[-1])
        magnitudes = []
        for n_fft in self.n_ffts:
            window = torch.hann_window(n_fft, dtype=x.dtype, device=x.device)
            z = torch.stft(sounds, n_fft, n_fft // 4, window=window, return_complex=True)
            magnitude = modulus(z)
            magnitudes.append(magnitude.reshape(*x.shape[:-1], *magnitude.shape[1:]))
        if self.terms == "magnitudes":
            return magnitudes
        logarithms = [torch.log(magnitude + FLOOR) for magnitude in magnitudes]
        return logarithms if self.terms == "logarithms" else magnitudes + logarithms


class MelSpectrogram(Unscripted, nn.Module):
    """Magnitude spectrogram, its bins summed by the triangles of the mel scale.

    Windows have 1024 samples and are a quarter of that apart. 64 triangles lie between 0 and
    ``sr / 2``.

    Parameters
    ----------
    sr : float
        Sample rate in Hz.
    log : bool, default False
        Whether to take natural logarithms, after 1e-5 is added.

    References
    ----------
    The triangles are those of ``librosa.filters.mel``: M. Slaney, "Auditory Toolbox", technical
    report 1998-010, Interval Research, 1998.

    Examples
    --------
    >>> import torch
    >>> from chirplib.representations import MelSpectrogram
    >>> MelSpectrogram(sr=8192)(torch.randn(2, 4096)).shape
    torch.Size([2, 64, 17])
    """

    def __init__(self, sr: float, *, log: bool = False):
        librosa = import_librosa()
        super().__init__()
        check_number("sr", sr, positive=True)
        check_flag("log", log)
        self.spectrogram = MultiscaleSpectrogram((1024,))
        mel = librosa.filters.mel(sr=sr, n_fft=1024, n_mels=N_MELS)
        self.mel, self.log = torch.from_numpy(mel), log

    def forward(self, x: Tensor) -> Tensor:
        """Mel bands of sounds: from shape (..., n) to (..., 64, frames)."""
        magnitude = self.spectrogram(x)[0]
        mel = product(self.mel.to(x), magnitude)
        return torch.log(mel + FLOOR) if self.log else mel


class MFCC(Unscripted, nn.Module):
    """Mel-frequency cepstral coefficients: the lowest terms of a DCT of each log-mel frame.

    Parameters
    ----------
    sr : float
        Sample rate in Hz.
    n_mfcc : int, default 20
        Number of coefficients, that of the mean over bands among them; at most 64.

    References
    ----------
    .. [1] S. Davis and P. Mermelstein, "Comparison of parametric representations for
       monosyllabic word recognition in continuously spoken sentences", IEEE Transactions on
       Acoustics, Speech, and Signal Processing 28(4), 1980.

    Examples
    --------
    >>> import torch
    >>> from chirplib.representations import MFCC
    >>> MFCC(sr=8192)(torch.randn(2, 4096)).shape
    torch.Size([2, 20, 17])
    """

    def __init__(self, sr: float, n_mfcc: int = 20):
        super().__init__()
        n_mfcc = check_integer("n_mfcc", n_mfcc, low=1, high=N_MELS)
        self.log_mel = MelSpectrogram(sr, log=True)
        dct = scipy.fft.dct(torch.eye(N_MELS).numpy(), axis=0, norm="ortho")
        self.dct = torch.from_numpy(dct[:n_mfcc].copy())

    def forward(self, x: Tensor) -> Tensor:
        """Coefficients of sounds: from shape (..., n) to (..., n_mfcc, frames)."""
        log_mel = self.log_mel(x)
        return product(self.dct.to(x), log_mel)


class CumulativeSpectrum(Unscripted, nn.Module):
    r"""Share of each frame's magnitude at or below each frequency.

    The mean absolute difference of two of these is the Wasserstein-1 distance of the spectra of
    a frame, divided by ``sr / 2``: the work of moving one into the other along the frequency
    axis. With p=1, `NormLoss` sums it over frames, times the number of bins. A frame is divided by
    its own sum, so its loudness is not heard; 1e-5 is added to each bin, so that silence counts
    as an even spectrum.

    Parameters
    ----------
    n_fft : int, default 1024
        Window length in samples; frames are a quarter of it apart.

    References
    ----------
    After [1]_, who transport spectra for the pitch of harmonic sounds.

    .. [1] B. Torres, G. Peeters and G. Richard, "Unsupervised harmonic parameter estimation using
       differentiable DSP and spectral optimal transport", ICASSP, 2024.

    Examples
    --------
    >>> import torch
    >>> from chirplib.representations import CumulativeSpectrum
    >>> cdf = CumulativeSpectrum(n_fft=64)(torch.randn(1024))
    >>> cdf.shape, torch.allclose(cdf[-1], torch.ones(65))
    (torch.Size([33, 65]), True)
    """

    def __init__(self, n_fft: int = 1024):
        super().__init__()
        n_fft = check_integer("n_fft", n_fft, low=4)
        self.spectrogram = MultiscaleSpectrogram((n_fft,))

    def forward(self, x: Tensor) -> Tensor:
        """Cumulative spectra of sounds: from shape (..., n) to (..., n_fft // 2 + 1, frames)."""
        magnitude = self.spectrogram(x)[0] + FLOOR
        return magnitude.cumsum(dim=-2) / magnitude.sum(dim=-2, keepdim=True)

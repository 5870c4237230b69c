"""Other listening devices Phi, and the loss that compares what any device hears."""

import librosa
import scipy.fft
import torch
from torch import nn

from chirplib._validation import check_integer, check_positive
from chirplib.losses import MultiscaleSpectralLoss, RepresentationLoss
from chirplib.representations import MultiscaleSpectrogram

FLOOR = 1e-5  # added to magnitudes before a logarithm or a division


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
    >>> from chirplib.listening_devices import NormLoss
    >>> loss = NormLoss(lambda x: x.unflatten(-1, (2, 2)), p=1)
    >>> loss(torch.tensor([1.0, 2.0, 3.0, 4.0]), torch.ones(4))
    tensor(6.)
    """

    def __init__(self, representation, p):
        super().__init__(representation)
        check_integer("p", p, low=1, high=2)
        self.p = p

    def distance(self, S_x, S_y):
        """Distance between features (..., bins, frames): tensor of shape (...)."""
        return torch.linalg.vector_norm(S_x - S_y, ord=self.p, dim=(-2, -1))

    @staticmethod
    def difference(S_x, S_y):
        """Difference of features (bins, frames), as a vector."""
        return (S_x - S_y).flatten()


def waveform(x):
    """The sound itself: from shape (..., n) to features of shape (..., 1, n).

    Examples
    --------
    >>> import torch
    >>> from chirplib.listening_devices import waveform
    >>> waveform(torch.zeros(2, 8)).shape
    torch.Size([2, 1, 8])
    """
    return x.unsqueeze(-2)


class LogMultiscaleSpectrogram(MultiscaleSpectrogram):
    """Natural logarithms of the magnitudes of a `.MultiscaleSpectrogram`, plus 1e-5.

    Examples
    --------
    >>> import torch
    >>> from chirplib.listening_devices import LogMultiscaleSpectrogram
    >>> [tuple(s.shape) for s in LogMultiscaleSpectrogram((64, 32))(torch.randn(2, 1024))]
    [(2, 33, 65), (2, 17, 129)]
    """

    def forward(self, x):
        """Log-magnitudes of sounds: as `.MultiscaleSpectrogram.forward`."""
        return [torch.log(magnitude + FLOOR) for magnitude in super().forward(x)]


class LogMultiscaleSpectralLoss(MultiscaleSpectralLoss):
    """Multiscale spectral loss of log-magnitudes: the second of the two terms of [1]_.

    Parameters
    ----------
    n_ffts : sequence of int, default (2048, 1024, 512, 256, 128, 64)
        Window lengths in samples.

    References
    ----------
    .. [1] J. Engel, L. Hantrakul, C. Gu and A. Roberts, "DDSP: Differentiable Digital Signal
       Processing", ICLR, 2020.

    Examples
    --------
    Twice the amplitude is log 2 more, wherever the sound is well above 1e-5:

    >>> import torch
    >>> from chirplib.listening_devices import LogMultiscaleSpectralLoss
    >>> x = torch.randn(1024, generator=torch.Generator().manual_seed(0))
    >>> round(LogMultiscaleSpectralLoss((64,))(x, 2 * x).item(), 3)
    0.693
    """

    def __init__(self, n_ffts=(2048, 1024, 512, 256, 128, 64)):
        RepresentationLoss.__init__(self, LogMultiscaleSpectrogram(n_ffts))


class MelSpectrogram(nn.Module):
    """Magnitude spectrogram, its bins summed by the triangles of the mel scale.

    Parameters
    ----------
    sr : float
        Sample rate in Hz.
    n_fft : int, default 1024
        Window length in samples; frames are a quarter of it apart.
    n_mels : int, default 64
        Number of mel bands between 0 and ``sr / 2``.
    log : bool, default False
        Whether to take natural logarithms, after 1e-5 is added.

    References
    ----------
    The triangles are those of ``librosa.filters.mel``: M. Slaney, "Auditory Toolbox", technical
    report 1998-010, Interval Research, 1998.

    Examples
    --------
    >>> import torch
    >>> from chirplib.listening_devices import MelSpectrogram
    >>> MelSpectrogram(sr=8192)(torch.randn(2, 4096)).shape
    torch.Size([2, 64, 17])
    """

    def __init__(self, sr, n_fft=1024, n_mels=64, *, log=False):
        super().__init__()
        check_positive("sr", sr)
        check_integer("n_mels", n_mels, low=1)
        self.spectrogram = MultiscaleSpectrogram((n_fft,))
        mel = librosa.filters.mel(sr=sr, n_fft=n_fft, n_mels=n_mels)
        self.mel, self.log = torch.from_numpy(mel), log

    def forward(self, x):
        """Mel bands of sounds: from shape (..., n) to (..., n_mels, frames)."""
        mel = self.mel.to(x) @ self.spectrogram(x)[0]
        return torch.log(mel + FLOOR) if self.log else mel


class MFCC(nn.Module):
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
    >>> from chirplib.listening_devices import MFCC
    >>> MFCC(sr=8192)(torch.randn(2, 4096)).shape
    torch.Size([2, 20, 17])
    """

    def __init__(self, sr, n_mfcc=20):
        super().__init__()
        n_mels = 64
        check_integer("n_mfcc", n_mfcc, low=1, high=n_mels)
        self.log_mel = MelSpectrogram(sr, n_mels=n_mels, log=True)
        dct = scipy.fft.dct(torch.eye(n_mels).numpy(), axis=0, norm="ortho")
        self.dct = torch.from_numpy(dct[:n_mfcc].copy())

    def forward(self, x):
        """Coefficients of sounds: from shape (..., n) to (..., n_mfcc, frames)."""
        return self.dct.to(x) @ self.log_mel(x)


class CumulativeSpectrum(nn.Module):
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
    >>> from chirplib.listening_devices import CumulativeSpectrum
    >>> cdf = CumulativeSpectrum(n_fft=64)(torch.randn(1024))
    >>> cdf.shape, torch.allclose(cdf[-1], torch.ones(65))
    (torch.Size([33, 65]), True)
    """

    def __init__(self, n_fft=1024):
        super().__init__()
        self.spectrogram = MultiscaleSpectrogram((n_fft,))

    def forward(self, x):
        """Cumulative spectra of sounds: from shape (..., n) to (..., n_fft // 2 + 1, frames)."""
        magnitude = self.spectrogram(x)[0] + FLOOR
        return magnitude.cumsum(dim=-2) / magnitude.sum(dim=-2, keepdim=True)

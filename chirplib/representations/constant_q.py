"""Constant-Q transforms, for pictures and networks: without a gradient."""

import warnings

import numpy as np
import torch
from torch import Tensor

from chirplib._common.compiled import import_librosa
from chirplib._common.memory import check_memory
from chirplib._common.validation import check_audio, check_below, check_integer, check_number


def cqt(
    sounds: Tensor,
    *,
    sr: float = 2**13,
    f_min: float = 128.0,
    octaves: int = 4,
    bins_per_octave: int = 24,
) -> np.ndarray:
    """Magnitudes of constant-Q transforms.

    Frames are 64 samples apart.

    Parameters
    ----------
    sounds : tensor of shape (batch, n)
        Sounds.
    sr : float, default 8192
        Sample rate in Hz.
    f_min : float, default 128.0
        Lowest frequency in Hz.
    octaves, bins_per_octave : int, default 4 and 24
        Range above `f_min`, and resolution.

    Returns
    -------
    array of shape (batch, octaves * bins_per_octave, frames)

    Raises
    ------
    ValueError
        If an argument is out of range, or the highest frequency not below ``sr / 2``.
    TypeError
        If an argument is of the wrong type.

    Examples
    --------
    >>> import torch
    >>> from chirplib import am_chirp
    >>> from chirplib.representations import cqt
    >>> cqt(am_chirp(512, torch.tensor([4.0, 8.0]), 2.0)).shape
    (2, 96, 513)
    """
    librosa = import_librosa()
    check_audio("sounds", sounds, shortest=64)
    check_number("sr", sr, positive=True)
    check_number("f_min", f_min, positive=True)
    octaves = check_integer("octaves", octaves, low=1, high=20)
    bins_per_octave = check_integer("bins_per_octave", bins_per_octave, low=1)
    check_below("f_min * 2 ** octaves", f_min * 2**octaves, sr / 2, "the Nyquist frequency sr / 2")
    size = 16 * sounds.numel() * (4 + octaves * bins_per_octave // 16)
    check_memory("cqt", size, "take fewer sounds at a time")
    with warnings.catch_warnings():
        # Of sounds that are shorter than the longest window: silence around them is what they have.
        warnings.filterwarnings("ignore", "n_fft=", UserWarning)
        z = librosa.cqt(
            sounds.detach().cpu().double().numpy(),
            sr=sr,
            hop_length=64,
            fmin=f_min,
            n_bins=octaves * bins_per_octave,
            bins_per_octave=bins_per_octave,
        )
    return np.abs(z)


def log_cqt(sounds: Tensor, *, sr: float = 2**13, f_min: float = 128.0, octaves: int = 4) -> Tensor:
    """Log-magnitudes of constant-Q transforms, each relative to its loudest bin.

    Parameters
    ----------
    sounds : tensor of shape (batch, n)
        Sounds.
    sr, f_min, octaves
        As in `cqt`.

    Returns
    -------
    tensor of shape (batch, 6 * octaves, frames)
        6 bins per octave. 0 at the loudest bin, -1 at 50 dB below it and less, in single
        precision. Silence is 0.

    Examples
    --------
    >>> import torch
    >>> from chirplib import am_chirp
    >>> from chirplib.representations import log_cqt
    >>> log_cqt(am_chirp(512, torch.tensor([4.0, 8.0]), 2.0)).shape
    torch.Size([2, 24, 513])
    """
    librosa = import_librosa()
    magnitudes = cqt(sounds, sr=sr, f_min=f_min, octaves=octaves, bins_per_octave=6)
    decibels = [librosa.amplitude_to_db(m, ref=np.max, top_db=50) for m in magnitudes]
    return torch.tensor(np.stack(decibels) / 50, dtype=torch.float32)

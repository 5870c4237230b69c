"""Sound files as targets: a stretch of one, at the rate, length and level of the book."""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from scipy import signal
from torch import Tensor

from chirplib._common.compiled import import_librosa
from chirplib._common.memory import check_memory
from chirplib._common.validation import as_list, check_below, check_duration, check_number

# What is so many decibels below the loudest part, at either end, is no part of the sound.
TRIM = 40


def load_recording(
    path: str | os.PathLike,
    *,
    start: float = 0.0,
    stop: float | None = None,
    band: Sequence[float] | None = None,
    slower: float = 1.0,
    duration: float = 4.0,
    sr: float = 2**13,
    level: float = 0.1,
) -> Tensor:
    """Read a stretch of a sound file, to be matched.

    Channels are averaged, and what is outside of `band` is filtered out. Silence at either end is
    cut off, and the rest is placed in the middle of a silent sound of the duration that is asked
    for: there the chirps of this package are.

    Parameters
    ----------
    path : str or path
        A file that libsndfile reads: WAV, FLAC, OGG, AIFF, MP3 and others.
    start, stop : float, default 0.0 and the end of the file
        The stretch, in seconds of the file.
    band : pair of floats, optional
        Lowest and highest frequency to keep, in Hz of the file, for recordings with noise outside
        of the sound. By default all are kept.
    slower : float, default 1.0
        How many times as long the stretch shall last. Its frequencies fall by as much, so that
        calls of mice or bats can be heard.
    duration : float, default 4.0
        Duration of the result, in seconds.
    sr : float, default 8192
        Sample rate of the result, in Hz. What is above half of it is filtered out.
    level : float, default 0.1
        Root mean square of the result.

    Returns
    -------
    tensor of shape (duration * sr,)

    Raises
    ------
    ValueError
        If there is no such file, it is no sound file, there is no sound in the stretch, or what is
        left after trimming is longer than `duration`. If an argument is out of range.
    TypeError
        If an argument is of the wrong type.
    MemoryError
        If the stretch would take more memory than there is.
    ImportError
        If librosa is missing: ``pip install chirplib[book]`` brings it.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> import soundfile
    >>> from chirplib.recordings import load_recording
    >>> beep = np.sin(2 * np.pi * 500 * np.arange(22050) / 44100)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     soundfile.write(f"{folder}/beep.wav", beep, 44100)
    ...     y = load_recording(f"{folder}/beep.wav", slower=2)
    >>> y.shape
    torch.Size([32768])
    """
    librosa = import_librosa()
    if not isinstance(path, str | os.PathLike):
        raise TypeError(f"path must be a path, got {path!r}")
    check_number("start", start, low=0)
    if stop is not None:
        check_number("stop", stop, positive=True)
    if band is not None:
        band = _as_band(band)
    check_number("slower", slower, positive=True)
    check_number("level", level, positive=True)
    n = check_duration(duration, sr)
    samples, sr_file = _read(Path(path))
    seconds = len(samples) / sr_file
    stop = seconds if stop is None else stop
    if not start < stop <= seconds:
        raise ValueError(
            f"start and stop must be in order and within the {seconds:g} s of {path}, "
            f"got {start} and {stop}"
        )
    if band is not None:
        # Forth and back, so that nothing is delayed.
        check_below("band", band[1], sr_file / 2, f"half the sample rate of {path}")
        bandpass = signal.butter(4, band, "bandpass", fs=sr_file, output="sos")
        samples = signal.sosfiltfilt(bandpass, samples, padlen=min(len(samples) - 1, sr_file // 10))
    samples = samples[round(start * sr_file) : round(stop * sr_file)]
    check_memory("load_recording", 32 * (stop - start) * slower * sr, "take a shorter stretch")
    samples = librosa.resample(samples, orig_sr=sr_file / slower, target_sr=sr)
    if not np.abs(samples).max(initial=0) > 0:
        raise ValueError(f"the stretch from {start:g} to {stop:g} s of {path} must have sound")
    window = max(64, 2 * round(0.01 * sr))
    samples, _ = librosa.effects.trim(
        samples, top_db=TRIM, frame_length=window, hop_length=window // 4
    )
    if len(samples) > n:
        raise ValueError(
            f"the sound from {start:g} to {stop:g} s of {path} must last no longer than duration, "
            f"{duration:g} s, got {len(samples) / sr:.3g} s: choose another start and stop"
        )
    x = np.zeros(n)
    left = (n - len(samples)) // 2
    x[left : left + len(samples)] = samples
    return torch.tensor(x * level / np.sqrt(np.mean(x**2)), dtype=torch.float32)


def _read(path):
    """Samples of a sound file, averaged over its channels, and its sample rate."""
    import soundfile  # comes with librosa

    if not path.is_file():
        raise ValueError(f"path must be a sound file, and there is none at {path}")
    try:
        samples, sr = soundfile.read(path, always_2d=True)
    except soundfile.LibsndfileError as error:
        raise ValueError(f"path must be a sound file, got {path}: {error}") from None
    if not np.isfinite(samples).all():
        raise ValueError(f"the samples of {path} must be finite")
    return samples.mean(axis=1), sr


def _as_band(band):
    """Two frequencies in order."""
    low, high = as_list("band", band, count=2)
    check_number("band[0]", low, positive=True)
    check_number("band[1]", high, positive=True)
    if not low < high:
        raise ValueError(f"band must be a lower and a higher frequency, got {low} and {high}")
    return float(low), float(high)

"""Sound files as targets, what to read off a sound before a descent, and what a match explains.

A stretch of a recording is brought to the rate, length and level of the book. The ridge of its
spectrogram tells where a descent may start.
"""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from scipy import signal, stats
from torch import Tensor

from chirplib._common.compiled import import_librosa
from chirplib._common.memory import check_memory
from chirplib._common.validation import (
    as_array,
    as_list,
    check_below,
    check_duration,
    check_number,
)

# What is so many decibels below the loudest part, at either end, is no part of the sound.
TRIM = 40
# Frames of the ridge per second, the number of them that a window lasts, and how loud a frame must
# be, in parts of the loudest, to say something about frequency.
FRAMES, WINDOW, LOUD = 128, 8, 0.25


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


def ridge(
    x: Tensor | np.ndarray | Sequence[float], *, sr: float = 2**13
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Loudest frequency of a sound at each time.

    It is the largest magnitude of each frame of a spectrogram, with Hann windows of 1/16 second
    that are 1/128 second apart. The median magnitude of the frame is taken off as noise.

    Parameters
    ----------
    x : tensor or array of shape (n,)
        Sound, of 1/16 second at least, that is not silent.
    sr : float, default 8192
        Sample rate, in Hz, at least 1024.

    Returns
    -------
    times : array of shape (frames,)
        Middle of each frame, in seconds.
    octaves : array of shape (frames,)
        Loudest frequency, as its log2 in Hz.
    strengths : array of shape (frames,)
        Its magnitude, in parts of the largest.

    Raises
    ------
    ValueError
        If the sound is silent, too short, not finite or of another shape, or `sr` is out of range.
    TypeError
        If an argument is of the wrong type.

    Examples
    --------
    >>> from chirplib.recordings import ridge
    >>> from chirplib.synths.call import call
    >>> times, octaves, strengths = ridge(call(1024.0, 1.0, width=0.5, level=1.0, middle=2.0))
    >>> bool(abs(octaves[strengths > 0.5] - 10).max() < 0.01)
    True
    """
    x = as_array("x", x, ndim=1)
    spectrogram = _spectrogram("x", x, sr, pad=4)
    strengths = spectrogram.max(axis=0) - np.median(spectrogram, axis=0)
    hop = round(sr / FRAMES)
    times = hop / sr * np.arange(len(strengths))
    octaves = np.log2((1 + spectrogram.argmax(axis=0)) * sr / (4 * WINDOW * hop))
    return times, octaves, strengths / strengths.max()


def call_features(
    x: Tensor | np.ndarray | Sequence[float],
    *,
    start: float = 0.0,
    stop: float | None = None,
    sr: float = 2**13,
) -> dict[str, float | None]:
    """Parameters of the `.call` that a sound looks like, for a descent to start from.

    All are read off the `ridge`. The middle and the width are quantiles of its energy: half of the
    energy is before the middle, and two thirds within 0.7 widths of it. A robust line through
    the loud frames, whose slope is the median over all pairs of frames [1]_, has the growth and the
    frequency. The rate of bursts is that of the first peak of the autocorrelation of its strength.

    Parameters
    ----------
    x : tensor or array of shape (n,)
        Sound, as for `ridge`.
    start, stop : float, default 0.0 and the end of the sound
        Where the call is, in seconds.
    sr : float, default 8192
        Sample rate, in Hz.

    Returns
    -------
    dict of str to float
        'f_c', 'growth', 'width', 'level' and 'middle', as `.call` takes them, and the 'rate' of
        bursts per second, which is twice `f_m`: None if there are no three bursts.

    Raises
    ------
    ValueError, TypeError
        As `ridge` does, and if there is no sound between `start` and `stop`.

    References
    ----------
    .. [1] P. K. Sen, "Estimates of the Regression Coefficient Based on Kendall's Tau", Journal of
       the American Statistical Association 63(324), 1968.

    Examples
    --------
    >>> from chirplib.recordings import call_features
    >>> from chirplib.synths.call import call
    >>> features = call_features(call(900.0, 0.7, width=0.5, level=0.2, middle=1.8, f_m=4.0))
    >>> {name: round(value, 1) for name, value in features.items() if name in ("middle", "rate")}
    {'middle': 1.8, 'rate': 8.0}
    """
    times, octaves, strengths = ridge(x, sr=sr)
    check_number("start", start, low=0)
    if stop is not None:
        check_number("stop", stop, positive=True)
    inside = (times >= start) & (times < (np.inf if stop is None else stop))
    if inside.sum() < 2 or not strengths[inside].any():
        raise ValueError(f"there must be sound between start and stop, got {start} and {stop}")
    times, octaves, strengths = times[inside], octaves[inside], strengths[inside]
    energy = strengths**2
    early, middle, late = np.interp([0.16, 0.5, 0.84], np.cumsum(energy) / energy.sum(), times)
    # The energy of a Gaussian window is one of a standard deviation that is smaller by sqrt(2).
    width = max((late - early) / np.sqrt(2), 1 / FRAMES)
    loud = strengths > LOUD * strengths.max()
    times, octaves = times[loud], octaves[loud]
    slope = stats.theilslopes(octaves, times)[0] if loud.sum() > 1 else 0.0
    samples = np.asarray(x, dtype=float)[
        round(start * sr) : None if stop is None else round(stop * sr)
    ]
    return {
        "f_c": float(2 ** np.median(octaves - slope * (times - middle))),
        "growth": float(2**slope),
        "width": float(width),
        "level": float(np.sqrt(2 * np.sum(samples**2) / (sr * width * np.sqrt(np.pi)))),
        "middle": float(max(middle, 1 / FRAMES)),
        "rate": _burst_rate(strengths, seconds=times[-1] - times[0]),
    }


def split_time(x: Tensor | np.ndarray | Sequence[float], *, sr: float = 2**13) -> float:
    """Where the ridge of a sound has its bend: the end of the first of two chirps in a row.

    Two straight lines are drawn through the loud frames of the `ridge`, one before a time and one
    after it. The time is the one at which their squared errors are least.

    Parameters
    ----------
    x, sr
        As for `ridge`.

    Returns
    -------
    float
        Time in seconds.

    Raises
    ------
    ValueError, TypeError
        As `ridge` does, and if the sound is shorter than 1/16 second.

    Examples
    --------
    >>> from chirplib.recordings import split_time
    >>> from chirplib.synths.call import call
    >>> fall = call(900.0, 0.5, width=0.2, level=0.2, middle=1.5)
    >>> rise = call(900.0, 2.0, width=0.2, level=0.2, middle=2.3)
    >>> 1.7 < split_time(fall + rise) < 2.1
    True
    """
    times, octaves, strengths = ridge(x, sr=sr)
    loud = strengths > LOUD
    times, octaves = times[loud], octaves[loud]
    if len(times) < WINDOW:
        raise ValueError(f"x must last 1/16 second at least, got {len(times)} loud frames")
    errors = [
        _line_error(times[:k], octaves[:k]) + _line_error(times[k:], octaves[k:])
        for k in range(2, len(times) - 1)
    ]
    k = 2 + int(np.argmin(errors))
    return float((times[k - 1] + times[k]) / 2)


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
        Sounds of one length, as for `ridge`.
    sr : float, default 8192
        Sample rate, in Hz.

    Returns
    -------
    float
        Seconds by which y is later than x.

    Raises
    ------
    ValueError, TypeError
        As `ridge` does, and if the lengths differ.

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
    agreement = _agreement(_spectrogram("x", x, sr), _spectrogram("y", y, sr))
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
        The match, as for `ridge`.
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
    agreement = _agreement(_spectrogram("x", x, sr), _spectrogram("y", y, sr))
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


def _spectrogram(name, x, sr, pad=1):
    """Magnitudes (bins, frames), with zeros for finer bins, without that of frequency 0."""
    check_number("sr", sr, low=8 * FRAMES)
    hop = round(sr / FRAMES)
    window = WINDOW * hop
    if len(x) < window or not np.abs(x).max() > 0:
        raise ValueError(
            f"{name} must have sound and at least {window} samples, got {len(x)} samples"
        )
    scaled = torch.tensor(x / np.abs(x).max(), dtype=torch.float64)
    hann = torch.hann_window(window, dtype=torch.float64)
    z = torch.stft(
        scaled, pad * window, hop, window, hann, pad_mode="constant", return_complex=True
    )
    return z[1:].abs().numpy()


def _agreement(X, Y):
    """Correlation of two spectrograms over the delay of Y in frames, which wraps around."""
    n = 2 * X.shape[-1]
    product = np.fft.rfft(X / np.linalg.norm(X), n).conj() * np.fft.rfft(Y / np.linalg.norm(Y), n)
    return np.fft.irfft(product.sum(axis=0), n)


def _line_error(times, octaves):
    """Sum of squared distances from the best straight line."""
    design = np.stack([np.ones_like(times), times - times.mean()], axis=1)
    line, *_ = np.linalg.lstsq(design, octaves)
    return float(np.sum((octaves - design @ line) ** 2))


def _burst_rate(strengths, seconds):
    """Rate in Hz at which the strength of a ridge rises and falls, if it does so three times."""
    centered = strengths - strengths.mean()
    correlation = np.correlate(centered, centered, "full")[len(centered) - 1 :]
    if not correlation[0] > 0:
        return None
    peaks, _ = signal.find_peaks(correlation / correlation[0], prominence=0.2)
    rate = FRAMES / peaks[0] if len(peaks) else 0.0
    return float(rate) if rate * seconds >= 2 else None

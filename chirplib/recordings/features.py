"""What to read off a recording before a descent: its ridge, and where that may start."""

from collections.abc import Sequence

import numpy as np
from scipy import signal, stats
from torch import Tensor

from chirplib._common.validation import as_array, check_number
from chirplib.recordings._spectrogram import FRAMES, WINDOW, spectrogram

# How loud a frame must be, in parts of the loudest, to say something about frequency.
LOUD = 0.25


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
    magnitudes = spectrogram("x", x, sr, pad=4)
    strengths = magnitudes.max(axis=0) - np.median(magnitudes, axis=0)
    hop = round(sr / FRAMES)
    times = hop / sr * np.arange(len(strengths))
    octaves = np.log2((1 + magnitudes.argmax(axis=0)) * sr / (4 * WINDOW * hop))
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

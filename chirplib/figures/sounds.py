"""Figures of sounds and of their spectrograms.

Each function takes arrays or tensors and returns a matplotlib figure.
"""

from collections.abc import Collection

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from chirplib._common.compiled import import_librosa
from chirplib._common.validation import check_instance, check_number
from chirplib.figures._axes import WIDE, make_panels, plain_ticks, row_of_axes
from chirplib.figures._checks import Arrays, as_sounds
from chirplib.figures.style import F_MAX, F_MIN, STYLE
from chirplib.representations import MultiscaleSpectrogram, cqt


def plot_cqt(
    sounds: Arrays,
    titles: Collection[str],
    *,
    sr: float = 2**13,
    f_min: float = F_MIN,
    octaves: int = 4,
) -> Figure:
    """Constant-Q transforms of one or several sounds, side by side.

    Parameters
    ----------
    sounds : collection of arrays or tensors of shape (n,)
        Sounds.
    titles : collection of str
        One title for each sound.
    sr : float, default 8192
        Sample rate in Hz.
    f_min : float, default 128.0
        Lowest frequency in Hz.
    octaves : int, default 4
        Number of octaves above `f_min`.

    Raises
    ------
    ValueError, TypeError
        If an argument is out of range, empty, of another shape or of the wrong type.

    Examples
    --------
    >>> from chirplib import am_chirp
    >>> from chirplib.figures import plot_cqt
    >>> figure = plot_cqt([am_chirp(512, 4, 0.5)], ["a slow chirp"])
    """
    sounds, titles = as_sounds(sounds, titles)
    librosa = import_librosa()
    cqts = [cqt(x[None], sr=sr, f_min=f_min, octaves=octaves)[0] for x in sounds]
    loudest = max(magnitude.max() for magnitude in cqts) or 1.0  # silence is dark
    with rc_context(STYLE):
        figure, axes = row_of_axes(len(cqts), height=3.0, sharey=True)
        for axis, magnitude, title in zip(axes, cqts, titles, strict=True):
            image = librosa.display.specshow(
                librosa.amplitude_to_db(magnitude, ref=loudest, top_db=50),
                fmin=f_min, x_axis="time", y_axis="cqt_hz", cmap="magma", ax=axis,
                rasterized=True, vmin=-50, vmax=0, sr=sr, hop_length=64, bins_per_octave=24,
            )  # fmt: skip
            axis.set(title=title, xlabel="time [s]", ylabel="")
            axis.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
            plain_ticks(axis.yaxis, f_min * 2.0 ** np.arange(octaves + 1))
        axes[0].set_ylabel("frequency [Hz]")
        figure.colorbar(image, ax=axes, label="magnitude [dB]")
    return figure


def plot_spectrograms(
    representation: MultiscaleSpectrogram,
    sounds: Arrays,
    titles: Collection[str],
    *,
    sr: float = 2**13,
) -> Figure:
    """Magnitudes of a `.MultiscaleSpectrogram`: a row for each sound, a column for each window.

    Parameters
    ----------
    representation : MultiscaleSpectrogram
        The transform, of magnitudes, not of their logarithms.
    sounds, titles, sr
        As for `plot_cqt`. Sounds are longer than half of the longest window.

    Raises
    ------
    ValueError, TypeError
        If an argument is out of range, empty, of another shape or of the wrong type.

    Examples
    --------
    >>> from chirplib import MultiscaleSpectrogram, am_chirp
    >>> from chirplib.figures import plot_spectrograms
    >>> x = am_chirp(512, 4, 2.0, duration=1.0)
    >>> figure = plot_spectrograms(MultiscaleSpectrogram((512, 64)), [x], ["a fast chirp"])
    """
    check_instance("representation", representation, MultiscaleSpectrogram)
    if representation.terms != "magnitudes":
        raise ValueError(f"representation must be of magnitudes, got {representation.terms}")
    n_ffts = representation.n_ffts
    sounds, titles = as_sounds(sounds, titles, shortest=max(n_ffts) // 2 + 1)
    check_number("sr", sr, positive=True)
    size = (WIDE, 2.0 * len(sounds) + 0.4)
    librosa = import_librosa()
    with rc_context(STYLE):
        figure, axes = make_panels(len(sounds), len(n_ffts), size, sharex=True, sharey=True)
        for row, x, title in zip(axes, sounds, titles, strict=True):
            for axis, magnitude in zip(row, representation(x), strict=True):
                axis.imshow(
                    librosa.amplitude_to_db(magnitude.cpu().numpy(), ref=np.max, top_db=50),
                    origin="lower", aspect="auto", cmap="magma",
                    extent=(0, len(x) / sr, 0, sr / 2),
                )  # fmt: skip
                axis.set_ylim(0, F_MAX)
            row[0].set_ylabel(f"{title}\nfrequency [Hz]")
        for axis, n_fft in zip(axes[0], n_ffts, strict=True):
            axis.set_title(f"n = {n_fft}")
        figure.supxlabel("time [s]", fontsize=10)
    return figure

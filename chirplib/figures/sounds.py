"""Figures of sounds and of what listening devices make of them.

Each function takes arrays or tensors and returns a matplotlib figure.
"""

import librosa
import librosa.display
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import MaxNLocator

from chirplib.figures.style import (
    LINE_COLORS,
    STYLE,
    closed,
    octaves_within,
    plain_ticks,
    row_of_axes,
)


def plot_cqt(sounds, titles, *, sr=2**13, f_min=128.0, octaves=4):
    """Constant-Q transforms of one or several sounds, side by side.

    Parameters
    ----------
    sounds : sequence of tensors of shape (n,)
        Sounds.
    titles : sequence of str
        One title for each sound.
    sr : int, default 8192
        Sample rate in Hz.
    f_min : float, default 128.0
        Lowest frequency in Hz.
    octaves : int, default 4
        Number of octaves above `f_min`.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> from chirplib import am_chirp
    >>> from chirplib.figures.sounds import plot_cqt
    >>> figure = plot_cqt([am_chirp(512, 4, 0.5)], ["a slow chirp"])
    """
    bins_per_octave = 24
    cqts = [
        np.abs(
            librosa.cqt(
                x.detach().cpu().double().numpy(),
                sr=sr,
                hop_length=64,
                fmin=f_min,
                n_bins=octaves * bins_per_octave,
                bins_per_octave=bins_per_octave,
            )
        )
        for x in sounds
    ]
    loudest = max(cqt.max() for cqt in cqts)
    with plt.rc_context(STYLE):
        figure, axes = row_of_axes(len(sounds), height=3.0, sharey=True)
        for axis, cqt, title in zip(axes, cqts, titles):
            image = librosa.display.specshow(
                librosa.amplitude_to_db(cqt, ref=loudest, top_db=50),
                sr=sr,
                hop_length=64,
                fmin=f_min,
                bins_per_octave=bins_per_octave,
                x_axis="time",
                y_axis="cqt_hz",
                cmap="magma",
                ax=axis,
                rasterized=True,
                vmin=-50,
                vmax=0,
            )
            axis.set(title=title, xlabel="time [s]", ylabel="")
            axis.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
            plain_ticks(axis.yaxis, f_min * 2.0 ** np.arange(octaves + 1))
        axes[0].set_ylabel("frequency [Hz]")
        figure.colorbar(image, ax=axes, label="magnitude [dB]")
    return closed(figure)


def plot_spectrograms(representation, sounds, titles, *, sr=2**13, f_max=2048.0):
    """Magnitudes of a `MultiscaleSpectrogram`: a row for each sound, a column for each window.

    Parameters
    ----------
    representation : MultiscaleSpectrogram
        The transform.
    sounds : sequence of tensors of shape (n,)
        Sounds.
    titles : sequence of str
        One title for each sound.
    sr : int, default 8192
        Sample rate in Hz.
    f_max : float, default 2048.0
        Highest frequency shown, in Hz.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> from chirplib import MultiscaleSpectrogram, am_chirp
    >>> from chirplib.figures.sounds import plot_spectrograms
    >>> x = am_chirp(512, 4, 2.0, duration=1.0)
    >>> figure = plot_spectrograms(MultiscaleSpectrogram((512, 64)), [x], ["a fast chirp"])
    """
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(
            len(sounds),
            len(representation.n_ffts),
            figsize=(7.6, 2.0 * len(sounds) + 0.4),
            sharex=True,
            sharey=True,
            squeeze=False,
        )
        for row, x, title in zip(axes, sounds, titles):
            for axis, magnitude in zip(row, representation(x)):
                axis.imshow(
                    librosa.amplitude_to_db(magnitude.numpy(), ref=np.max, top_db=50),
                    origin="lower",
                    aspect="auto",
                    cmap="magma",
                    extent=(0, len(x) / sr, 0, sr / 2),
                )
                axis.set_ylim(0, f_max)
            row[0].set_ylabel(f"{title}\nfrequency [Hz]")
        for axis, n_fft in zip(axes[0], representation.n_ffts):
            axis.set_title(f"n = {n_fft}")
        figure.supxlabel("time [s]", fontsize=10)
    return closed(figure)


def plot_scalogram(jtfs, sounds, titles, *, sr=2**13, f_min=128.0, f_max=2048.0):
    """Scalograms of sounds, the first step of a `TimeFrequencyScattering`, side by side.

    Parameters
    ----------
    jtfs : TimeFrequencyScattering
        The transform.
    sounds : sequence of tensors of shape (n,)
        Sounds.
    titles : sequence of str
        One title for each sound.
    sr : int, default 8192
        Sample rate in Hz.
    f_min, f_max : float, default 128.0 and 2048.0
        Range of frequencies shown, in Hz.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> from chirplib import TimeFrequencyScattering, am_chirp
    >>> from chirplib.figures.sounds import plot_scalogram
    >>> x = am_chirp(512, 4, 2.0, duration=0.5)
    >>> jtfs = TimeFrequencyScattering(J=8, J_fr=3, Q=8, shape=len(x))
    >>> figure = plot_scalogram(jtfs, [x], ["a fast chirp"])
    """
    frequencies = sr * np.array([psi.xi for psi in jtfs.psi1])
    with plt.rc_context(STYLE):
        figure, axes = row_of_axes(len(sounds), height=3.0, sharey=True)
        for axis, x, title in zip(axes, sounds, titles):
            u1 = jtfs.scalogram(x).numpy()
            time = np.linspace(0, len(x) / sr, u1.shape[-1])
            image = axis.pcolormesh(time, frequencies, u1 / u1.max(), cmap="magma", rasterized=True)
            axis.set(title=title, xlabel="time [s]", yscale="log", ylim=(f_min, f_max))
            plain_ticks(axis.yaxis, octaves_within([f_min, f_max]))
        axes[0].set_ylabel("frequency [Hz]")
        figure.colorbar(image, ax=axes, label="magnitude / largest")
    return closed(figure)


def plot_rate_scale(meta, coefficients, titles, *, gammas=(), sr=2**13):
    """Second-order scattering coefficients of sounds in the plane of rate and scale.

    Each tile is the mean of the paths of one rate, scale and spin over bands and frames. Scales
    of spin +1, which go up in frequency, are drawn upwards, those of spin -1 downwards.

    Parameters
    ----------
    meta : dict
        What the rows are, from `TimeFrequencyScattering.meta`.
    coefficients : sequence of tensors of shape (C, frames)
        Coefficients of the sounds, for format 'time'.
    titles : sequence of str
        One title for each sound.
    gammas : sequence of float, optional
        Chirp rates in octaves per second. In each panel, a dashed line marks the ripples that
        travel at its chirp rate.
    sr : int, default 8192
        Sample rate in Hz.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> from chirplib import TimeFrequencyScattering, am_chirp
    >>> from chirplib.figures.sounds import plot_rate_scale
    >>> x = am_chirp(512, 4, 2.0, duration=0.5)
    >>> jtfs = TimeFrequencyScattering(J=8, J_fr=3, Q=8, shape=len(x))
    >>> figure = plot_rate_scale(jtfs.meta(), [jtfs(x)], ["a fast chirp"], gammas=[2.0])
    """
    rates = np.unique(meta["rate"][meta["order"] == 2])
    scales = np.unique((meta["spin"] * meta["scale"])[meta["order"] == 2])
    with plt.rc_context(STYLE):
        figure, axes = row_of_axes(len(coefficients), height=3.6, sharey=True)
        for axis, S, title in zip(axes, coefficients, titles):
            mean = S.mean(dim=-1).numpy()
            plane = np.zeros((len(scales), len(rates)))
            for i, scale in enumerate(scales):
                for k, rate in enumerate(rates):
                    at = (meta["rate"] == rate) & (meta["spin"] * meta["scale"] == scale)
                    plane[i, k] = mean[at].mean()
            image = axis.pcolormesh(
                np.arange(len(rates) + 1),
                np.arange(len(scales) + 1),
                plane / plane.max(),
                cmap="magma",
                vmin=0,
                vmax=1,
                rasterized=True,
            )
            shown = np.arange(0, len(rates), 4)
            axis.set_xticks(shown + 0.5, [f"{sr * rates[k]:.3g}" for k in shown])
            shown = np.arange(0, len(scales), 2)
            axis.set_yticks(shown + 0.5, [f"{scales[i]:+.2g}" if scales[i] else "0" for i in shown])
            axis.set(title=title, xlabel="rate [Hz]")
        up = scales > 0
        for axis, gamma in zip(axes, gammas):
            log_rate = np.log(gamma * scales[up] / sr)
            column = np.interp(log_rate, np.log(rates), np.arange(len(rates)), left=np.nan)
            axis.plot(column + 0.5, np.flatnonzero(up) + 0.5, "--", color="white")
        axes[0].set_ylabel("spin $\\times$ scale [cycles/octave]")
        figure.colorbar(image, ax=axes, label="mean coefficient / largest")
    return closed(figure)


def plot_loss_by_shift(shifts, losses, bold, *, sr=2**13):
    """Loss against time shift, each divided by the loss of silence.

    Parameters
    ----------
    shifts : array of shape (n,)
        Shifts in samples, positive.
    losses : dict of str to array of shape (n,)
        Name of a loss, and its value at each shift.
    bold : sequence of str
        Names of the curves to draw in bold and in color. The others are gray.
    sr : int, default 8192
        Sample rate in Hz.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> import numpy as np
    >>> from chirplib.figures.sounds import plot_loss_by_shift
    >>> losses = {"MSS": np.array([0.1, 0.5, 1.1]), "JTFS": np.array([0.0, 0.1, 0.2])}
    >>> figure = plot_loss_by_shift(np.array([64, 256, 1024]), losses, bold={"JTFS": "black"})
    """
    with plt.rc_context(STYLE):
        figure, axis = plt.subplots(figsize=(7.6, 3.6))
        colors = iter(LINE_COLORS)
        for marker, (name, loss) in zip("osv^D<>Ph*", losses.items()):
            color, lw = (next(colors), 3) if name in bold else ("gray", 1)
            axis.plot(shifts, loss, color=color, lw=lw, marker=marker, ms=4, label=name)
        axis.set_xscale("log", base=2)
        plain_ticks(axis.xaxis, shifts[::2])
        axis.set(xlabel=f"time shift [samples at {sr} Hz]", ylabel="loss / loss of silence")
        axis.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return closed(figure)

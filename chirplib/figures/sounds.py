"""Figures of sounds and of what representations make of them.

Each function takes arrays or tensors and returns a matplotlib figure.
"""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

import numpy as np
import torch
from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from chirplib._common.compiled import import_librosa
from chirplib._common.validation import (
    PRECISIONS,
    as_array,
    as_list,
    as_mapping,
    as_names,
    check_audio,
    check_instance,
    check_number,
)
from chirplib.figures._axes import (
    check_columns,
    make_panels,
    octaves_within,
    plain_ticks,
    row_of_axes,
)
from chirplib.figures.style import STYLE
from chirplib.representations import MultiscaleSpectrogram, cqt

if TYPE_CHECKING:
    from chirplib.scattering import TimeFrequencyScattering

Arrays = Collection[np.ndarray | torch.Tensor]

F_MIN, F_MAX = 128.0, 2048.0  # frequencies shown, in Hz


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
    sounds, titles = _as_sounds(sounds, titles)
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
    sounds, titles = _as_sounds(sounds, titles, shortest=max(n_ffts) // 2 + 1)
    check_number("sr", sr, positive=True)
    size = (7.6, 2.0 * len(sounds) + 0.4)
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


def plot_scalogram(
    jtfs: "TimeFrequencyScattering", sounds: Arrays, titles: Collection[str], *, sr: float = 2**13
) -> Figure:
    """Scalograms of sounds, the first step of a `TimeFrequencyScattering`, side by side.

    Parameters
    ----------
    jtfs : TimeFrequencyScattering
        The transform.
    sounds, titles, sr
        As for `plot_cqt`. Sounds have the length that the transform is for.

    Raises
    ------
    ValueError, TypeError
        If an argument is out of range, empty, of another shape or of the wrong type.

    Examples
    --------
    >>> from chirplib import TimeFrequencyScattering, am_chirp
    >>> from chirplib.figures import plot_scalogram
    >>> x = am_chirp(512, 4, 2.0, duration=0.5)
    >>> jtfs = TimeFrequencyScattering(J=8, J_fr=3, Q=8, shape=len(x))
    >>> figure = plot_scalogram(jtfs, [x], ["a fast chirp"])
    """
    if not hasattr(jtfs, "scalogram"):  # a figure may not import the transform
        raise TypeError(f"jtfs must be a TimeFrequencyScattering, got {jtfs!r:.80}")
    sounds, titles = _as_sounds(sounds, titles, length=jtfs.n_samples)
    check_number("sr", sr, positive=True)
    frequencies = sr * np.array([psi.xi for psi in jtfs.psi1])
    with rc_context(STYLE):
        figure, axes = row_of_axes(len(sounds), height=3.0, sharey=True)
        for axis, x, title in zip(axes, sounds, titles, strict=True):
            u1 = jtfs.scalogram(x).cpu().numpy()
            time = np.linspace(0, len(x) / sr, u1.shape[-1])
            look = {"cmap": "magma", "vmax": 1, "rasterized": True}  # silence has no largest
            image = axis.pcolormesh(time, frequencies, u1 / (u1.max() or 1), **look)
            axis.set(title=title, xlabel="time [s]", yscale="log", ylim=(F_MIN, F_MAX))
            plain_ticks(axis.yaxis, octaves_within([F_MIN, F_MAX]))
        axes[0].set_ylabel("frequency [Hz]")
        figure.colorbar(image, ax=axes, label="magnitude / largest")
    return figure


def plot_planes(
    planes: Mapping[str, np.ndarray | torch.Tensor],
    seconds: tuple[float, float],
    hertz: tuple[float, float],
    *,
    columns: int,
) -> Figure:
    """Pictures over time and log-frequency: of filters, and of what they make of a scalogram.

    Each panel has its own scale. Where values are of both signs, 0 is white.

    Parameters
    ----------
    planes : dict of str to array or tensor of shape (bands, frames), real
        Title and values of each panel.
    seconds : pair of float
        Where the first frame stands, and where one after the last would.
    hertz : pair of float
        Frequencies of the first band and of the last; the others are evenly spaced in octaves.
    columns : int
        Number of panels in a row, which divides that of all.

    Raises
    ------
    ValueError, TypeError
        If an argument is out of range, empty, of another shape or of the wrong type.

    Examples
    --------
    >>> import numpy as np
    >>> from chirplib.figures import plot_planes
    >>> wave = np.sin(np.add.outer(np.arange(16), np.arange(32)))
    >>> figure = plot_planes({"a ripple": wave}, (0, 1), (256, 1024), columns=1)
    """
    planes = {
        title: as_array(f"planes[{title!r}]", plane, ndim=2)
        for title, plane in as_mapping("planes", planes).items()
    }
    seconds = as_array("seconds", seconds, shape=(2,))
    hertz = as_array("hertz", hertz, shape=(2,), positive=True)
    check_columns(columns, len(planes))
    rows = len(planes) // columns
    with rc_context(STYLE):
        size = 7.6, 2.2 * rows + 0.4
        figure, axes = make_panels(rows, columns, size, sharex=True, sharey=True)
        for axis, (title, plane) in zip(axes.flat, planes.items(), strict=True):
            bands, frames = plane.shape
            largest = np.abs(plane).max() or 1
            signed = plane.min() < 0
            look = {"cmap": "RdBu_r", "vmin": -1} if signed else {"cmap": "magma", "vmin": 0}
            mesh = axis.pcolormesh(
                np.linspace(*seconds, frames, endpoint=False), np.geomspace(*hertz, bands),
                plane / largest, vmax=1, rasterized=True, **look,
            )  # fmt: skip
            axis.set_facecolor(mesh.cmap(mesh.norm(0)))  # beyond the tile of the last frame
            axis.set(title=title, yscale="log", xlim=seconds)
            plain_ticks(axis.yaxis, octaves_within(sorted(hertz)))
        figure.supxlabel("time [s]", fontsize=10)
        figure.supylabel("frequency [Hz]", fontsize=10)
    return figure


def plot_rate_scale(
    meta: Mapping[str, np.ndarray],
    coefficients: Arrays,
    titles: Collection[str],
    *,
    gammas: Collection[float] | None = None,
    sr: float = 2**13,
) -> Figure:
    """Second-order scattering coefficients of sounds in the plane of rate and scale.

    Each tile is the mean of the paths of one rate, scale and spin over bands and frames. Scales
    of spin +1, which go up in frequency, are drawn upwards, those of spin -1 downwards.

    Parameters
    ----------
    meta : dict
        What the rows are, from `TimeFrequencyScattering.meta`.
    coefficients : collection of arrays or tensors of shape (C, frames)
        Coefficients of the sounds, for format 'time'.
    titles : collection of str
        One title for each sound.
    gammas : collection of float, optional
        Chirp rates in octaves per second, one for each sound. In each panel, a dashed line marks
        the ripples that travel at its chirp rate.
    sr : float, default 8192
        Sample rate in Hz.

    Raises
    ------
    ValueError, TypeError
        If an argument is out of range, empty, of another shape or of the wrong type.

    Examples
    --------
    >>> from chirplib import TimeFrequencyScattering, am_chirp
    >>> from chirplib.figures import plot_rate_scale
    >>> x = am_chirp(512, 4, 2.0, duration=0.5)
    >>> jtfs = TimeFrequencyScattering(J=8, J_fr=3, Q=8, shape=len(x))
    >>> figure = plot_rate_scale(jtfs.meta(), [jtfs(x)], ["a fast chirp"], gammas=[2.0])
    """
    second, rate_of, scale_of = _second_order(meta)
    coefficients = [
        as_array(f"coefficients[{k}]", S, shape=(len(second), None))
        for k, S in enumerate(as_list("coefficients", coefficients))
    ]
    titles = as_names("titles", titles, count=len(coefficients), each="entry of coefficients")
    if gammas is not None:
        gammas = as_array("gammas", gammas, shape=(len(coefficients),), positive=True)
    check_number("sr", sr, positive=True)
    rates, scales = np.unique(rate_of), np.unique(scale_of)
    with rc_context(STYLE):
        figure, axes = row_of_axes(len(coefficients), height=3.6, sharey=True)
        for axis, S, title in zip(axes, coefficients, titles, strict=True):
            mean = S[second].mean(axis=-1)
            plane = np.zeros((len(scales), len(rates)))
            for i, scale in enumerate(scales):
                for k, rate in enumerate(rates):
                    at = (rate_of == rate) & (scale_of == scale)
                    plane[i, k] = mean[at].mean() if at.any() else 0
            corners = np.arange(len(rates) + 1), np.arange(len(scales) + 1)
            look = {"cmap": "magma", "vmin": 0, "vmax": 1, "rasterized": True}
            image = axis.pcolormesh(*corners, plane / (plane.max() or 1), **look)
            shown = octaves_within(sr * rates)[::2]
            axis.set_xticks(_tiles(shown, sr * rates), [f"{rate:g}" for rate in shown])
            ticks, names = [], []
            for sign, name in ((-1, "\N{MINUS SIGN}{:g}"), (1, "+{:g}")):
                of_sign = np.sign(scales) == sign
                sizes = np.abs(scales[of_sign])
                shown = octaves_within(np.sort(sizes))[::-2]
                ticks += [*np.flatnonzero(of_sign)[0] + _tiles(shown, sizes)]
                names += [name.format(size) for size in shown]
            axis.set_yticks(ticks, names)
            axis.set(title=title, xlabel="rate [Hz]")
        if gammas is not None:
            up = scales > 0
            for axis, gamma in zip(axes, gammas, strict=True):
                columns = _tiles(gamma * scales[up] / sr, rates)
                axis.plot(columns, np.flatnonzero(up) + 0.5, "w--")
        axes[0].set_ylabel("spin $\\times$ scale [cycles/octave]")
        figure.colorbar(image, ax=axes, label="mean coefficient / largest")
    return figure


def _tiles(values, middles):
    """Where values lie in a row of tiles of width 1 whose middles have positive values in order."""
    row = np.arange(len(middles))
    if middles[0] > middles[-1]:
        middles, row = middles[::-1], row[::-1]
    return np.interp(np.log(values), np.log(middles), row, left=np.nan) + 0.5


def _as_sounds(sounds, titles, **limits):
    """Sounds as tensors within the limits of `check_audio`, and as many titles."""
    tensors = []
    for k, x in enumerate(as_list("sounds", sounds)):
        array = as_array(f"sounds[{k}]", x, ndim=1)
        # A transform wants them in the precision and on the device where they are.
        kept = isinstance(x, torch.Tensor) and x.dtype in PRECISIONS
        tensors.append(x.detach() if kept else torch.from_numpy(array))
        check_audio(f"sounds[{k}]", tensors[-1], **limits)
    return tensors, as_names("titles", titles, count=len(tensors), each="entry of sounds")


def _second_order(meta):
    """Which rows have order 2, and the rates of these and their scales, signed by spin."""
    check_instance("meta", meta, Mapping)
    missing = {"order", "rate", "scale", "spin"} - set(meta)
    if missing:
        raise ValueError(f"meta must have {sorted(missing)}, got {list(meta)}")
    second = as_array("meta['order']", meta["order"], ndim=1) == 2
    if not second.any():
        raise ValueError("meta must have rows of order 2, got none")
    columns = []
    for key in ("rate", "scale", "spin"):
        column = np.asarray(meta[key])
        if column.shape != second.shape:
            raise ValueError(f"meta[{key!r}] must be of shape {second.shape}, got {column.shape}")
        # Other rows have neither rate nor scale: NaN.
        columns.append(as_array(f"meta[{key!r}]", column[second], positive=key == "rate"))
    rate, scale, spin = columns
    return second, rate, spin * scale

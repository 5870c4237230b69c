"""Figures of joint time-frequency scattering: scalograms, filters, and the plane of rate and scale.

Each function takes arrays or tensors and returns a matplotlib figure.
"""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

import numpy as np
import torch
from matplotlib import rc_context
from matplotlib.figure import Figure

from chirplib._common.validation import (
    as_array,
    as_list,
    as_mapping,
    as_names,
    check_instance,
    check_number,
)
from chirplib.figures._axes import (
    WIDE,
    make_panels,
    octaves_within,
    plain_ticks,
    row_of_axes,
    shared_labels,
)
from chirplib.figures._checks import Arrays, as_sounds, check_columns
from chirplib.figures.style import F_MAX, F_MIN, STYLE

if TYPE_CHECKING:
    from chirplib.scattering import TimeFrequencyScattering


def plot_scalogram(
    jtfs: "TimeFrequencyScattering", sounds: Arrays, titles: Collection[str], *, sr: float = 2**13
) -> Figure:
    """Scalograms of sounds, the first step of a `TimeFrequencyScattering`, side by side.

    Parameters
    ----------
    jtfs : TimeFrequencyScattering
        The transform.
    sounds, titles, sr
        As for `.plot_cqt`. Sounds have the length that the transform is for.

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
    sounds, titles = as_sounds(sounds, titles, length=jtfs.n_samples)
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
        size = WIDE, 2.2 * rows + 0.4
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
        shared_labels(figure, "time [s]", "frequency [Hz]")
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

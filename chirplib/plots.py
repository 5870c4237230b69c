"""Figures of the book. Each function takes arrays or results and returns a matplotlib figure."""

import librosa
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

STYLE = {
    "figure.dpi": 150,
    "figure.constrained_layout.use": True,
    "font.size": 10,
    "axes.titlesize": 10,
    "legend.frameon": False,
}
F_M_LABEL = "event rate $f_m$ [Hz]"
GAMMA_LABEL = "chirp rate $\\gamma$ [octaves/s]"


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
    >>> from chirplib.plots import plot_cqt
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
        figure, axes = _row(len(sounds), height=3.0, sharey=True)
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
                vmin=-50,
                vmax=0,
            )
            axis.set(title=title, xlabel="time [s]", ylabel="")
            _plain_ticks(axis.yaxis, f_min * 2.0 ** np.arange(octaves + 1))
        axes[0].set_ylabel("frequency [Hz]")
        figure.colorbar(image, ax=axes, label="magnitude [dB]")
    return _closed(figure)


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
            for axis, n_fft, magnitude in zip(row, representation.n_ffts, representation(x)):
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
    return _closed(figure)


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
    """
    frequencies = sr * np.array([psi.xi for psi in jtfs.psi1])
    with plt.rc_context(STYLE):
        figure, axes = _row(len(sounds), height=3.0, sharey=True)
        for axis, x, title in zip(axes, sounds, titles):
            u1 = jtfs.scalogram(x).numpy()
            time = np.linspace(0, len(x) / sr, u1.shape[-1])
            image = axis.pcolormesh(time, frequencies, u1 / u1.max(), cmap="magma", rasterized=True)
            axis.set(title=title, xlabel="time [s]", yscale="log", ylim=(f_min, f_max))
            _plain_ticks(axis.yaxis, _octaves([f_min, f_max]))
        axes[0].set_ylabel("frequency [Hz]")
        figure.colorbar(image, ax=axes, label="magnitude / largest")
    return _closed(figure)


def plot_rate_scale(meta, coefficients, titles, *, sr=2**13):
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
    sr : int, default 8192
        Sample rate in Hz.

    Returns
    -------
    matplotlib.figure.Figure
    """
    rates = np.unique(meta["rate"][meta["order"] == 2])
    scales = np.unique((meta["spin"] * meta["scale"])[meta["order"] == 2])
    with plt.rc_context(STYLE):
        figure, axes = _row(len(coefficients), height=3.6, sharey=True)
        for axis, S, title in zip(axes, coefficients, titles):
            mean = S.mean(dim=-1).numpy()
            plane = np.zeros((len(scales), len(rates)))
            for i, scale in enumerate(scales):
                for k, rate in enumerate(rates):
                    at = (meta["rate"] == rate) & (meta["spin"] * meta["scale"] == scale)
                    plane[i, k] = mean[at].mean()
            image = axis.pcolormesh(
                np.arange(len(rates) + 1), np.arange(len(scales) + 1), plane / plane.max(),
                cmap="magma", vmin=0, vmax=1,
            )
            shown = np.arange(0, len(rates), 4)
            axis.set_xticks(shown + 0.5, [f"{sr * rates[k]:.3g}" for k in shown])
            shown = np.arange(0, len(scales), 2)
            axis.set_yticks(shown + 0.5, [f"{scales[i]:+.2g}" if scales[i] else "0" for i in shown])
            axis.set(title=title, xlabel="rate [Hz]")
        axes[0].set_ylabel("spin $\\times$ scale [cycles/octave]")
        figure.colorbar(image, ax=axes, label="mean coefficient / largest")
    return _closed(figure)


def plot_loss_by_shift(shifts, losses, bold, *, sr=2**13):
    """Loss against time shift, each divided by the loss of silence.

    Parameters
    ----------
    shifts : array of shape (n,)
        Shifts in samples, positive.
    losses : dict of str to array of shape (n,)
        Name of a loss, and its value at each shift.
    bold : dict of str to color
        Curves to draw in bold, and their colors.
    sr : int, default 8192
        Sample rate in Hz.

    Returns
    -------
    matplotlib.figure.Figure
    """
    with plt.rc_context(STYLE):
        figure, axis = plt.subplots(figsize=(7.6, 3.6))
        faint = plt.get_cmap("viridis")(np.linspace(0.1, 0.9, len(losses)))
        for color, marker, (name, loss) in zip(faint, "osv^D<>Ph*", losses.items()):
            style = {"lw": 3, "color": bold[name]} if name in bold else {"lw": 1, "color": color}
            axis.plot(shifts, loss, marker=marker, ms=4, label=name, **style)
        axis.set_xscale("log", base=2)
        _plain_ticks(axis.xaxis, shifts[::2])
        axis.set(xlabel=f"time shift [samples at {sr} Hz]", ylabel="loss / loss of silence")
        axis.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return _closed(figure)


def plot_contours(landscapes, titles, *, label="loss", labels=(F_M_LABEL, GAMMA_LABEL)):
    """Filled contours of loss surfaces with their fields of steepest descent, side by side.

    Arrows have unit length. Their angle is that of the descent in the coordinates of the plot:
    in log-parameters where the axes are logarithmic. Those that point away from the target, by
    90 degrees or more, are red.

    Parameters
    ----------
    landscapes : sequence of Landscape
        Results of `landscape`.
    titles : sequence of str
        One title for each.
    label : str, default "loss"
        Label of the color bars, with a unit if there is one.
    labels : pair of str
        Labels of the parameters.

    Returns
    -------
    matplotlib.figure.Figure
    """
    with plt.rc_context(STYLE):
        figure, axes = _row(len(landscapes), height=4.6)
        for axis, surface, title in zip(axes, landscapes, titles):
            x, y = surface.axes
            contours = axis.contourf(x, y, surface.loss.T, levels=20, cmap="viridis")
            if surface.is_logarithmic:
                axis.set(xscale="log", yscale="log", aspect="equal")
            # With angles="xy" an arrow points from (x, y) to (x + u, y + v) on the plot,
            # whatever the scales of its axes. A step in log-parameters moves a parameter in
            # proportion to itself.
            step = -surface.gradient
            if surface.is_logarithmic:
                step = surface.descent * surface.grid
            norm = np.linalg.norm(step, axis=-1, keepdims=True)
            u, v = np.moveaxis(np.divide(step, norm, out=0 * step, where=norm > 0), -1, 0)
            color = np.where(surface.towards_target, "white", "#ff4500").ravel()
            axis.quiver(
                *np.moveaxis(surface.grid, -1, 0), u, v,
                angles="xy", scale=22, width=0.006, pivot="mid", color=color,
            )  # fmt: skip
            _mark(axis.plot, surface.target, surface.minimum)
            _plain_ticks(axis.xaxis, _octaves(x))
            _plain_ticks(axis.yaxis, _octaves(y))
            axis.set(title=title, xlabel=labels[0], ylabel=labels[1])
            figure.colorbar(contours, ax=axis, label=label, shrink=0.8, format="%.3g")
        handles, names = axes[0].get_legend_handles_labels()
        figure.legend(handles, names, loc="outside lower center", ncols=2)
    return _closed(figure)


def plot_surfaces(landscapes, titles, *, label="loss", labels=(F_M_LABEL, GAMMA_LABEL)):
    """Loss surfaces in three dimensions, side by side. Parameters as in `plot_contours`."""
    with plt.rc_context(STYLE):
        figure, axes = _row(len(landscapes), height=3.9, projection="3d")
        for axis, surface, title in zip(axes, landscapes, titles):
            scale = np.log2 if surface.is_logarithmic else np.asarray
            x, y = np.moveaxis(scale(surface.grid), -1, 0)
            axis.plot_surface(x, y, surface.loss, cmap="viridis", rcount=40, ccount=40, lw=0)
            top, bottom = surface.loss.max(), surface.loss.min()
            axis.plot(*np.repeat(scale(surface.target)[:, None], 2, 1), [bottom, top], "k--", lw=1)
            _mark(axis.plot, scale(surface.target), scale(surface.minimum), bottom)
            for ticks, values in ((axis.xaxis, surface.axes[0]), (axis.yaxis, surface.axes[1])):
                shown = _octaves(values)
                ticks.set_ticks(scale(shown), [f"{v:g}" for v in shown])
            axis.set(title=title, xlabel=labels[0], ylabel=labels[1])
            axis.set_zlabel(label, labelpad=8)
            axis.tick_params("z", pad=5)
            axis.view_init(elev=28, azim=-125)
            axis.set_box_aspect(None, zoom=0.85)
        handles, names = axes[0].get_legend_handles_labels()
        figure.legend(handles, names, loc="outside lower center", ncols=2)
    return _closed(figure)


def _row(n, *, height, sharey=False, **projection):
    """A figure as wide as a page, or half as wide for one axes, and its row of n axes."""
    size = (4.2 if n == 1 else 7.6, height)
    figure, axes = plt.subplots(
        1, n, figsize=size, sharey=sharey, squeeze=False, subplot_kw=projection
    )
    return figure, axes[0]


def _mark(plot, target, minimum, *height):
    """Mark the target and the minimum of the grid with a star and a ring."""
    style = {"ls": "none", "mec": "black", "zorder": 10}
    plot(*target[:, None], *height, marker="*", ms=14, mfc="white", label="target", **style)
    ring = {**style, "mec": "red"}
    plot(*minimum[:, None], *height, marker="o", ms=14, mfc="none", mew=2,
         label="minimum of the grid", **ring)


def _octaves(values):
    """Round numbers an octave apart that lie within `values`."""
    low, high = np.log2([values[0], values[-1]])
    return 2.0 ** np.arange(np.ceil(low - 1e-9), np.floor(high + 1e-9) + 1)


def _plain_ticks(axis, values):
    axis.set_major_locator(FixedLocator(values))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def _closed(figure):
    """The figure, which a notebook would show twice if pyplot kept it."""
    plt.close(figure)
    return figure

"""Figures of curves and points: over time, by shift, falling errors, ratios of distances, costs.

Each function takes arrays, tensors or sequences of numbers, and returns a matplotlib figure.
"""

from collections.abc import Collection, Mapping, Sequence
from itertools import cycle

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from chirplib._common.validation import (
    as_array,
    as_choices,
    as_mapping,
    as_names,
    as_texts,
    check_number,
)
from chirplib.figures._axes import (
    SINGLE,
    WIDE,
    looks,
    make_panels,
    octaves_within,
    plain_ticks,
    shared_labels,
    shared_legend,
)
from chirplib.figures._checks import check_columns
from chirplib.figures.style import LINE_COLORS, STYLE


def plot_curves(
    panels: Mapping[str, Mapping[str, Sequence[float]]],
    span: tuple[float, float],
    *,
    columns: int = 1,
    labels: Sequence[str] = ("time [s]", "amplitude"),
) -> Figure:
    """Curves over time, in panels on one axis of time, one below the other or side by side.

    Parameters
    ----------
    panels : dict of str to dict of str to array of shape (n,)
        Title of each panel, and the names and values of its curves. Curves of one name have one
        color and dash in all panels; each may have its own number of values.
    span : pair of float
        Where the first value stands, and where one after the last would, for all curves.
    columns : int, default 1
        Number of panels in a row, which divides that of all.
    labels : pair of str, default ("time [s]", "amplitude")
        Labels of the axes.

    Raises
    ------
    ValueError, TypeError
        If an argument is out of range, empty, of another shape or of the wrong type.

    Examples
    --------
    >>> import numpy as np
    >>> from chirplib.figures import plot_curves
    >>> wave = np.sin(np.linspace(0, 20, 100))
    >>> panels = {"a wave": {"on time": wave}, "its magnitude": {"on time": abs(wave)}}
    >>> figure = plot_curves(panels, (0, 1))
    """
    panels = {
        title: {
            name: as_array(f"panels[{title!r}][{name!r}]", curve, ndim=1)
            for name, curve in as_mapping(f"panels[{title!r}]", curves).items()
        }
        for title, curves in as_mapping("panels", panels).items()
    }
    first, last = as_array("span", span, shape=(2,))
    check_columns(columns, len(panels))
    labels = as_names("labels", labels, count=2)
    names = list(dict.fromkeys(name for curves in panels.values() for name in curves))
    dashes = ("-", "--", ":")
    look = {n: {"color": c, "ls": d} for n, c, d in zip(names, cycle(LINE_COLORS), cycle(dashes))}
    rows = len(panels) // columns
    with rc_context(STYLE):
        size = (SINGLE, 1.1 * rows + 0.6) if columns == 1 else (WIDE, 2.4 * rows + 0.6)
        figure, axes = make_panels(rows, columns, size, sharex=True)
        for axis, (title, curves) in zip(axes.flat, panels.items(), strict=True):
            for name, curve in curves.items():
                time = np.linspace(first, last, len(curve), endpoint=False)
                axis.plot(time, curve, lw=1.2, label=name, **look[name])
            axis.set(title=title, xlim=(first, last))
            axis.yaxis.set_major_locator(MaxNLocator(3))
        shared_labels(figure, *labels)
        if len(names) > 1:
            shared_legend(figure, side="upper", ncols=len(names))
    return figure


def plot_loss_by_shift(
    shifts: Sequence[float],
    losses: Mapping[str, Sequence[float]],
    bold: Collection[str],
    *,
    sr: float = 2**13,
) -> Figure:
    """Loss against time shift, each divided by the loss of silence.

    Parameters
    ----------
    shifts : array of shape (n,)
        Shifts in samples, positive.
    losses : dict of str to array of shape (n,)
        Name of a loss, and its value at each shift.
    bold : collection of str
        Names of the curves to draw in bold, maybe none.
    sr : float, default 8192
        Sample rate in Hz.

    Raises
    ------
    ValueError, TypeError
        If an argument is out of range, empty, of another shape or of the wrong type.

    Examples
    --------
    >>> import numpy as np
    >>> from chirplib.figures import plot_loss_by_shift
    >>> losses = {"MSS": np.array([0.1, 0.5, 1.1]), "JTFS": np.array([0.0, 0.1, 0.2])}
    >>> figure = plot_loss_by_shift(np.array([64, 256, 1024]), losses, bold=["JTFS"])
    """
    shifts = as_array("shifts", shifts, ndim=1, positive=True)
    losses = {
        name: as_array(f"losses[{name!r}], one for each of shifts,", loss, shape=shifts.shape)
        for name, loss in as_mapping("losses", losses).items()
    }
    bold = as_choices("bold", bold, losses)
    check_number("sr", sr, positive=True)
    with rc_context(STYLE):
        figure, ((axis,),) = make_panels(1, 1, (SINGLE, 3.6))
        for look, (name, loss) in zip(looks(), losses.items(), strict=False):
            lw = 3 if name in bold else 1
            axis.plot(1000 * shifts / sr, loss, lw=lw, ms=4, label=name, **look)
        axis.set_xscale("log")
        low, high = axis.get_xlim()
        plain_ticks(axis.xaxis, [t for t in 10.0 ** np.arange(-3, 7) if low <= t <= high])
        axis.set(xlabel="time shift [ms]", ylabel="loss / loss of silence")
        shared_legend(figure, side="upper", ncols=2)
    return figure


def plot_convergence(errors: Mapping[str, Sequence[float]]) -> Figure:
    """Relative errors as they fall with the iterations, on a logarithmic axis.

    Parameters
    ----------
    errors : dict of str to array of shape (n,)
        Name of each curve, and its error after 0, 1, 2, ... iterations, positive.

    Raises
    ------
    ValueError, TypeError
        If an argument is empty, out of range, of another shape or of the wrong type.

    Examples
    --------
    >>> from chirplib.figures import plot_convergence
    >>> figure = plot_convergence({"rain": [1.0, 0.3, 0.1], "song": [1.0, 0.5, 0.4]})
    """
    curves = {
        name: as_array(f"errors[{name!r}]", error, ndim=1, positive=True)
        for name, error in as_mapping("errors", errors).items()
    }
    with rc_context(STYLE):
        figure, ((axis,),) = make_panels(1, 1, (SINGLE, 3.4))
        for look, (name, error) in zip(looks(), curves.items(), strict=False):
            axis.plot(error, ms=4, markevery=max(1, len(error) // 8), label=name, **look)
        axis.set(yscale="log", xlabel="iteration", ylabel="relative error")
        shared_legend(figure, side="upper", ncols=3)
    return figure


def plot_ratios(octaves: np.ndarray, ratios: np.ndarray, titles: Collection[str]) -> Figure:
    """Ratio of a quadratic form to the squared distance that it approximates.

    Parameters
    ----------
    octaves : array of shape (n,)
        Lengths of steps, in octaves, powers of 2.
    ratios : array of shape (n, directions)
        Ratio for each length and direction, positive.
    titles : collection of str
        Names of the directions.

    Raises
    ------
    ValueError, TypeError
        If an argument is out of range, empty, of another shape or of the wrong type.

    Examples
    --------
    >>> import numpy as np
    >>> from chirplib.figures import plot_ratios
    >>> ratios = np.array([[1.01, 0.99], [1.1, 0.9]])
    >>> figure = plot_ratios(np.array([0.25, 0.5]), ratios, ["f_m up", "f_m down"])
    """
    octaves = as_array("octaves", octaves, ndim=1, positive=True)
    shape = len(octaves), None
    ratios = as_array("ratios, a row for each of octaves,", ratios, shape=shape, positive=True)
    titles = as_names("titles", titles, count=ratios.shape[1], each="column of ratios")
    with rc_context(STYLE):
        figure, ((axis,),) = make_panels(1, 1, (SINGLE, 3.8))
        axis.axhline(1, color="gray", lw=1)
        curves = zip(ratios.T, titles, strict=True)
        for look, (ratio, title) in zip(looks(), curves, strict=False):
            axis.plot(octaves, ratio, ms=4, label=title, **look)
        axis.set_xscale("log", base=2)
        axis.set_yscale("log", base=2)
        axis.set_xticks(octaves, [_fraction(value) for value in octaves])
        plain_ticks(axis.yaxis, octaves_within([ratios.min() / 2, 2 * ratios.max()]))
        axis.set(xlabel="step [octaves]", ylabel="quadratic form / squared distance")
        shared_legend(figure, side="upper", ncols=2, title="direction")
    return figure


def plot_costs(
    names: Sequence[str],
    seconds: Sequence[float],
    gigabytes: Sequence[float],
    sources: Sequence[str],
) -> Figure:
    """Memory against time of a gradient, on logarithmic axes.

    Parameters
    ----------
    names : sequence of str
        What each point is.
    seconds, gigabytes : sequences of float
        Time and peak memory of a gradient, positive.
    sources : sequence of str
        Where each figure comes from. Each source has its own marker.

    Raises
    ------
    ValueError, TypeError
        If an argument is out of range, empty, of another shape or of the wrong type.

    Examples
    --------
    >>> from chirplib.figures import plot_costs
    >>> figure = plot_costs(["MSS", "JTFS"], [0.01, 0.5], [0.4, 1.5], ["measured", "published"])
    """
    names = as_texts("names", names)
    seconds = _column("seconds", seconds, len(names))
    gigabytes = _column("gigabytes", gigabytes, len(names))
    sources = as_names("sources", sources, count=len(names), each="entry of names")
    kinds = list(dict.fromkeys(sources))
    with rc_context(STYLE):
        figure, ((axis,),) = make_panels(1, 1, (SINGLE, 4.4))
        for look, kind in zip(looks(), kinds, strict=False):
            at = [i for i, source in enumerate(sources) if source == kind]
            x, y = [seconds[i] for i in at], [gigabytes[i] for i in at]
            axis.plot(x, y, **(look | {"ls": "none"}), ms=9, label=kind)
        points = np.log(np.stack([seconds, gigabytes], axis=1))
        for k, (name, x, y) in enumerate(zip(names, seconds, gigabytes, strict=True)):
            # Above a point and to the left, but below and to the right if a point close by is
            # higher: the names of neighbours do not meet.
            close = np.linalg.norm(points - points[k], axis=1) < 1
            below = points[k, 1] < points[close, 1].max()
            offset, side = ((-4, -17), "left") if below else ((4, 9), "right")
            place = {"xytext": offset, "textcoords": "offset points"}
            axis.annotate(name, (x, y), ha=side, fontsize=9, **place)
        axis.set(xscale="log", yscale="log", xlabel="time per gradient [s]")
        axis.set(ylabel="peak memory [GB]")
        axis.margins(0.15)
        plain_ticks(axis.xaxis, _decades(axis.get_xlim(), (1,)))
        plain_ticks(axis.yaxis, _decades(axis.get_ylim(), (1, 2, 5)))
        axis.grid(alpha=0.3)
        figure.legend(loc="outside lower center", ncols=len(kinds), fontsize=9)
    return figure


def _column(name, value, n):
    """Positive numbers; those of a table that holds texts as well are Python's own."""
    mixed = isinstance(value, np.ndarray) and value.dtype == object
    return as_array(name, value.tolist() if mixed else value, shape=(n,), positive=True)


def _fraction(value):
    """A power of 2 as a plain fraction."""
    return f"{value:g}" if value >= 1 else f"1/{1 / value:g}"


def _decades(limits, steps):
    """Round numbers within limits: steps times powers of ten."""
    values = [step * 10.0**k for k in range(-4, 4) for step in steps]
    return [value for value in values if limits[0] <= value <= limits[1]]

"""Figure of what gradients cost: time against memory."""

import matplotlib.pyplot as plt

from chirplib.figures.style import LINE_COLORS, STYLE, closed, plain_ticks


def plot_costs(names, seconds, gigabytes, sources):
    """Memory against time of a gradient, on logarithmic axes.

    Parameters
    ----------
    names : sequence of str
        What each point is.
    seconds, gigabytes : sequences of float
        Time and peak memory of a gradient.
    sources : sequence of str
        Where each figure comes from. Each source, of at most three, has its own marker.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> from chirplib.figures.costs import plot_costs
    >>> figure = plot_costs(["MSS", "JTFS"], [0.01, 0.5], [0.4, 1.5], ["measured", "published"])
    """
    kinds = list(dict.fromkeys(sources))
    with plt.rc_context(STYLE):
        figure, axis = plt.subplots(figsize=(7.6, 4.0))
        for kind, color, marker in zip(kinds, LINE_COLORS, "osD", strict=False):
            at = [i for i, source in enumerate(sources) if source == kind]
            x, y = [seconds[i] for i in at], [gigabytes[i] for i in at]
            axis.plot(x, y, ls="none", marker=marker, ms=9, color=color, label=kind)
        for k, (name, x, y) in enumerate(zip(names, seconds, gigabytes)):
            # Above one and to the left, below the next and to the right, so that the names of
            # close neighbours do not meet.
            offset, side = ((-4, -17), "left") if k % 2 else ((4, 9), "right")
            place = {"xytext": offset, "textcoords": "offset points"}
            axis.annotate(name, (x, y), ha=side, fontsize=9, **place)
        axis.set(xscale="log", yscale="log", xlabel="time per gradient [s]")
        axis.set(ylabel="peak memory [GB]")
        axis.margins(0.15)
        plain_ticks(axis.xaxis, _decades(axis.get_xlim(), (1,)))
        plain_ticks(axis.yaxis, _decades(axis.get_ylim(), (1, 2, 5)))
        axis.grid(alpha=0.3)
        figure.legend(loc="outside lower center", ncols=len(kinds), fontsize=9)
    return closed(figure)


def _decades(limits, steps):
    """Round numbers within limits: steps times powers of ten."""
    values = [step * 10.0**k for k in range(-4, 4) for step in steps]
    return [value for value in values if limits[0] <= value <= limits[1]]

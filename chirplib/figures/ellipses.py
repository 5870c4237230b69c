"""Figure of a metric over the plane of two parameters: an ellipse at each point."""

import numpy as np
from matplotlib import colormaps, rc_context
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from chirplib._common.validation import as_array, check_text
from chirplib.figures._axes import make_panels, plain_ticks
from chirplib.figures.style import F_M_LABEL, GAMMA_LABEL, INK, RIM, STYLE


def plot_ellipses(
    theta: np.ndarray, curves: np.ndarray, sensitivity: np.ndarray, *, label: str
) -> Figure:
    """Ellipses of a metric over the plane of modulation frequency and chirp rate.

    Parameters
    ----------
    theta : array of shape (batch, 2)
        Centers, positive.
    curves : array of shape (batch, n, 2)
        Closed curves around them, in octaves, from `chirplib.metric.forms.ellipses`.
    sensitivity : array of shape (batch,)
        Value that the color of each shows.
    label : str
        Name and unit of that value.

    Raises
    ------
    ValueError, TypeError
        If an argument is out of range, empty, of another shape or of the wrong type.

    Examples
    --------
    >>> import numpy as np
    >>> import torch
    >>> from chirplib.figures import plot_ellipses
    >>> from chirplib.metric import ellipses
    >>> curves = ellipses(torch.eye(2).expand(2, 2, 2), radius=0.1)
    >>> theta = np.array([[4.0, 0.5], [8.0, 1.0]])
    >>> figure = plot_ellipses(theta, curves, np.array([0.4, 0.6]), label="share of $f_m$")
    """
    theta = as_array("theta", theta, shape=(None, 2), positive=True)
    curves = as_array("curves", curves, shape=(len(theta), None, 2))
    sensitivity = as_array("sensitivity", sensitivity, shape=(len(theta),))
    check_text("label", label)
    with rc_context(STYLE):
        figure, ((axis,),) = make_panels(1, 1, (5.4, 5.6))
        low, high = sensitivity.min(), sensitivity.max()
        margin = 0 if low < high else abs(low) / 10 or 0.1  # one value is in the middle of the bar
        scale = Normalize(low - margin, high + margin)
        colors = colormaps["viridis"](scale(sensitivity))
        for center, curve, color in zip(theta, curves, colors, strict=True):
            axis.fill(*(center * 2**curve).T, fc=color, ec=INK, lw=0.5)
            axis.plot(*center, ".", ms=5, color="white", mec=RIM, mew=0.5)
        axis.set(xscale="log", yscale="log", aspect="equal", xlabel=F_M_LABEL, ylabel=GAMMA_LABEL)
        for ticks, values in zip((axis.xaxis, axis.yaxis), theta.T, strict=True):
            plain_ticks(ticks, [v for v in np.unique(values.round(1)) if v > 0])
        shown = ScalarMappable(scale, "viridis")
        figure.colorbar(shown, ax=axis, label=label, shrink=0.8)
    return figure

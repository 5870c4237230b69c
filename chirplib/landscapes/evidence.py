"""What the landscapes of many targets have in common."""

from collections.abc import Sequence

import numpy as np
import scipy.stats

from chirplib._common.validation import check_integer
from chirplib.landscapes._checks import as_finished
from chirplib.landscapes.result import Landscape


def share(k: int, n: int) -> tuple[float, float, float]:
    """The share of k in n, and the ends of its interval of 95 % confidence, by Wilson's score.

    Parameters
    ----------
    k, n : int
        Number of successes, and of trials, at least 1.

    References
    ----------
    .. [1] E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
       Journal of the American Statistical Association 22(158), 1927.

    Examples
    --------
    >>> from chirplib.landscapes.evidence import share
    >>> [round(end, 3) for end in share(100, 100)]
    [1.0, 0.963, 1.0]
    """
    n = check_integer("n", n, low=1)
    k = check_integer("k", k, low=0, high=n)
    ends = scipy.stats.binomtest(k, n).proportion_ci(method="wilson")
    return k / n, float(ends.low), float(ends.high)


def summary(surfaces: Sequence[Landscape]) -> dict[str, float]:
    """How well one loss leads to each of many targets.

    Parameters
    ----------
    surfaces : list of Landscape
        One for each target, of one loss.

    Returns
    -------
    dict of str to float
        - ``targets``: how many there are.
        - ``at target``: share of them whose lowest point is at the target (`.Landscape`), with the
          ends of its interval (`share`), ``from`` and ``to``.
        - ``octaves``: median distance of the lowest point from the target; ``octaves, 95 %``: what
          5 % of them exceed; ``octaves, worst``.
        - ``one minimum``: share of them with a single local minimum on the grid; ``most minima``.
        - ``arrows``: median share of arrows towards the target; ``arrows, 5 %``: what 5 % of them
          fall short of; ``arrows, worst``.

    Raises
    ------
    ValueError
        If there is no landscape, or one is not finished.
    TypeError
        If one is something else.

    Examples
    --------
    >>> import numpy as np
    >>> from chirplib import landscape
    >>> from chirplib.landscapes.evidence import summary
    >>> axes = np.geomspace(1, 4, 3), np.geomspace(1, 4, 3)
    >>> surfaces = [
    ...     landscape(lambda x: (x - 2).square().sum(-1), lambda x: x, axes, target)
    ...     for target in [(2, 2), (4, 4)]
    ... ]
    >>> summary(surfaces)["at target"]
    0.5
    """
    surfaces = as_finished("surfaces", surfaces, gradient=True)
    n, octaves = len(surfaces), np.array([surface.octaves_to_target for surface in surfaces])
    minima = np.array([surface.n_local_minima for surface in surfaces])
    arrows = np.array([surface.share_towards_target for surface in surfaces])
    at_target, low, high = share(sum(surface.is_at_target for surface in surfaces), n)
    return {
        "targets": n,
        "at target": at_target,
        "from": low,
        "to": high,
        "octaves": float(np.median(octaves)),
        "octaves, 95 %": float(np.quantile(octaves, 0.95)),
        "octaves, worst": float(octaves.max()),
        "one minimum": float(np.mean(minima == 1)),
        "most minima": int(minima.max()),
        "arrows": float(np.median(arrows)),
        "arrows, 5 %": float(np.quantile(arrows, 0.05)),
        "arrows, worst": float(arrows.min()),
    }

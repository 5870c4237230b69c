"""The one loop that shows its progress and may be interrupted.

The bar is a line of text, also in a notebook: a widget would need more packages, and warns without.
"""

import warnings
from contextlib import contextmanager

from tqdm import tqdm


@contextmanager
def interruptible(total, unit, label, *, delay=0.0, hint=""):
    """Progress bar around a loop, which keeps what is done if it is interrupted from the keyboard.

    The loop calls ``update`` of the bar after each of `total` steps. An interrupt ends it with a
    warning, and `interrupted` of the bar is True then; but if nothing is done yet, there is nothing
    to keep, and the interrupt goes on.

    Parameters
    ----------
    total : int or None
        Number of steps, if it is known.
    unit, label : str
        What a step is, and what the loop does.
    delay : float, default 0
        Seconds before the bar appears: that of a short loop would only flicker. Infinite for none.
    hint : str, default ""
        What the warning says besides.

    Examples
    --------
    >>> from math import inf
    >>> from chirplib._common.progress import interruptible
    >>> with interruptible(3, "step", "counting", delay=inf) as bar:
    ...     for step in range(3):
    ...         bar.update()
    >>> bar.n, bar.interrupted
    (3, False)
    """
    with tqdm(total=total, unit=unit, desc=label, leave=False, delay=delay) as bar:
        bar.interrupted = False
        try:
            yield bar
        except KeyboardInterrupt:
            if not bar.n:
                raise
            bar.interrupted = True
            of_all = "" if total is None else f" of {total}"
            warnings.warn(f"interrupted after {bar.n}{of_all} {unit}s{hint}", stacklevel=4)

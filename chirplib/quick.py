"""A quick look at the pages: fewer points, starts and steps, the same structure."""

import os

from IPython.display import Markdown

QUICK = os.environ.get("QUICK", "0") not in ("", "0")
"""Whether the environment variable QUICK is set, as by ``make book QUICK=1``."""


def quick_note():
    """What the first cell of a page shows if `QUICK` is on: a warning, otherwise nothing.

    Examples
    --------
    >>> from chirplib.quick import QUICK, quick_note
    >>> (quick_note() is not None) == QUICK
    True
    """
    if QUICK:
        return Markdown(
            "**Quick look.** This page was computed with QUICK=1: on coarse grids, from few "
            "starts, in few steps. Its figures and numbers are rough, and its claims are not "
            "checked."
        )
    return None

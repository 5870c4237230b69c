"""What a notebook alone needs: audio players, and whether it is computed in a hurry."""

import html
import os
from collections.abc import Mapping, Sequence

import numpy as np
from IPython.display import HTML, Audio, Markdown
from torch import Tensor

from chirplib._common.validation import as_array, as_mapping, check_integer

QUICK = os.environ.get("QUICK", "0") not in ("", "0")
"""Whether the environment variable QUICK is set, as by ``make book QUICK=1``."""
MAX_SR = 2**31 - 1  # a WAV counts 2 bytes for each sample, those of a second in 32 bits


def quick_note() -> Markdown | None:
    """What the first cell of a page shows if `QUICK` is on: a warning, otherwise nothing.

    Examples
    --------
    >>> from chirplib.notebook import QUICK, quick_note
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


def players(
    sounds: Mapping[str, Tensor | np.ndarray | Sequence[float]], *, sr: int = 2**13
) -> HTML:
    """Audio players with a caption, side by side.

    Parameters
    ----------
    sounds : dict of str to tensor or array of shape (n,)
        Caption and sound of each player. Sounds are scaled to full amplitude, but for silence.
    sr : int, default 8192
        Sample rate in Hz.

    Returns
    -------
    IPython.display.HTML

    Raises
    ------
    TypeError
        If `sounds` is no mapping of texts to real numbers, or `sr` no integer.
    ValueError
        If `sounds` is empty, or one of them is empty, not of shape (n,) or not finite, or `sr` is
        not positive.

    Examples
    --------
    >>> from chirplib import am_chirp
    >>> from chirplib.notebook import players
    >>> "<audio controls" in players({"a chirp": am_chirp(512, 4, 0.5)}).data
    True
    """
    check_integer("sr", sr, low=1, high=MAX_SR)
    figures = []
    for caption, x in as_mapping("sounds", sounds).items():
        x = as_array(f"sounds[{caption!r}]", x, ndim=1)
        source = Audio(x, rate=sr, normalize=bool(x.any())).src_attr()
        text = html.escape(caption)
        figures.append(
            f'<figure class="player"><figcaption>{text}</figcaption>'
            f'<audio controls preload="metadata" aria-label="{text}" src="{source}"></audio>'
            "</figure>"
        )
    return HTML('<div class="players">' + "".join(figures) + "</div>")

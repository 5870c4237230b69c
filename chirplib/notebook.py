"""What a notebook alone needs: audio players, and whether it is computed in a hurry."""

import html
import os

from IPython.display import HTML, Audio, Markdown
from torch import Tensor

QUICK = os.environ.get("QUICK", "0") not in ("", "0")
"""Whether the environment variable QUICK is set, as by ``make book QUICK=1``."""


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


def players(sounds: dict[str, Tensor], *, sr: float = 2**13) -> HTML:
    """Audio players with a caption, side by side.

    Parameters
    ----------
    sounds : dict of str to tensor of shape (n,)
        Caption and sound of each player. Sounds are scaled to full amplitude.
    sr : int, default 8192
        Sample rate in Hz.

    Returns
    -------
    IPython.display.HTML

    Examples
    --------
    >>> from chirplib import am_chirp
    >>> from chirplib.notebook import players
    >>> "<audio controls" in players({"a chirp": am_chirp(512, 4, 0.5)}).data
    True
    """
    figures = []
    for caption, x in sounds.items():
        source = Audio(x.detach().cpu().numpy(), rate=sr).src_attr()
        text = html.escape(caption)
        figures.append(
            f'<figure class="player"><figcaption>{text}</figcaption>'
            f'<audio controls preload="metadata" aria-label="{text}" src="{source}"></audio>'
            "</figure>"
        )
    return HTML('<div class="players">' + "".join(figures) + "</div>")

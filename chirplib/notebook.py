"""Audio players for the pages."""

import html

from IPython.display import HTML, Audio


def players(sounds, *, sr=2**13):
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

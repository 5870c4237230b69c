"""Pictures that change: frames on one strip, which the style sheet of the page moves along."""

import html
from collections.abc import Mapping, Sequence

import numpy as np
from IPython.display import HTML
from matplotlib import colormaps

from chirplib._common.validation import as_array, as_mapping, as_names
from chirplib.figures._png import palette_png

# The strip is as many times as wide as its frame as there are frames. A step of the animation moves
# it by one. It rests at the last frame where motion is unwanted, in print, and where "play" is off.
STYLE = """
.frames { display: flex; flex-wrap: wrap; gap: 1rem; margin: 0 }
.frames .panel { flex: 1 1 14rem }
.frames .window { overflow: hidden; aspect-ratio: 3 / 2 }
.frames img { display: block; width: calc(var(--frames) * 100%); max-width: none; height: 100%;
  transform: translateX(calc(100% / var(--frames) - 100%)) }
.frames label { flex: 1 0 100% }
@keyframes frames { from { transform: translateX(0) } to { transform: translateX(-100%) } }
@media screen and (prefers-reduced-motion: no-preference) {
  .frames:has(:checked) img {
    animation: frames calc(var(--frames) * 1s) steps(var(--frames)) infinite }
}
@media print, (prefers-reduced-motion: reduce) { .frames label { display: none } }
"""


def play_frames(panels: Mapping[str, np.ndarray], alts: Sequence[str]) -> HTML:
    """Pictures side by side, each of which shows one frame a second, without a script.

    Parameters
    ----------
    panels : dict of str to array of shape (frames, rows, columns), real
        Caption and frames of each panel. Each frame has its own scale, and 0 is white. The first
        row is at the bottom.
    alts : sequence of str
        What there is to see in each panel, for those who do not see it.

    Returns
    -------
    IPython.display.HTML

    Raises
    ------
    ValueError, TypeError
        If an argument is empty, not finite, of another shape or of the wrong type.

    Examples
    --------
    >>> import numpy as np
    >>> from chirplib.figures.frames import play_frames
    >>> waves = np.sin(np.arange(3)[:, None, None] * np.add.outer(np.arange(20), np.arange(30)))
    >>> "<img" in play_frames({"three waves": waves}, ["Waves that get shorter."]).data
    True
    """
    panels = as_mapping("panels", panels)
    alts = as_names("alts", alts, count=len(panels), each="entry of panels")
    figures, count = [], None
    for alt, (caption, frames) in zip(alts, panels.items(), strict=True):
        frames = as_array(f"panels[{caption!r}]", frames, shape=(count, None, None))
        count = len(frames)
        figures.append(
            f'<div class="panel"><div class="window"><img alt="{html.escape(alt)}" '
            f'src="data:image/png;base64,{_strip(frames)}"></div>'
            f"<p>{html.escape(caption)}</p></div>"
        )
    return HTML(
        f'<style>{STYLE}</style><div class="frames" style="--frames: {count}">'
        + "".join(figures)
        + '<label><input type="checkbox" checked> play</label></div>'
    )


def _strip(frames):
    """Frames side by side, as a picture (PNG, base64) in 256 colors."""
    largest = np.abs(frames).max(axis=(1, 2), keepdims=True)
    level = np.divide(frames, largest, out=np.zeros_like(frames), where=largest > 0)
    index = np.round(127.5 * (level + 1))
    strip = np.concatenate(index[:, ::-1], axis=1)
    return palette_png(strip, 255 * colormaps["RdBu_r"](np.arange(256))[:, :3])

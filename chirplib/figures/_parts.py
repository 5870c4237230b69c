"""Parts of a wide figure, which a narrow screen shows one below the other.

A figure of several columns of panels has one part for each column, with all that belongs to its
panels, and one for each label or entry of a legend that stands above or below all of them. In an
SVG they are views: a page shows one by its name, as in `figure.svg#panels-2`.
"""

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.transforms import Bbox

MARGIN = 0.02  # around a part, in inches


def views(figure: Figure, whole: Bbox) -> str:
    """The parts, as views of an SVG that shows the box `whole` of the figure, in inches."""
    texts = []
    for kind, boxes in part_boxes(figure).items():
        for k, box in enumerate(boxes, 1):
            corner = 72 * (box.x0 - whole.x0), 72 * (whole.y1 - box.y1)  # in points, from above
            numbers = *corner, 72 * box.width, 72 * box.height
            view_box = " ".join(f"{number:.1f}" for number in numbers)
            texts.append(f'<view id="{kind}-{k}" viewBox="{view_box}"/>')
    return "".join(texts)


def part_boxes(figure: Figure) -> dict[str, list[Bbox]]:
    """Boxes of what is above, of the panels, and of what is below; none if there is one column."""
    columns: dict[int, list[Bbox]] = {}
    others = []
    for artist in figure.get_children():
        # A color bar has no place in the grid of panels.
        place = isinstance(artist, Axes) and artist.get_subplotspec()
        if place:
            columns.setdefault(place.colspan.start, []).append(_box(artist))
        elif isinstance(artist, Legend):
            others += _entries(artist)
        elif artist is not figure.patch and artist.get_visible():
            others.append(_box(artist))
    if len(columns) < 2:
        return {}
    parts = [Bbox.union(columns[k]) for k in sorted(columns)]
    panels = Bbox.union(parts)
    above, below = [], []
    for box in others:
        if box.height > box.width:  # a color bar, or the label of all y-axes
            nearest = min(range(len(parts)), key=lambda k: _distance(parts[k], box))
            parts[nearest] = Bbox.union([parts[nearest], box])
        else:
            (above if box.y0 > panels.y0 + panels.height / 2 else below).append(box)
    parts = [part.padded(MARGIN, 0) for part in parts]  # labels may be close below
    above, below = ([box.padded(MARGIN) for box in boxes] for boxes in (above, below))
    return {"above": above, "panels": parts, "below": below}


def _entries(legend: Legend) -> list[Bbox]:
    """The box of each name of a legend, with its mark on the left."""
    boxes = []
    for handle, text in zip(legend.legend_handles, legend.get_texts(), strict=True):
        box = _box(text)
        left = (legend.handlelength + legend.handletextpad) * text.get_fontsize() / 72
        place = Bbox.from_extents(box.x0 - left, box.y0, box.x1, box.y1)
        boxes.append(Bbox.union([place, _box(handle)]))  # a mark may be higher than its name
    return boxes


def _box(artist: Artist) -> Bbox:
    box = artist.get_tightbbox()
    return Bbox(box.get_points() / artist.get_figure(root=True).dpi)


def _distance(box: Bbox, other: Bbox) -> float:
    """How far two boxes are apart along x."""
    return max(box.x0 - other.x1, other.x0 - box.x1)

import re
import xml.etree.ElementTree as ET
from itertools import chain

import numpy as np
import pytest
from matplotlib import rc_context

from chirplib.figures import themed_svg
from chirplib.figures._axes import make_panels, shared_labels, shared_legend
from chirplib.figures._parts import part_boxes
from chirplib.figures.style import STYLE


@pytest.fixture
def panels():
    """A figure of 2 x 3 panels, with a color bar, labels of all axes and a legend of two names."""
    with rc_context(STYLE):
        figure, axes = make_panels(2, 3, (7.6, 4))
        for k, axis in enumerate(axes.flat):
            axis.plot([0, 1], [0, k], label="up")
            axis.plot([0, 1], [k, 0], label="down")
            axis.set(title=f"panel {k}")
        image = axes[0, 0].imshow(np.eye(2), aspect="auto")
        figure.colorbar(image, ax=axes, label="a bar")
        shared_labels(figure, "time", "frequency")
        shared_legend(figure, side="upper", ncols=2)
        figure.draw_without_rendering()
    return figure, axes


def box_of(artist):
    return artist.get_tightbbox().transformed(artist.get_figure().dpi_scale_trans.inverted())


def within(box, part):
    return (part.min <= box.min).all() and (box.max <= part.max).all()


def test_a_part_has_a_column_and_all_that_belongs_to_it(panels):
    figure, axes = panels
    above, columns, below = part_boxes(figure).values()
    parts = [*above, *columns, *below]
    # Names of the legend, columns, the label of all x-axes.
    assert [len(above), len(columns), len(below)] == [2, 3, 1]
    for column, part in zip(axes.T, columns, strict=True):
        assert [within(box_of(column[0]), other) for other in parts].count(True) == 1
        assert within(box_of(column[0]), part) and within(box_of(column[1]), part)
    assert within(box_of(figure.axes[-1]), columns[-1])
    texts = {text.get_text(): text for text in figure.findobj(lambda a: hasattr(a, "get_text"))}
    assert within(box_of(texts["frequency"]), columns[0])
    assert within(box_of(texts["time"]), below[0])


def test_parts_do_not_overlap(panels):
    parts = list(chain.from_iterable(part_boxes(panels[0]).values()))
    for k, part in enumerate(parts):
        for other in parts[:k]:
            both = np.minimum(part.max, other.max) - np.maximum(part.min, other.min)
            assert (both < 0.05).any()


def test_views_of_the_svg_lie_in_it_and_one_column_has_none(panels):
    root = ET.fromstring(themed_svg(panels[0]))
    *_, width, height = map(float, root.get("viewBox").split())
    views = root.findall("{*}view")
    assert [view.get("id") for view in views] == (
        "above-1 above-2 panels-1 panels-2 panels-3 below-1".split()
    )
    for view in views:
        x, y, w, h = map(float, view.get("viewBox").split())
        assert x > -2 and y > -2 and x + w < width + 2 and y + h < height + 2
    single, _ = make_panels(2, 1, (4, 4))
    assert "<view" not in themed_svg(single)


def test_an_entry_of_a_legend_has_its_mark():
    with rc_context(STYLE):
        figure, axes = make_panels(1, 2, (7.6, 3))
        axes[0, 0].scatter([0, 1], [0, 1], label="dots")
        shared_legend(figure)
        figure.draw_without_rendering()
    (entry,) = part_boxes(figure)["below"]
    (legend,) = figure.legends
    handle, text = legend.legend_handles[0], box_of(legend.get_texts()[0])
    middle = handle.get_offset_transform().transform(handle.get_offsets())[0] / figure.dpi
    assert entry.x0 < middle[0] - 0.04 < text.x0 < text.x1 <= entry.x1


def test_a_legend_inside_the_panels_stays_with_them():
    figure, axes = make_panels(1, 2, (7.6, 3))
    for axis in axes.flat:
        axis.plot([0, 1], label="a")
        axis.legend()
    assert len(re.findall("<view", themed_svg(figure))) == 2

from itertools import islice

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from chirplib.figures._axes import inside, looks, mark, octaves_within, shared_legend
from chirplib.figures.style import INK, INK_ON_DARK, LINE_COLORS, MARKS

# The page of the theme, light and dark.
WHITE, NEAR_BLACK = "#ffffff", "#121212"


def luminance(color):
    """Relative luminance, as WCAG 2.2 defines it."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(color)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_of_the_extremes_and_of_equals():
    assert contrast("black", "white") == pytest.approx(21)
    assert contrast("red", "red") == 1


@pytest.mark.parametrize("page", [WHITE, NEAR_BLACK])
def test_lines_and_ink_stand_out_from_the_page(page):
    assert all(contrast(color, page) >= 3 for color in LINE_COLORS)
    assert contrast(INK if page == WHITE else INK_ON_DARK, page) >= 7


def test_lines_differ():
    assert len(set(LINE_COLORS)) == len(LINE_COLORS)


def test_looks_differ_also_without_colors_and_do_not_run_out():
    shapes = {(look["marker"], look["ls"]) for look in islice(looks(), 30)}
    assert len(shapes) == 30
    assert len(list(islice(looks(), 100))) == 100


@pytest.mark.parametrize("projection, point", [(None, (1, 2)), ("3d", (1, 2, 3))])
def test_marks_stand_at_their_point_and_are_named_once(projection, point):
    figure = plt.figure()
    axis = figure.add_subplot(projection=projection)
    for name in MARKS:
        mark(axis, name, point)
        mark(axis, name, point)
    shared_legend(figure)
    plt.close(figure)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == list(MARKS)
    for line in axis.lines:
        data = line.get_data_3d() if projection else line.get_data()
        assert tuple(coordinate[0] for coordinate in data) == point


def test_octaves_within_are_round_and_include_the_ends():
    assert octaves_within([4, 16]).tolist() == [4, 8, 16]
    assert octaves_within([0.6, 5]).tolist() == [1, 2, 4]


def test_a_legend_has_the_names_of_all_axes_once():
    figure, axes = plt.subplots(1, 2)
    mark(axes[0], "start", (1, 2))
    for name in ("start", "target"):
        mark(axes[1], name, (1, 2))
    shared_legend(figure)
    plt.close(figure)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["start", "target"]


def test_a_point_is_inside_also_on_the_rim_and_by_a_rounding_error_beyond():
    grid = np.array([[[1.0, 2.0], [1.0, 8.0]], [[4.0, 2.0], [4.0, 8.0]]])
    for point in ([2, 3], [1, 8], [4 + 1e-7, 2 - 1e-7]):
        assert inside(np.array(point), grid)
    for point in ([0.9, 3], [2, 9], [4.1, 8.1]):
        assert not inside(np.array(point), grid)

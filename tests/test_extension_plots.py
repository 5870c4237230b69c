"""Figures of ranks and of costs."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from chirplib import Landscape
from chirplib.figures.costs import plot_costs
from chirplib.figures.ranks import plot_ranks, ranks


def surface(loss):
    axes = tuple(2.0 ** np.arange(n) for n in loss.shape)
    return Landscape(axes, np.array([2.0, 2.0]), loss, np.zeros((*loss.shape, 2)), 0.0)


RANDOM = [surface(np.random.default_rng(seed).random((4, 5))) for seed in range(5)]


def test_ranks_are_shares_of_lower_points_and_keep_only_the_order():
    loss = RANDOM[0].loss
    expected = (loss[:, :, None, None] > loss).sum(axis=(2, 3)) / 19
    np.testing.assert_allclose(ranks(RANDOM[0]), expected)
    np.testing.assert_array_equal(ranks(surface(np.exp(7 * loss))), ranks(RANDOM[0]))
    assert (ranks(surface(np.ones((2, 3)))) == 0.5).all()


def test_every_panel_has_its_title_and_all_share_a_scale_of_color():
    figure = plot_ranks(RANDOM, list("abcde"))
    assert plt.get_fignums() == []
    panels = [axis for axis in figure.axes if axis.get_title()]
    assert [axis.get_title() for axis in panels] == list("abcde")
    assert {axis.collections[0].get_clim() for axis in panels} == {(0, 1)}
    for axis, shown in zip(panels, RANDOM):
        star, ring = axis.lines
        assert [star.get_xdata()[0], star.get_ydata()[0]] == [2, 2]
        np.testing.assert_array_equal([ring.get_xdata()[0], ring.get_ydata()[0]], shown.minimum)
    figure.canvas.draw()


def test_costs_stand_where_they_belong():
    figure = plot_costs(["a", "b", "c"], [0.01, 0.1, 10], [0.5, 2, 9], ["here", "there", "here"])
    assert plt.get_fignums() == []
    (axis,) = figure.axes
    points = {line.get_label(): line.get_xydata().tolist() for line in axis.lines}
    assert points == {"here": [[0.01, 0.5], [10, 9]], "there": [[0.1, 2]]}
    assert [text.get_text() for text in axis.texts] == ["a", "b", "c"]
    assert (axis.get_xscale(), axis.get_yscale()) == ("log", "log")
    assert "[s]" in axis.get_xlabel() and "[GB]" in axis.get_ylabel()
    assert len(axis.get_xticks()) >= 3 and len(axis.get_yticks()) >= 3


@pytest.mark.parametrize("count", [1, 3, 9])
def test_panels_fill_rows_of_three(count):
    figure = plot_ranks([RANDOM[0]] * count, ["a"] * count)
    assert len([axis for axis in figure.axes if axis.get_title()]) == count

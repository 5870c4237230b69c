import numpy as np
import pytest

from chirplib import Landscape
from chirplib.figures import plot_targets

AXES = np.geomspace(4, 16, 3), np.geomspace(0.5, 4, 3)
TARGETS = np.array([[4.0, 0.5], [8.0, 1.0], [16.0, 4.0], [5.0, 3.0]])
SURFACES = [Landscape(AXES, t, np.ones((3, 3)), np.ones((3, 3, 2)), 0.0) for t in TARGETS]


def test_dots_stand_at_the_targets_in_one_scale_of_color():
    panels = SURFACES, SURFACES[:2]
    figure = plot_targets(panels, ["a", "b"], lambda s: s.target.sum(), label="sum")
    figure.draw_without_rendering()
    first, second = (axis.collections[0] for axis in figure.axes[:2])
    np.testing.assert_allclose(first.get_offsets(), TARGETS)
    np.testing.assert_allclose(first.get_array(), TARGETS.sum(axis=1))
    assert first.get_clim() == second.get_clim() == (4.5, 20.0)
    assert [axis.get_title() for axis in figure.axes[:2]] == ["a", "b"]
    assert not figure.axes[2].axison


def test_values_are_numbers():
    with pytest.raises(ValueError, match="the results of value must be finite"):
        plot_targets([SURFACES], ["a"], lambda s: np.nan, label="none")

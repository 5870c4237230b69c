import numpy as np
import pytest
from matplotlib.quiver import Quiver

from chirplib import Landscape
from chirplib.figures import plot_contours, plot_ellipses, plot_ranks, plot_surfaces, ranks


def surface(loss):
    axes = tuple(2.0 ** np.arange(n) for n in loss.shape)
    return Landscape(axes, np.array([2.0, 2.0]), loss, np.zeros((*loss.shape, 2)), 0.0)


RANDOM = [surface(np.random.default_rng(seed).random((4, 5))) for seed in range(5)]


@pytest.mark.parametrize("scale", ["log", "linear"])
def test_arrows_are_steps_downhill_in_the_coordinates_of_the_plot(scale, request):
    result = request.getfixturevalue(f"{scale}_surface")
    figure = plot_contours([result], ["bowl"])
    figure.draw_without_rendering()
    axis = figure.axes[0]
    assert axis.get_xscale() == axis.get_yscale() == scale
    (quiver,) = (c for c in axis.collections if isinstance(c, Quiver))
    assert quiver.angles == "xy"
    start = np.stack([quiver.X, quiver.Y], axis=-1)
    arrow = np.stack([quiver.U, quiver.V], axis=-1)
    lengths = np.linalg.norm(arrow, axis=-1)
    np.testing.assert_allclose(lengths[lengths > 0], 1)
    if scale == "log":
        # On a round bowl, descent is the straight line to the star, as it is drawn.
        here, there = map(axis.transData.transform, (start, start + 1e-4 * arrow))
        to_star = axis.transData.transform(result.target) - here
        away = np.linalg.norm(to_star, axis=-1) > 1
        step, to_star = (there - here)[away], to_star[away]
        cosine = np.sum(step * to_star, axis=-1)
        cosine /= np.linalg.norm(step, axis=-1) * np.linalg.norm(to_star, axis=-1)
        np.testing.assert_allclose(cosine, 1, atol=1e-3)
    else:
        # The bowl is log2(x)^2 + log2(y)^2: its plain gradient is in proportion to log(x) / x.
        downhill = -np.log(start) / start
        crossed = arrow[:, 0] * downhill[:, 1] - arrow[:, 1] * downhill[:, 0]
        np.testing.assert_allclose(crossed, 0, atol=1e-6)
        assert (np.sum(arrow * downhill, axis=-1) >= 0).all()


def test_marks_lie_on_the_surface():
    figure = plot_surfaces([RANDOM[0]], ["random"])
    star, ring = (np.ravel(line.get_data_3d()) for line in figure.axes[0].lines)
    np.testing.assert_allclose(star, [1, 1, RANDOM[0].loss[1, 1]])
    np.testing.assert_allclose(2 ** ring[:2], RANDOM[0].minimum)
    assert ring[2] == pytest.approx(RANDOM[0].loss.min())


def test_ranks_are_shares_of_lower_points_and_keep_only_the_order():
    loss = RANDOM[0].loss
    expected = (loss[:, :, None, None] > loss).sum(axis=(2, 3)) / 19
    np.testing.assert_allclose(ranks(RANDOM[0]), expected)
    np.testing.assert_array_equal(ranks(surface(np.exp(7 * loss))), ranks(RANDOM[0]))
    assert (ranks(surface(np.ones((2, 3)))) == 0.5).all()


def test_every_panel_of_ranks_has_its_title_and_all_share_a_scale_of_color():
    figure = plot_ranks(RANDOM, list("abcde"))
    panels = [axis for axis in figure.axes if axis.get_title()]
    assert [axis.get_title() for axis in panels] == list("abcde")
    assert {axis.collections[0].get_clim() for axis in panels} == {(0, 1)}
    for axis, shown in zip(panels, RANDOM, strict=True):
        star, ring = axis.lines
        assert [star.get_xdata()[0], star.get_ydata()[0]] == [2, 2]
        np.testing.assert_array_equal([ring.get_xdata()[0], ring.get_ydata()[0]], shown.minimum)


@pytest.mark.parametrize("count", [1, 3, 9])
def test_panels_of_ranks_fill_rows_of_three(count):
    figure = plot_ranks([RANDOM[0]] * count, ["a"] * count)
    assert len([axis for axis in figure.axes if axis.get_title()]) == count


def test_an_ellipse_has_its_size_in_octaves():
    angle = np.linspace(0, 2 * np.pi, 65)
    circle = 0.1 * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    theta = np.array([[4.0, 0.5], [8.0, 1.0], [16.0, 4.0]])
    figure = plot_ellipses(theta, np.stack([circle] * 3), np.arange(3.0), label="sensitivity")
    # The one around (8, 1) reaches a tenth of an octave to either side.
    filled = figure.axes[0].patches[1].get_xy()
    np.testing.assert_allclose(filled.max(axis=0), [8 * 2**0.1, 2**0.1], rtol=1e-6)
    assert figure.axes[1].get_ylabel() == "sensitivity"

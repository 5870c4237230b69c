from dataclasses import replace

import numpy as np
import pytest
import torch
from matplotlib import colormaps
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


PANELS = {"contours": plot_contours, "surfaces": plot_surfaces, "ranks": plot_ranks}


@pytest.mark.parametrize("name", PANELS)
def test_a_target_off_the_grid_is_left_out_and_stretches_nothing(name):
    near, far = RANDOM[0], replace(RANDOM[0], target=(100.0, 2.0))
    limits = []
    for shown in (near, far):
        figure = PANELS[name]([shown], ["random"])
        figure.draw_without_rendering()
        axis = figure.axes[0]
        limits.append((axis.get_xlim(), axis.get_ylim()))
        names = [line.get_label() for line in axis.lines]
        assert ("target" in names) == (shown is near) and "minimum of the grid" in names
    assert limits[0] == limits[1]


def test_a_target_on_the_rim_is_marked_in_spite_of_rounding():
    rim = replace(RANDOM[0], target=(8 * (1 + 1e-9), 2.0))
    (star, _) = plot_surfaces([rim], ["random"]).axes[0].lines
    np.testing.assert_allclose(np.ravel(star.get_data_3d()), [3, 1, rim.loss[3, 1]], rtol=1e-6)


@pytest.mark.parametrize("name", PANELS)
def test_landscapes_are_finished_and_have_two_values_on_each_axis(name):
    hole = RANDOM[0].loss.copy()
    hole[1, 2] = np.nan
    for wrong, message in (
        (surface(np.ones((1, 5))), r"at least 2 values on each axis, got \(1, 5\)"),
        (surface(hole), "finished and finite, got NaN or infinity at 1 of 20 points"),
    ):
        with pytest.raises(ValueError, match=rf"landscapes\[1\] must (have|be) {message}"):
            PANELS[name]([RANDOM[0], wrong], ["a", "b"])
    with pytest.raises(TypeError, match=r"landscapes\[0\] must be a Landscape, got 'a'"):
        PANELS[name](["a"], ["a"])


def test_arrows_need_a_gradient_that_is_finished():
    loss = RANDOM[0].loss
    alone = replace(RANDOM[0], gradient=np.full((*loss.shape, 2), np.nan))
    assert plot_surfaces([alone], ["a"]) and plot_ranks([alone], ["a"])
    with pytest.raises(ValueError, match="NaN or infinity at 20 of 20 points"):
        plot_contours([alone], ["a"])


def test_ranks_of_a_point_and_of_a_row():
    assert ranks(surface(np.array([[3.0]]))).tolist() == [[0]]
    assert ranks(surface(np.array([[3.0, 1.0, 2.0]]))).tolist() == [[1, 0, 0.5]]
    with pytest.raises(ValueError, match="surface must be finished"):
        ranks(surface(np.array([[3.0, np.nan]])))


def test_ranks_are_drawn_of_landscapes_on_the_same_axes():
    other = replace(RANDOM[0], axes=(2 * RANDOM[0].axes[0], RANDOM[0].axes[1]))
    with pytest.raises(ValueError, match="landscapes must be on the same axes"):
        plot_ranks([RANDOM[0], other], ["a", "b"])


@pytest.mark.filterwarnings("error")
def test_a_flat_landscape_is_drawn():
    flat = surface(np.zeros((3, 3)))
    for plot in PANELS.values():
        plot([flat], ["flat"]).draw_without_rendering()


CIRCLE = [[0.1, 0.0], [0.0, 0.1], [-0.1, 0.0]]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("values", [[0.5], [0.0], [-2.0, -2.0]])
def test_ellipses_of_one_value_have_the_color_in_the_middle_of_the_bar(values):
    theta = [[4.0, 0.5]] * len(values)
    figure = plot_ellipses(theta, [CIRCLE] * len(values), values, label="a")
    figure.draw_without_rendering()
    middle = colormaps["viridis"](0.5)
    for patch in figure.axes[0].patches:
        np.testing.assert_allclose(patch.get_facecolor(), middle, atol=0.01)
    assert np.mean(figure.axes[1].get_ylim()) == pytest.approx(values[0])


def test_ellipses_are_tensors_as_well():
    theta, curve = torch.tensor([[4.0, 0.5], [8.0, 1.0]]), torch.tensor([CIRCLE] * 2)
    values = torch.tensor([0.25, 0.75], requires_grad=True)
    figure = plot_ellipses(theta.requires_grad_(), curve.requires_grad_(), values, label="a")
    assert len(figure.axes[0].patches) == 2
    with pytest.raises(ValueError, match=r"sensitivity must be of shape \(2,\), got \(1,\)"):
        plot_ellipses(theta, curve, values[:1], label="a")
    with pytest.raises(ValueError, match="theta must be positive"):
        plot_ellipses(-theta, curve, values, label="a")


def test_arrows_at_the_rim_of_the_grid_are_not_cut(log_surface, linear_surface):
    for surface, scale in ((log_surface, np.log), (linear_surface, np.asarray)):
        axis = plot_contours([surface], ["a"]).axes[0]
        for limits, values in zip((axis.get_xlim(), axis.get_ylim()), surface.axes, strict=True):
            beyond = np.abs(scale(np.array(limits)) - scale(values)[[0, -1]])
            np.testing.assert_allclose(beyond, np.diff(scale(values))[0] / 2)

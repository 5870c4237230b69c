from dataclasses import replace

import numpy as np
import pytest
import torch

from chirplib.figures import plot_basins, plot_descents, plot_errors
from chirplib.matching import FOUND

RUN = np.arange(1.0, 5.0), np.outer([0.8, 0.4, 0.2, 0.1], [1.0, 2.0])


def legend(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def lines(axis, name):
    return [line for line in axis.lines if line.get_label() == name]


def test_descents_are_drawn_from_start_to_lowest_loss_also_beyond_the_grid(log_surface, descents):
    figure = plot_descents([log_surface], [descents], ["bowl"])
    axis = figure.axes[0]
    for name, points in (
        ("start", [path.parameters[0] for path in descents]),
        ("lowest loss", [path.best for path in descents]),
        ("target", [(1, 1)]),
    ):
        drawn = [np.ravel(line.get_data()) for line in lines(axis, name)]
        np.testing.assert_allclose(drawn, points)
    assert axis.get_xlim() == (0.25, 8) and axis.get_ylim() == (0.5, 4)
    assert sorted(legend(figure)) == ["lowest loss", "start", "target"]


def test_basins_part_starts_that_lead_to_the_target_from_others(descents):
    figure = plot_basins([descents], (1.0, 1.0), ["bowl"])
    axis = figure.axes[0]
    for name, paths in (("leads to the target", descents[:2]), ("does not", descents[2:])):
        (points,) = lines(axis, name)
        starts = [path.parameters[0] for path in paths]
        np.testing.assert_allclose(points.get_xydata(), starts)
    assert axis.get_xticks().tolist() == [0.5, 1, 2, 4, 8]


def test_errors_have_a_panel_for_each_parameter_and_a_label_for_each_name():
    figure = plot_errors({"a": [RUN, RUN], "b": [RUN]}, xlabel="wall time [s]")
    assert legend(figure) == ["a", "b", "1/12 octave"]
    for k, (axis, parameter) in enumerate(zip(figure.axes, ("f_m", "\\gamma"), strict=True)):
        assert axis.get_title() == f"error of ${parameter}$"
        assert axis.get_xlabel() == "wall time [s]" and axis.get_yscale() == "log"
        first, second = lines(axis, "a")
        (other,) = lines(axis, "b")
        np.testing.assert_array_equal(first.get_xydata(), np.stack([RUN[0], RUN[1][:, k]], 1))
        assert first.get_marker() == second.get_marker() != other.get_marker()
        assert first.get_color() == second.get_color() != other.get_color()
        assert first.get_linewidth() == second.get_linewidth() < other.get_linewidth()
        assert set(lines(axis, "1/12 octave")[0].get_ydata()) == {FOUND}
    assert figure.axes[0].get_ylabel() == "error [octaves]"


def test_levels_are_drawn_at_the_error_of_each_parameter():
    levels = {"nearest neighbour": [0.1, 0.2], "chance": [1.0, 1.0]}
    figure = plot_errors({"a": [RUN]}, levels=levels)
    assert legend(figure) == ["a", *levels]
    for k, axis in enumerate(figure.axes):
        for name, level in levels.items():
            assert set(lines(axis, name)[0].get_ydata()) == {level[k]}
            assert lines(axis, name)[0].get_color() == "gray"


@pytest.mark.parametrize("count", [1, 3])
def test_errors_have_as_many_panels_as_parameters(count):
    figure = plot_errors({"a": [(np.arange(3), np.ones((3, count)))]}, list("xyz")[:count])
    assert [axis.get_title() for axis in figure.axes] == [f"error of {p}" for p in "xyz"[:count]]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("errors", [[0.5, 0.0], [0.0, 0.0]], ids=["in the end", "throughout"])
def test_an_error_of_nothing_does_not_break_the_axis(errors):
    figure = plot_errors({"a": [(np.arange(2), np.stack([errors, [0.5, 0.2]], axis=1))]})
    figure.draw_without_rendering()
    low, high = figure.axes[0].get_ylim()
    assert 1e-3 < low < FOUND < high < 10


def test_many_methods_are_all_drawn():
    names = [f"method {i}" for i in range(12)]
    figure = plot_errors({name: [RUN] for name in names})
    assert legend(figure) == [*names, "1/12 octave"]
    shapes = {(line.get_marker(), line.get_linestyle()) for line in figure.axes[0].lines[:12]}
    assert len(shapes) == 12


def test_more_methods_than_looks_are_all_drawn():
    assert len(plot_errors({f"{i}": [RUN] for i in range(65)}).axes[0].lines) == 66


@pytest.mark.parametrize("kind", [torch.tensor, lambda x: torch.tensor(x, requires_grad=True)])
def test_errors_and_levels_are_tensors_as_well(kind):
    run = kind(RUN[0].tolist()), kind(RUN[1].tolist())
    figure = plot_errors({"a": [run]}, levels={"b": kind([0.25, 0.5])})
    curve, level = figure.axes[1].lines
    np.testing.assert_allclose(curve.get_xydata(), np.stack([RUN[0], RUN[1][:, 1]], 1))
    assert set(level.get_ydata()) == {0.5}


def test_there_may_be_no_levels():
    assert len(plot_errors({"a": [RUN]}, levels={}).axes[0].lines) == 1


@pytest.mark.parametrize(
    "runs, options, message",
    [
        (
            {"a": [(np.arange(3), -np.ones((3, 2)))]},
            {},
            r"runs\['a'\]\[0\]\[1\] must be at least 0",
        ),
        ({"a": [(np.arange(2), np.ones((3, 2)))]}, {}, r"runs\['a'\]\[0\]\[1\] .* shape \(2, 2\)"),
        ({"a": [np.ones(3)]}, {}, r"runs\['a'\]\[0\] must have 2 entries, got 3"),
        ({"a": [RUN]}, {"levels": {"b": [1.0]}}, r"levels\['b'\] must be of shape \(2,\)"),
    ],
)
def test_errors_that_do_not_fit_are_named(runs, options, message):
    with pytest.raises(ValueError, match=message):
        plot_errors(runs, **options)


def test_a_target_off_the_grid_is_marked_where_a_descent_reaches_it(log_surface, descents):
    far = replace(log_surface, target=(6.0, 3.0))
    marked = [
        len(lines(plot_descents([far], [paths], ["bowl"]).axes[0], "target"))
        for paths in (descents[:2], descents)
    ]
    assert marked == [0, 1]


@pytest.mark.parametrize("wrong", ["a path", None])
def test_a_descent_is_a_match(wrong, log_surface, descents):
    with pytest.raises(TypeError, match=r"descents\[0\] must be a Match"):
        plot_descents([log_surface], [[descents[0], wrong]], ["bowl"])
    with pytest.raises(TypeError, match=r"basins\[1\] must be a Match"):
        plot_basins([descents, [wrong]], (1.0, 1.0), ["a", "b"])

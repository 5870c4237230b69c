import numpy as np
import pytest
import torch

from chirplib.figures import (
    plot_convergence,
    plot_costs,
    plot_curves,
    plot_loss_by_shift,
    plot_ratios,
)
from chirplib.figures.style import LINE_COLORS


@pytest.mark.parametrize("n_bold", [2, 9])
def test_all_losses_are_drawn_each_with_its_look_and_some_in_bold(n_bold):
    names = [f"loss {i}" for i in range(12)]
    losses = {name: np.arange(4) / (i + 1) for i, name in enumerate(names)}
    figure = plot_loss_by_shift(2 ** np.arange(4), losses, bold=names[:n_bold])
    (axis,) = figure.axes
    assert [line.get_label() for line in axis.lines] == names
    assert [text.get_text() for text in figure.legends[0].get_texts()] == names
    for line, loss in zip(axis.lines, losses.values(), strict=True):
        np.testing.assert_array_equal(line.get_ydata(), loss)
    assert [line.get_linewidth() for line in axis.lines] == [3] * n_bold + [1] * (12 - n_bold)
    colors = [line.get_color() for line in axis.lines]
    assert colors == [*LINE_COLORS, *LINE_COLORS][:12]
    assert len({(line.get_marker(), line.get_linestyle()) for line in axis.lines}) == 12


def test_shifts_are_drawn_in_milliseconds():
    (axis,) = plot_loss_by_shift([441, 44100], {"a": [0, 1]}, bold=[], sr=44100).axes
    assert axis.get_xlabel() == "time shift [ms]"
    np.testing.assert_allclose(axis.lines[0].get_xdata(), [10, 1000])
    assert [text.get_text() for text in axis.get_xticklabels()] == ["10", "100", "1000"]


def test_curves_share_their_time_and_a_name_its_look():
    fine, coarse = np.arange(9.0), np.arange(3.0)
    panels = {"one": {"a": fine, "b": coarse}, "two": {"b": fine}}
    figure = plot_curves(panels, (-1, 1), columns=2)
    one, two = figure.axes
    assert [axis.get_title() for axis in figure.axes] == ["one", "two"]
    np.testing.assert_allclose(one.lines[1].get_xydata(), [[-1, 0], [-1 / 3, 1], [1 / 3, 2]])
    np.testing.assert_allclose(two.lines[0].get_xdata(), np.linspace(-1, 1, 9, endpoint=False))
    assert one.lines[1].get_color() == two.lines[0].get_color() != one.lines[0].get_color()
    assert one.lines[1].get_linestyle() == two.lines[0].get_linestyle()
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["a", "b"]


def test_panels_of_curves_fill_their_rows():
    with pytest.raises(ValueError, match="columns must divide 3 panels, got 2"):
        plot_curves({name: {"a": [0, 1]} for name in "abc"}, (0, 1), columns=2)


def test_errors_are_drawn_over_iterations():
    errors = {"a": [1.0, 0.1, 0.01], "b": np.array([2.0, 1.0])}
    axis = plot_convergence(errors).axes[0]
    points = {line.get_label(): line.get_xydata().tolist() for line in axis.lines}
    assert points == {"a": [[0, 1], [1, 0.1], [2, 0.01]], "b": [[0, 2], [1, 1]]}
    assert axis.get_yscale() == "log" and axis.get_xlabel() == "iteration"


def test_ratios_are_drawn_over_fractions_of_an_octave():
    octaves = 2.0 ** np.arange(-3, 1)
    ratios = 1 + np.outer(octaves, np.arange(12))
    axis = plot_ratios(octaves, ratios, [f"direction {i}" for i in range(12)]).axes[0]
    one, *curves = axis.lines
    assert set(one.get_ydata()) == {1}
    np.testing.assert_array_equal([line.get_ydata() for line in curves], ratios.T)
    labels = [text.get_text() for text in axis.get_xticklabels()]
    assert labels == ["1/8", "1/4", "1/2", "1"]
    assert "octaves" in axis.get_xlabel()


def test_costs_stand_where_they_belong():
    figure = plot_costs(["a", "b", "c"], [0.01, 0.1, 10], [0.5, 2, 9], ["here", "there", "here"])
    (axis,) = figure.axes
    points = {line.get_label(): line.get_xydata().tolist() for line in axis.lines}
    assert points == {"here": [[0.01, 0.5], [10, 9]], "there": [[0.1, 2]]}
    assert [text.get_text() for text in axis.texts] == ["a", "b", "c"]
    assert (axis.get_xscale(), axis.get_yscale()) == ("log", "log")
    assert "[s]" in axis.get_xlabel() and "[GB]" in axis.get_ylabel()
    assert len(axis.get_xticks()) >= 3 and len(axis.get_yticks()) >= 3


def test_every_source_of_costs_is_drawn():
    sources = [f"source {i}" for i in range(9)]
    axis = plot_costs(sources, range(1, 10), range(1, 10), sources).axes[0]
    assert [line.get_label() for line in axis.lines] == sources
    assert len({line.get_marker() for line in axis.lines}) == 9


@pytest.mark.parametrize("kind", [torch.tensor, lambda x: torch.tensor(x, requires_grad=True)])
def test_curves_are_tensors_as_well(kind):
    x, y = kind([1.0, 2.0, 4.0]), kind([0.5, 1.0, 2.0])
    shift = plot_loss_by_shift(x, {"a": y}, bold=["a"], sr=1000).axes[0].lines[0]
    np.testing.assert_array_equal(shift.get_xydata(), [[1, 0.5], [2, 1], [4, 2]])
    ratio = plot_ratios(x, torch.stack([y, y], dim=1), ["up", "down"]).axes[0].lines[2]
    np.testing.assert_array_equal(ratio.get_xydata(), shift.get_xydata())
    cost = plot_costs(list("abc"), x, y, ["here"] * 3).axes[0].lines[0]
    np.testing.assert_array_equal(cost.get_xydata(), shift.get_xydata())


def test_costs_may_be_the_columns_of_a_table_that_holds_texts_as_well():
    table = np.array([["a", 0.5, 2.0, "here"], ["b", 1.5, 4.0, "here"]], dtype=object)
    (line,) = plot_costs(*table.T).axes[0].lines
    assert line.get_xydata().tolist() == [[0.5, 2], [1.5, 4]]


def test_names_in_bold_are_names_of_losses():
    losses = {"a": [1, 2], "ab": [3, 4]}
    with pytest.raises(ValueError, match=r"bold must be one of \('a', 'ab'\), got 'c'"):
        plot_loss_by_shift([1, 2], losses, bold=["a", "c"])
    with pytest.raises(TypeError, match="bold must be a sequence, got 'ab'"):
        plot_loss_by_shift([1, 2], losses, bold="ab")
    for bold in ({"ab"}, losses.keys() - {"a"}, (name for name in ["ab"])):
        lines = plot_loss_by_shift([1, 2], losses, bold=bold).axes[0].lines
        assert [line.get_linewidth() for line in lines] == [1, 3]


def test_more_curves_than_looks_are_all_drawn():
    names = [f"loss {i}" for i in range(65)]
    losses = {name: [1, 2] for name in names}
    lines = plot_loss_by_shift([1, 2], losses, bold=names).axes[0].lines
    assert [line.get_label() for line in lines] == names


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: plot_loss_by_shift([0, 1], {"a": [1, 2]}, []), "shifts must be positive"),
        (lambda: plot_loss_by_shift([1, 2], {"a": [1]}, []), r"losses\['a'\], .* shape \(2,\)"),
        (lambda: plot_loss_by_shift([1], {"a": [np.nan]}, []), r"losses\['a'\],.* finite, got nan"),
        (lambda: plot_ratios([1, 2], [[1], [0]], ["up"]), "ratios, .* must be positive"),
        (lambda: plot_costs(["a"], [0.0], [1.0], ["here"]), "seconds must be positive"),
        (lambda: plot_costs(["a"], [1.0], [-1.0], ["here"]), "gigabytes must be positive"),
    ],
)
def test_what_a_logarithmic_axis_can_not_show_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()

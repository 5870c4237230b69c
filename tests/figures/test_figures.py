"""What all figures have in common."""

import inspect

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from matplotlib.axes import Axes

import chirplib.figures
from chirplib import MultiscaleSpectrogram, TimeFrequencyScattering, am_chirp
from chirplib.figures import (
    curves,
    descents,
    ellipses,
    plot_basins,
    plot_contours,
    plot_convergence,
    plot_costs,
    plot_cqt,
    plot_curves,
    plot_descents,
    plot_ellipses,
    plot_errors,
    plot_loss_by_shift,
    plot_planes,
    plot_ranks,
    plot_rate_scale,
    plot_ratios,
    plot_scalogram,
    plot_spectrograms,
    plot_surfaces,
    plot_targets,
    scattering,
    sounds,
    surfaces,
    targets,
)
from chirplib.metric import ellipses as octave_ellipses

TITLES = ["slow", "fast"]
SOUNDS = [am_chirp(512, 8, gamma, duration=0.5) for gamma in (1.0, 4.0)]
JTFS = TimeFrequencyScattering(J=9, J_fr=2, Q=(8, 1), shape=2**12, F=0)
THETA = np.array([[4.0, 0.5], [8.0, 1.0], [16.0, 4.0]])
ROUND = octave_ellipses(torch.eye(2)[None].repeat(3, 1, 1), 0.1)
RUN = np.arange(4), np.full((4, 2), 0.1)
META, COEFFICIENTS = JTFS.meta(), [JTFS(x) for x in SOUNDS]
# Functions of a logarithmic and a linear landscape and of three descents.
FIGURES = {
    "basins": lambda log, linear, paths: plot_basins([paths, paths], (1.0, 1.0), TITLES),
    "contours": lambda log, linear, paths: plot_contours([log, log], TITLES),
    "contours of a linear grid": lambda log, linear, paths: plot_contours([linear], ["linear"]),
    "contours in two rows": lambda log, linear, paths: plot_contours(
        [log] * 4, [*TITLES, *TITLES], columns=2
    ),
    "costs": lambda log, linear, paths: plot_costs(TITLES, [0.1, 1], [1, 9], ["here", "there"]),
    "cqt of one": lambda log, linear, paths: plot_cqt(SOUNDS[:1], TITLES[:1], octaves=2),
    "cqt of two": lambda log, linear, paths: plot_cqt(SOUNDS, TITLES, octaves=2),
    "curves": lambda log, linear, paths: plot_curves(
        {"a": {"c": [0, 1]}, "b": {"d": [1, 2]}}, (0, 1)
    ),
    "descents": lambda log, linear, paths: plot_descents([log, log], [paths, paths[:1]], TITLES),
    "ellipses": lambda log, linear, paths: plot_ellipses(THETA, ROUND, np.arange(3), label="a"),
    "errors": lambda log, linear, paths: plot_errors({"a": [RUN, RUN], "b": [RUN]}),
    "loss by shift": lambda log, linear, paths: plot_loss_by_shift(
        [1, 2, 4, 8], {"a": [0, 1, 2, 3], "b": [3, 2, 1, 0]}, bold=["b"]
    ),
    "planes": lambda log, linear, paths: plot_planes(
        {"a": np.eye(3), "b": -np.eye(3)}, (0, 1), (128, 512), columns=2
    ),
    "ranks": lambda log, linear, paths: plot_ranks([log, log], TITLES),
    "rate and scale": lambda log, linear, paths: plot_rate_scale(META, COEFFICIENTS, TITLES),
    "convergence": lambda log, linear, paths: plot_convergence({"a": [1.0, 0.1]}),
    "ratios": lambda log, linear, paths: plot_ratios(
        2.0 ** np.arange(-3, 1), np.linspace(0.5, 2, 8).reshape(4, 2), ["up", "down"]
    ),
    "scalogram": lambda log, linear, paths: plot_scalogram(JTFS, SOUNDS, TITLES),
    "spectrograms": lambda log, linear, paths: plot_spectrograms(
        MultiscaleSpectrogram((256, 64)), SOUNDS, TITLES
    ),
    "surfaces": lambda log, linear, paths: plot_surfaces([log, linear], TITLES),
    "targets": lambda log, linear, paths: plot_targets(
        [[log], [log, log]], TITLES, lambda surface: surface.octaves_to_target, label="octaves"
    ),
}


@pytest.mark.parametrize("name", FIGURES)
def test_every_axis_is_labelled_and_nothing_is_left_open(
    name, log_surface, linear_surface, descents
):
    figure = FIGURES[name](log_surface, linear_surface, descents)
    assert plt.get_fignums() == []
    figure.draw_without_rendering()
    grid = [axis for axis in figure.axes if axis.get_subplotspec() is not None and axis.axison]
    for axis in grid:
        assert axis.get_xlabel() or figure.get_supxlabel()
        first = axis.get_subplotspec().is_first_col()
        assert axis.get_ylabel() or figure.get_supylabel() or not first
    width, height = figure.get_size_inches() * figure.dpi
    for axis in filter(Axes.get_title, grid):
        box = axis.title.get_window_extent()
        assert box.x0 >= 0 and box.x1 <= width and box.y1 <= height, "clipped title"


def test_all_figures_are_exported_and_drawn_here():
    defined = {
        name
        for room in (curves, descents, ellipses, scattering, sounds, surfaces, targets)
        for name, thing in vars(room).items()
        if name.startswith("plot_") and thing.__module__ == room.__name__
    }
    exported = set(chirplib.figures.__all__)
    assert exported == defined | {"ranks", "themed_svg"}
    drawn = " ".join(map(inspect.getsource, FIGURES.values()))
    assert all(f"{name}(" in drawn for name in defined)


@pytest.mark.parametrize(
    "call, message",
    [
        (
            lambda surface, paths: plot_contours([surface], TITLES),
            "titles must have 1 entries, got 2",
        ),
        (
            lambda surface, paths: plot_surfaces([surface], TITLES),
            "titles must have 1 entries, got 2",
        ),
        (lambda surface, paths: plot_ranks([surface], TITLES), "titles must have 1 entries, got 2"),
        (
            lambda surface, paths: plot_descents([surface], [paths, paths], TITLES[:1]),
            "descents must have 1 entries, got 2",
        ),
        (
            lambda surface, paths: plot_basins([paths], (1.0, 1.0), TITLES),
            "titles must have 1 entries, got 2: one for each entry of basins",
        ),
        (
            lambda surface, paths: plot_cqt(SOUNDS, TITLES[:1], octaves=2),
            "titles must have 2 entries, got 1: one for each entry of sounds",
        ),
        (
            lambda surface, paths: plot_scalogram(JTFS, SOUNDS, TITLES[:1]),
            "titles must have 2 entries, got 1",
        ),
        (
            lambda surface, paths: plot_rate_scale(META, COEFFICIENTS, TITLES, gammas=[1.0]),
            r"gammas must be of shape \(2,\), got \(1,\)",
        ),
        (
            lambda surface, paths: plot_ratios(np.ones(2), np.ones((2, 3)), TITLES),
            "titles must have 3 entries, got 2: one for each column of ratios",
        ),
        (
            lambda surface, paths: plot_costs(TITLES, [1, 2], [1, 2, 3], ["here", "here"]),
            r"gigabytes must be of shape \(2,\), got \(3,\)",
        ),
        (
            lambda surface, paths: plot_contours([surface] * 3, list("abc"), columns=2),
            "columns must divide 3 panels, got 2",
        ),
    ],
)
def test_nothing_is_left_out_in_silence(call, message, log_surface, descents):
    with pytest.raises(ValueError, match=message):
        call(log_surface, descents)
    assert plt.get_fignums() == []


@pytest.mark.parametrize(
    "call, name",
    [
        (lambda: plot_contours([], []), "landscapes"),
        (lambda: plot_surfaces([], []), "landscapes"),
        (lambda: plot_ranks([], []), "landscapes"),
        (lambda: plot_descents([], [], []), "landscapes"),
        (lambda: plot_basins([[]], (1.0, 1.0), ["a"]), "basins"),
        (lambda: plot_errors({}), "keys of runs"),
        (lambda: plot_errors({"a": []}), "runs"),
        (lambda: plot_cqt([], []), "sounds"),
        (lambda: plot_scalogram(JTFS, [], []), "sounds"),
        (lambda: plot_spectrograms(MultiscaleSpectrogram((64,)), [], []), "sounds"),
        (lambda: plot_rate_scale(META, [], []), "coefficients"),
        (lambda: plot_loss_by_shift([1, 2], {}, bold=[]), "keys of losses"),
        (lambda: plot_costs([], [], [], []), "names"),
    ],
)
def test_a_collection_of_nothing_is_refused_by_its_name(call, name):
    with pytest.raises(ValueError, match=rf"{name}.* must have at least one entry, got none"):
        call()


def test_titles_may_be_the_keys_of_a_dict_and_sounds_its_values():
    sounds = dict(zip(TITLES, SOUNDS, strict=True))
    figure = plot_cqt(sounds.values(), sounds.keys(), octaves=2)
    assert [axis.get_title() for axis in figure.axes[:2]] == TITLES

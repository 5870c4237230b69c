import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from matplotlib.collections import QuadMesh
from matplotlib.quiver import Quiver

from chirplib import (
    MultiscaleSpectrogram,
    TimeFrequencyScattering,
    am_chirp,
    landscape,
    landscape_plots,
    match,
    matching_plots,
    plots,
)

JTFS = TimeFrequencyScattering(J=9, J_fr=2, Q=(8, 1), shape=2**12, F=0)
SOUNDS = [am_chirp(512, 8, gamma, duration=0.5) for gamma in (1.0, 4.0)]
TITLES = ["slow", "fast"]


def bowl(theta):
    return torch.log2(theta).square().sum(-1)


def surface(axes, target=(1.0, 1.0)):
    return landscape(bowl, lambda theta: theta, axes, target)


LOG = surface((np.geomspace(0.25, 2, 4), np.geomspace(0.5, 2, 3)))
LINEAR = surface((np.linspace(0.5, 2, 4), np.linspace(0.5, 2, 4)))
DESCENTS = [
    match(bowl, lambda theta: theta, start, method="gradient descent", tolerance=0.1)
    for start in ((0.3, 0.6), (1.5, 1.5))
]
FIGURES = {
    "descents": lambda: matching_plots.plot_descents([LOG, LOG], [DESCENTS, DESCENTS[:1]], TITLES),
    "errors": lambda: matching_plots.plot_errors(dict(zip(TITLES, DESCENTS)), (1.0, 1.0)),
    "basins": lambda: matching_plots.plot_basins([DESCENTS, DESCENTS], (1.0, 1.0), TITLES),
    "cqt of one": lambda: plots.plot_cqt(SOUNDS[:1], TITLES[:1], octaves=2),
    "cqt of two": lambda: plots.plot_cqt(SOUNDS, TITLES, octaves=2),
    "spectrograms": lambda: plots.plot_spectrograms(
        MultiscaleSpectrogram((256, 64)), SOUNDS, TITLES
    ),
    "scalogram": lambda: plots.plot_scalogram(JTFS, SOUNDS, TITLES),
    "rate and scale": lambda: plots.plot_rate_scale(JTFS.meta(), [JTFS(x) for x in SOUNDS], TITLES),
    "loss by shift": lambda: plots.plot_loss_by_shift(
        [1, 2, 4, 8], {"a": [0, 1, 2, 3], "b": [3, 2, 1, 0]}, bold=["b"]
    ),
    "contours": lambda: landscape_plots.plot_contours([LOG, LOG], TITLES),
    "contours of a linear grid": lambda: landscape_plots.plot_contours([LINEAR], ["linear"]),
    "surfaces": lambda: landscape_plots.plot_surfaces([LOG, LINEAR], TITLES),
}


@pytest.mark.parametrize("name", FIGURES)
def test_every_axis_is_labelled_and_nothing_is_left_open(name):
    figure = FIGURES[name]()
    assert plt.get_fignums() == []
    figure.canvas.draw()
    grid = [axis for axis in figure.axes if axis.get_subplotspec() is not None]
    for axis in grid:
        assert axis.get_xlabel() or figure.get_supxlabel()
        assert axis.get_ylabel() or not axis.get_subplotspec().is_first_col()
    width, height = figure.get_size_inches() * figure.dpi
    for axis in grid:
        box = axis.title.get_window_extent()
        assert box.x0 >= 0 and box.x1 <= width and box.y1 <= height, "clipped title"


@pytest.mark.parametrize("result", [LOG, LINEAR], ids=["log", "linear"])
def test_arrows_are_steps_downhill_in_the_coordinates_of_the_plot(result):
    figure = landscape_plots.plot_contours([result], ["bowl"])
    figure.canvas.draw()
    axis = figure.axes[0]
    scale = "log" if result is LOG else "linear"
    assert axis.get_xscale() == axis.get_yscale() == scale
    (quiver,) = (c for c in axis.collections if isinstance(c, Quiver))
    assert quiver.angles == "xy"
    start = np.stack([quiver.X, quiver.Y], axis=-1)
    arrow = np.stack([quiver.U, quiver.V], axis=-1)
    lengths = np.linalg.norm(arrow, axis=-1)
    np.testing.assert_allclose(lengths[lengths > 0], 1)
    if result is LOG:
        # On a round bowl, descent is the straight line to the star, as it is drawn.
        here, there = map(axis.transData.transform, (start, start + 1e-4 * arrow))
        to_star = axis.transData.transform(result.target) - here
        away = np.linalg.norm(to_star, axis=-1) > 1
        step, to_star = (there - here)[away], to_star[away]
        cosine = np.sum(step * to_star, axis=-1)
        cosine /= np.linalg.norm(step, axis=-1) * np.linalg.norm(to_star, axis=-1)
        np.testing.assert_allclose(cosine, 1, atol=1e-3)
    else:
        downhill = -result.gradient.reshape(-1, 2)
        crossed = arrow[:, 0] * downhill[:, 1] - arrow[:, 1] * downhill[:, 0]
        np.testing.assert_allclose(crossed, 0, atol=1e-6)
        assert (np.sum(arrow * downhill, axis=-1) >= 0).all()


def test_a_chirp_is_drawn_at_its_frequency():
    """The brightest bin at the middle of the sound is at f_c."""
    x = am_chirp(512, 8, 0.5, duration=2.0)
    figure = plots.plot_cqt([x], ["chirp"])
    (mesh,) = (c for c in figure.axes[0].collections if isinstance(c, QuadMesh))
    image, corners = mesh.get_array(), mesh.get_coordinates()
    time, frequency = corners[0, :-1, 0], corners[:-1, 0, 1]
    middle = np.abs(time - 1.05).argmin()
    assert 480 < frequency[image[:, middle].argmax()] < 560

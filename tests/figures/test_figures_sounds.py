import numpy as np
import pytest
import torch
from matplotlib.collections import QuadMesh

from chirplib import MultiscaleSpectrogram, TimeFrequencyScattering, am_chirp
from chirplib.figures import plot_cqt, plot_rate_scale, plot_scalogram, plot_spectrograms

JTFS = TimeFrequencyScattering(J=9, J_fr=2, Q=(8, 1), shape=2**12, F=0)
SOUND = am_chirp(512, 8, 1.0, duration=0.5)
META = JTFS.meta()
FIGURES = {
    "cqt": lambda x, **options: plot_cqt([x], ["a"], f_min=256, octaves=2, **options),
    "spectrograms": lambda x, **options: plot_spectrograms(
        MultiscaleSpectrogram((256,)), [x], ["a"], **options
    ),
    "scalogram": lambda x, **options: plot_scalogram(JTFS, [x], ["a"], **options),
}


def picture(figure):
    axis = figure.axes[0]
    return np.asarray((axis.images or axis.collections)[0].get_array())


@pytest.mark.parametrize("name", FIGURES)
def test_sounds_are_arrays_or_tensors_with_or_without_a_gradient(name):
    expected = picture(FIGURES[name](SOUND))
    for x in (SOUND.numpy(), SOUND.clone().requires_grad_(), SOUND.double()):
        np.testing.assert_allclose(picture(FIGURES[name](x)), expected, rtol=1e-3, atol=1e-2)


@pytest.mark.parametrize("name", FIGURES)
def test_time_shrinks_as_the_sample_rate_grows(name):
    slow, fast = (FIGURES[name](SOUND, sr=sr).axes[0].get_xlim()[1] for sr in (2**13, 2**14))
    assert slow == pytest.approx(2 * fast, rel=0.01)


def test_coefficients_are_arrays_or_tensors_with_or_without_a_gradient():
    S = JTFS(SOUND)
    expected = picture(plot_rate_scale(META, [S], ["a"]))
    for same in (S.numpy(), S.clone().requires_grad_()):
        np.testing.assert_array_equal(picture(plot_rate_scale(META, [same], ["a"])), expected)


def test_rates_are_in_hertz_and_lines_are_drawn_for_chirp_rates_only():
    S = [JTFS(SOUND)]
    plain, marked = plot_rate_scale(META, S, ["a"]), plot_rate_scale(META, S, ["a"], gammas=[2.0])
    assert [len(figure.axes[0].lines) for figure in (plain, marked)] == [0, 1]
    half = plot_rate_scale(META, S, ["a"], sr=2**12)
    labels = [
        [float(text.get_text()) for text in figure.axes[0].get_xticklabels()]
        for figure in (plain, half)
    ]
    np.testing.assert_allclose(labels[0], 2 * np.array(labels[1]), rtol=0.01)


def test_sounds_of_one_figure_share_their_scale():
    figure = plot_cqt([SOUND, SOUND / 10], ["loud", "soft"], octaves=2)
    loud, soft = (axis.collections[0].get_array().max() for axis in figure.axes[:2])
    assert loud == pytest.approx(0, abs=1e-3) and soft == pytest.approx(-20, abs=0.1)


def test_a_chirp_is_drawn_at_its_frequency():
    """The brightest bin at the middle of the sound is at f_c."""
    figure = plot_cqt([am_chirp(512, 8, 0.5, duration=2.0)], ["chirp"])
    (mesh,) = (c for c in figure.axes[0].collections if isinstance(c, QuadMesh))
    image, corners = mesh.get_array(), mesh.get_coordinates()
    time, frequency = corners[0, :-1, 0], corners[:-1, 0, 1]
    middle = np.abs(time - 1.05).argmin()
    assert 480 < frequency[image[:, middle].argmax()] < 560


def test_sounds_may_differ_in_length():
    figure = plot_cqt([SOUND, torch.cat([SOUND, SOUND])], ["short", "long"], octaves=2)
    assert len(figure.axes) == 3

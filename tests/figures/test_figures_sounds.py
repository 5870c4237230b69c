import numpy as np
import pytest
import torch
from matplotlib.collections import QuadMesh

from chirplib import MultiscaleSpectrogram, TimeFrequencyScattering, am_chirp
from chirplib.figures import (
    plot_cqt,
    plot_planes,
    plot_rate_scale,
    plot_scalogram,
    plot_spectrograms,
)

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


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", [*FIGURES, "rate and scale"])
def test_silence_is_dark(name):
    if name == "rate and scale":
        figure = plot_rate_scale(META, [torch.zeros_like(JTFS(SOUND))], ["silence"])
    else:
        figure = FIGURES[name](torch.zeros_like(SOUND))
    figure.draw_without_rendering()
    axis = figure.axes[0]
    mappable = (axis.images or axis.collections)[0]
    assert (mappable.norm(mappable.get_array()) <= 0).all()


@pytest.mark.parametrize("name", FIGURES)
def test_half_precision_and_integers_are_drawn_as_they_sound(name):
    loud = (100 * SOUND).round()
    expected = picture(FIGURES[name](loud.double()))
    for x in (loud.half(), loud.to(torch.int16), loud.int().numpy(), loud.tolist()):
        np.testing.assert_allclose(picture(FIGURES[name](x)), expected, rtol=1e-5, atol=1e-2)


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize(
    "x, error, message",
    [
        (torch.stack([SOUND, SOUND]), ValueError, r"sounds\[0\] must have 1 dimensions"),
        (torch.full_like(SOUND, np.nan), ValueError, r"sounds\[0\] must be finite, got nan"),
        (SOUND.to("meta"), TypeError, r"sounds\[0\] must have values"),
        ("a chirp", TypeError, r"sounds\[0\] must be numbers, got 'a chirp'"),
    ],
)
def test_what_is_no_sound_is_named(name, x, error, message):
    with pytest.raises(error, match=message):
        FIGURES[name](x)


@pytest.mark.parametrize("name", FIGURES)
def test_the_sample_rate_is_positive(name):
    with pytest.raises(ValueError, match="sr must be positive and finite, got 0"):
        FIGURES[name](SOUND, sr=0)


def test_transforms_and_sounds_fit_together():
    with pytest.raises(ValueError, match=r"sounds\[0\] must have 4096 samples"):
        plot_scalogram(JTFS, [SOUND[:100]], ["a"])
    with pytest.raises(ValueError, match=r"sounds\[0\] must have at least 129 samples"):
        plot_spectrograms(MultiscaleSpectrogram((256, 64)), [SOUND[:100]], ["a"])
    with pytest.raises(ValueError, match="representation must be of magnitudes"):
        plot_spectrograms(MultiscaleSpectrogram((256,), terms="both"), [SOUND], ["a"])
    with pytest.raises(TypeError, match="jtfs must be a TimeFrequencyScattering, got None"):
        plot_scalogram(None, [SOUND], ["a"])


@pytest.mark.parametrize(
    "meta, message",
    [
        ({"order": [2]}, r"meta must have \['rate', 'scale', 'spin'\], got \['order'\]"),
        (META | {"order": 0 * META["order"]}, "meta must have rows of order 2, got none"),
        (META | {"rate": META["rate"][:-1]}, r"meta\['rate'\] must be of shape"),
        (META | {"scale": np.nan * META["scale"]}, r"meta\['scale'\] must be finite, got nan"),
        ({key: value[:-1] for key, value in META.items()}, r"coefficients\[0\] must be of shape"),
    ],
)
def test_coefficients_fit_to_what_is_known_of_their_rows(meta, message):
    with pytest.raises(ValueError, match=message):
        plot_rate_scale(meta, [JTFS(SOUND)], ["a"])


def test_planes_have_their_own_scale_and_white_between_the_signs():
    wave = np.sin(np.add.outer(np.arange(5.0), np.arange(7.0)))
    figure = plot_planes({"signed": 3 * wave, "positive": wave**2}, (0, 2), (1000, 250), columns=2)
    for axis, plane, low in zip(figure.axes, (wave, wave**2), (-1, 0), strict=True):
        (mesh,) = axis.collections
        np.testing.assert_allclose(
            np.reshape(mesh.get_array(), plane.shape), plane / abs(plane).max()
        )
        assert mesh.get_clim() == (low, 1)
        assert axis.get_yticks().tolist() == [256, 512]
    assert {m.collections[0].get_cmap().name for m in figure.axes} == {"RdBu_r", "magma"}

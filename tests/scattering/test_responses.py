import numpy as np
import pytest
import torch
from scipy.signal import fftconvolve, resample

from chirplib import TimeFrequencyScattering
from chirplib.scattering.responses import filter_picture, filter_response

JTFS = TimeFrequencyScattering(J=6, J_fr=2, Q=(4, 1), T=32, F=0, shape=2000)


@pytest.mark.parametrize("path", [(3, 0), (4, 1), (5, 4), (6, 3)])
def test_averages_of_the_moduli_are_the_coefficients(path):
    # Silence at both ends, so that there is nothing in what is left out of the padding.
    x = torch.zeros(2, 2000, dtype=torch.float64)
    x[:, 900:1100] = torch.from_numpy(np.random.default_rng(0).normal(size=(2, 200)))
    response, hop = filter_response(JTFS, x, *path)
    meta, time = JTFS.meta(), JTFS.time
    rows = (meta["order"] == 2) & (meta["n2"] == path[0]) & (meta["n_fr"] == path[1])
    average = time.low_pass(hop.bit_length() - 1) * hop  # for signals at their level
    start = time.pad_left // hop
    average = torch.from_numpy(average[start : start + response.shape[-1]])
    expected = response.abs()[:, meta["n1"][rows]] @ average
    torch.testing.assert_close(JTFS(x)[:, rows], expected, rtol=0, atol=1e-5 * expected.max())


def test_responses_of_opposite_spin_of_a_symmetric_sound_mirror_each_other():
    x = torch.from_numpy(np.random.default_rng(1).normal(size=1000))
    x = torch.cat([x, x.flip(0)])
    up, down = (filter_response(JTFS, x, 4, n_fr)[0].abs() for n_fr in (1, 4))
    assert JTFS.psi_fr[1].xi == -JTFS.psi_fr[4].xi
    hop = 2000 / up.shape[-1]
    assert hop == filter_response(JTFS, x, 4, 1)[1]
    # The middle, where the ends do not matter, and between frames that mirror each other.
    middle = slice(up.shape[-1] // 4, -(up.shape[-1] // 4))
    correlation = np.corrcoef(up[:, middle].flatten(), down.flip(-1)[:, middle].flatten())[0, 1]
    assert correlation > 0.95


@pytest.mark.parametrize("path", [(4, 1), (4, 4), (5, 1), (5, 4)])
def test_a_response_is_the_scalogram_convolved_with_the_picture_of_its_filter(path):
    # Filters that end before the picture does, and a sound that is silent where it ends.
    n = 2048
    jtfs = TimeFrequencyScattering(J=6, J_fr=2, Q=(4, 1), T=32, F=0, shape=n)
    x = torch.zeros(n, dtype=torch.float64)
    x[900:1100] = torch.from_numpy(np.random.default_rng(0).normal(size=200))
    response, hop = filter_response(jtfs, x, *path)
    picture = filter_picture(jtfs, *path).numpy()
    bands, frames = picture.shape
    spectrum = np.fft.fft(x.numpy(), 2 * n)
    each = [np.abs(np.fft.ifft(spectrum * psi.fourier(2 * n)))[:n] for psi in jtfs.psi1[:bands]]
    whole = fftconvolve(each, resample(picture, n, axis=1) / hop)
    expected = whole[bands // 2 :, frames // 2 * hop :][:bands, :n:hop]
    assert np.abs(response.numpy() - expected).max() < 5e-3 * np.abs(expected).max()


def test_a_wavelet_without_rows_is_refused():
    slow = TimeFrequencyScattering(J=6, J_fr=2, Q=4, T=32, F=0, shape=2000, rates=(0, 0.1), sr=1)
    with pytest.raises(ValueError, match=r"n2 must be one of \[.*\], got 0"):
        filter_response(slow, torch.ones(2000), 0, 0)
    with pytest.raises(ValueError, match=r"n2 must be one of \[.*\], got 0"):
        filter_picture(slow, 0, 0)

import librosa
import numpy as np
import pytest
import scipy.stats
import torch
from kymatio.torch import Scattering1D

from chirplib import MultiscaleSpectralLoss, am_chirp
from chirplib.losses import NormLoss
from chirplib.representations import (
    MFCC,
    CumulativeSpectrum,
    MelSpectrogram,
    cqt,
    log_cqt,
    waveform,
)

SR = 2**13
LOSSES = {
    "waveform": NormLoss(waveform, p=1),
    "log": MultiscaleSpectralLoss((512, 64), terms="logarithms"),
    "both": MultiscaleSpectralLoss((512, 64), terms="both"),
    "mel": NormLoss(MelSpectrogram(SR), p=1),
    "log mel": NormLoss(MelSpectrogram(SR, log=True), p=1),
    "MFCC": NormLoss(MFCC(SR), p=2),
    "transport": NormLoss(CumulativeSpectrum(), p=1),
}
# Kymatio's scattering is of single precision.
IN_SINGLE = {**LOSSES, "time scattering": NormLoss(Scattering1D(J=6, Q=4, shape=4096), p=2)}
each_loss = pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES.keys())


def noise(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_mel_and_mfcc_agree_with_librosa():
    x = noise(4096)
    mel = librosa.feature.melspectrogram(
        y=x.numpy(), sr=SR, n_fft=1024, hop_length=256, n_mels=64, power=1, pad_mode="reflect"
    )
    np.testing.assert_allclose(MelSpectrogram(SR)(x), mel, rtol=1e-5)
    mfcc = librosa.feature.mfcc(S=np.log(mel + 1e-5), n_mfcc=20)
    np.testing.assert_allclose(MFCC(SR)(x), mfcc, atol=1e-5)


def test_transport_is_the_wasserstein_distance_of_each_frame():
    x, y = noise(2, 2048)
    device = CumulativeSpectrum(n_fft=256)
    spectra = [device.spectrogram(sound)[0].numpy() + 1e-5 for sound in (x, y)]
    bins = np.arange(129)
    work = sum(
        scipy.stats.wasserstein_distance(bins, bins, u, v)
        for u, v in zip(*(spectrum.T for spectrum in spectra), strict=True)
    )
    np.testing.assert_allclose(NormLoss(device, p=1)(x, y), work, rtol=1e-10)


def test_transport_grows_with_the_distance_of_two_tones_and_is_deaf_to_loudness():
    t = torch.arange(4096, dtype=torch.float64) / SR
    tones = torch.sin(2 * np.pi * torch.tensor([[500.0], [600.0], [1500.0]]) * t)
    loss = LOSSES["transport"].to_target(tones[0])
    near, far = loss(tones[1:])
    assert far / near == pytest.approx(10, rel=0.05)
    assert loss(3 * tones[0]) < 1e-3 * near


@each_loss
def test_gradient_agrees_with_a_central_difference(loss):
    x, y, direction = noise(3, 4096)
    loss, step = loss.to_target(y), 1e-6
    x.requires_grad_()
    (gradient,) = torch.autograd.grad(loss(x), x)
    with torch.no_grad():
        difference = (loss(x + step * direction) - loss(x - step * direction)) / (2 * step)
    assert (gradient @ direction).item() == pytest.approx(difference.item(), rel=1e-4)


@pytest.mark.parametrize("loss", IN_SINGLE.values(), ids=IN_SINGLE.keys())
def test_gradients_are_finite_in_silence_and_at_the_target(loss):
    # The windows of fast chirps underflow.
    theta = torch.tensor([[8.0, 4.0], [8.0, 16.0], [8.0, 32.0]], requires_grad=True)
    x = am_chirp(512, *theta.T, duration=0.5)
    for y in (torch.zeros(4096), x.detach(), am_chirp(512, 8, 4, duration=0.5, shift=2048)):
        (gradient,) = torch.autograd.grad(loss(x, y).sum(), theta, retain_graph=True)
        assert torch.isfinite(gradient).all()
    assert (loss(x, x) == 0).all()


@each_loss
def test_a_residual_is_zero_at_the_target_only_and_a_batch_gives_one_loss_each(loss):
    x, y = noise(2, 4096)
    loss = loss.to_target(y)
    assert (loss.residual(y) == 0).all() and loss.residual(x).abs().max() > 0
    losses = loss(torch.stack([x, y]))
    assert losses.shape == (2,) and losses[1] == 0
    torch.testing.assert_close(losses[0], loss(x))


def test_the_residual_is_what_the_norm_is_taken_of():
    x, y = noise(2, 4096)
    for name, p in (("mel", 1), ("MFCC", 2)):
        loss = LOSSES[name].to_target(y)
        torch.testing.assert_close(loss.residual(x).norm(p=p), loss(x))


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: NormLoss(waveform, p=3), ValueError, "p must be at least 1 and at most 2, got 3"),
        (lambda: NormLoss(waveform, p=1.0), TypeError, "p must be an integer, got 1.0"),
        (lambda: MelSpectrogram(0), ValueError, "sr must be positive and finite, got 0"),
        (lambda: MFCC(SR, n_mfcc=65), ValueError, "n_mfcc must be at least 1 and at most 64"),
        (lambda: CumulativeSpectrum(2), ValueError, "n_fft must be at least 4, got 2"),
    ],
)
def test_bad_settings_are_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_log_cqt_shows_a_sine_at_its_bin():
    t = torch.arange(2**13) / 2**13
    sine = torch.sin(2 * np.pi * 512 * t)
    octaves = log_cqt(torch.stack([sine, 0.1 * sine]))
    assert octaves.shape == (2, 24, 129) and octaves.dtype == torch.float32
    assert (octaves[0].mean(dim=-1).argmax() == 12) and octaves.max() == 0 and octaves.min() >= -1
    # Each is relative to its own loudest bin.
    torch.testing.assert_close(octaves[0], octaves[1], atol=1e-4, rtol=0)
    assert cqt(sine[None])[0].mean(axis=-1).argmax() == 48
    with pytest.raises(ValueError, match="sounds must be finite"):
        log_cqt(am_chirp(512, torch.tensor([4.0]), 1.0) * float("nan"))

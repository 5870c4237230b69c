from importlib.metadata import distribution

import numpy as np
import pytest
import soundfile
import torch

from chirplib.recordings import (
    call_features,
    delay,
    explained,
    load_recording,
    ridge,
    split_time,
)
from chirplib.synths.call import call

SR = 44100


def sine(frequency, seconds=0.5):
    return np.sin(2 * np.pi * frequency * np.arange(round(seconds * SR)) / SR)


def peak(x, sr=2**13):
    """Frequency in Hz at which the spectrum is largest."""
    spectrum = np.abs(np.fft.rfft(x.numpy() * np.hanning(len(x))))
    return spectrum.argmax() * sr / len(x)


@pytest.fixture
def file(tmp_path):
    """Half a second of silence, half a second of 3000 Hz at the left, and silence."""
    path = tmp_path / "sound.wav"
    left = np.concatenate([np.zeros(SR // 2), sine(3000), np.zeros(SR)])
    soundfile.write(path, np.stack([left, np.zeros_like(left)], axis=1), SR)
    return path


@pytest.mark.parametrize("kind", ["wav", "flac", "ogg", "aiff"])
def test_reads_files_of_any_kind(tmp_path, kind):
    path = tmp_path / f"sound.{kind}"
    soundfile.write(path, 0.3 * sine(1000), SR)
    x = load_recording(path)
    assert x.shape == (2**15,) and x.dtype == torch.float32
    assert abs(peak(x) - 1000) < 2
    assert abs(x.square().mean().sqrt() - 0.1) < 1e-4


def test_trims_centers_and_averages_channels(file):
    x = load_recording(str(file), level=0.2)
    loud = torch.nonzero(x.abs() > 0.05 * x.abs().max()).ravel()
    assert abs((loud[0] + loud[-1]) / 2 - 2**14) < 200
    assert abs((loud[-1] - loud[0]) / 2**13 - 0.5) < 0.05
    assert abs(x.square().mean().sqrt() - 0.2) < 1e-4


def test_slows_down(file):
    x = load_recording(file, slower=6)
    assert abs(peak(x) - 500) < 2
    loud = torch.nonzero(x.abs() > 0.05 * x.abs().max()).ravel()
    assert abs((loud[-1] - loud[0]) / 2**13 - 3.0) < 0.1


def test_what_is_above_the_new_nyquist_frequency_is_gone(tmp_path):
    path = tmp_path / "sound.wav"
    soundfile.write(path, (sine(1000) + sine(7000)) / 2, SR)
    both, one = load_recording(path), load_recording(path, sr=2**13)
    torch.testing.assert_close(both, one)
    spectrum = np.abs(np.fft.rfft(both.numpy()))
    assert spectrum[round(1192 * 4) - 40 : round(1192 * 4) + 40].max() < 1e-2 * spectrum.max()


def test_takes_a_stretch(tmp_path):
    path = tmp_path / "sound.wav"
    soundfile.write(path, np.concatenate([sine(500), sine(2000)]), SR)
    assert abs(peak(load_recording(path, stop=0.5)) - 500) < 2
    assert abs(peak(load_recording(path, start=0.5)) - 2000) < 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"start": 3.0}, "start and stop must be in order and within the 2 s"),
        ({"start": 0.8, "stop": 0.7}, "start and stop must be in order"),
        ({"stop": 2.5}, "start and stop must be in order and within"),
        ({"stop": 0.4}, "the stretch from 0 to 0.4 s .* must have sound"),
        ({"slower": 20}, "must last no longer than duration, 4 s, got 10"),
    ],
)
def test_a_stretch_that_is_no_target_is_refused(file, options, message):
    with pytest.raises(ValueError, match=message):
        load_recording(file, **options)


def test_a_file_that_is_no_sound_is_refused(tmp_path):
    with pytest.raises(ValueError, match="there is none at"):
        load_recording(tmp_path / "nothing.wav")
    path = tmp_path / "text.wav"
    path.write_text("no sound")
    with pytest.raises(ValueError, match="path must be a sound file, got"):
        load_recording(path)
    soundfile.write(path, np.full(100, np.nan), SR, subtype="FLOAT")
    with pytest.raises(ValueError, match="must be finite"):
        load_recording(path)
    soundfile.write(path, np.zeros(0), SR)
    with pytest.raises(ValueError, match="start and stop"):
        load_recording(path)


def test_keeps_a_band_without_delay(tmp_path):
    path = tmp_path / "sound.wav"
    click = np.zeros(SR)
    click[SR // 2] = 1
    soundfile.write(path, (sine(1000, 1.0) + sine(3000, 1.0)) / 4, SR)
    one = load_recording(path, band=(2000, 4000))
    assert abs(peak(one) - 3000) < 2
    spectrum = np.abs(np.fft.rfft(one.numpy()))
    assert spectrum[3900:4100].max() < 0.02 * spectrum.max()
    soundfile.write(path, click, SR)
    x = load_recording(path, band=(500, 3000), duration=2.0)
    assert abs(int(x.abs().argmax()) - 2**13) < 200


@pytest.mark.parametrize(
    ("band", "message"),
    [
        ((400, 300), "band must be a lower and a higher frequency, got 400 and 300"),
        ((0, 300), r"band\[0\] must be positive"),
        ((300, 1e5), "band must be below 22050.0 .half the sample rate of"),
        ((300,), "band must"),
    ],
)
def test_a_band_that_is_none_is_refused(file, band, message):
    with pytest.raises(ValueError, match=message):
        load_recording(file, band=band)


@pytest.mark.parametrize("growth", [0.5, 1.0, 3.0])
@pytest.mark.parametrize("noise", [0.0, 0.02])
def test_features_are_those_of_the_call(growth, noise):
    given = dict(f_c=900.0, growth=growth, width=0.4, level=0.3, middle=1.7)
    x = call(**given)
    x = x + noise * torch.randn(len(x), generator=torch.Generator().manual_seed(0))
    found = call_features(x)
    assert found.pop("rate") is None
    for name, value in found.items():
        loose = 0.3 if name == "level" else 0.07
        assert abs(np.log2(value / given[name])) < loose, (name, value)


@pytest.mark.parametrize("f_m", [2.0, 5.0])
def test_features_have_the_rate_of_bursts(f_m):
    x = call(900.0, 1.3, 0.6, 0.3, 1.7, f_m=f_m)
    found = call_features(x)
    assert abs(found["rate"] - 2 * f_m) < 0.05 * 2 * f_m
    assert abs(found["f_c"] - 900) < 30


def test_features_of_a_part_are_those_of_the_call_in_it():
    low, high = call(500.0, 1.0, 0.2, 0.3, 1.0), call(1500.0, 0.6, 0.2, 0.1, 3.0)
    first, second = (call_features(low + high, **part) for part in ({"stop": 2}, {"start": 2}))
    assert abs(first["f_c"] - 500) < 5 and abs(second["f_c"] - 1500) < 15
    assert abs(first["middle"] - 1) < 0.02 and abs(second["middle"] - 3) < 0.02
    assert abs(second["level"] - 0.1) < 0.01
    assert abs(split_time(low + high) - 2) < 0.7


def test_split_time_is_at_the_bend():
    fall, rise = call(900.0, 0.4, 0.2, 0.3, 1.5), call(900.0, 2.5, 0.2, 0.3, 2.1)
    assert abs(split_time(fall + rise) - 1.8) < 0.1


def test_the_ridge_follows_the_frequency():
    times, octaves, strengths = ridge(call(800.0, 2.0, 0.4, 0.3, 2.0))
    loud = strengths > 0.3
    expected = np.log2(800) + times - 2
    assert np.abs(octaves - expected)[loud].max() < 0.05
    assert strengths.max() == 1


@pytest.mark.parametrize("function", [ridge, call_features, split_time])
@pytest.mark.parametrize("x", [np.zeros(2**13), np.ones(100)])
def test_what_has_no_sound_has_no_ridge(function, x):
    with pytest.raises(ValueError, match="x must have sound and at least 512 samples"):
        function(x)


def test_a_part_without_sound_has_no_features():
    with pytest.raises(ValueError, match="there must be sound between start and stop"):
        call_features(call(800.0, 2.0, 0.1, 0.3, 2.0), start=5)


@pytest.mark.parametrize("frames", [-30, 0, 7, 64])
def test_the_delay_of_another_chirp_is_found(frames):
    x = call(800.0, 2.0, 0.2, 0.3, 2.0)
    y = call(800.0, 1.7, 0.25, 0.1, 2.0 + frames / 128)
    assert abs(delay(x, y) - frames / 128) < 1.5 / 128


def test_a_delay_a_level_and_a_phase_are_free():
    """Against least squares over delays, with cosine and sine of the carrier as unknowns."""
    t = np.arange(2**13) / 2**13
    window = np.exp(-0.5 * ((t - 0.5) / 0.05) ** 2)
    other = np.exp(-0.5 * ((t - 0.45) / 0.08) ** 2)
    x, y = window * np.cos(2 * np.pi * 500 * t), 0.3 * other * np.cos(2 * np.pi * 503 * t + 1)
    y = y + 0.02 * np.random.default_rng(0).standard_normal(len(t))
    best = 0
    for lag in range(-600, 0, 2):
        at = t - lag / 2**13
        envelope = np.exp(-0.5 * ((at - 0.5) / 0.05) ** 2)
        parts = envelope * np.stack([np.cos(2 * np.pi * 500 * t), np.sin(2 * np.pi * 500 * t)])
        fitted = parts.T @ np.linalg.lstsq(parts.T, y)[0]
        best = max(best, 1 - np.sum((y - fitted) ** 2) / np.sum(y**2))
    waveform, spectrogram = explained(x, y)
    assert abs(waveform - best) < 2e-3
    assert 0 < spectrogram < 1


def test_phases_do_not_count_in_the_spectrogram():
    x = call(800.0, 1.0, 0.2, 0.3, 2.0)
    rough = call(801.0, 1.02, 0.2, 0.3, 2.0)
    waveform, spectrogram = explained(rough, x)
    assert waveform < 0.9 < 0.98 < spectrogram


def test_sounds_of_two_lengths_are_refused():
    with pytest.raises(ValueError, match="x and y must be of one length, got 1000 and 999"):
        delay(np.ones(1000), np.ones(999))
    with pytest.raises(ValueError, match="y must have sound"):
        explained(np.ones(1000), np.zeros(1000))


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("BM003.wav", "10.7924/r4gq6zn8w"),
        ("BM003.wav", "creativecommons.org/publicdomain/zero/1.0"),
        ("bl26lb16.wav", "10.6084/m9.figshare.4805749"),
        ("deermouse-go.wav", "10.5061/dryad.g79cnp5ts"),
    ],
)
def test_the_recordings_of_the_book_are_there_and_name_their_sources(name, source):
    folder = distribution("vocalpy").locate_file("vocalpy/examples")
    assert soundfile.info(folder / name).duration > 0.3
    assert source in (folder / f"{name}.description.txt").read_text("utf-8")

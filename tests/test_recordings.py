import numpy as np
import pytest
import soundfile
import torch

from chirplib.recordings import load_recording

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

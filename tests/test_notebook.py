import base64
import io
import math
import os
import re
import subprocess
import sys
import wave

import numpy as np
import pytest
import torch

from chirplib import am_chirp, notebook
from chirplib.notebook import players


def samples_of(text):
    """Samples between -1 and 1 of the one player in an HTML text."""
    (data,) = re.findall(r"base64,([^\"]+)", text)
    with wave.open(io.BytesIO(base64.b64decode(data))) as file:
        assert (file.getframerate(), file.getnchannels()) == (8192, 1)
        return np.frombuffer(file.readframes(file.getnframes()), dtype="<i2") / 32767


def test_a_player_holds_the_sound_it_names():
    x = am_chirp(512, 4, 1.0)
    text = players({"a <chirp>": x}).data
    assert "a &lt;chirp&gt;" in text and "a <chirp>" not in text
    np.testing.assert_allclose(samples_of(text), x / x.abs().max(), atol=1e-4)


@pytest.mark.parametrize(
    "kind",
    [
        np.array,
        list,
        tuple,
        lambda x: torch.tensor(x, requires_grad=True),
        lambda x: torch.tensor(x, dtype=torch.float16),
        lambda x: np.array(x, dtype=np.float16),
        lambda x: (np.array(x) * 4).astype(np.int16),
    ],
)
def test_a_sound_is_a_tensor_or_an_array_or_a_sequence(kind):
    x = [0.25, -0.5, 0.0]
    samples = samples_of(players({"a": kind(x)}).data)
    np.testing.assert_allclose(samples, [0.5, -1, 0], atol=1e-4)


@pytest.mark.filterwarnings("error")
def test_silence_is_silent():
    assert not samples_of(players({"silence": torch.zeros(100)}).data).any()


@pytest.mark.parametrize(
    "sounds, error, message",
    [
        ({"a": torch.zeros(8, 2)}, ValueError, r"sounds\['a'\] must have 1 dimensions"),
        ({"a": [0.5, math.nan]}, ValueError, r"sounds\['a'\] must be finite, got nan"),
        ({"a": []}, ValueError, r"sounds\['a'\] must have 1 dimensions and not be empty"),
        ({"a": "a.wav"}, TypeError, r"sounds\['a'\] must be numbers, got 'a.wav'"),
        ({1: [0.5]}, TypeError, "keys of sounds must hold texts, got 1"),
        ({}, ValueError, "keys of sounds must have at least one entry"),
        ([[0.5]], TypeError, "sounds must be a Mapping"),
    ],
)
def test_what_can_not_be_played_is_named(sounds, error, message):
    with pytest.raises(error, match=message):
        players(sounds)


@pytest.mark.parametrize(
    "sr, error", [(0, ValueError), (2**31, ValueError), (2.5, TypeError), (None, TypeError)]
)
def test_a_sample_rate_is_a_number_that_a_wav_can_hold(sr, error):
    with pytest.raises(error, match=f"sr must be .*got {sr}"):
        players({"a": [0.5]}, sr=sr)


def test_a_clip_is_small():
    assert len(players({"chirp": am_chirp(512, 4, 1.0)}).data) < 100_000


@pytest.mark.parametrize(("value", "on"), [(None, False), ("", False), ("0", False), ("1", True)])
def test_quick_is_read_from_the_environment(value, on):
    environment = {k: v for k, v in os.environ.items() if k != "QUICK"}
    if value is not None:
        environment["QUICK"] = value
    code = "from chirplib.notebook import QUICK; print(QUICK)"
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == str(on)


def test_a_page_says_that_it_is_quick(monkeypatch):
    monkeypatch.setattr(notebook, "QUICK", False)
    assert notebook.quick_note() is None
    monkeypatch.setattr(notebook, "QUICK", True)
    assert "QUICK=1" in notebook.quick_note().data

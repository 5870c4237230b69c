import base64
import io
import os
import re
import subprocess
import sys
import wave

import numpy as np
import pytest

from chirplib import am_chirp, notebook
from chirplib.notebook import players


def test_a_player_holds_the_sound_it_names():
    x = am_chirp(512, 4, 1.0)
    text = players({"a <chirp>": x}).data
    assert "a &lt;chirp&gt;" in text and "a <chirp>" not in text
    (data,) = re.findall(r"base64,([^\"]+)", text)
    with wave.open(io.BytesIO(base64.b64decode(data))) as file:
        assert (file.getframerate(), file.getnchannels()) == (8192, 1)
        samples = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
    np.testing.assert_allclose(samples / 32767, x / x.abs().max(), atol=1e-4)


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

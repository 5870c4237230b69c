import base64
import io
import re
import wave

import numpy as np

from chirplib import am_chirp
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

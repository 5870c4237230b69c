import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from chirplib.figures.frames import play_frames

FRAMES = np.linspace(-1, 1, 24).reshape(2, 3, 4)


def test_a_strip_holds_the_frames_side_by_side_from_the_bottom_up():
    shown = play_frames({"a": FRAMES}, ["waves"]).data
    (data,) = re.findall(r"data:image/png;base64,([^\"]+)", shown)
    strip = np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB")).astype(int)
    assert strip.shape == (3, 8, 3) and "--frames: 2" in shown
    warm = strip[..., 0] - strip[..., 2]  # red above 0, blue below
    assert (np.sign(warm[:, :4]) == np.sign(FRAMES[0, ::-1])).all()
    assert (np.sign(warm[:, 4:]) == np.sign(FRAMES[1, ::-1])).all()


def test_each_panel_has_its_text_for_those_who_do_not_see_it():
    shown = play_frames({"a < b": FRAMES, "c": FRAMES}, ['the "first"', "the sum"]).data
    assert re.findall(r'alt="([^"]*)"', shown) == ["the &quot;first&quot;", "the sum"]
    assert "<p>a &lt; b</p>" in shown


def test_all_panels_have_as_many_frames():
    with pytest.raises(ValueError, match=r"panels\['b'\] must be of shape"):
        play_frames({"a": FRAMES, "b": FRAMES[:1]}, ["waves", "fewer"])
    with pytest.raises(ValueError, match="panels must have at least one entry"):
        play_frames({}, [])

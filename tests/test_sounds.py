import sys
from pathlib import Path
from types import SimpleNamespace

import soundfile
import torch

from chirplib import am_chirp
from chirplib.listen import players

sys.path.insert(0, str(Path(__file__).parents[1] / "tools"))
import sounds


def render(tmp_path, body):
    context = {"body": body, "pathto": lambda path, resource: f"../{path}"}
    sounds.store_clips(SimpleNamespace(outdir=tmp_path), "book/page", "page.html", context, None)
    return context["body"]


def test_each_clip_is_stored_once_and_linked_by_each_player(tmp_path):
    one, other = am_chirp(512, torch.tensor([4.0, 8.0]), 1.0)
    body = render(tmp_path, players({"one": one, "other": other, "one again": one}).data)
    files = list((tmp_path / "_static" / "sounds").iterdir())
    assert len(files) == 2
    assert "base64" not in body
    linked = [body.count(f'src="../_static/sounds/{file.name}"') for file in files]
    assert sorted(linked) == [1, 2]
    for file in files:
        samples, sr = soundfile.read(file)
        assert sr == 2**13 and samples.shape == one.shape
        sounds = [x / x.abs().max() for x in (one, other)]
        assert min(abs(torch.tensor(samples) - x).max() for x in sounds) < 2**-14
        assert file.stat().st_size < len(samples)  # a third of 16 bits and base64 together


def test_pages_without_a_player_stay(tmp_path):
    assert render(tmp_path, "<p>text</p>") == "<p>text</p>"
    assert not (tmp_path / "_static").exists()

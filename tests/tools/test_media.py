import base64
import sys
from pathlib import Path
from types import SimpleNamespace

import soundfile
import torch

from chirplib import am_chirp
from chirplib.notebook import players

sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))
import media


def render(tmp_path, body):
    """Body of a page of the folder book/, and the media files of the site."""
    context = {"body": body, "pathto": lambda path, resource: f"../{path}"}
    media.store_media(SimpleNamespace(outdir=tmp_path), "book/page", "page.html", context, None)
    return context["body"], list(tmp_path.glob("_static/media/*"))


def test_each_clip_is_stored_once_and_linked_by_each_player(tmp_path):
    one, other = am_chirp(512, torch.tensor([4.0, 8.0]), 1.0)
    body, files = render(tmp_path, players({"one": one, "other": other, "one again": one}).data)
    assert "base64" not in body
    assert sorted(body.count(f'src="../_static/media/{file.name}"') for file in files) == [1, 2]
    for file in files:
        samples, sr = soundfile.read(file)
        assert sr == 2**13 and samples.shape == one.shape
        sounds = [x / x.abs().max() for x in (one, other)]
        assert min(abs(torch.tensor(samples) - x).max() for x in sounds) < 2**-14
        assert file.stat().st_size < len(samples)  # a third of 16 bits as base64


def test_picture_of_an_output_becomes_a_file(tmp_path):
    svg = b"<svg xmlns='http://www.w3.org/2000/svg'/>"
    text = base64.b64encode(svg).decode()
    body, (file,) = render(tmp_path, f'<img alt="a" src="data:image/svg+xml;base64,{text}">')
    assert body == f'<img alt="a" src="../_static/media/{file.name}">'
    assert file.suffix == ".svg" and file.read_bytes() == svg


def test_other_pages_stay(tmp_path):
    assert render(tmp_path, "<p>text</p>") == ("<p>text</p>", [])


def test_source_of_an_address_stays(tmp_path):
    source = '<span>src="data:image/svg+xml;base64,{svg}"</span>'
    assert render(tmp_path, source) == (source, [])

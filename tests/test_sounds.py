import base64
import sys
from pathlib import Path
from types import SimpleNamespace

sys.path.insert(0, str(Path(__file__).parents[1] / "tools"))
import sounds


def render(tmp_path, body):
    context = {"body": body, "pathto": lambda path, resource: f"../{path}"}
    sounds.store_clips(SimpleNamespace(outdir=tmp_path), "book/page", "page.html", context, None)
    return context["body"]


def audio(clip):
    return f'<audio src="data:audio/wav;base64,{base64.b64encode(clip).decode()}"></audio>'


def test_each_clip_is_stored_once_and_linked_by_each_player(tmp_path):
    body = render(tmp_path, audio(b"one") + audio(b"two") + audio(b"one"))
    files = sorted((tmp_path / "_static" / "sounds").iterdir())
    assert sorted(f.read_bytes() for f in files) == [b"one", b"two"]
    assert "base64" not in body
    for f in files:
        assert body.count(f'src="../_static/sounds/{f.name}"') == (
            2 if f.read_bytes() == b"one" else 1
        )


def test_pages_without_a_player_stay(tmp_path):
    assert render(tmp_path, "<p>text</p>") == "<p>text</p>"
    assert not (tmp_path / "_static").exists()

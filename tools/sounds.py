"""Sphinx extension: keep the clips of audio players beside the pages, each of them once.

A notebook holds its clips as base64 text, so that its players work without any other file. In the
site that text would be stored with each player, at several times the size of a file in FLAC, which
loses nothing.
"""

import base64
import hashlib
import io
import re
from pathlib import Path

import soundfile

CLIP = re.compile(r'src="data:audio/wav;base64,([^"]+)"')


def store_clips(app, pagename, templatename, context, doctree):
    def link(match):
        clip = base64.b64decode(match[1])
        path = f"_static/sounds/{hashlib.sha256(clip).hexdigest()[:16]}.flac"
        target = Path(app.outdir, path)
        target.parent.mkdir(parents=True, exist_ok=True)
        samples, sr = soundfile.read(io.BytesIO(clip), dtype="int16")
        soundfile.write(target, samples, sr)
        return f'src="{context["pathto"](path, resource=True)}"'

    if "body" in context:
        context["body"] = CLIP.sub(link, context["body"])


def setup(app):
    app.connect("html-page-context", store_clips)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

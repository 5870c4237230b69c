"""Sphinx extension: keep clips and pictures that outputs embed beside the pages, each of them once.

A notebook holds the clips of its players as base64 text, and so the pictures that its HTML outputs
show, so that they need no other file. In the site, that text would be stored with each player, at
several times the size of a file in FLAC, which loses nothing; and a picture that is not shown would
be loaded all the same.
"""

import base64
import hashlib
import io
import re
from pathlib import Path

import soundfile

EMBEDDED = re.compile(
    r'src="data:(?P<type>audio/wav|image/svg\+xml);base64,(?P<data>[A-Za-z0-9+/=]+)"'
)
SUFFIX = {"audio/wav": "flac", "image/svg+xml": "svg"}


def store_media(app, pagename, templatename, context, doctree):
    def link(match):
        data = base64.b64decode(match["data"])
        name = f"{hashlib.sha256(data).hexdigest()[:16]}.{SUFFIX[match['type']]}"
        target = Path(app.outdir, "_static", "media", name)
        target.parent.mkdir(parents=True, exist_ok=True)
        if match["type"] == "audio/wav":
            samples, sr = soundfile.read(io.BytesIO(data), dtype="int16")
            soundfile.write(target, samples, sr)
        else:
            target.write_bytes(data)
        return f'src="{context["pathto"](f"_static/media/{name}", resource=True)}"'

    if "body" in context:
        context["body"] = EMBEDDED.sub(link, context["body"])


def setup(app):
    app.connect("html-page-context", store_media)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

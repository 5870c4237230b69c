"""Sphinx extension: show the parts of a wide figure one below the other on a narrow screen.

The SVG names them, as views. A style sheet shows either the whole figure or its parts.
"""

import re
from pathlib import Path

VIEW = re.compile(r'<view id="(part-\d+)" viewBox="[\d.]+ [\d.]+ ([\d.]+) ([\d.]+)"/>')
IMAGE = re.compile(
    r'<img alt="(?P<alt>[^"]*)" src="(?P<src>[^"]*/_images/(?P<name>[^"/]+\.svg))" />'
)
PIXELS = 4 / 3  # in a point, the unit of the views


def parted(match, svg):
    """The image, and after it its parts, if the SVG has any."""
    parts = "".join(
        f'<img alt="" aria-hidden="true" loading="lazy" src="{match["src"]}#{name}" '
        f'style="aspect-ratio: {width} / {height}; width: {PIXELS * float(width):.0f}px">'
        for name, width, height in VIEW.findall(svg)
    )
    if not parts:
        return match[0]
    return f'{match[0]}<span class="parts" role="img" aria-label="{match["alt"]}">{parts}</span>'


def add_parts(app, pagename, templatename, context, doctree):
    files = {name: Path(app.srcdir, file) for file, name in app.builder.images.items()}
    if "body" in context:
        context["body"] = IMAGE.sub(
            lambda match: parted(match, files[match["name"]].read_text()), context["body"]
        )


def setup(app):
    app.connect("html-page-context", add_parts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

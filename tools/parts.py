"""Sphinx extension: show the parts of what is wide one below the other on a narrow screen.

The parts of a figure are the views of its SVG; those of a table of texts are its rows, whose cells
say of which column they are. A style sheet shows either the whole or the parts.
"""

import re
from pathlib import Path

from bs4 import BeautifulSoup

VIEW = re.compile(r'<view id="(\w+)-(\d+)" viewBox="[\d.]+ [\d.]+ ([\d.]+) ([\d.]+)"/>')
IMAGE = re.compile(
    r'<img alt="(?P<alt>[^"]*)" src="(?P<src>[^"]*/_images/(?P<name>[^"/]+\.svg))" />'
)
TABLE = re.compile(r'<table class="table">.*?</table>', re.S)
COLUMNS = 4  # that do not fit
PIXELS = 4 / 3  # in a point, the unit of the views


def parted(match, svg):
    """The image, and after it its parts, if the SVG has any."""
    rows = {}
    for kind, k, width, height in VIEW.findall(svg):
        rows[kind] = rows.get(kind, "") + (
            f'<img alt="" aria-hidden="true" loading="lazy" src="{match["src"]}#{kind}-{k}" '
            f'style="aspect-ratio: {width} / {height}; width: {PIXELS * float(width):.0f}px">'
        )
    if not rows:
        return match[0]
    parts = "".join(f"<span>{row}</span>" for row in rows.values())
    return f'{match[0]}<span class="parts" role="img" aria-label="{match["alt"]}">{parts}</span>'


def labelled(match):
    """The table, with the name of its column in each cell, if it has many columns."""
    table = BeautifulSoup(match[0], "html.parser").table
    names = [cell.get_text(" ", strip=True) for cell in table.select("thead th")]
    if len(names) < COLUMNS:
        return match[0]
    table["class"].append("cards")
    for row in table.select("tbody tr"):
        for name, cell in zip(names[1:], row.select("td")[1:], strict=True):
            if cell.get_text(strip=True):
                cell["data-label"] = name
    return str(table)


def add_parts(app, pagename, templatename, context, doctree):
    files = {name: Path(app.srcdir, file) for file, name in app.builder.images.items()}
    if "body" in context:
        body = TABLE.sub(labelled, context["body"])
        context["body"] = IMAGE.sub(
            lambda match: parted(match, files[match["name"]].read_text()), body
        )


def setup(app):
    app.connect("html-page-context", add_parts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

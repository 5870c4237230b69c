"""Sphinx extension: what a link to a page looks like where it is shared: title, text, picture."""

import html
from pathlib import Path
from urllib.parse import urljoin

from bs4 import BeautifulSoup

from chirplib import am_chirp
from chirplib.figures import plot_cqt

PICTURE = "_static/preview.png"
ALT = "Spectrograms of two chirps: bright dots along a rising line, which is gentle or steep."
WORDS = 200  # characters, of which more would be cut off


def description(body):
    """What a page says first, in whole sentences or items, up to 200 characters."""
    text = ""
    for part in BeautifulSoup(body, "html.parser").select("p:not(.admonition-title)"):
        for formula in part.select(".math"):
            formula.replace_with(formula.get_text().strip("\\()"))
        sentences = " ".join(part.get_text().split()).replace(". ", ".\n").splitlines()
        for sentence in sentences:
            if text and len(text) + len(sentence) >= WORDS:
                return text
            text = f"{text} {sentence}".strip()
    return text


def tags(title, book, words, picture, url):
    """Tags for the head of a page."""
    found = {
        "og:type": "article",
        "og:site_name": book,
        "og:title": title,
        "og:description": words,
        "og:url": url,
        "og:image": picture,
        "og:image:alt": ALT,
    }
    shared = [
        f'<meta property="{name}" content="{html.escape(value)}">'
        for name, value in found.items()
        if value
    ]
    alone = [
        f'<meta name="description" content="{html.escape(words)}">',
        '<meta name="twitter:card" content="summary_large_image">',
    ]
    return "\n".join([*shared, *alone])


def add_tags(app, pagename, templatename, context, doctree):
    if doctree is None:
        return
    title = BeautifulSoup(context["title"], "html.parser").get_text()
    url = context.get("pageurl")
    # Those who show a link want the whole address. Where the site will lie is not always known.
    picture = context["pathto"](PICTURE, resource=True)
    picture = urljoin(url, picture) if url else picture
    words = description(context["body"])
    context["metatags"] += tags(title, app.config.html_title, words, picture, url)


def draw(app, exception):
    if exception is None and app.builder.format == "html":
        chirps = am_chirp(512, 4, 0.5), am_chirp(512, 4, 2.0)
        titles = "0.5 octaves per second", "2 octaves per second"
        figure = plot_cqt(chirps, titles, f_min=256, octaves=2)
        figure.set_size_inches(8, 4.2)
        figure.savefig(Path(app.outdir, PICTURE), dpi=150, facecolor="white")


def setup(app):
    app.connect("html-page-context", add_tags)
    app.connect("build-finished", draw)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

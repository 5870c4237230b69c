"""Sphinx extension: mathematics without a network, and no error in the browser's console."""

from importlib.metadata import files
from pathlib import Path

from sphinx.util.fileutil import copy_asset

# What the pages load of MathJax; the package has all of it, ten times as much.
MATHJAX = ("tex-chtml.js", "output/chtml/fonts/woff-v2", "input/tex/extensions")


def copy_mathjax(app, exception):
    if exception is None and app.builder.format == "html":
        (core,) = (f for f in files("sphinx-mathjax-offline") if f.name == "tex-chtml.js")
        source = Path(core.locate()).parent
        for part in MATHJAX:
            target = Path(app.outdir, "_static", "mathjax", part)
            target.parent.mkdir(parents=True, exist_ok=True)
            copy_asset(source / part, target.parent if target.suffix else target)


def remove_thebe(app, config):
    """Keep Thebe's scripts off the pages: the book has no use for them, and the theme loads them
    twice, which is an error."""
    for name in ("env-before-read-docs", "doctree-resolved"):
        for listener in list(app.events.listeners[name]):
            if listener.handler.__module__.startswith("sphinx_thebe"):
                app.disconnect(listener.id)


def setup(app):
    app.config.mathjax_path = "mathjax/tex-chtml.js"
    app.connect("config-inited", remove_thebe)
    app.connect("build-finished", copy_mathjax)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

"""Sphinx extension: mathematics without a network, and pages without the theme's own faults."""

from importlib.metadata import files
from pathlib import Path

from sphinx.util.fileutil import copy_asset

# What the pages load of MathJax (see `mathjax3_config`): without its menu, which weighs 0.4 MB.
MATHJAX = (
    "startup.js",
    "core.js",
    "input/tex.js",
    "input/tex/extensions",
    "output/chtml.js",
    "output/chtml/fonts/tex.js",
    "output/chtml/fonts/woff-v2",
    "a11y/assistive-mml.js",
)


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


def mend_body(app, pagename, templatename, context, doctree):
    """Mend what keeps readers without a mouse, or without sight, from parts of a page."""
    if doctree is None:
        return
    body = context["body"]
    # The theme lets the keyboard scroll what has this class, if it is wider than the screen.
    for wide in ('<div class="math ', '<figure class="'):
        body = body.replace(wide, f"{wide}pst-scrollable-table-container ")
    # A bibliography entry is no list item: a list of them is read as an empty list.
    body = body.replace('<div role="list" class="citation-list">', '<div class="citation-list">')
    context["body"] = body


def name_toggles(app, exception):
    """Name the buttons that unfold parts of the contents, which the theme leaves without a text."""
    if exception is None and app.builder.format == "html":
        for page in Path(app.outdir).rglob("*.html"):
            text = page.read_text("utf-8")
            toggle = '<summary><span class="toctree-toggle"'
            named = text.replace(toggle, toggle.replace("<summary", '<summary aria-label="pages"'))
            if named != text:
                page.write_text(named, "utf-8")


def setup(app):
    app.config.mathjax_path = "mathjax/startup.js"
    app.connect("config-inited", remove_thebe)
    app.connect("html-page-context", mend_body)
    app.connect("build-finished", copy_mathjax)
    app.connect("build-finished", name_toggles)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

"""Sphinx extension: keep those icons of the theme's fonts that the pages show.

Each page would load 0.16 MB for a dozen of them.
"""

import re
from pathlib import Path

from fontTools import subset


def drop_unused_icons(app, exception):
    if exception is None and app.builder.format == "html":
        static = Path(app.outdir, "_static")
        styles = "".join(path.read_text() for path in static.glob("styles/*.css"))
        shown = [*Path(app.outdir).rglob("*.html"), *static.glob("scripts/*.js")]
        names = set(re.findall(r"\bfa-[\w-]+", "".join(path.read_text() for path in shown)))
        unicodes = ",".join(f"{code:x}" for code in sorted(icons(styles, names)))
        for font in static.rglob("fa-*.woff2"):
            subset.main([str(font), f"--output-file={font}", f"--unicodes={unicodes}"])


def icons(styles, names):
    """Code points that style sheets show by themselves, or for classes of the given names."""
    codes = {ord(icon) for icon in re.findall("[\ue000-\uf8ff]", styles)}
    for selectors, code in re.findall(r'([^{}]+)\{[^{}]*content:"\\(\w+)"', styles):
        classes = re.findall(r"\.(fa-[\w-]+)", selectors)
        if not classes or names.intersection(classes):
            codes.add(int(code, 16))
    return codes


def setup(app):
    app.connect("build-finished", drop_unused_icons)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

"""The icon fonts of the site keep the icons that it shows, and no others."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import pydata_sphinx_theme
from fontTools.ttLib import TTFont
from icons import drop_unused_icons

THEME = Path(pydata_sphinx_theme.__file__).parent / "theme/pydata_sphinx_theme/static"
FONT = "vendor/fontawesome/webfonts/fa-solid-900.woff2"
SUN, MOON, DOWNLOAD, LIGHTBULB = 0xF185, 0xF186, 0xF019, 0xF0EB


def test_only_icons_that_are_shown_are_kept(tmp_path):
    static = tmp_path / "_static"
    for part in ("styles/pydata-sphinx-theme.css", "scripts/pydata-sphinx-theme.js", FONT):
        (static / part).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(THEME / part, static / part)
    (tmp_path / "index.html").write_text('<i class="fa-solid fa-moon"></i>')
    app = SimpleNamespace(outdir=tmp_path, builder=SimpleNamespace(format="html"))
    before = TTFont(static / FONT).getBestCmap()
    drop_unused_icons(app, None)
    after = TTFont(static / FONT).getBestCmap()
    assert {SUN, MOON, DOWNLOAD, LIGHTBULB} <= set(before)
    assert MOON in after  # of the page
    assert LIGHTBULB in after  # of an admonition, by the style sheet
    assert SUN not in after
    assert (static / FONT).stat().st_size < 10_000

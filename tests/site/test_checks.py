"""Each check finds what it looks for: a good page passes all, a page spoilt in one place fails."""

import io
import wave

import browser_checks
import markup_checks
import numpy as np
import pytest
from IPython.display import Audio
from PIL import Image

SR = 8192
TONE = np.sin(2 * np.pi * 440 * np.arange(SR) / SR)
CLIP = Audio(TONE, rate=SR).src_attr()

GOOD = f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>A good page</title>
<meta name="viewport" content="width=device-width">
<meta property="og:title" content="A good page">
<meta property="og:description" content="What is good.">
<meta property="og:image" content="preview.png"><meta property="og:image:alt" content="Dots">
<style>
  html {{ color-scheme: light; background: white; color: black }}
  html[data-theme=dark] {{ color-scheme: dark; background: black; color: white }}
  html[data-theme=dark] a {{ color: yellow }}
  img {{ max-width: 100% }} pre {{ overflow: auto }}
  @media print {{ audio {{ display: none }} }}
  .math {{ display: inline-block; max-width: 100%; overflow: hidden }}
</style>
<script>document.documentElement.dataset.theme = localStorage.getItem("theme")</script>
</head><body><main><article>
<h1 id="top">A good page</h1>
<p>See <a href="#fig-noise">Fig. 1</a>, <a href="other.html#there">there</a>, and
<a href="https://example.org/">elsewhere</a>, where <span class="math"><mjx-container>x
</mjx-container></span> is explained. It costs two dollars: <code>echo $x</code>.</p>
<figure id="fig-noise"><img src="noise.png" alt="Dots all over the picture, in no order.">
<figcaption><span class="caption-number">Fig. 1</span> <span class="caption-text">Noise.</span>
<a class="headerlink" href="#fig-noise" title="Link to this image">#</a></figcaption></figure>
<div class="cell_output"><pre>accuracy: 99%</pre></div>
<div class="highlight"><pre>f(x)  # code</pre></div>
<div class="solution"><section>It is 1.</section></div>
<figure><audio controls aria-label="a tone" src="{CLIP}"></audio></figure>
<audio controls aria-label="the same tone" src="tone.wav"></audio>
<div id="search-results"><ul><li><a href="other.html">A result</a></li></ul></div>
</article></main></body></html>
"""


@pytest.fixture
def folder(tmp_path):
    """What the good page needs, and some things that would spoil it."""
    (tmp_path / "other.html").write_text("<h1 id='there'>There</h1>")
    (tmp_path / "heavy.js").write_text(" " * browser_checks.PAGE_BYTES)
    pixels = np.random.default_rng(0).integers(256, size=(300, 600), dtype=np.uint8)
    for name in ("noise.png", "preview.png"):
        Image.fromarray(pixels).save(tmp_path / name)
    for name, sound in {"tone.wav": TONE, "long.wav": np.tile(TONE, 8)}.items():
        with wave.open(str(tmp_path / name), "wb") as file:
            file.setparams((1, 2, SR, 0, "NONE", "not compressed"))
            file.writeframes((sound * 32767).astype("<i2").tobytes())
    return tmp_path


def markup(check):
    return lambda path, browser: check(path)


def in_browser(check, theme="light"):
    def faults(path, browser):
        visited = browser_checks.visit(browser, path, theme)
        # Time for requests to fail.
        visited.page.wait_for_timeout(300)
        found = check(visited)
        visited.page.context.close()
        return found

    return faults


def screenshot_faults(visited):
    png = browser_checks.screenshot(visited, browser_checks.PHONE)
    return browser_checks.picture_faults(visited.name, png, "dark")


CHECKS = {
    "dead links": lambda path, browser: markup_checks.dead_links(path, path.parent),
    "outside content": markup(markup_checks.outside_content),
    "alts": lambda path, browser: markup_checks.poor_alts(path.name, path.read_text()),
    "unnumbered": markup(markup_checks.unnumbered_figures),
    "unreferenced": lambda path, browser: markup_checks.unreferenced_figures([path]),
    "leftovers": markup(markup_checks.leftovers),
    "large clips": markup(markup_checks.large_clips),
    "repeated data": markup(markup_checks.repeated_data),
    "untold": markup(markup_checks.untold),
    "errors": in_browser(browser_checks.errors),
    "requests": in_browser(browser_checks.outside_requests),
    "weight": in_browser(browser_checks.overweight),
    "mathematics": in_browser(browser_checks.unrendered_mathematics),
    "players": in_browser(browser_checks.silent_players),
    "phone": in_browser(browser_checks.wider_than_phone),
    "cut": in_browser(browser_checks.silently_cut),
    "print": in_browser(browser_checks.poor_print),
    "axe, light": in_browser(browser_checks.axe_violations),
    "axe, dark": in_browser(browser_checks.axe_violations, "dark"),
    "search": in_browser(browser_checks.fruitless_search),
    "picture": in_browser(screenshot_faults, "dark"),
}

IMAGE = '<img src="noise.png" alt="Dots all over the picture, in no order.">'
MATH = '<span class="math"><mjx-container>x\n</mjx-container></span>'
OUTPUT = "accuracy: 99%"
NUMBER = '<span class="caption-number">Fig. 1</span>'
RESULT = '<li><a href="other.html">A result</a></li>'
END = "</article>"

# The check, what is replaced in the good page and by what, and what the check must say.
SPOILT = [
    ("dead links", "other.html#there", "another.html", "another.html: no such file"),
    ("dead links", "other.html#there", "other.html#nowhere", "no such place"),
    ("dead links", '#fig-noise">Fig. 1', '#fig-none">Fig. 1', "#fig-none: no such place"),
    ("dead links", END, '<img src="missing.png" alt="">', "missing.png: no such file"),
    ("dead links", END, '<a href="../page.html">up</a>', "no such file in the site"),
    ("outside content", END, '<img src="https://example.org/a.png">', "<img> loads https"),
    ("outside content", END, '<script src="//example.org/a.js"></script>', "<script> loads"),
    ("outside content", END, '<iframe src="https://example.org/"></iframe>', "<iframe> loads"),
    ("outside content", END, '<link rel="stylesheet" href="http://x.org/a.css">', "<link> loads"),
    ("alts", IMAGE, '<img src="noise.png">', "no alt"),
    ("alts", IMAGE, '<img src="noise.png" alt="">', "no alt"),
    ("alts", IMAGE, '<img src="noise.png" alt="../_images/noise.png">', "the alt is '../_im"),
    ("alts", IMAGE, '<img src="noise.png" alt="Image">', "the alt is 'Image'"),
    ("alts", IMAGE, '<img src="noise.png" alt="Some dots.">', "does not state a finding"),
    ("alts", END, "<canvas></canvas>", "<canvas>"),
    ("alts", END, '<svg role="img"></svg>', "<svg>"),
    ("unnumbered", NUMBER, "", "fig-noise has no caption-number"),
    ("unnumbered", "Noise.", "", "fig-noise has no caption-text"),
    ("unnumbered", END, '<img src="tone.png" alt="A tone">', "tone.png is in no figure"),
    ("unreferenced", '<a href="#fig-noise">Fig. 1</a>', "it", "refers to figure fig-noise"),
    ("leftovers", OUTPUT, "Traceback (most recent call last)", "a traceback"),
    ("leftovers", OUTPUT, "UserWarning: careful", "a warning"),
    ("leftovers", OUTPUT, "epoch: 50%|####    | 1/2", "a progress bar"),
    ("leftovers", OUTPUT, "12 [00:01, 12.3it/s]", "a progress bar"),
    ("leftovers", OUTPUT, "\x1b[31mred", "a terminal's color code"),
    ("leftovers", OUTPUT, '<span class="stderr">hm</span>', "class stderr"),
    ("large clips", "tone.wav", "long.wav", "'the same tone' takes 131 kB"),
    ("large clips", CLIP, "data:audio/wav;base64," + "A" * 100_000, "'a tone' takes 100 kB"),
    ("repeated data", "tone.wav", CLIP, "2 times: a tone, the same tone"),
    ("repeated data", END, f"<script>const clip = '{CLIP}'</script>", "2 times"),
    ("untold", '"og:title" content="A good page"', '"og:title" content=""', "no og:title"),
    ("untold", "og:description", "description", "no og:description"),
    ("untold", 'content="preview.png"', 'content="missing.png"', "no picture missing.png"),
    ("errors", END, "<script>console.error('oh')</script>", "oh"),
    ("errors", END, "<script>throw Error('oh no')</script>", "oh no"),
    ("errors", "noise.png", "missing.png", "missing.png"),
    ("requests", END, "<script>fetch('https://example.org/')</script>", "request to https"),
    ("weight", END, '<script src="heavy.js"></script>', "heavy.js 3000 kB"),
    ("mathematics", MATH, '<span class="math">x</span>', "not rendered: x"),
    ("mathematics", MATH, MATH + "<mjx-merror>Missing }</mjx-merror>", "error in Missing }"),
    ("mathematics", MATH, r"\(x\)", "left in the text"),
    ("mathematics", MATH, "$x$", "left in the text"),
    ("players", "tone.wav", "noise.png", "player 2 (the same tone): no sound"),
    ("players", ' aria-label="a tone"', "", "player 1 (): no name"),
    ("players", END, "<script>Audio.prototype.play = async () => {}</script>", "does not play"),
    ("phone", END, '<div class="wide" style="width: 600px">x</div>', 'class="wide"> ends at 6'),
    ("phone", "<mjx-container>", "<mjx-container style='padding-left: 400px'>", "<mjx-container"),
    ("cut", "f(x)", f"f({'x' * 99})", "<pre>"),
    (
        "cut",
        ' id="fig-noise"><img',
        ' style="overflow: auto"><img style="min-width: 32rem"',
        "figure",
    ),
    ("cut", END, f'<div class="output" style="overflow: auto">{"x" * 99}</div>', "xxx"),
    ("print", "display: none", "color: black", "<audio>  is printed"),
    ("print", END, '<div style="width: 700px">wide</div>', "ends at 7"),
    ("print", "<section>It", "<section hidden>It", "a solution is left out"),
    ("print", 'localStorage.getItem("theme")', '"dark"', "printed in the dark"),
    ("axe, light", "color: black", "color: silver", "color-contrast (serious)"),
    ("axe, light", ' lang="en"', "", "html-has-lang (serious)"),
    ("axe, light", OUTPUT, f"<i tabindex='-1'>{'wide ' * 99}</i>", "scrollable-region-focusable"),
    ("axe, dark", "color: white", "color: #444", "color-contrast (serious)"),
    ("search", RESULT, "", "finds nothing"),
    ("picture", "<body>", "<body hidden>", "blank"),
    ("picture", "background: black", "background: white", "not a dark page"),
]


@pytest.mark.parametrize("name", CHECKS)
def test_a_good_page_passes(folder, browser, name):
    page = folder / "page.html"
    page.write_text(GOOD)
    assert CHECKS[name](page, browser) == []


@pytest.mark.parametrize(
    ("name", "good", "bad", "fault"), SPOILT, ids=[f"{name}: {fault}" for name, *_, fault in SPOILT]
)
def test_a_spoilt_page_fails(folder, browser, name, good, bad, fault):
    assert GOOD.count(good) == 1
    page = folder / "page.html"
    page.write_text(GOOD.replace(good, bad + good if good == END else bad))
    found = CHECKS[name](page, browser)
    assert any(fault in text for text in found), found


def test_each_check_is_tried():
    assert {name for name, *_ in SPOILT} == set(CHECKS)


def test_a_sound_in_two_files_is_found(folder):
    assert markup_checks.repeated_sounds(folder) == []
    (folder / "copy.wav").write_bytes((folder / "tone.wav").read_bytes())
    assert markup_checks.repeated_sounds(folder) == [
        "one sound in several files: copy.wav, tone.wav"
    ]


def test_a_picture_of_one_color_is_blank():
    file = io.BytesIO()
    Image.new("RGB", (390, 844), "white").save(file, "png")
    assert "blank" in browser_checks.picture_faults("page", file.getvalue(), "light")[0]

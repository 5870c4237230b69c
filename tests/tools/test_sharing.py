"""What a link to a page looks like where it is shared."""

import re
from types import SimpleNamespace

from PIL import Image
from sharing import PICTURE, description, draw, tags

BODY = """<h1>Title</h1><div class="tip admonition"><p class="admonition-title">You learn</p>
<p>What <span class="math">\\(f_m\\)</span> is. And "more".</p></div><p>{}</p>"""


def test_a_description_is_made_of_whole_sentences():
    sentence = "This sentence has as many as fifty characters in it."
    words = description(BODY.format(" ".join([sentence] * 5)))
    assert words == f'What f_m is. And "more". {sentence} {sentence} {sentence}'
    assert description(BODY.format("Short.")) == 'What f_m is. And "more". Short.'
    assert description("<h1>Nothing else</h1>") == ""


def test_tags_hold_what_they_are_given():
    html = tags("A <title>", "Book", 'Say "so".', "https://x.org/a.png", "https://x.org/p")
    found = dict(re.findall(r'(?:property|name)="([^"]+)" content="([^"]*)"', html))
    assert found["og:title"] == "A &lt;title&gt;" and found["og:url"] == "https://x.org/p"
    assert found["og:description"] == found["description"] == "Say &quot;so&quot;."
    assert found["og:image"] == "https://x.org/a.png" and len(found["og:image:alt"]) > 40
    assert "og:url" not in tags("Title", "Book", "Words.", "a.png", None)


def test_the_picture_has_the_size_that_is_shown_whole(tmp_path):
    (tmp_path / "_static").mkdir()
    draw(SimpleNamespace(outdir=tmp_path, builder=SimpleNamespace(format="html")), None)
    picture = Image.open(tmp_path / PICTURE)
    assert picture.size == (1200, 630)
    assert (tmp_path / PICTURE).stat().st_size < 300_000

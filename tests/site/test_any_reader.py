"""For readers without a network or a mouse, and for those who print: copies and definitions."""

import re
import zipfile
from itertools import chain

import browser_checks
import markup_checks
import pytest
from offline import NAME
from pypdf import PdfReader
from sphinx_external_toc.parsing import parse_toc_yaml
from test_site import ROOT, assert_none

TOC = parse_toc_yaml(ROOT / "_toc.yml")
CHAPTER = [TOC.root.docname, *TOC.root.subtrees[0].items]

# The copies ----------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["pdf", "zip"])
def test_the_first_page_links_to_each_copy(site, suffix):
    links = markup_checks.parsed(site / f"{TOC.root.docname}.html").select(".offline a[href]")
    assert f"../{NAME}.{suffix}" in [link["href"] for link in links]
    assert 1e6 < (site / f"{NAME}.{suffix}").stat().st_size < 2e7


@pytest.fixture(scope="module")
def pdf(site):
    return PdfReader(site / f"{NAME}.pdf")


def alts_of_figures(node):
    """Texts that stand for the pictures of a tagged PDF, in their order."""
    node = node.get_object()
    if isinstance(node, list):
        return list(chain.from_iterable(map(alts_of_figures, node)))
    if not hasattr(node, "get"):  # the number of a piece of a sheet
        return []
    own = [str(node["/Alt"])] if node.get("/S") == "/Figure" and "/Alt" in node else []
    return own + (alts_of_figures(node["/K"]) if "/K" in node else [])


def test_the_pdf_has_the_figures_of_the_chapter(site, pdf):
    # Those of solutions have no number, and are no figures of the page.
    pictures = [
        picture
        for page in CHAPTER
        for picture in markup_checks.parsed(site / f"{page}.html").select(
            "article img:not([aria-hidden])"
        )
    ]
    alts = [" ".join(picture["alt"].split()) for picture in pictures]
    shown = alts_of_figures(pdf.trailer["/Root"]["/StructTreeRoot"])
    assert len(alts) > 20
    assert [" ".join(alt.split()) for alt in shown] == alts


def test_the_pdf_is_text_with_captions_and_formulas(site, pdf):
    text = " ".join(" ".join(sheet.extract_text() for sheet in pdf.pages).split())
    pages = [markup_checks.parsed(site / f"{page}.html") for page in CHAPTER]
    captions = [
        tag.get_text().strip()
        for page in pages
        for tag in page.select("figcaption .caption-number")
    ]
    numbers = [tag.get_text().strip("#\n ") for page in pages for tag in page.select(".math .eqno")]
    assert captions and numbers
    assert [caption for caption in [*captions, *numbers] if caption not in text] == []
    # Greek letters are those of the formulas.
    fonts = {
        id(font.get_object()): font.get_object()
        for sheet in pdf.pages
        for font in sheet["/Resources"]["/Font"].values()
    }
    maps = [
        font["/ToUnicode"].get_object().get_data()
        for font in fonts.values()
        if "/ToUnicode" in font
    ]
    assert any(b"<03B3>" in letters for letters in maps), "no gamma"


def test_the_pdf_has_an_outline_and_links_within(site, pdf):
    titles = [entry.title for entry in pdf.outline if not isinstance(entry, list)]
    pages = [markup_checks.parsed(site / f"{page}.html") for page in CHAPTER]
    names = [page.h1.get_text().strip("#\n ") for page in pages]
    squeezed = ["".join(title.split()) for title in titles]
    assert squeezed[: len(names)] == ["".join(name.split()) for name in names]
    links = [note.get_object() for sheet in pdf.pages for note in sheet.get("/Annots", [])]
    addresses = [link["/A"]["/URI"] for link in links if "/A" in link]
    assert not [address for address in addresses if address.startswith("file:")]
    assert len(links) - len(addresses) > 100


def test_the_zip_opens_from_disk(site, browser, tmp_path):
    with zipfile.ZipFile(site / f"{NAME}.zip") as archive:
        archive.extractall(tmp_path)
    copy = tmp_path / NAME
    pages = [*copy.glob("*.html"), *copy.glob("book/**/*.html")]
    assert len(pages) > 30
    assert_none([fault for page in pages for fault in markup_checks.dead_links(page, copy)])
    # What the reader opens leads on at once, and would do so while the page is looked at.
    opened = markup_checks.parsed(copy / "index.html")
    ((_, address),) = markup_checks.addresses(opened)
    visited = browser_checks.visit(browser, copy / address)
    visited.page.get_by_role("link", name="Two listening devices").first.click()
    visited.page.wait_for_url("**/representations.html")
    visited.page.wait_for_function("document.querySelector('.math mjx-container')")
    assert_none(
        browser_checks.silent_players(visited)
        + browser_checks.outside_requests(visited)
        + browser_checks.errors(visited)
    )
    visited.page.context.close()


# Definitions where the terms stand -------------------------------------------------------------


@pytest.fixture(params=["light", "dark"])
def visited(request, browser, site):
    visited = browser_checks.visit(browser, site / "book" / "chirps.html", request.param)
    yield visited
    visited.page.context.close()


TERMS = "article a[aria-describedby^=definition-]"


def shown(visited):
    return visited.page.locator(".definition:popover-open")


def test_each_link_to_a_term_has_its_definition(site):
    for page in site.glob("book/**/*.html"):
        soup = markup_checks.parsed(page)
        for link in soup.select("article a[href*='#term-']:not(.headerlink)"):
            box = soup.find(id=link["aria-describedby"])
            assert link["href"].endswith(box["id"].replace("definition-", "#term-"))
            assert len(box.select_one("p + *").get_text()) > 10


def tab_to_a_term(visited):
    """The next link to a term, in the order of the keyboard."""
    for _ in range(200):
        visited.page.keyboard.press("Tab")
        if visited.page.evaluate(
            "document.activeElement.matches('[aria-describedby^=definition-]')"
        ):
            return visited.page.locator(":focus")
    pytest.fail("the keyboard reaches no term")


def test_the_keyboard_opens_and_closes_a_definition(visited):
    first = tab_to_a_term(visited).inner_text()
    assert shown(visited).inner_text().startswith(first)
    assert_none(browser_checks.axe_violations(visited))
    visited.page.keyboard.press("Escape")
    assert shown(visited).count() == 0
    second = tab_to_a_term(visited).inner_text()
    assert first != second and shown(visited).inner_text().startswith(second)
    visited.page.keyboard.press("Shift+Tab")
    assert not shown(visited).all_inner_texts() or first in shown(visited).inner_text()
    tab_to_a_term(visited).press("Enter")
    visited.page.wait_for_url("**/glossary.html#term-*")


def test_the_pointer_opens_a_definition_that_stays_under_it(visited):
    visited.page.locator(TERMS).nth(1).hover()
    shown(visited).hover()
    visited.page.wait_for_timeout(400)
    assert shown(visited).count() == 1
    visited.page.mouse.move(2, 2)
    visited.page.wait_for_function("!document.querySelector('.definition:popover-open')")


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_a_definition_stands_beside_its_term_and_on_the_screen(visited, width):
    visited.page.set_viewport_size({"width": width, "height": 700})
    for link in visited.page.locator(TERMS).all():
        link.focus()
        box, lines = (
            shown(visited).bounding_box(),
            link.evaluate("a => [...a.getClientRects()].map(r => [r.top, r.bottom])"),
        )
        assert 0 <= box["x"] and box["x"] + box["width"] <= width
        assert 0 <= box["y"] and box["y"] + box["height"] <= 700
        gaps = [
            gap
            for top, bottom in lines
            for gap in (abs(box["y"] - bottom), abs(box["y"] + box["height"] - top))
        ]
        assert min(gaps) < 10


def test_a_tap_opens_and_a_second_tap_follows(browser, site):
    page = browser.new_context(has_touch=True, viewport=browser_checks.PHONE).new_page()
    page.goto((site / "book" / "chirps.html").as_uri())
    link = page.locator(TERMS).first
    link.tap()
    page.locator(".definition:popover-open").wait_for()
    assert page.url.endswith("/chirps.html")
    page.locator("article h1").tap()
    assert page.locator(".definition:popover-open").count() == 0
    link.tap()
    link.tap()
    page.wait_for_url(re.compile("glossary.html#term-"))
    page.context.close()


# Print ---------------------------------------------------------------------------------------


def test_a_dark_page_is_dark_again_after_it_was_printed(browser, site):
    visited = browser_checks.visit(browser, site / "book" / "chirps.html", "dark")
    for media, theme in {"print": "light", "screen": "dark"}.items():
        visited.page.emulate_media(media=media)
        visited.page.wait_for_function(f"document.documentElement.dataset.theme === '{theme}'")
    visited.page.context.close()


def test_how_to_cite_a_page_folds_out(browser, site):
    visited = browser_checks.visit(browser, site / "book" / "chirps.html")
    box = visited.page.locator("details.cite")
    assert not box.locator("pre").is_visible()
    box.locator("summary").press("Enter")
    assert "A synthesizer with two knobs" in box.locator("pre").inner_text()
    visited.page.context.close()

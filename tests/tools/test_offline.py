"""The site in one file, and the chapter as one page, which is printed."""

import zipfile

import offline
import pytest
from bs4 import BeautifulSoup

PAGE = """<html data-theme="auto"><head><link rel="stylesheet" href="../_static/a.css">
{canonical}<script src="../_static/theme.js"></script><script>window.MathJax = {{}}</script>
<script defer src="../_static/mathjax/startup.js"></script></head><body><nav>all pages</nav>
<article><section id="{name}"><h1>{name}</h1><a class="headerlink" href="#{name}">#</a>
<div class="offline docutils"><p>Keep it.</p></div>
<a href="#{name}">here</a> <a href="two.html">two</a> <a href="two.html#two">in two</a>
<a href="extra.html#x">more</a> <a href="../_modules/a.html">code</a> <a href="https://x.org/">x</a>
<script>alert()</script></section><details class="cite"><p>Ann (2026).</p></details></article>
</body></html>"""


@pytest.fixture
def site(tmp_path):
    folder = tmp_path / "html"
    (folder / "book").mkdir(parents=True)
    for name in ("one", "two", "extra", "glossary", "references"):
        page = PAGE.format(name=name, canonical="")
        (folder / "book" / f"{name}.html").write_text(page)
    (folder / "index.html").write_text("an index")
    (folder / "a.css.map").write_text("of no use to a reader")
    (tmp_path / "_toc.yml").write_text(
        "format: jb-book\nroot: book/one\nparts:\n- chapters: [{file: book/two}]\n"
        "- chapters: [{file: book/extra}]\n"
    )
    return folder


def links(html):
    return [link["href"] for link in BeautifulSoup(html, "html.parser").select("a")]


def test_one_page_holds_all_and_links_within(site):
    html = offline.print_view(site, ["book/one", "book/two"])
    soup = BeautifulSoup(html, "html.parser")
    assert [title.get_text() for title in soup.select("article h1")] == ["one", "two"]
    assert soup.select_one("h1 + p").get_text() == "Ann (2026)."
    places = {tag["id"] for tag in soup.select("[id]")}
    assert places == {f"book-{name}--{place}" for name in ("one", "two") for place in (name, "top")}
    within = ["#book-one--one", "#book-two--top", "#book-two--two", "https://x.org/"]
    assert links(html) == [*within, "#book-two--two", *within[1:]]
    assert [script.get("src") for script in soup.select("script")] == [
        None,
        "../_static/mathjax/startup.js",
    ]
    assert soup.html["data-theme"] == "light" and not soup.select("nav, details")


def test_links_to_other_pages_lead_to_the_published_site(site):
    page = site / "book" / "two.html"
    canonical = '<link rel="canonical" href="https://ann.github.io/chirps/book/two.html">'
    page.write_text(PAGE.format(name="two", canonical=canonical))
    found = links(offline.print_view(site, ["book/two"]))[-3:]
    start = "https://ann.github.io/chirps/"
    assert found == [f"{start}book/extra.html#x", f"{start}_modules/a.html", "https://x.org/"]


@pytest.mark.parametrize("browser", [True, False])
def test_the_first_page_links_to_what_there_is(site, monkeypatch, capsys, browser):
    def print_chapter(site, pages, target):
        assert pages == ["book/one", "book/two", "book/glossary", "book/references"]
        if browser:
            target.write_text("a PDF")
        return browser

    monkeypatch.setattr(offline, "print_chapter", print_chapter)
    offline.add_offline_copies(site.parent, site)
    page = (site / "book" / "one.html").read_text()
    where = BeautifulSoup(page, "html.parser").select_one("div.offline")
    files = [f"../{offline.NAME}.{suffix}" for suffix in ("pdf", "zip")[not browser :]]
    assert [link["href"] for link in where.select("p + p a, p ~ p a")] == files
    assert ("apt-get install chromium" in capsys.readouterr().out) != browser

    with zipfile.ZipFile(site / f"{offline.NAME}.zip") as archive:
        names = set(archive.namelist())
        copy = archive.read(f"{offline.NAME}/book/one.html").decode()
    assert f"{offline.NAME}/index.html" in names
    assert not any(name.endswith((".map", ".zip")) for name in names)
    assert (f"{offline.NAME}/{offline.NAME}.pdf" in names) == browser
    assert ".zip" not in copy, "it does not hold itself"


def test_a_site_without_a_place_for_links_gets_neither(site):
    page = site / "book" / "one.html"
    page.write_text(page.read_text().replace("offline", "other"))
    offline.add_offline_copies(site.parent, site)
    assert not list(site.glob(f"{offline.NAME}.*"))

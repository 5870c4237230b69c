"""The site in one file, to read without a network, and the chapter as a PDF, to print.

Both lie beside the pages, and the first page links to them, in its part of class `offline`. A
site without such a part gets neither. The PDF is printed by the browser that checks the site: where
there is none, there is no PDF.
"""

import re
import zipfile
from pathlib import Path
from posixpath import normpath
from urllib.parse import urljoin, urlsplit

from bs4 import BeautifulSoup
from chromium import HOW_TO_GET_IT, chromium
from sphinx_external_toc.parsing import parse_toc_yaml

NAME = "parameter-estimation"
# What the chapter points to, at the end of its PDF.
APPENDIX = ["book/glossary", "book/references"]
PLACE = re.compile(r'<div class="offline\b.*?(?=</div>)', re.DOTALL)
NUMBER = '<span class="pageNumber" style="font: 8px sans-serif; margin: auto"></span>'


def add_offline_copies(root, site):
    """Write both files into the folder `site` of a book in the folder `root`, and link them."""
    toc = parse_toc_yaml(root / "_toc.yml")
    first = site / f"{toc.root.docname}.html"
    if not PLACE.search(first.read_text("utf-8")):
        return
    pages = [toc.root.docname, *toc.root.subtrees[0].items, *APPENDIX]
    up = "../" * toc.root.docname.count("/")
    if print_chapter(site, pages, site / f"{NAME}.pdf"):
        link(first, f"{up}{NAME}.pdf", "the chapter, its figures and formulas, to print")
    else:
        print(f"The chapter is not printed, and there is no PDF. {HOW_TO_GET_IT}")
    # The copy does not hold itself.
    pack(site, site / f"{NAME}.zip")
    link(first, f"{up}{NAME}.zip", "the whole site with its sounds. Unpack it, and open index.html")


def link(page, address, what):
    """Add a link to the part of a page for such links."""
    size = (page.parent / address).stat().st_size / 1e6
    item = f'<p><a href="{address}">{Path(address).name}</a> ({size:.1f} MB): {what}.</p>\n'
    page.write_text(PLACE.sub(rf"\g<0>{item}", page.read_text("utf-8"), count=1), "utf-8")


def pack(site, target):
    """Write all that the pages of a site need into a ZIP."""
    files = [path for path in sorted(site.rglob("*")) if path.is_file() and path != target]
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in files:
            if path.suffix != ".map" and path.name != ".buildinfo":
                archive.write(path, Path(NAME, path.relative_to(site)))


def print_chapter(site, pages, target):
    """Print pages of a site one after the other into a PDF. Returns whether there is a browser."""
    with chromium() as browser:
        if browser is None:
            return False
        view = (site / f"{pages[0]}.html").with_name("print.html")
        view.write_text(print_view(site, pages), "utf-8")
        try:
            page = browser.new_context(offline=True, color_scheme="light").new_page()
            page.goto(view.as_uri())
            page.evaluate("MathJax.startup.promise.then(() => document.fonts.ready)")
            page.pdf(
                path=target,
                prefer_css_page_size=True,
                display_header_footer=True,
                header_template="<span></span>",
                footer_template=NUMBER,
                outline=True,
                tagged=True,
            )
        finally:
            view.unlink()
    return True


def print_view(site, pages):
    """HTML of a page that holds the text of all of these, with links between them."""
    soups = {
        page: BeautifulSoup((site / f"{page}.html").read_text("utf-8"), "html.parser")
        for page in pages
    }
    cited = soups[pages[0]].select_one(".cite p").extract()
    for page, soup in soups.items():
        join(page, soup, soups)
    view = soups[pages[0]]
    article = view.find("article")
    article.find("h1").insert_after(cited)
    for page in pages[1:]:
        article.append(soups[page].find("article").extract())
    # The theme's scripts have nothing to do in print; those of MathJax do.
    for script in view.select("script"):
        if "mathjax" not in str(script).lower():
            script.decompose()
    view.html["data-theme"] = "light"
    body = view.find("body")
    body.clear()
    body.append(article)
    return str(view)


def join(page, soup, pages):
    """Make the names and links of a page's text fit a page that holds all `pages`."""
    article = soup.find("article")
    base = (soup.select_one("link[rel=canonical]") or {}).get("href")
    for tag in article.select("script, .headerlink, .definition, .cite, .offline"):
        tag.decompose()
    for tag in article.select("a[href]"):
        address = urlsplit(tag["href"])
        if address.scheme:
            continue
        other = (
            normpath(f"{page}/../{address.path}").removesuffix(".html") if address.path else page
        )
        if other in pages:
            tag["href"] = f"#{name(other, address.fragment or 'top')}"
        elif base:
            tag["href"] = urljoin(base, tag["href"])
        else:
            tag.unwrap()
    for tag in article.select("[id]"):
        tag["id"] = name(page, tag["id"])
    article["id"] = name(page, "top")


def name(page, place):
    return f"{page.replace('/', '-')}--{place}"

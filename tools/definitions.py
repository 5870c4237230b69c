"""Sphinx extension: a term of the glossary shows its definition where it stands.

Each page gets the definitions of the terms that it links to. `definitions.js` shows them; for a
reader who listens to the page, they describe the links. Without scripts, a link leads to the
glossary.
"""

import html
import re
from pathlib import Path

from bs4 import BeautifulSoup

LINK = re.compile(r'<a class="reference internal" href="[^"#]*#term-([^"]+)"')


def definitions(glossary):
    """HTML of the term and the definition of each entry of a glossary, by the entry's name.

    A definition has no links of its own: a reader could not reach them. Nor does it name the page
    that introduces the term, with which an entry ends.
    """
    found = {}
    for entry in BeautifulSoup(glossary, "html.parser").select("dl.glossary > dd"):
        names = []
        for sibling in entry.find_previous_siblings():
            if sibling.name != "dt":
                break
            for link in sibling.select(".headerlink"):
                link.decompose()
            names.insert(0, sibling)
        last = entry.select("p a.reference")[-1:]
        for link in last:
            if "#term-" not in link["href"] and not link.next_sibling:
                link.decompose()
        for link in entry.select("a"):
            link.unwrap()
        title = ", ".join(name.get_text() for name in names)
        text = (
            f'<p class="definition-term">{html.escape(title)}</p>{entry.decode_contents().strip()}'
        )
        found |= {name["id"].removeprefix("term-"): text for name in names}
    return found


def define(page, entries):
    """A page with the definitions of the terms that it links to, each of them once."""
    terms = sorted(set(LINK.findall(page)))
    boxes = [
        f'<div class="definition" id="definition-{term}" role="tooltip" popover="manual">'
        f"{entries[term]}</div>"
        for term in terms
    ]
    described = LINK.sub(r'\g<0> aria-describedby="definition-\1"', page)
    return described.replace("</article>", "\n".join([*boxes, "</article>"]))


def add_definitions(app, exception):
    glossary = Path(app.outdir, "book", "glossary.html")
    if exception is None and app.builder.format == "html" and glossary.exists():
        entries = definitions(glossary.read_text("utf-8"))
        for path in Path(app.outdir).rglob("*.html"):
            page = path.read_text("utf-8")
            if LINK.search(page):
                path.write_text(define(page, entries), "utf-8")


def setup(app):
    app.connect("build-finished", add_definitions)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

"""Sphinx extension: a box at the end of each page that says how to cite it, from CITATION.cff."""

import html
from pathlib import Path

import yaml
from bs4 import BeautifulSoup


def people(authors):
    """Names of authors of a CITATION.cff, the family name last."""
    return [a.get("name") or f"{a['given-names']} {a['family-names']}" for a in authors]


def listed(names):
    return ", ".join(names[:-1]) + f" and {names[-1]}" if names[1:] else names[0]


def in_words(work, page, year, url):
    """A page of the book, cited in a sentence, or all of it if `page` is empty."""
    parts = [
        f"{listed(people(work['authors']))} ({year}).",
        f"{page}. In:" if page else "",
        f"{work['title']}, version {work['version']}.",
        url or "",
    ]
    return " ".join(filter(None, parts))


def bibtex(key, kind, authors, **fields):
    """An entry for BibTeX. Braces keep a name whole, and the capitals of a title."""
    fields = {"author": " and ".join(authors)} | fields
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
    return "\n".join([f"@{kind}{{{key},", *lines, "}"])


def entries(work, name, page, year, url):
    """Entries for BibTeX: of a page, and of what the work builds on."""
    authors = [f"{{{author}}}" for author in people(work["authors"])]
    found = [
        bibtex(
            f"chirplib-{name}",
            *("incollection" if page else "book", authors),
            title=f"{{{page or work['title']}}}",
            booktitle=page and f"{{{work['title']}}}",
            year=year,
            note=f"Version {work['version']}",
            url=url,
        )
    ]
    for paper in work.get("references", []):
        first = paper["authors"][0]["family-names"].lower()
        found.append(
            bibtex(
                f"{first}{paper['year']}",
                *(paper["type"], people(paper["authors"])),
                title=f"{{{paper['title']}}}",
                journal=paper.get("journal"),
                volume=paper.get("volume"),
                number=paper.get("issue"),
                year=paper["year"],
            )
        )
    return "\n\n".join(found)


def box(words, bibtex):
    return (
        '<details class="cite"><summary>Cite this page</summary>'
        f"<p>{html.escape(words)}</p>"
        f'<div class="highlight"><pre>{html.escape(bibtex)}</pre></div></details>'
    )


def add_box(app, pagename, templatename, context, doctree):
    if doctree is None:
        return
    work = yaml.safe_load(Path(app.srcdir, "CITATION.cff").read_text("utf-8"))
    page = BeautifulSoup(context["title"], "html.parser").get_text()
    if pagename == app.config.root_doc:
        page = ""
    about = page, app.config.copyright, context.get("pageurl")
    name = pagename.rpartition("/")[2]
    context["body"] += box(in_words(work, *about), entries(work, name, *about))


def setup(app):
    app.connect("html-page-context", add_box)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

"""A page gets the definitions of the terms that it links to, and of no others."""

from bs4 import BeautifulSoup
from definitions import define, definitions

GLOSSARY = """<article><dl class="simple glossary">
<dt id="term-JTFS">JTFS<a class="headerlink" href="#term-JTFS">#</a></dt>
<dt id="term-joint-scattering">joint scattering<a class="headerlink" href="#x">#</a></dt>
<dd><p>Of a <a class="reference internal" href="#term-rate">rate</a>, {x}. <a class="reference
internal" href="two.html">Two devices</a></p></dd>
<dt id="term-rate">rate<a class="headerlink" href="#term-rate">#</a></dt>
<dd><p>In <a class="reference internal" href="own.html">Your own</a>, in Hz.</p></dd>
</dl></article>"""
TERM = '<a class="reference internal" href="{}#term-{}"><span>a term</span></a>'


def text(html):
    return " ".join(BeautifulSoup(html, "html.parser").get_text(" ").split())


def test_entries_have_a_name_and_no_links():
    entries = definitions(GLOSSARY)
    assert set(entries) == {"JTFS", "joint-scattering", "rate"}
    assert text(entries["JTFS"]) == "JTFS, joint scattering Of a rate, {x}."
    assert entries["JTFS"] == entries["joint-scattering"]
    assert text(entries["rate"]) == "rate In Your own, in Hz."
    assert not any("<a" in entry or "headerlink" in entry for entry in entries.values())


def test_each_link_is_described_by_its_definition():
    links = TERM.format("glossary.html", "rate"), TERM.format("", "JTFS")
    page = f"<article>{links[0]} {links[1]} {links[0]} <a href='#x'>x</a></article>"
    soup = BeautifulSoup(define(page, definitions(GLOSSARY)), "html.parser")
    assert [box["id"] for box in soup.select("article > .definition")] == [
        "definition-JTFS",
        "definition-rate",
    ]
    described = [link.get("aria-describedby") for link in soup.select("a")]
    assert described == ["definition-rate", "definition-JTFS", "definition-rate", None]

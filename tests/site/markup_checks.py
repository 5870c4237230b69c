"""Checks of what the pages say: each returns its faults, as texts, from the HTML alone."""

import functools
import hashlib
import re
from collections import Counter
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup

CLIP_BYTES = 100_000
AUDIO = {".wav", ".mp3", ".ogg", ".opus", ".flac", ".m4a", ".webm"}
NOT_AN_ALT = re.compile(
    r"(image|picture|figure|plot|graph|img)\W*|.*\.(png|svg|jpe?g|gif|webp)", re.I
)
LEFTOVERS = {
    "a traceback": r"Traceback \(most recent call last\)",
    "a warning": r"\w*Warning:",
    "a progress bar": r"\d+%\||\d(it/s|s/it)\b",
    "a terminal's color code": r"\x1b\[",
}


@functools.cache
def parsed(path):
    return BeautifulSoup(path.read_text(), "html.parser")


@functools.cache
def anchors(path):
    """Whatever a `#fragment` can lead to in a page."""
    return {tag.get("id") or tag.get("name") for tag in parsed(path).select("[id], a[name]")}


def addresses(soup):
    """Pairs of a tag and an address that it links to or loads."""
    for attribute in ("href", "src", "data", "poster"):
        for tag in soup.select(f"[{attribute}]"):
            if not tag[attribute].startswith(("data:", "mailto:")):
                yield tag, tag[attribute]
    for tag in soup.select('meta[http-equiv="refresh" i]'):
        yield tag, tag["content"].partition("url=")[2]


def dead_links(path, site):
    """Addresses within the site that lead nowhere: no such file, or no such place in it."""
    faults = []
    for tag, address in addresses(parsed(path)):
        parts = urlsplit(address)
        if parts.scheme or parts.netloc:
            continue
        target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
        if not (target.is_file() and target.is_relative_to(site)):
            faults.append(f"{path.name}: <{tag.name}> to {address}: no such file in the site")
        elif parts.fragment and target.suffix == ".html":
            if unquote(parts.fragment) not in anchors(target):
                faults.append(f"{path.name}: <{tag.name}> to {address}: no such place in the page")
    return faults


def outside_content(path):
    """What a page would load from elsewhere. Links that a reader may follow are fine."""
    return [
        f"{path.name}: <{tag.name}> loads {address}"
        for tag, address in addresses(parsed(path))
        if (urlsplit(address).netloc or urlsplit(address).scheme)
        and tag.name != "a"
        and "canonical" not in tag.get("rel", [])
    ]


def untold(path):
    """What a page does not tell those who show a link to it: title, text, a picture and its alt."""
    if not parsed(path).select_one("article section"):  # the index of names, or the search
        return []
    faults = []
    for name in ("og:title", "og:description", "og:image", "og:image:alt"):
        tag = parsed(path).select_one(f'meta[property="{name}"]')
        if not (tag and tag["content"].strip()):
            faults.append(f"{path.name}: no {name}")
        elif name == "og:image" and not urlsplit(tag["content"]).netloc:
            if not (path.parent / tag["content"]).is_file():
                faults.append(f"{path.name}: no picture {tag['content']}")
    return faults


def poor_alts(name, html):
    """Pictures without a text that says what they show.

    Takes the HTML as a text: scripts may have added pictures to what the file holds.
    """
    faults = []
    for tag in BeautifulSoup(html, "html.parser").select("img, canvas, [role=img]"):
        if tag.find_parent(attrs={"aria-hidden": "true"}) or tag.get("aria-hidden") == "true":
            continue
        alt = tag.get("aria-label") or tag.get("alt") or ""
        if tag.name in ("svg", "canvas"):
            alt = alt or tag.get_text(" ", strip=True)
        where = f"{name}: <{tag.name}> {tag.get('src', tag.get('class', ''))!s:.60}"
        labelled = tag.find_parent(["a", "button"])
        if not alt.strip():
            if not (labelled and (labelled.get("aria-label") or labelled.get_text(strip=True))):
                faults.append(f"{where}: no alt")
        elif NOT_AN_ALT.fullmatch(alt.strip()):
            faults.append(f"{where}: the alt is {alt!r}")
        elif tag.find_parent("figure") and len(alt) < 20:
            faults.append(f"{where}: an alt as short as {alt!r} does not state a finding")
    return faults


def pictures(path):
    """The figures of a page, without the audio players that are marked as figures too."""
    return [tag for tag in parsed(path).select("figure") if not tag.find("audio")]


def unnumbered_figures(path):
    """Figures without number or caption, and pictures in no figure, but for those of solutions."""
    faults = []
    for figure in pictures(path):
        for part in ("caption-number", "caption-text"):
            tag = figure.find(class_=part)
            if not (tag and tag.get_text(strip=True)):
                faults.append(f"{path.name}: figure {figure.get('id')} has no {part}")
    for tag in parsed(path).select("article img, article svg[role=img]"):
        if not (tag.find_parent(["figure", "a"]) or tag.find_parent(class_="solution")):
            faults.append(f"{path.name}: {tag.get('src', '')!s:.60} is in no figure")
    return faults


def unreferenced_figures(paths):
    """Figures that the text of no page refers to."""
    referenced = set()
    for path in paths:
        for link in parsed(path).select("article a[href*='#']"):
            if "headerlink" not in link.get("class", []):
                file, _, place = link["href"].partition("#")
                referenced.add(((path.parent / file).resolve() if file else path, place))
    return [
        f"{path.name}: no text refers to figure {figure.get('id')}"
        for path in paths
        for figure in pictures(path)
        if (path, figure.get("id")) not in referenced
    ]


def leftovers(path):
    """Tracebacks, warnings and progress bars in the outputs of a page."""
    faults = [
        f"{path.name}: an output of class {kind}: {tag.get_text(strip=True)[:60]!r}"
        for kind in ("stderr", "traceback")
        for tag in parsed(path).select(f".cell_output .{kind}")
    ]
    for output in parsed(path).select(".cell_output"):
        for what, pattern in LEFTOVERS.items():
            if found := re.search(f".*(?:{pattern}).*", output.get_text()):
                faults.append(f"{path.name}: {what} in an output: {found.group().strip()[:80]!r}")
    return faults


def large_clips(path):
    """Audio clips that take more than 100 kB, as they are stored."""
    faults = []
    for tag in parsed(path).select("audio[src], audio source[src]"):
        src = tag["src"]
        size = len(src) if src.startswith("data:") else (path.parent / unquote(src)).stat().st_size
        if size > CLIP_BYTES:
            name = tag.get("aria-label") or src[:40]
            faults.append(f"{path.name}: clip {name!r} takes {size / 1000:.0f} kB")
    return faults


def repeated_data(path):
    """Data that a page holds more than once: sounds or pictures, in tags or in scripts."""
    data = Counter(re.findall(r"data:[\w/+.-]+;base64,[\w+/=]{1000,}", path.read_text()))
    return [
        f"{path.name}: {len(uri) / 1000:.0f} kB {n} times: {label(path, uri)}"
        for uri, n in data.items()
        if n > 1
    ]


def label(path, uri):
    names = [tag.get("aria-label") for tag in parsed(path).find_all(src=uri)]
    return ", ".join(filter(None, names)) or uri[:30]


def repeated_sounds(site):
    """Audio files of the site that are stored under several names."""
    names = {}
    for file in sorted(Path(site).rglob("*")):
        if file.suffix in AUDIO:
            names.setdefault(hashlib.sha256(file.read_bytes()).digest(), []).append(file.name)
    return [f"one sound in several files: {', '.join(same)}" for same in names.values() if same[1:]]

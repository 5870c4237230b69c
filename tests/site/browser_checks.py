"""Checks of what a browser makes of the pages: each returns its faults, as texts."""

import io
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import TimeoutError

PAGE_BYTES = 3_000_000
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}
PAPER = {"width": 665, "height": 986}  # A4 within its margins, at 96 pixels an inch


@dataclass
class Visit:
    """An open page, and what happened since it was opened."""

    page: object
    name: str
    requests: list = field(default_factory=list)
    errors: list = field(default_factory=list)


def visit(browser, path, theme="light", query=""):
    """Open a page in a theme, with mathematics and fonts in place, and without a network."""
    context = browser.new_context(
        viewport=DESK,
        offline=True,
        # The pages must follow the reader's choice, not the system's.
        color_scheme={"light": "dark", "dark": "light"}[theme],
        reduced_motion="reduce",
    )
    context.add_init_script(
        f"localStorage.setItem('mode', '{theme}'); localStorage.setItem('theme', '{theme}')"
    )
    page = context.new_page()
    visited = Visit(page, path.name)
    page.on("request", lambda request: visited.requests.append(request.url))
    page.on("pageerror", lambda error: visited.errors.append(f"error: {error}"))
    page.on(
        "console",
        lambda message: message.type == "error" and visited.errors.append(message.text),
    )
    page.on(
        "requestfailed",
        lambda request: visited.errors.append(f"{request.failure}: {request.url[:100]}"),
    )
    page.goto(path.as_uri() + query)
    page.evaluate("() => window.MathJax?.startup?.promise.then(() => document.fonts.ready)")
    return visited


def errors(visited):
    """Errors in the console, exceptions that nobody caught, and files that did not load."""
    return [f"{visited.name}: {text}" for text in visited.errors]


def outside_requests(visited):
    """Requests to a host."""
    return [
        f"{visited.name}: request to {url}"
        for url in visited.requests
        if not url.startswith(("file:", "data:", "blob:"))
    ]


def files_loaded(visited):
    """The files of a page and their sizes: what was requested, and what players may request."""
    sources = visited.page.evaluate("[...document.querySelectorAll('[src]')].map(tag => tag.src)")
    urls = {url for url in [*visited.requests, *sources] if url.startswith("file:")}
    files = {Path(unquote(urlsplit(url).path)) for url in urls}
    return {file: file.stat().st_size for file in files if file.is_file()}


def overweight(visited):
    """Whether a page and all that it loads take more than 3 MB."""
    files = files_loaded(visited)
    total = sum(files.values())
    if total < PAGE_BYTES:
        return []
    heaviest = sorted(files, key=files.get, reverse=True)[:6]
    parts = ", ".join(f"{file.name[-24:]} {files[file] / 1000:.0f} kB" for file in heaviest)
    return [f"{visited.name}: {total / 1e6:.2f} MB in all: {parts}"]


def unrendered_mathematics(visited):
    """Formulas that MathJax left alone or could not read, and what looks like one in the text."""
    found = visited.page.evaluate(r"""() => {
        const faults = []
        for (const tag of document.querySelectorAll('.math'))
            if (!tag.querySelector('mjx-container'))
                faults.push('not rendered: ' + tag.textContent.slice(0, 60))
        for (const tag of document.querySelectorAll('mjx-merror, [data-mjx-error]'))
            faults.push('error in ' + (tag.dataset.mjxError ?? tag.textContent))
        const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
        while (texts.nextNode()) {
            const {data, parentElement} = texts.currentNode
            const code = parentElement.closest('pre, code, .sig, script, style')
            if (/\\\(|\\\[|\$/.test(data) && !code)
                faults.push('left in the text: ' + data.trim().slice(0, 60))
        }
        return faults
    }""")
    return [f"{visited.name}: mathematics {fault}" for fault in found]


def silent_players(visited):
    """Audio players without a name or a sound; the first one must play."""
    found = visited.page.evaluate(r"""async () => {
        const faults = []
        const players = [...document.querySelectorAll('audio')]
        const within = async (seconds, done) => {
            for (let i = 0; i < 20 * seconds && !done(); i++)
                await new Promise(resolve => setTimeout(resolve, 50))
            return done()
        }
        for (const [i, audio] of players.entries()) {
            const labels = (audio.getAttribute('aria-labelledby') ?? '').split(' ')
                .map(id => document.getElementById(id)?.textContent).join('')
            const name = audio.getAttribute('aria-label') || labels
            const where = `player ${i + 1} (${name})`
            if (!name.trim()) faults.push(`${where}: no name`)
            if (audio.readyState < 1) { audio.preload = 'metadata'; audio.load() }
            await within(5, () => audio.readyState >= 1 || audio.error)
            if (audio.error || !(audio.duration > 0 && isFinite(audio.duration)))
                faults.push(`${where}: no sound: ${audio.error?.message} ${audio.duration}`)
        }
        if (players.length && !faults.length) {
            const [first] = players
            first.muted = true
            await first.play().catch(error => faults.push('player 1: ' + error))
            if (!await within(5, () => first.currentTime > 0.02))
                faults.push('player 1: does not play')
            first.pause()
        }
        return faults
    }""")
    return [f"{visited.name}: {fault}" for fault in found]


@contextmanager
def on_a_phone(visited):
    visited.page.set_viewport_size(PHONE)
    # The theme takes 0.3 s to see that the size has changed.
    visited.page.wait_for_timeout(500)
    yield
    visited.page.set_viewport_size(DESK)


def wider_than_phone(visited):
    """What makes a page scroll sideways on a screen of 390 pixels, and formulas cut off by it."""
    with on_a_phone(visited):
        found = visited.page.evaluate("""() => {
            const width = document.documentElement.clientWidth
            const right = tag => tag.getBoundingClientRect().right
            const scrolls = tag => tag && tag !== document.body
                && (getComputedStyle(tag).overflowX !== 'visible' || scrolls(tag.parentElement))
            const wide = document.documentElement.scrollWidth <= width ? []
                : [...document.body.querySelectorAll('*')].filter(
                    tag => right(tag) > width + 1 && !scrolls(tag.parentElement))
            const innermost = wide.filter(tag => !wide.some(t => t !== tag && tag.contains(t)))
            const cut = [...document.querySelectorAll('span.math mjx-container')].filter(
                tag => right(tag) > right(tag.parentElement) + 1)
            return [...innermost, ...cut].map(tag => `<${tag.localName} class="${tag.className}"> `
                + `ends at ${Math.round(right(tag))} px: ` + tag.textContent.trim().slice(0, 40))
        }""")
    return [f"{visited.name}: wider than 390 px: {fault}" for fault in found]


def silently_cut(visited):
    """What goes on beyond the edge of a screen of 390 pixels: figures, code, and tables of texts;
    and other tables that do not say so.
    """
    with on_a_phone(visited):
        found = visited.page.evaluate("""() => {
            const cut = tag => tag.scrollWidth > tag.clientWidth + 8
            const silent = tag => getComputedStyle(tag, '::before').content === 'none'
            const whole = 'figure, .highlight pre, .pst-scrollable-table-container:has(> table)'
            const faults = [
                ...[...document.querySelectorAll(whole)].filter(cut),
                ...[...document.querySelectorAll('.output')].filter(
                    tag => cut(tag) && silent(tag))]
            return faults.map(
                tag => `<${tag.localName}> ${tag.id} ` + tag.textContent.trim().slice(0, 40))
        }""")
    return [f"{visited.name}: cut off at 390 px: {fault}" for fault in found]


def poor_print(visited):
    """What a page loses on a sheet of paper, what it could spare, and a sheet that is not light."""
    visited.page.emulate_media(media="print")
    visited.page.set_viewport_size(PAPER)
    found = visited.page.evaluate("""() => {
        const faults = []
        const shown = tag => tag.checkVisibility({visibilityProperty: true})
        const spared = 'button, audio, .bd-sidebar-primary, .bd-header'
        for (const tag of document.querySelectorAll(spared))
            if (shown(tag)) faults.push(`<${tag.localName}> ${tag.className} is printed`)
        for (const tag of document.querySelectorAll('article *')) {
            const {left, right, width} = tag.getBoundingClientRect()
            const hidden = !shown(tag) || tag.closest('mjx-assistive-mml')
            if (!hidden && width && right > document.documentElement.clientWidth + 1)
                faults.push(`<${tag.localName}> ${tag.id} ends at ${Math.round(right)} px: `
                    + tag.textContent.trim().slice(0, 40))
        }
        for (const tag of document.querySelectorAll('.solution > section'))
            if (!shown(tag)) faults.push('a solution is left out')
        if (document.documentElement.dataset.theme !== 'light')
            faults.push('is printed in the dark')
        return faults.slice(0, 5)
    }""")
    visited.page.emulate_media(media="screen")
    visited.page.set_viewport_size(DESK)
    return [f"{visited.name}: in print: {fault}" for fault in found]


def axe_violations(visited):
    """What axe-core calls serious or critical; on a phone, what scrolls but not with keys."""
    # It would read the style sheets again, which a page opened from disk may not do.
    options = {"resultTypes": ["violations"], "preload": False}
    found = Axe().run(visited.page, options=options).response["violations"]
    with on_a_phone(visited):
        options["runOnly"] = ["scrollable-region-focusable"]
        found += Axe().run(visited.page, options=options).response["violations"]
    return [
        f"{visited.name}: {violation['id']} ({violation['impact']}): "
        f"{' '.join(map(str, node['target']))}: {node['failureSummary'].splitlines()[1].strip()}"
        for violation in found
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]


def fruitless_search(visited):
    """Whether the search page, opened with a query, finds nothing."""
    results = visited.page.locator("#search-results li a")
    try:
        results.first.wait_for(timeout=5000)
    except TimeoutError:
        return [f"{visited.name}: the search finds nothing"]
    return []


def screenshot(visited, size):
    """The whole page on a screen of this size, as PNG."""
    visited.page.set_viewport_size(size)
    png = visited.page.screenshot(full_page=True, animations="disabled")
    visited.page.set_viewport_size(DESK)
    return png


def picture_faults(name, png, theme):
    """Whether a screenshot is blank, or not of its theme."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    corner = image.resize((64, 64)).convert("L").histogram()
    if sum(count > 0 for count in corner) < 16:
        return [f"{name}: the picture is blank"]
    brightness = sum(value * count for value, count in enumerate(corner)) / 64**2
    if (brightness > 128) != (theme == "light"):
        return [f"{name}: not a {theme} page: mean brightness {brightness:.0f} of 255"]
    return []

"""The built site, and a browser to look at it."""

from pathlib import Path

import hear_pages
import pytest
from chromium import HOW_TO_GET_IT, chromium

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def site():
    """Folder of the built site."""
    folder = ROOT / "_build" / "html"
    if not (folder / "index.html").exists():
        pytest.fail(f"There is no site in {folder}: run `make book` first", pytrace=False)
    return folder


@pytest.fixture(scope="session")
def browser():
    """Chromium, without a window, in which players need no click to play."""
    with chromium("--autoplay-policy=no-user-gesture-required") as browser:
        if browser is None:
            pytest.fail(HOW_TO_GET_IT, pytrace=False)
        yield browser


@pytest.fixture
def show(browser, tmp_path):
    """A function that opens figures as a page on disk; at the end, nothing may have gone wrong.

    With `clock`, time passes only by `page.clock.run_for(milliseconds)`. Messages of the browser
    that contain the text `despite` are expected.
    """
    contexts, troubles = [], []

    def show(*figures, clock=False, despite=None, **options):
        path = tmp_path / "page.html"
        path.write_text(hear_pages.PAGE + "".join(figures))
        context = browser.new_context(**{"reduced_motion": "reduce", **options})
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("console", lambda message: note(message.text, despite))
        page.on("request", lambda request: requests.append(request.url))
        page.add_init_script(hear_pages.RECORDER + hear_pages.PIXELS)
        if clock:
            page.clock.install(time="2026-01-01T00:00:00")
        page.goto(path.as_uri())
        if clock:
            page.clock.pause_at("2026-01-01T00:10:00")
        return page

    def note(text, despite):
        if not (despite and despite in text):
            troubles.append(text)

    requests = []
    yield show
    for context in contexts:
        context.close()
    assert not troubles
    assert all(url.startswith(("file:", "data:")) for url in requests)

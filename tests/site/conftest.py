"""The built site, and a browser to look at it."""

import os
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[2]
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")
HOW_TO_GET_CHROMIUM = """No Chromium found. Install it:
    Debian, Ubuntu:  sudo apt-get install chromium
    macOS:           brew install --cask chromium
    elsewhere:       .venv/bin/playwright install chromium
or name one that is installed: CHROMIUM=/path/to/chrome make test-site"""


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
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUMS)), None)
    with sync_playwright() as playwright:
        if not (found or Path(playwright.chromium.executable_path).exists()):
            pytest.fail(HOW_TO_GET_CHROMIUM, pytrace=False)
        browser = playwright.chromium.launch(
            executable_path=found, args=["--autoplay-policy=no-user-gesture-required"]
        )
        yield browser
        browser.close()

"""Chromium without a window, which prints the chapter and checks the site."""

import contextlib
import os
import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

NAMES = "chromium", "chromium-browser", "google-chrome"
HOW_TO_GET_IT = """No Chromium found. Install it:
    Debian, Ubuntu:  sudo apt-get install chromium
    macOS:           brew install --cask chromium
    elsewhere:       .venv/bin/playwright install chromium
or name one that is installed, as in CHROMIUM=/path/to/chrome make book"""


@contextlib.contextmanager
def chromium(*args):
    """The browser that CHROMIUM names, or the one that is installed, or None if there is none."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    with sync_playwright() as playwright:
        if not (found or Path(playwright.chromium.executable_path).exists()):
            yield None
            return
        browser = playwright.chromium.launch(executable_path=found, args=args)
        try:
            yield browser
        finally:
            browser.close()

"""The built site, and a browser to look at it."""

from pathlib import Path

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

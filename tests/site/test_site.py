"""Each page of the built site, in both themes, on a desk and on a phone."""

from pathlib import Path

import browser_checks
import markup_checks
import pytest
from sphinx_external_toc.parsing import parse_toc_yaml

ROOT = Path(__file__).parents[2]
PAGES = [*parse_toc_yaml(ROOT / "_toc.yml"), "search", "genindex"]
SCREENSHOTS = ROOT / "_build" / "screenshots"


def assert_none(faults):
    if faults:
        pytest.fail("\n".join(faults), pytrace=False)


@pytest.fixture(scope="module", params=PAGES)
def path(request, site):
    return site / f"{request.param}.html"


@pytest.fixture(scope="module", params=["light", "dark"])
def theme(request):
    return request.param


@pytest.fixture(scope="module")
def visited(browser, path, theme):
    query = "?q=scattering" if path.stem == "search" else ""
    visited = browser_checks.visit(browser, path, theme, query)
    yield visited
    visited.page.context.close()


def test_links_lead_somewhere(site):
    pages = [*site.glob("*.html"), *site.glob("book/**/*.html")]
    assert_none([fault for page in pages for fault in markup_checks.dead_links(page, site)])


def test_figures_are_referenced(site):
    pages = [site / f"{page}.html" for page in PAGES]
    assert_none(markup_checks.unreferenced_figures(pages))


def test_sounds_are_stored_once(site):
    assert_none(markup_checks.repeated_sounds(site))


@pytest.mark.parametrize(
    "check",
    [
        markup_checks.outside_content,
        markup_checks.unnumbered_figures,
        markup_checks.leftovers,
        markup_checks.large_clips,
        markup_checks.repeated_data,
        markup_checks.untold,
    ],
)
def test_markup(path, check):
    assert_none(check(path))


@pytest.mark.parametrize("size", [browser_checks.DESK, browser_checks.PHONE], ids=["desk", "phone"])
def test_screenshot(visited, path, theme, size):
    SCREENSHOTS.mkdir(exist_ok=True)
    file = SCREENSHOTS / f"{path.stem}-{theme}-{size['width']}.png"
    png = browser_checks.screenshot(visited, size)
    file.write_bytes(png)
    assert_none(browser_checks.picture_faults(file.name, png, theme))


def test_alts(visited):
    assert_none(markup_checks.poor_alts(visited.name, visited.page.content()))


# What goes wrong during the other checks is an error too.
@pytest.mark.parametrize(
    "check",
    [
        browser_checks.unrendered_mathematics,
        browser_checks.silent_players,
        browser_checks.wider_than_phone,
        browser_checks.silently_cut,
        browser_checks.poor_print,
        browser_checks.axe_violations,
        browser_checks.overweight,
        browser_checks.outside_requests,
        browser_checks.errors,
    ],
)
def test_in_the_browser(visited, check):
    assert_none(check(visited))


def test_search_from_disk(browser, site):
    visited = browser_checks.visit(browser, site / "search.html", query="?q=scattering")
    assert_none(browser_checks.fruitless_search(visited) + browser_checks.errors(visited))
    visited.page.context.close()


def test_old_addresses_lead_on(browser, site):
    """One page had what four have now."""
    page = browser.new_page()
    page.goto((site / "book" / "extensions.html").as_uri())
    page.wait_for_url("**/book/cost.html")
    assert "What a gradient costs" in page.content()
    page.close()

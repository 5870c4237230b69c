"""The figure with targets anywhere, in a real browser, on small tables with known answers."""

import itertools
import re

import numpy as np
import pytest
import torch
from axe_playwright_python.sync_playwright import Axe
from hear_pages import choose, drag, evaluate, last_sound, pair, pixel, root, the_map, unfold
from matplotlib.figure import Figure

from chirplib import Landscape, am_chirp
from chirplib.hear import hear_targets
from chirplib.hear.pairs import read_pairs, write_pairs

SR = 8192
AXES = 2 ** np.linspace(2, 4, 9), 2 ** np.linspace(-1, 2, 13)
TARGETS = 2 ** np.linspace(2, 4, 4), 2 ** np.linspace(-1, 2, 5)
TARGET = 2 ** np.array([3.25, 0.25])
SHIFTS = 0, 256, 1024
NAMES = ["MSS", "MSS, both", "JTFS"]
LOG_GRID = np.stack(np.meshgrid(*map(np.log2, AXES), indexing="ij"), axis=-1)


def surface(name, shift, target):
    """A bowl around the target; late, MSS is a plane, and both terms have their bowl elsewhere.

    What is interpolated between bowls is one around the target, since the weights have its place
    as their mean.
    """
    if name == "MSS" and shift:
        slopes = np.broadcast_to([0.3, -0.13], LOG_GRID.shape)
        return Landscape(AXES, target, 1 + LOG_GRID @ [0.3, -0.13], slopes, 0.0)
    away = LOG_GRID - np.log2(target)
    if name == "MSS, both":
        away = away + shift / 4096
    return Landscape(AXES, target, np.sum(away**2, axis=-1), 2 * away, 0.0)


@pytest.fixture
def open_figure(show, tmp_path):
    """A function that opens the figure, as a page on disk with its tables beside it."""

    def open_figure(**options):
        folder = tmp_path / "tables"
        folder.mkdir(exist_ok=True)
        for name in NAMES:
            every = {
                shift: [surface(name, shift, t) for t in itertools.product(*TARGETS)]
                for shift in SHIFTS
            }
            write_pairs(folder, name, every, "a test")
        picture = Figure(figsize=(2, 1))
        figure = hear_targets(folder, "tables", NAMES, TARGET, picture, "Two maps.")
        return show(figure.data, **options)

    return open_figure


def slide(page, steps):
    """Move the slider by a number of its stops, to the right or to the left."""
    page.get_by_role("slider").focus()
    for _ in range(abs(steps)):
        page.keyboard.press("ArrowRight" if steps > 0 else "ArrowLeft")


def wait_for_shift(page, samples):
    page.wait_for_function(f"document.querySelector('.hear').dataset.shift === '{samples}'")


def sound_of(theta, rate, delay=0.0):
    """What the figure plays for parameters, at a sample rate."""
    f_m, gamma = torch.tensor(theta, dtype=torch.float64)
    x = am_chirp(512, f_m, gamma, sr=int(rate), shift=round(delay * rate)).numpy()
    return 0.8 * x / np.abs(x).max()


# The table ------------------------------------------------------------------------------------


def test_the_page_interpolates_as_the_package_does(open_figure, tmp_path):
    page = open_figure()
    pairs = read_pairs(tmp_path / "tables", "MSS, both")
    random = np.random.default_rng(2)
    cases = [(random.uniform([2, -1], [4, 2]), int(random.choice(SHIFTS))) for _ in range(10)]
    cases += [(np.log2([16, 4]), 1024), (np.log2(TARGET), 0)]
    tables = {
        shift: re.search(r'"table":(\{.*\})\};', file.read_text())[1]
        for shift in SHIFTS
        for file in [tmp_path / "tables" / f"MSS-both-{shift}.js"]
    }
    data = {
        "axes": [axis.tolist() for axis in AXES],
        "targets": [axis.tolist() for axis in TARGETS],
        "shifts": list(SHIFTS),
        "tables": tables,
        "cases": [[u.tolist(), shift] for u, shift in cases],
    }
    found = evaluate(
        page,
        """(() => {
      const tables = Object.entries(a.tables).map(([s, text]) => [s, JSON.parse(text)]);
      const losses = [{ name: "", sources: {}, tables: Object.fromEntries(tables) }];
      const [loss] = makeLosses({ axes: a.axes, losses });
      return a.cases.map(([target, shift]) =>
        surfaceNow({ data: a, targets: plane(a.targets), state: { target, shift } }, loss));
    })()""",
        data,
    )
    for (u, shift), ours in zip(cases, found, strict=True):
        expected = pairs.at(2**u, shift)
        np.testing.assert_allclose(ours["loss"], expected.loss.ravel(), atol=1e-9)
        for k in (0, 1):
            np.testing.assert_allclose(
                ours["slopes"][k], expected.gradient[..., k].ravel(), atol=1e-9
            )


def test_tables_load_when_they_are_asked_for(open_figure):
    page = open_figure()
    loaded = (
        "() => [...document.querySelectorAll('head > script')].map((s) => s.src.split('/').pop())"
    )
    assert page.evaluate(loaded) == []
    slide(page, 1)
    wait_for_shift(page, 256)
    assert sorted(page.evaluate(loaded)) == ["JTFS-256.js", "MSS-256.js"]
    choose(page, "MSS, both")
    page.wait_for_function("document.querySelectorAll('head > script').length === 3")
    assert sorted(page.evaluate(loaded))[2:] == ["MSS-both-256.js"]
    titles = root(page).locator(".hear-title:visible")
    page.wait_for_function("document.querySelector('.hear-panel').hidden")
    assert titles.all_inner_texts() == [f"{name}, 31 ms late" for name in NAMES[1:]]


@pytest.mark.parametrize("started", ["", "book/"], ids=["in the folder", "above it"])
def test_in_jupyterlab_tables_are_among_the_files_of_its_server(open_figure, tmp_path, started):
    page = open_figure(despite="ERR_FILE_NOT_FOUND")
    files = tmp_path / "lab" / "files" / started
    files.mkdir(parents=True)
    (tmp_path / "tables").rename(files / "tables")
    page.evaluate(
        """baseUrl => {
            const config = document.createElement("script")
            Object.assign(config, {id: "jupyter-config-data", type: "application/json"})
            config.textContent = JSON.stringify({baseUrl})
            document.body.append(config)
        }""",
        f"{tmp_path / 'lab'}/",
    )
    slide(page, 1)
    wait_for_shift(page, 256)


def test_a_table_that_is_missing_is_told_and_nothing_changes(open_figure, tmp_path):
    page = open_figure(despite="ERR_FILE_NOT_FOUND")
    (tmp_path / "tables" / "MSS-1024.js").unlink()
    slide(page, 1)
    wait_for_shift(page, 256)
    slide(page, 1)
    status = root(page).get_by_role("status")
    page.wait_for_function("document.querySelector('[role=status]').textContent.includes('loaded')")
    assert status.inner_text() == "The losses for a target 125 ms late could not be loaded."
    assert root(page).get_attribute("data-shift") == "256"
    assert page.get_by_role("slider").get_attribute("aria-valuetext") == "31 ms late"


# The target -----------------------------------------------------------------------------------


def test_the_star_is_dragged_and_everything_follows(open_figure):
    page = open_figure()
    the_map(page).click(position=pixel(page, (5, 3)))
    place = 2 ** np.array([2.6, 1.3])
    drag(page, TARGET, place)
    np.testing.assert_allclose(np.log2(pair(page, "data-star")), [2.6, 1.3], atol=0.02)
    star = pair(page, "data-star")
    for name in ("mss", "jtfs"):
        end = np.log2(pair(page, f"data-{name}-end") / star)
        assert np.abs(end).max() < 1 / 24
    assert root(page).get_attribute("data-starts") == "1"
    assert root(page).get_attribute("data-playing") == "target"
    sound = last_sound(page)
    assert np.abs(sound["samples"] - sound_of(star, sound["rate"])).max() < 1e-4


def test_the_star_stays_in_the_plane(open_figure):
    page = open_figure()
    drag(page, TARGET, (4, 0.5))
    drag(page, (4, 0.5), (3, 0.4))
    np.testing.assert_allclose(pair(page, "data-star"), [4, 0.5], rtol=1e-6)


def test_a_click_on_the_star_is_a_click(open_figure):
    page = open_figure()
    the_map(page).click(position=pixel(page, TARGET))
    np.testing.assert_allclose(pair(page, "data-star"), TARGET, rtol=1e-5)
    assert root(page).get_attribute("data-starts") == "1"


def test_a_finger_drags_the_star_and_does_not_scroll(open_figure):
    page = open_figure(viewport={"width": 390, "height": 500}, has_touch=True, is_mobile=True)
    the_map(page).scroll_into_view_if_needed()
    assert "Tap a map" in root(page).locator(".hear-hint").inner_text()
    box = the_map(page).bounding_box()
    client = page.context.new_cdp_session(page)
    before = page.evaluate("scrollY")

    def touch(kind, theta=None):
        points = []
        if theta is not None:
            place = pixel(page, theta)
            points = [{"x": box["x"] + place["x"], "y": box["y"] + place["y"]}]
        client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", TARGET)
    for share in (0.3, 0.6, 1.0):
        touch("touchMove", TARGET * 2 ** (share * np.array([0, 1.2])))
    touch("touchEnd")
    np.testing.assert_allclose(np.log2(pair(page, "data-star")), [3.25, 1.45], atol=0.05)
    assert page.evaluate("scrollY") == before


@pytest.mark.parametrize("way", ["key", "button"])
def test_the_target_is_put_where_the_cursor_is(open_figure, way):
    page = open_figure()
    the_map(page).focus()
    page.keyboard.press("ArrowUp")
    if way == "key":
        page.keyboard.press("t")
    else:
        unfold(page)
        page.get_by_role("button", name="Put the target here").click()
    page.wait_for_function(
        "root => root.dataset.star === root.dataset.cursor", arg=root(page).element_handle()
    )
    assert root(page).get_attribute("data-playing") == "target"
    assert "Target at modulation frequency 5.66 Hz" in root(page).get_by_role("status").inner_text()
    assert "This is the target." in root(page).locator(".hear-values").first.inner_text()


def test_the_slider_shifts_the_target(open_figure):
    page = open_figure()
    slider = page.get_by_role("slider")
    assert slider.get_attribute("aria-valuetext") == "on time"
    the_map(page).click(position=pixel(page, (5, 3)))
    slide(page, 2)
    wait_for_shift(page, 1024)
    assert slider.get_attribute("aria-valuetext") == "125 ms late"
    assert "125 ms late" in root(page).locator("[data-part=here]").inner_text()
    # The descents follow: MSS runs off to a corner.
    np.testing.assert_allclose(pair(page, "data-mss-end"), [4, 4], rtol=1e-6)
    assert np.abs(np.log2(pair(page, "data-jtfs-end") / TARGET)).max() < 1 / 24
    page.get_by_role("button", name="Play target").click()
    sound = last_sound(page)
    assert np.abs(sound["samples"] - sound_of(TARGET, sound["rate"], 0.125)).max() < 1e-4
    slide(page, -2)
    wait_for_shift(page, 0)


# Starts and steps -----------------------------------------------------------------------------


def test_several_starts_are_kept_and_counted(open_figure):
    page = open_figure()
    slide(page, 2)
    wait_for_shift(page, 1024)
    for n, theta in enumerate([(5, 3), (5, 1), (12, 3)], 1):
        the_map(page).click(position=pixel(page, theta))
        assert root(page).get_attribute("data-starts") == str(n)
    texts = root(page).locator(".hear-end:visible").all_inner_texts()
    assert "0 of your 3 starts lead to the target." in texts[0]
    assert "3 of your 3 starts lead to the target." in texts[1]
    for _ in range(8):
        the_map(page).press("Enter")
    assert root(page).get_attribute("data-starts") == "8"
    unfold(page)
    page.get_by_role("button", name="Clear descents").click()
    page.wait_for_function("document.querySelector('.hear').dataset.starts === '0'")


def test_the_challenge_keeps_the_latest_target_that_was_found(open_figure):
    page = open_figure()
    text = root(page).locator("[data-part=challenge]")
    assert "MSS: not yet; JTFS: not yet." in text.inner_text()
    the_map(page).click(position=pixel(page, (5, 3)))  # on time: does not count
    assert "MSS: not yet; JTFS: not yet." in text.inner_text()
    slide(page, 2)
    wait_for_shift(page, 1024)
    assert "MSS: not yet; JTFS: 125 ms late." in text.inner_text()
    slide(page, -1)
    wait_for_shift(page, 256)
    assert "JTFS: 125 ms late." in text.inner_text()


def test_a_start_beside_the_target_does_not_count(open_figure):
    page = open_figure()
    slide(page, 2)
    wait_for_shift(page, 1024)
    the_map(page).click(position=pixel(page, TARGET * 2**0.2))
    assert "target: found." in root(page).locator(".hear-end:visible").last.inner_text()
    assert "JTFS: not yet." in root(page).locator("[data-part=challenge]").inner_text()


def test_the_steps_of_a_descent_sound_one_after_the_other(open_figure):
    page = open_figure()
    the_map(page).click(position=pixel(page, (5, 3)))
    page.get_by_role("button", name="Hear the steps of JTFS").click()
    assert root(page).get_attribute("data-playing") == "JTFS steps"
    sound = last_sound(page)
    rate, x = int(sound["rate"]), sound["samples"]
    steps = re.search(r"(\d+) steps?", root(page).locator(".hear-end:visible").last.inner_text())
    slot = rate // 4
    n = int(steps[1]) + 1
    # The first is the start, and the whole chirp of the end comes last.
    middle = slice(slot // 4, 3 * slot // 4)
    first = sound_of(pair(page, "data-cursor"), rate)
    first = first[2 * rate - slot // 2 : 2 * rate + slot // 2]
    ours = x[:slot]
    scale = np.abs(first[middle]).max() / np.abs(ours[middle]).max()
    np.testing.assert_allclose(scale * ours[middle], first[middle], atol=1e-3)
    assert np.abs(x[[k * slot for k in range(n)]]).max() < 1e-3  # they fade in and out
    end = sound_of(pair(page, "data-jtfs-end"), rate)
    last = x[n * slot :]
    assert np.abs(np.correlate(end, last, "valid")).max() > 0.99 * np.sum(last**2)


def test_a_dot_goes_along_unless_motion_is_unwanted(open_figure):
    def looks(page):
        the_map(page).click(position=pixel(page, (5, 3)))
        page.clock.run_for(5000)
        page.get_by_role("button", name="Hear the steps of MSS").click()
        seen = set()
        for _ in range(3):
            page.clock.run_for(1000)
            seen.add(the_map(page).evaluate("canvas => canvas.toDataURL()"))
        return len(seen)

    assert looks(open_figure(clock=True)) == 1
    assert looks(open_figure(clock=True, reduced_motion="no-preference")) > 1


def test_long_descents_leave_steps_out_but_not_the_last(open_figure):
    page = open_figure()
    for n in (1, 2, 40, 41, 200, 1001):
        steps = evaluate(page, "heardSteps(Array.from({ length: a }, () => 0))", n)
        assert len(steps) <= 40 and steps[-1] == n - 1 and steps == sorted(set(steps))


# The spectrogram ------------------------------------------------------------------------------


def test_the_transform_is_that_of_numpy(open_figure):
    page = open_figure()
    x = np.random.default_rng(0).normal(size=4096)
    n = np.arange(512)
    window = np.sin(np.pi * (n + 0.5) / 512) ** 2
    expected = np.abs(np.fft.rfft(window * x[2000 - 256 : 2000 + 256], 1024))[:512]
    ours = evaluate(page, "spectrum(a, 2000)", x.tolist())
    np.testing.assert_allclose(ours, expected, rtol=1e-9, atol=1e-9)


def test_the_spectrogram_shows_what_plays(open_figure):
    page = open_figure()
    canvas = root(page).locator(".hear-spectrogram")
    assert canvas.get_attribute("aria-label") == "Spectrogram of what plays: nothing yet."
    empty = canvas.evaluate("canvas => canvas.toDataURL()")
    page.get_by_role("button", name="Play target").click()
    page.wait_for_function(
        "document.querySelector('.hear-spectrogram').ariaLabel.includes('target')"
    )
    assert canvas.evaluate("canvas => canvas.toDataURL()") != empty
    # The ridge is where the frequency of the chirp is: it rises by an octave in 1 / gamma seconds.
    f_m, gamma = TARGET
    columns = evaluate(
        page,
        """(() => {
      const synth = { f_c: 512, bandwidth: 2, duration: 4, sr: 8192 };
      const { samples } = mixture(synth, [{ theta: a, delay: 0 }], 8192);
      return [1.9, 2, 2.1].map((t) => spectrum(samples, Math.round(8192 * t)));
    })()""",
        [float(4 * f_m), float(gamma)],
    )
    assert np.argmax(columns, axis=1)[0] < np.argmax(columns, axis=1)[2]


def test_the_spectrogram_is_drawn_live(open_figure):
    page = open_figure(clock=True, reduced_motion="no-preference")
    page.get_by_role("button", name="Play target").click()
    seen = []
    for _ in range(3):
        page.clock.run_for(300)
        seen.append(
            root(page).locator(".hear-spectrogram").evaluate("canvas => canvas.toDataURL()")
        )
    assert len(set(seen)) == 3


# Views ----------------------------------------------------------------------------------------


def test_what_is_picked_is_what_is_seen(open_figure):
    page = open_figure()
    away = evaluate(
        page,
        """(() => {
      const area = plane(a.axes);
      const { solid, eye } = stage(area, { loss: a.loss }, [-125, 28], 320);
      return a.points.map((p) => distance(pick(area, eye.project(solid(p)), solid, eye), p));
    })()""",
        {
            "axes": [axis.tolist() for axis in AXES],
            "loss": (LOG_GRID @ [0.5, 1.0]).ravel().tolist(),
            "points": np.random.default_rng(0).uniform([2, -1], [4, 2], (20, 2)).tolist(),
        },
    )
    assert max(away) < 0.05


def test_a_click_on_a_surface_starts_descents(open_figure):
    page = open_figure()
    choose(page, "3-D")
    solid = root(page).locator(".hear-solid").first
    solid.scroll_into_view_if_needed()
    page.wait_for_function("document.querySelector('.hear').dataset.view === 'solid'")
    box = solid.bounding_box()
    before = pair(page, "data-cursor")
    solid.click(position={"x": box["width"] / 2, "y": 0.55 * box["height"]})
    page.wait_for_function("document.querySelector('.hear').dataset.starts === '1'")
    assert not np.array_equal(pair(page, "data-cursor"), before)
    solid.press("Enter")
    page.wait_for_function("document.querySelector('.hear').dataset.starts === '2'")


def test_reset_brings_back_the_beginning(open_figure):
    page = open_figure()
    names = ("cursor", "star", "shift", "view", "starts")
    state = lambda: [root(page).get_attribute(f"data-{name}") for name in names]  # noqa: E731
    before = state()
    drag(page, TARGET, (5, 1))
    slide(page, 1)
    wait_for_shift(page, 256)
    the_map(page).press("Enter")
    choose(page, "3-D")
    page.get_by_role("button", name="Reset").click()
    wait_for_shift(page, 0)
    assert state() == before
    assert root(page).get_by_role("radio", name="map").is_checked()
    assert root(page).get_by_role("slider").input_value() == "0"
    assert root(page).get_attribute("data-playing") is None


def test_the_figure_fills_the_screen_and_leaves_it(open_figure):
    page = open_figure()
    unfold(page)
    button = page.get_by_role("button", name="Full screen")
    button.click()
    page.wait_for_function("document.fullscreenElement?.matches('.hear-widget')")
    button.click()
    page.wait_for_function("!document.fullscreenElement")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_no_serious_violation(open_figure, theme):
    page = open_figure()
    page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
    unfold(page)
    page.get_by_role("slider").focus()
    violations = Axe().run(page).response["violations"]
    assert not [v["id"] for v in violations if v["impact"] in ("serious", "critical")]


def test_few_controls_are_seen_at_first_and_all_have_the_keyboard(open_figure):
    page = open_figure()
    assert root(page).get_by_role("status").inner_text() == ""  # nothing interrupts a reader
    reached = []
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            break
        reached.append(
            page.evaluate(
                """() => { const { activeElement: node } = document;
                return node.ariaLabel ?? node.textContent.trim() }"""
            )
        )
        style = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert style == "solid", reached[-1]
    assert reached == [
        "Shift of the target", "Play this", "Play target", "Stop", "Reset",
        "Map of the MSS loss over modulation frequency and chirp rate",
        "Map of the JTFS loss over modulation frequency and chirp rate",
        "More views, sounds and keys",
    ]  # fmt: skip


def test_round_numbers_are_round(open_figure):
    page = open_figure()
    for low, high, expected in [
        (0, 0.182, [0, 0.05, 0.1, 0.15]),
        (0.027, 0.125, [0.04, 0.06, 0.08, 0.1, 0.12]),
        (495, 717, [500, 550, 600, 650, 700]),
        (3, 3, [3]),
    ]:
        assert evaluate(page, "roundNumbers(...a)", [low, high]) == expected

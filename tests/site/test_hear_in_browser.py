"""The interactive figure in a real browser, on small landscapes with known answers."""

import re
from dataclasses import replace

import numpy as np
import pytest
import torch
from axe_playwright_python.sync_playwright import Axe
from hear_pages import KEYS, choose, evaluate, last_sound, pair, pixel, root, the_map
from matplotlib.figure import Figure
from scipy.interpolate import RegularGridInterpolator

from chirplib import Landscape, am_chirp
from chirplib.hear import hear_landscapes

SHIFT, SR = 1024, 8192
LATE = "125 ms late (1024 samples)"
AXES = 2 ** np.linspace(2, 4, 9), 2 ** np.linspace(-1, 2, 13)
TARGET = 2 ** np.array([3.25, 0.25])
LOG_GRID = np.stack(np.meshgrid(*map(np.log2, AXES), indexing="ij"), axis=-1)


def bowl(center, floor=0.0):
    """Squared distance from a center, in octaves."""
    away = LOG_GRID - np.log2(center)
    return Landscape(AXES, TARGET, floor + np.sum(away**2, axis=-1), 2 * away, 0.0)


def plane():
    """A plane that falls towards low modulation frequencies and, less, towards fast chirp rates."""
    slopes = np.broadcast_to([0.3, -0.13], LOG_GRID.shape)
    return Landscape(AXES, TARGET, 1 + LOG_GRID @ [0.3, -0.13], slopes, 0.0)


SURFACES = {
    ("MSS", 0): bowl(TARGET),
    ("MSS", SHIFT): plane(),
    ("JTFS", 0): bowl(TARGET),
    ("JTFS", SHIFT): bowl(2 ** np.array([2.5, 1.0]), floor=0.25),
}
FIGURE = hear_landscapes(SURFACES, SHIFT, Figure(figsize=(2, 1)), "Two maps.").data


@pytest.fixture
def show(show):
    """Shows the small landscapes, if nothing else."""
    return lambda *figures, **options: show(*(figures or [FIGURE]), **options)


# The synthesizer ------------------------------------------------------------------------------


@pytest.mark.parametrize("shift", [0, 1024, -1024, 4096])
@pytest.mark.parametrize("theta", [(4, 0.5), (8.297, 1.494), (16, 4), (5.1, 0.7)])
def test_the_synthesizer_is_that_of_the_package(show, theta, shift):
    page = show()
    for sr in (SR, 48_000):
        delay = shift / SR
        f_m, gamma = torch.tensor(theta, dtype=torch.float64)
        x = am_chirp(512, f_m, gamma, sr=sr, shift=round(delay * sr)).numpy()
        synth = {"f_c": 512, "bandwidth": 2, "duration": 4, "sr": SR}
        ours = evaluate(page, "Array.from(amChirp(...a))", [synth, theta, delay, sr])
        assert np.abs(np.array(ours) - x).max() < 1e-4 * np.abs(x).max()


def test_all_sounds_have_one_peak(show):
    page = show()
    synth = {"f_c": 512, "bandwidth": 2, "duration": 4, "sr": SR}
    chirps = [{"theta": [4, 0.5], "delay": 0}, {"theta": [16, 4], "delay": 0.125}]
    for chirp in chirps:
        sound = evaluate(page, "Array.from(mixture(...a).samples)", [synth, [chirp], SR])
        assert np.abs(sound).max() == pytest.approx(0.8, abs=1e-3)
    both = evaluate(page, "Array.from(mixture(...a).samples)", [synth, chirps, SR])
    alone = [evaluate(page, "Array.from(mixture(...a).samples)", [synth, [c], SR]) for c in chirps]
    np.testing.assert_allclose(both, np.mean(alone, axis=0), atol=1e-6)


def test_playing_skips_silence_only(show):
    page = show()
    synth = {"f_c": 512, "bandwidth": 2, "duration": 4, "sr": SR}
    for theta, delay in (((4, 0.5), 0), ((16, 4), 0.125), ((8, 1.5), -0.125)):
        chirps = [{"theta": theta, "delay": delay}]
        sound = evaluate(page, "mixture(...a)", [synth, chirps, SR])
        x = np.array(sound["samples"])
        t = np.arange(len(x)) / SR
        assert np.abs(x[(t < sound["begin"]) | (t > sound["end"])]).max() < 1e-3
        if delay > 0:  # the delay is heard: it is part of what is played
            assert np.abs(x[t < sound["begin"] + delay]).max() < 1e-3


# The field ------------------------------------------------------------------------------------


def test_interpolation_and_rank_agree_with_scipy_and_numpy(show):
    page = show()
    random = np.random.default_rng(0)
    values = random.normal(size=(9, 13))
    points = random.uniform([2, -1], [4, 2], size=(50, 2))
    points = np.concatenate([points, [[2, -1], [4, 2], [2, 2], [4, -1]]])
    expected = RegularGridInterpolator([np.log2(axis) for axis in AXES], values)(points)
    argument = [[axis.tolist() for axis in AXES], values.ravel().tolist(), points.tolist()]
    ours = evaluate(page, "a[2].map(p => interpolate(plane(a[0]), a[1], p))", argument)
    np.testing.assert_allclose(ours, expected, atol=1e-12)
    ours = evaluate(page, "a[1].map(v => shareBelow(a[0], v))", [argument[1], [-0.5, 0.2, 9]])
    assert ours == [np.mean(values < v) for v in (-0.5, 0.2, 9)]


@pytest.mark.parametrize("key", SURFACES)
def test_arrows_are_those_of_the_landscape(show, key):
    page = show()
    surface = SURFACES[key]
    argument = {
        "axes": [axis.tolist() for axis in AXES],
        "surface": {"slopes": [surface.gradient[..., k].ravel().tolist() for k in (0, 1)]},
        "points": LOG_GRID.reshape(-1, 2).tolist(),
        "target": np.log2(TARGET).tolist(),
    }
    d = evaluate(page, "a.points.map(p => direction(plane(a.axes), a.surface, p))", argument)
    np.testing.assert_allclose(np.reshape(d, (9, 13, 2)), surface.descent, atol=1e-9)
    argument["d"] = d
    towards = evaluate(page, "a.points.map((p, n) => isTowards(a.d[n], p, a.target))", argument)
    assert np.array_equal(np.reshape(towards, (9, 13)), surface.towards_target)


def test_values_are_shown_where_the_cursor_is(show):
    page = show()
    choose(page, LATE)
    the_map(page).click(position=pixel(page, [5.0, 2.5]))
    cursor = np.log2(pair(page, "data-cursor"))
    knots = [np.log2(axis) for axis in AXES]
    for n, name in enumerate(("MSS", "JTFS")):
        surface = SURFACES[name, SHIFT]
        loss = RegularGridInterpolator(knots, surface.loss)(cursor)[0]
        rank = round(100 * np.mean(surface.loss < loss))
        text = root(page).locator(".hear-values").nth(n).inner_text()
        shown, share = re.match(
            r"Loss ([\d.]+): (\d+) % of the points of the map have less", text
        ).groups()
        assert float(shown) == pytest.approx(loss, rel=6e-3) and abs(int(share) - rank) <= 1
    where = (
        "modulation frequency down, the wrong way; chirp rate up, the wrong way. "
        "Both together, away from the"
    )
    assert where in root(page).locator(".hear-values").first.inner_text()


# Hands ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("theta", [(4.5, 0.6), (8, 1), (15, 3.5)])
@pytest.mark.parametrize("width", [1280, 390])
def test_a_click_moves_the_cursor_there_and_plays(show, theta, width):
    page = show(viewport={"width": width, "height": 800}, device_scale_factor=2)
    the_map(page).click(position=pixel(page, theta))
    np.testing.assert_allclose(np.log2(pair(page, "data-cursor")), np.log2(theta), atol=0.02)
    assert root(page).get_attribute("data-playing") == "this"
    sound = last_sound(page)
    page.wait_for_function("sounds.at(-1).context.state === 'running'")
    f_m, gamma = torch.tensor(pair(page, "data-cursor"))
    rate = int(sound["rate"])
    x = am_chirp(512, f_m, gamma, sr=rate).numpy()
    assert np.abs(sound["samples"] - 0.8 * x / np.abs(x).max()).max() < 1e-4
    assert 0 < sound["length"] < 4


def test_a_click_on_the_labels_does_nothing(show):
    page = show()
    before = pair(page, "data-cursor")
    box = the_map(page).bounding_box()
    for x, y in ((3, 90), (box["width"] - 3, 90), (150, box["height"] - 3)):
        the_map(page).click(position={"x": x, "y": y})
    assert np.array_equal(pair(page, "data-cursor"), before)
    assert page.evaluate("sounds.length") == 0


def test_hovering_shows_values_and_makes_no_sound(show):
    page = show(clock=True)
    here = root(page).locator("[data-part=here]")
    before, cursor = here.inner_text(), pair(page, "data-cursor")
    the_map(page).hover(position=pixel(page, [12, 3]))
    page.clock.run_for(1000)
    assert re.search(
        r"modulation frequency 1[12]\.\d Hz, chirp rate (2\.9|3\.0)", here.inner_text()
    )
    page.mouse.move(0, 0)
    page.clock.run_for(1000)
    assert here.inner_text() == before
    assert np.array_equal(pair(page, "data-cursor"), cursor)
    assert page.evaluate("sounds.length") == 0


def test_arrow_keys_move_the_cursor_and_it_plays_when_it_rests(show):
    page = show(clock=True)
    the_map(page).focus()
    for key, way in KEYS.items():
        for prefix, step in (("", 1 / 8), ("Shift+", 1 / 32)):
            before = np.log2(pair(page, "data-cursor"))
            page.keyboard.press(prefix + key)
            page.clock.run_for(50)
            moved = np.log2(pair(page, "data-cursor")) - before
            np.testing.assert_allclose(moved, step * np.array(way), atol=1e-9)
    assert page.evaluate("sounds.length") == 0
    page.clock.run_for(1000)
    assert page.evaluate("sounds.length") == 1
    assert "Cursor at modulation frequency" in root(page).locator("[role=status]").inner_text()


def test_the_cursor_stays_in_the_plane(show):
    page = show()
    the_map(page).focus()
    for _ in range(30):
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("ArrowUp")
    page.wait_for_function("sounds.length > 0")
    np.testing.assert_allclose(pair(page, "data-cursor"), [4, 4])


def test_a_tap_chooses_and_a_finger_can_scroll(show):
    page = show(viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True)
    the_map(page).tap(position=pixel(page, [8, 1]))
    np.testing.assert_allclose(np.log2(pair(page, "data-cursor")), [3, 0], atol=0.02)
    assert page.evaluate("sounds.length") == 1
    assert the_map(page).evaluate("map => getComputedStyle(map).touchAction") == "pan-y"


def test_the_switch_changes_the_losses_and_delays_the_target(show):
    page = show()
    values = root(page).locator(".hear-values")
    page.get_by_role("button", name="Play target").click()
    aligned, texts = last_sound(page), values.all_inner_texts()
    choose(page, LATE)
    page.wait_for_function("document.querySelector('.hear').dataset.target === 'late'")
    assert all(new != old for new, old in zip(values.all_inner_texts(), texts, strict=True))
    page.get_by_role("button", name="Play target").click()
    assert root(page).get_attribute("data-playing") == "target"
    late = last_sound(page)
    delay = round(late["rate"] * SHIFT / SR)
    x, y = aligned["samples"], late["samples"]
    np.testing.assert_allclose(y[delay:], x[:-delay], atol=1e-5)
    assert late["begin"] == aligned["begin"] and np.abs(x - y).max() > 0.1
    page.get_by_role("button", name="Play both at once").click()
    assert root(page).get_attribute("data-playing") == "both"
    page.get_by_role("button", name="Stop").click()
    assert root(page).get_attribute("data-playing") is None


def test_an_early_target_is_called_early(show):
    surfaces = {(name, -shift): surface for (name, shift), surface in SURFACES.items()}
    page = show(hear_landscapes(surfaces, -SHIFT, Figure(), "Two maps.").data)
    assert page.get_by_role("radio", name="125 ms early (1024 samples)").count() == 1


# Descents -------------------------------------------------------------------------------------


@pytest.mark.parametrize("start", [(4.5, 0.6), (15, 3.5), (5, 3)])
def test_descents_end_at_the_lowest_point_or_at_the_edge(show, start):
    page = show()
    the_map(page).click(position=pixel(page, start))
    for name in ("mss", "jtfs"):
        end = np.log2(pair(page, f"data-{name}-end"))
        assert np.linalg.norm(end - np.log2(TARGET)) < 1 / 32
    assert "target: found." in root(page).locator(".hear-end").first.inner_text()

    # The switch starts them again, on the other surfaces: MSS runs off the plane, and along it.
    choose(page, LATE)
    assert np.log2(pair(page, "data-mss-end")) == pytest.approx([2, 2], abs=1e-6)
    assert np.log2(pair(page, "data-jtfs-end")) == pytest.approx([2.5, 1], abs=1 / 32)
    text = root(page).locator(".hear-end").first.inner_text()
    assert "1.25 and 1.75 octaves from the target: not found." in text

    page.get_by_role("button", name="Hear where MSS ended").click()
    assert root(page).get_attribute("data-playing") == "MSS"
    x = am_chirp(512, 4.0, 4.0, sr=int(last_sound(page)["rate"])).numpy()
    assert np.abs(last_sound(page)["samples"] - 0.8 * x / np.abs(x).max()).max() < 1e-2

    page.get_by_role("button", name="Clear descents").click()
    page.wait_for_function("!document.querySelector('.hear').hasAttribute('data-mss-end')")
    assert pair(page, "data-jtfs-end") is None


@pytest.mark.parametrize(
    "away, found",
    [((0.1, 0), False), ((0, -0.1), False), ((-0.07, 0), True), ((0.07, 0.07), True)],
)
def test_a_target_is_found_if_each_knob_is_within_a_twelfth_of_an_octave(show, away, found):
    # The lowest point is on the grid: there, a descent ends. The target lies beside it.
    target = TARGET * 2 ** -np.array(away)
    surfaces = {key: replace(bowl(TARGET), target=target) for key in SURFACES}
    page = show(hear_landscapes(surfaces, SHIFT, Figure(), "Two maps.").data)
    the_map(page).press("Enter")
    np.testing.assert_allclose(np.log2(pair(page, "data-mss-end") / target), away, atol=2e-3)
    text = root(page).locator(".hear-end").first.inner_text()
    ended = "{:.2f} and {:.2f} octaves".format(*np.abs(away))
    assert text.endswith(f"{ended} from the target: {'found' if found else 'not found'}.")
    help = root(page).locator(".hear-help").text_content()
    assert "further from it than 1/12 octave" in " ".join(help.split())


def test_each_step_of_a_descent_lowers_the_loss(show):
    page = show()
    random = np.random.default_rng(1)
    loss = np.sum((LOG_GRID - [3, 0.5]) ** 2, axis=-1) + 0.3 * random.normal(size=(9, 13))
    slopes = np.stack(np.gradient(loss, 0.25), axis=-1)
    surface = {"loss": loss.ravel().tolist(), "slopes": [s.ravel().tolist() for s in
               np.moveaxis(slopes, -1, 0)]}  # fmt: skip
    axes = [axis.tolist() for axis in AXES]
    for start in random.uniform([2, -1], [4, 2], size=(20, 2)).tolist():
        path = evaluate(page, "descend(plane(a[0]), a[1], a[2])", [axes, surface, start])
        steps = np.linalg.norm(np.diff(path, axis=0), axis=-1)
        assert path[0] == start and (steps <= 1 / 16 + 1e-9).all()
        losses = RegularGridInterpolator([np.log2(axis) for axis in AXES], loss)(path)
        assert (np.diff(losses) < 0).all()


@pytest.mark.parametrize("key", ["Enter", " "])
def test_a_key_starts_descents_that_are_spoken(show, key):
    page = show()
    the_map(page).focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press(key)
    status = root(page).locator("[role=status]").inner_text()
    assert re.search(r"MSS: From your start: \d+ steps to .* found\. JTFS: From", status)
    where = (
        "modulation frequency up, the right way; chirp rate up, the right way. "
        "Both together, towards the target."
    )
    assert f"Steepest descent: {where}" in status


def test_descents_are_drawn_step_by_step_unless_motion_is_unwanted(show):
    page = show(clock=True, reduced_motion="no-preference")
    the_map(page).click(position=pixel(page, (4.5, 0.6)))
    page.clock.run_for(200)
    end = root(page).locator(".hear-end").first
    assert "Descending" in end.inner_text() and pair(page, "data-mss-end") is None
    assert root(page).get_by_role("button", name="Hear where MSS ended").is_disabled()
    page.clock.run_for(5000)
    assert "found" in end.inner_text() and pair(page, "data-mss-end") is not None


# The page around it ---------------------------------------------------------------------------


def test_the_picture_stands_in_without_scripts_and_in_print(show):
    page = show()
    assert root(page).get_attribute("data-state") == "ready"
    picture, widget = page.get_by_alt_text("Two maps."), root(page).locator(".hear-widget")
    assert not picture.is_visible() and widget.is_visible()
    page.emulate_media(media="print")
    assert picture.is_visible() and not widget.is_visible()
    page = show(java_script_enabled=False)
    picture, widget = page.get_by_alt_text("Two maps."), root(page).locator(".hear-widget")
    assert picture.is_visible() and not widget.is_visible()


def test_two_figures_do_not_interfere(show):
    other = replace(SURFACES["MSS", 0], loss=SURFACES["MSS", 0].loss + 5)
    second = hear_landscapes(SURFACES | {("MSS", 0): other}, SHIFT, Figure(), "Others.").data
    page = show(FIGURE, second)
    before = root(page, 1).evaluate("root => JSON.stringify(root.dataset)")
    the_map(page).click(position=pixel(page, (5, 3)))
    choose(page, LATE)
    page.wait_for_function("document.querySelector('.hear').dataset.target === 'late'")
    assert root(page, 1).evaluate("root => JSON.stringify(root.dataset)") == before
    assert root(page, 1).get_by_role("radio", name="on time").is_checked()
    assert "Loss 5" in root(page, 1).locator(".hear-values").first.inner_text()
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map((node) => node.id)")
    assert len(ids) == len(set(ids)) == 2


def test_it_starts_where_a_notebook_puts_it_later(show):
    """A notebook sets the text of an output, then runs copies of its scripts."""
    page = show("<div id='output'></div>")
    page.evaluate(
        """text => {
      const output = document.getElementById("output");
      output.innerHTML = text;
      for (const script of output.querySelectorAll("script")) {
        const copy = document.createElement("script");
        copy.type = script.type;
        copy.textContent = script.textContent;
        output.append(copy);
        if (!script.type) script.remove();
      }
    }""",
        FIGURE,
    )
    assert root(page).get_attribute("data-state") == "ready"


def test_names_are_text(show):
    name = "<img src=x onerror=alert(1)>"
    surfaces = {(name, shift): SURFACES["MSS", shift] for shift in (0, SHIFT)}
    page = show(hear_landscapes(surfaces, SHIFT, Figure(), "A map.").data)
    assert root(page).locator(".hear-title").inner_text() == f"{name}, on time"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("view", ["map", "3-D"])
def test_axe_finds_no_serious_violation(show, theme, view):
    page = show()
    page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
    choose(page, view)
    the_map(page).or_(root(page).locator(".hear-solid").first).locator("visible=true").focus()
    violations = Axe().run(page).response["violations"]
    assert not [v["id"] for v in violations if v["impact"] in ("serious", "critical")]


def test_everything_is_reached_with_the_keyboard(show):
    page = show()
    reached = []
    for _ in range(30):
        page.keyboard.press("Tab")
        name = page.evaluate(
            """() => { const node = document.activeElement;
            return node.ariaLabel ?? (node.labels?.[0] ?? node).textContent.trim() }"""
        )
        if name in reached or page.evaluate("document.activeElement === document.body"):
            break
        reached.append(name)
        style = page.evaluate(
            """() => { const { activeElement: node } = document;
            const shown = node.type === "radio" ? node.parentNode : node;
            return getComputedStyle(shown).outlineStyle }"""
        )
        assert style == "solid", name
    assert reached == [
        "on time", "Play this", "Play target", "Stop", "Reset",
        "Map of the MSS loss over modulation frequency and chirp rate",
        "Map of the JTFS loss over modulation frequency and chirp rate",
        "More views, sounds and keys",
    ]  # fmt: skip


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_nothing_is_wider_than_the_page(show, width):
    page = show(viewport={"width": width, "height": 800})
    the_map(page).click(position=pixel(page, (5, 3)))
    assert page.evaluate("document.documentElement.scrollWidth") == width
    maps = root(page).locator(".hear-map")
    boxes = [canvas.bounding_box() for canvas in maps.all()]
    assert boxes[0]["y"] == boxes[1]["y"] and boxes[0]["width"] > 0.4 * min(width - 30, 800)
    # Both are seen at once, and nothing lies over them.
    maps.first.scroll_into_view_if_needed()
    seen = maps.evaluate_all(
        """all => all.every((map) => {
      const { left, right, top, bottom } = map.getBoundingClientRect();
      const points = [[left, top], [right, top], [left, bottom], [right, bottom]];
      const inside = ([x, y]) => [x < right ? x + 1 : x - 1, y < bottom ? y + 1 : y - 1];
      return points.map(inside).every((p) => document.elementFromPoint(...p) === map);
    })"""
    )
    assert seen


def test_the_ink_follows_the_theme(show):
    page = show()
    ink = """() => { const canvas = document.querySelector(".hear-map");
      const { data } = pixels(canvas, 40);
      let most = 0;
      let sum = 0;
      for (let n = 3; n < data.length; n += 4) if (data[n] > 200) (most++, (sum += data[n - 1]));
      return sum / most }"""
    assert page.evaluate(ink) < 80
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    page.wait_for_function(f"({ink})() > 160")


def test_the_surface_is_turned_by_drag_and_by_keys(show):
    page = show(clock=True)
    the_map(page).click(position=pixel(page, (5, 3)))
    choose(page, "3-D")
    page.clock.run_for(100)
    solid = root(page).locator(".hear-solid").first
    solid.scroll_into_view_if_needed()
    look = lambda: solid.evaluate("canvas => canvas.toDataURL()")  # noqa: E731
    seen = [look()]
    box = solid.bounding_box()
    page.mouse.move(box["x"] + 100, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + 160, box["y"] + 120)
    page.mouse.up()
    page.clock.run_for(100)
    seen.append(look())
    solid.focus()
    for key in KEYS:
        page.keyboard.press(key)
        page.clock.run_for(100)
        seen.append(look())
    # Left and right, up and down undo each other: back to what the drag had left.
    assert seen[1] == seen[3] == seen[5]
    assert len({seen[0], seen[1], seen[2], seen[4]}) == 4
    assert page.evaluate("sounds.length") == 1

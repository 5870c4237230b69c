"""Check of the interactive figure as it stands in a page: it reacts, sounds, and descends."""

from hear_pages import PIXELS, drag
from playwright.sync_api import TimeoutError

# Counts the sounds that are started and hold anything but silence.
COUNT_SOUNDS = """
window.soundsStarted = 0;
const start = AudioBufferSourceNode.prototype.start;
AudioBufferSourceNode.prototype.start = function (...times) {
  if (this.buffer.getChannelData(0).some((sample) => Math.abs(sample) > 0.1)) {
    window.soundsStarted += 1;
  }
  return start.apply(this, times);
};
"""


def idle_figure(browser, path):
    """Faults of the figure of a page: what does not react to a click, a key, a choice or a drag."""
    page = browser.new_page(reduced_motion="reduce")
    page.add_init_script(PIXELS + COUNT_SOUNDS)
    page.goto(path.as_uri())
    faults = []

    def expect(condition, what):
        try:
            page.wait_for_function(f"(root) => {condition}", arg=figure, timeout=5000)
        except TimeoutError:
            faults.append(f"{path.name}: interactive figure: {what}")

    figure = page.query_selector(".hear")
    if figure is None:
        page.close()
        return [f"{path.name}: interactive figure: there is none"]
    expect("root.dataset.state === 'ready'", "does not start")
    if not faults:
        canvas = page.locator(".hear .hear-map").first
        box = canvas.bounding_box()
        before = figure.get_attribute("data-cursor")
        canvas.click(position={"x": box["width"] * 0.4, "y": box["height"] * 0.7})
        expect(f"root.dataset.cursor !== '{before}'", "a click does not move the cursor")
        expect("window.soundsStarted >= 1", "a click makes no sound")
        expect("root.dataset.mssEnd && root.dataset.jtfsEnd", "a click starts no descents")
        clicked = figure.get_attribute("data-cursor")
        canvas.press("ArrowUp")
        expect(f"root.dataset.cursor !== '{clicked}'", "a key does not move the cursor")
        expect("window.soundsStarted >= 2", "a key makes no sound")
        slider = page.locator(".hear input[data-set=shift]")
        if slider.is_visible():
            star = page.evaluate(
                "document.querySelector('.hear').dataset.star.split(',').map(Number)"
            )
            drag(page, star, [6, 1])
            expect(f"root.dataset.star !== '{star[0]},{star[1]}'", "the star can not be dragged")
            slider.press("End")
        else:
            page.eval_on_selector_all(
                ".hear input[data-set=late][value=late]", "all => all.forEach((one) => one.click())"
            )
        expect("root.dataset.target === 'late'", "nothing shifts the target")
    page.close()
    return faults

"""A page with interactive figures, and hands and eyes for it."""

from pathlib import Path

import numpy as np

from chirplib import hear

EDGE = np.array([0.06, 0.06])  # octaves that the map shows beyond the plane
KEYS = {"ArrowLeft": (-1, 0), "ArrowRight": (1, 0), "ArrowUp": (0, 1), "ArrowDown": (0, -1)}
PAGE = """<!doctype html><html lang="en" data-theme="light"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>Landscapes</title>
<style>html { font-family: sans-serif; color: #222; background: #fff }
html[data-theme=dark] { color: #ced6dd; background: #121212; color-scheme: dark }</style>
<body><main><h1>Landscapes</h1>"""
# Records what is played, where and when, at a sample rate of which the shift is a whole number of
# samples.
RECORDER = """
window.sounds = [];
window.AudioContext = class extends AudioContext {
  constructor() {
    super({ sampleRate: 48000 });
  }
};
const start = AudioBufferSourceNode.prototype.start;
AudioBufferSourceNode.prototype.start = function (when, begin, length) {
  const { buffer, context } = this;
  const samples = Array.from(buffer.getChannelData(0));
  window.sounds.push({ samples, rate: buffer.sampleRate, begin, length, context });
  return start.call(this, when, begin, length);
};
"""
# Reads the pixels of a canvas.
PIXELS = """
window.pixels = (canvas, width) => {
  const copy = document.createElement("canvas");
  [copy.width, copy.height] = [width, canvas.height];
  const context = copy.getContext("2d", { willReadFrequently: true });
  context.drawImage(canvas, 0, 0);
  return context.getImageData(0, 0, width, canvas.height);
};
"""


def evaluate(page, expression, argument=None):
    """Evaluate an expression with the functions of the figure; the argument is `a`."""
    sources = [Path(hear.__file__).with_name(name).read_text() for name in hear.SCRIPTS[:-1]]
    return page.evaluate(f"a => {{ {''.join(sources)}\nreturn {expression}; }}", argument)


def root(page, n=0):
    return page.locator(".hear").nth(n)


def pair(page, attribute, n=0):
    text = root(page, n).get_attribute(attribute)
    return None if text is None else np.array([float(v) for v in text.split(",")])


def unfold(page):
    """Show the choices that are folded away."""
    root(page).locator("details").evaluate("details => (details.open = true)")


def choose(page, option):
    unfold(page)
    root(page).get_by_role("radio", name=option, exact=True).check()


def the_map(page, n=0):
    """The map of MSS of figure n."""
    return root(page, n).locator(".hear-map").first


def edges(page):
    """Edges of the plot of MSS in CSS pixels, found by the colors of its contours."""
    return page.evaluate(
        """colors => {
      const canvas = document.querySelector(".hear-map");
      const { data } = pixels(canvas, canvas.width);
      const scale = canvas.width / canvas.clientWidth;
      const wanted = new Set(colors);
      const hit = (x, y) => {
        const at = 4 * (y * canvas.width + x);
        const hex = [0, 1, 2].map((k) => data[at + k].toString(16).padStart(2, "0")).join("");
        return data[at + 3] === 255 && wanted.has("#" + hex);
      };
      const count = (n, test) => Array.from({ length: n }, (_, k) => k).filter(test);
      const any = (n, test) => count(n, test).length > n / 4;
      // The color bar is to the right of the plot, after a gap.
      let columns = count(canvas.width, (x) => any(canvas.height, (y) => hit(x, y)));
      const gap = columns.findIndex((x, k) => k && x > columns[k - 1] + 6 * scale);
      columns = columns.slice(0, gap);
      const rows = count(canvas.height, (y) => columns.filter((x) => hit(x, y)).length > 9);
      return [columns[0], columns.at(-1) + 1, rows[0], rows.at(-1) + 1].map((v) => v / scale);
    }""",
        colors(page),
    )


def colors(page):
    return page.evaluate("JSON.parse(document.querySelector('.hear > script').textContent).colors")


def pixel(page, theta):
    """Where parameters lie on the map of MSS, in CSS pixels: it shows a bit more than the plane."""
    left, right, top, bottom = edges(page)
    x, y = (np.log2(theta) - [2, -1] + EDGE) / ([2, 3] + 2 * EDGE)
    return {"x": left + x * (right - left), "y": bottom - y * (bottom - top)}


def drag(page, start, end):
    """Drag from parameters to parameters on the map of MSS."""
    the_map(page).scroll_into_view_if_needed()
    box = the_map(page).bounding_box()
    places = [pixel(page, theta) for theta in (start, end)]
    (a, b), (c, d) = [(box["x"] + p["x"], box["y"] + p["y"]) for p in places]
    page.mouse.move(a, b)
    page.mouse.down()
    page.mouse.move(c, d, steps=4)
    page.mouse.up()


def last_sound(page):
    sound = page.evaluate(
        "() => { const s = sounds.at(-1); return {...s, context: s.context.state} }"
    )
    return sound | {"samples": np.array(sound["samples"])}

const STEPS_PER_SECOND = 30; // of a descent that is drawn

/** Number of points of the longest descent. */
const longest = (panels) => Math.max(...panels.map(({ path }) => path.length));

/** Name of the attribute of a figure that holds where the descent on a loss has ended. */
const attribute = (name) => `data-${name.toLowerCase().replace(/[^a-z0-9]+/g, "-")}-end`;

/** Take the descents away. */
function clearDescents({ root, panels, state, redraw }) {
  cancelAnimationFrame(state.animation);
  state.start = null;
  for (const panel of panels) {
    panel.path = null;
    root.removeAttribute(attribute(panel.name));
  }
  redraw();
}

/** Start a descent on each loss, and draw them step by step unless motion is unwanted. */
function startDescents(figure, start) {
  const { root, area, panels, state } = figure;
  clearDescents(figure);
  state.start = start;
  for (const panel of panels) panel.path = descend(area, now(figure, panel), start);
  const began = performance.now();
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  (function advance(time) {
    const steps = still ? Infinity : ((time - began) / 1000) * STEPS_PER_SECOND;
    state.shown = Math.min(Math.max(Math.floor(steps), 0) + 1, longest(panels));
    draw(figure);
    if (state.shown < longest(panels)) {
      state.animation = requestAnimationFrame(advance);
      return;
    }
    for (const { name, path } of panels) root.setAttribute(attribute(name), toTheta(path.at(-1)));
    announce(figure);
  })(began);
}

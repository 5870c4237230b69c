const STEPS_PER_SECOND = 30; // of a descent that is drawn
const MOST_STARTS = 8; // that are kept
const FAR = 1 / 2; // octaves that a start has to be away from the target, to count as one that finds it

/** Number of points of a path. */
const longest = (path) => path?.length ?? 0;

/** Name of the attribute of a figure that holds where the descent on a loss has ended. */
const attribute = (name) => `data-${name.toLowerCase().replace(/[^a-z0-9]+/g, "-")}-end`;

/** Go down from all starts, on what is shown, at once. */
function follow(figure) {
  const { root, area, panels, state } = figure;
  cancelAnimationFrame(state.animation);
  state.shown = Infinity;
  for (const panel of panels) {
    panel.paths = isShown(panel)
      ? state.starts.map((start) => descend(area, panel.surface, start))
      : [];
    root.removeAttribute(attribute(panel.name));
  }
  arrive(figure);
}

/** Say where the last descent has ended, and keep the latest target that was found from afar. */
function arrive({ root, data, panels, state }) {
  for (const { name, paths } of panels.filter(isShown)) {
    if (paths.length) root.setAttribute(attribute(name), toTheta(paths.at(-1).at(-1)));
    for (const path of paths) {
      const found = isFound(path.at(-1), state.target, data.found);
      const record = state.records.get(name) ?? 0;
      if (found && distance(path[0], state.target) >= FAR && state.shift > record) {
        state.records.set(name, state.shift);
      }
    }
  }
}

/** Take the descents away. */
function clearDescents(figure) {
  figure.state.starts = [];
  follow(figure);
  figure.redraw();
}

/** Keep one more start. */
function addStart(figure, start) {
  const { state } = figure;
  state.starts = [...state.starts, start].slice(-MOST_STARTS);
  follow(figure);
  animate(figure);
}

/** Draw the last descents step by step, unless motion is unwanted. */
function animate(figure) {
  const { root, panels, state } = figure;
  const shown = panels.filter(isShown);
  const most = Math.max(...shown.map(({ paths }) => longest(paths.at(-1))));
  const began = performance.now();
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  cancelAnimationFrame(state.animation);
  for (const { name } of shown) root.removeAttribute(attribute(name));
  (function advance(time) {
    const steps = still ? Infinity : ((time - began) / 1000) * STEPS_PER_SECOND;
    state.shown = Math.min(Math.max(Math.floor(steps), 0) + 1, most);
    if (state.shown >= most) {
      state.shown = Infinity;
      arrive(figure);
      announce(figure);
    } else {
      state.animation = requestAnimationFrame(advance);
    }
    draw(figure);
  })(began);
}

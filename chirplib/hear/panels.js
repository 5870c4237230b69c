/** Whether a panel is one of those that are shown. */
const isShown = ({ panel }) => !panel.hidden;

/** Add the arrows and the lowest grid point to a surface. */
function complete({ area, grid, state }, surface) {
  surface.minimum = grid[surface.loss.indexOf(Math.min(...surface.loss))];
  surface.arrows = grid.map((p) => {
    const d = direction(area, surface, p);
    return { p, d, towards: isTowards(d, p, state.target) };
  });
  return surface;
}

/** Bring what is shown to the target, the shift and the losses of now, and its descents too. */
function look(figure) {
  for (const panel of figure.panels.filter(isShown)) {
    panel.surface = complete(figure, surfaceNow(figure, panel.loss));
  }
  follow(figure);
}

/** The panels of a figure, one for each loss, in the place of the model in the template. */
function makePanels(figure) {
  const { widget, part } = figure;
  const model = widget.querySelector(".hear-panel");
  const panels = figure.losses.map((loss) => {
    const { name } = loss;
    const panel = model.cloneNode(true);
    const one = (selector) => panel.querySelector(selector);
    const [map, solid] = panel.querySelectorAll("canvas");
    panel.setAttribute("aria-label", `${name} loss`);
    map.setAttribute(
      "aria-label",
      `Map of the ${name} loss over modulation frequency and chirp rate`,
    );
    solid.setAttribute("aria-label", `Surface of the ${name} loss in three dimensions`);
    for (const canvas of [map, solid]) canvas.setAttribute("aria-describedby", part("help").id);
    one("[data-do=steps]").textContent = `Hear the steps of ${name}`;
    one("[data-do=end]").textContent = `Hear where ${name} ended`;
    model.before(panel);
    return { name, loss, panel, one, map, solid, surface: null, paths: [] };
  });
  model.remove();
  return panels;
}

/** Show a panel as it is now, with the values at the lens. */
function showPanel(figure, panel, lens) {
  const { area, data: { colors }, state, state: { cursor, target, walk } } = figure;
  const { name, one, map, solid, surface } = panel;
  const paths = panel.paths.map((path, n) => {
    const last = n === panel.paths.length - 1;
    const shown = last ? path.slice(0, state.shown) : path;
    return { path: shown, ended: !last || state.shown >= path.length, last };
  });
  const walker = walk?.panel === panel ? panel.paths.at(-1)?.[walk.step] : null;
  const scene = { area, surface, name, colors, target, cursor, lens, paths, walker };
  one(".hear-title").textContent = `${name}, ${timing(figure)}`;
  one(".hear-values").textContent = values(figure, panel, lens).join("\n");
  one(".hear-end").textContent = outcome(figure, panel);
  for (const button of panel.panel.querySelectorAll("button")) {
    button.disabled = !paths.at(-1)?.ended;
  }
  map.hidden = state.view !== "map";
  solid.hidden = !map.hidden;
  if (map.hidden) drawSolid(solid, scene, state.turn);
  else drawMap(map, scene);
}

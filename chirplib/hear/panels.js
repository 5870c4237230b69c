/** The surface of a panel for the target as it is now. */
const now = ({ state }, { surfaces }) => surfaces[Number(state.late)];

/** Add the arrows and the lowest grid point to a surface. */
function complete({ area, target }, grid, surface) {
  surface.minimum = grid[surface.loss.indexOf(Math.min(...surface.loss))];
  surface.arrows = grid.map((p) => {
    const d = direction(area, surface, p);
    return { p, d, towards: isTowards(d, p, target) };
  });
}

/** The panels of a figure, one for each loss, in the place of the model in the template. */
function makePanels(figure) {
  const { data, widget, part } = figure;
  const [first, second] = data.axes.map((axis) => axis.map(Math.log2));
  const grid = first.flatMap((x) => second.map((y) => [x, y]));
  const model = widget.querySelector(".hear-panel");
  const panels = data.losses.map(({ name, surfaces }) => {
    const panel = model.cloneNode(true);
    const one = (selector) => panel.querySelector(selector);
    const [map, solid] = panel.querySelectorAll("canvas");
    panel.setAttribute("aria-label", `${name} loss`);
    map.setAttribute("aria-label", `Map of the ${name} loss over event rate and chirp rate`);
    solid.setAttribute("aria-label", `Surface of the ${name} loss in three dimensions`);
    for (const canvas of [map, solid]) canvas.setAttribute("aria-describedby", part("help").id);
    one("button").textContent = `Hear where ${name} ended`;
    model.before(panel);
    for (const surface of surfaces) complete(figure, grid, surface);
    return { name, surfaces, panel, one, map, solid, images: new Map(), path: null };
  });
  model.remove();
  return panels;
}

/** Show a panel as it is now, with the values at the lens. */
function showPanel(figure, panel, lens) {
  const { area, data: { colors }, target, state, state: { cursor } } = figure;
  const { name, one, map, solid, images } = panel;
  const surface = now(figure, panel);
  const path = panel.path?.slice(0, state.shown);
  const ended = state.start && state.shown >= longest(figure.panels);
  const scene = { area, surface, name, colors, target, cursor, lens, path, ended };
  one(".hear-title").textContent = `${name}, target ${timing(figure)}`;
  one(".hear-values").textContent = values(figure, panel, lens).join("\n");
  one(".hear-end").textContent = outcome(figure, panel);
  one("button").disabled = !ended;
  map.hidden = state.view !== "map";
  solid.hidden = !map.hidden;
  if (map.hidden) drawSolid(solid, scene, state.turn);
  else drawMap(map, scene, images);
}

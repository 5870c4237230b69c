/** What the state of a figure is at the beginning. */
const initial = ({ area, data }) => ({
  target: data.target.map(Math.log2),
  view: "map",
  turn: [-125, 28],
  cursor: area.low.map((low, k) => low + (area.high[k] - low) / 4),
  hover: null, // a point that is only looked at
  starts: [], // of descents, the last one last
  shown: Infinity, // points of the last descents
  walk: null, // the descent that sounds, and its step
  trouble: "", // what went wrong
});

/** What a figure is made of: its data and elements, and its state, that hands change. */
function makeFigure(root) {
  const data = JSON.parse(root.querySelector("script[type='application/json']").textContent);
  const widget = root.querySelector(".hear-widget");
  widget.append(root.querySelector("template").content.cloneNode(true));
  const area = plane(data.axes);
  const [first, second] = data.axes.map((axis) => axis.map(Math.log2));
  const state = {
    ...initial({ area, data }),
    shift: data.shift, // of the target, in samples
    first: 0, // which loss comes first
    records: new Map(), // the latest target that was found, in samples, by the loss
    animation: 0, // of the descents: the frame that comes
    resting: 0, // the clock of the keys
  };
  const figure = {
    root,
    data,
    widget,
    area,
    state,
    grid: first.flatMap((x) => second.map((y) => [x, y])),
    targets: plane(data.targets),
    losses: makeLosses(data),
    part: (name) => widget.querySelector(`[data-part=${name}]`),
  };
  figure.player = makePlayer((name, make) => {
    state.walk = null;
    if (name) root.dataset.playing = name;
    else delete root.dataset.playing;
    watchSound(figure, name, make);
  });
  let asked = 0;
  figure.redraw = () => {
    cancelAnimationFrame(asked);
    asked = requestAnimationFrame(() => draw(figure));
  };
  return figure;
}

/** Show a figure as it is now. */
function draw(figure) {
  const { root, data, widget, state, part, panels } = figure;
  if (!widget.clientWidth) return;
  const lens = state.hover ?? state.cursor;
  part("here").textContent = state.trouble ||
    `Here: ${named(toTheta(lens))}.\nTarget: ${named(toTheta(state.target))}, ${timing(figure)}.`;
  for (const panel of panels.filter(isShown)) showPanel(figure, panel, lens);
  drawSpectrogram(figure);
  part("challenge").textContent = challenge(figure);
  widget.querySelector("[data-do=clear]").disabled = !state.starts.length;
  root.dataset.cursor = toTheta(state.cursor);
  root.dataset.star = toTheta(state.target);
  root.dataset.shift = state.shift;
  root.dataset.starts = state.starts.length;
  root.dataset.target = state.shift ? "late" : "on time";
  root.dataset.view = state.view;
}

/** Draw again after anything that changes the size or the colors of the page. */
function watchPage({ widget, redraw }) {
  new ResizeObserver(redraw).observe(widget);
  const themes = new MutationObserver(redraw);
  for (const node of [document.documentElement, document.body]) {
    themes.observe(node, { attributes: true });
  }
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
}

/** Turn the data and the template of a figure into the figure. */
function mount(root) {
  root.dataset.state = "starting";
  const figure = makeFigure(root);
  const { data, widget, part } = figure;
  // Ids and names that no other figure of the page has.
  let number = 0;
  while (document.getElementById(`hear-help-${number}`)) number++;
  part("help").id = `hear-help-${number}`;
  part("found").textContent = `1/${Math.round(1 / data.found)}`;
  part("most").textContent = MOST_STARTS;
  for (const name of ["drag", "move", "keys"]) part(name).hidden = !isMovable(figure);
  part("table").hidden = part("challenge").hidden = !isMovable(figure);
  figure.panels = makePanels(figure);
  for (const panel of figure.panels) {
    followPointer(figure, panel.map);
    followKeys(figure, panel.map);
    turnSolid(figure, panel);
  }
  pressButtons(figure);
  switchChoices(figure, number);
  watchPage(figure);
  widget.hidden = false;
  show(figure, data.shift, 0, false);
  draw(figure);
  root.dataset.state = "ready";
}

// A notebook may show the output of a cell before the script, or again: each figure starts once.
for (const root of document.querySelectorAll(".hear:not([data-state])")) mount(root);

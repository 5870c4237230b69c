/** What a figure is made of: its data and elements, and its state, that hands change. */
function makeFigure(root) {
  const data = JSON.parse(root.querySelector("script[type='application/json']").textContent);
  const widget = root.querySelector(".hear-widget");
  widget.append(root.querySelector("template").content.cloneNode(true));
  const area = plane(data.axes);
  const target = data.target.map(Math.log2);
  const delay = data.shift / data.synth.sr;
  const state = {
    late: false,
    view: "map",
    turn: [-125, 28],
    cursor: area.low.map((low, k) => low + (area.high[k] - low) / 4),
    hover: null, // a point that is only looked at
    start: null, // of the descents
    shown: 0, // points of them
    animation: 0, // of them: the frame that comes
    resting: 0, // the clock of the keys
  };
  const part = (name) => widget.querySelector(`[data-part=${name}]`);
  const player = makePlayer(data.synth, (name) => {
    if (name) root.dataset.playing = name;
    else delete root.dataset.playing;
  });
  let asked = 0;
  const redraw = () => {
    cancelAnimationFrame(asked);
    asked = requestAnimationFrame(() => draw(figure));
  };
  const figure = { root, data, widget, area, target, delay, state, part, player, redraw };
  return figure;
}

/** Show a figure as it is now. */
function draw(figure) {
  const { root, data, widget, state, part, panels } = figure;
  if (!widget.clientWidth) return;
  const lens = state.hover ?? state.cursor;
  part("here").textContent = `Here: ${named(toTheta(lens))}.\n` +
    `Target: ${named(data.target)}, ${timing(figure)}.`;
  for (const panel of panels) showPanel(figure, panel, lens);
  widget.querySelector("[data-do=clear]").disabled = !state.start;
  root.dataset.cursor = toTheta(state.cursor);
  root.dataset.target = state.late ? "late" : "aligned";
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
  const { data, delay, widget, part } = figure;
  // Ids and names that no other figure of the page has.
  let number = 0;
  while (document.getElementById(`hear-help-${number}`)) number++;
  part("help").id = `hear-help-${number}`;
  part("late").textContent = `${shifted(data)} (${Math.round(Math.abs(delay) * 1000)} ms)`;
  part("found").textContent = `1/${Math.round(1 / data.found)}`;
  figure.panels = makePanels(figure);
  for (const { map, solid } of figure.panels) {
    followPointer(figure, map);
    followKeys(figure, map);
    turnSolid(figure, solid);
  }
  pressButtons(figure);
  switchChoices(figure, number);
  watchPage(figure);
  widget.hidden = false;
  draw(figure);
  root.dataset.state = "ready";
}

// A notebook may show the output of a cell before the script, or again: each figure starts once.
for (const root of document.querySelectorAll(".hear:not([data-state])")) mount(root);

/** Let the buttons play, clear and reset. */
function pressButtons(figure) {
  const { widget, panels, player } = figure;
  const actions = {
    this: () => playChirps(figure, "this", here(figure)),
    target: () => playChirps(figure, "target", there(figure)),
    both: () => playChirps(figure, "both", here(figure), there(figure)),
    stop: () => player.stop(),
    move: () => dropTarget(figure),
    clear: () => clearDescents(figure),
    reset: () => reset(figure),
    screen: () => {
      if (document.fullscreenElement) document.exitFullscreen();
      else widget.requestFullscreen();
    },
    steps: (panel) => hearSteps(figure, panel),
    end: ({ name, paths }) => {
      playChirps(figure, name, { theta: toTheta(paths.at(-1).at(-1)), delay: 0 });
    },
  };
  widget.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) actions[button.dataset.do](panels.find(({ panel }) => panel.contains(button)));
  });
  widget.querySelector("[data-do=screen]").hidden = !document.fullscreenEnabled;
}

/**
 * Show losses at a shift, once their tables are there; nothing changes before. Of several calls in
 * a row, the last one counts.
 *
 * @param {object} figure
 * @param {number} shift in samples
 * @param {number} first number of the loss of the first panel
 * @param {boolean} moving whether the last descents are drawn again step by step
 */
async function show(figure, shift, first, moving) {
  const { data, panels, state } = figure;
  const wanted = { shift, first };
  state.wanted = wanted;
  // Of more than two losses, the last one and one of the others.
  const chosen = panels.filter((_, n) =>
    panels.length < 3 || n === panels.length - 1 || n === first
  );
  const missing = chosen.filter(({ loss }) => !loss.tables.has(shift));
  if (missing.length) {
    try {
      await Promise.all(missing.map(({ loss }) => load(loss, shift)));
    } catch {
      if (state.wanted === wanted) {
        tell(figure, `The losses for a target ${shifted(data, shift)} could not be loaded.`);
        setChoices(figure);
      }
      return;
    }
    if (state.wanted !== wanted) return;
  }
  for (const panel of panels) panel.panel.hidden = !chosen.includes(panel);
  Object.assign(state, wanted, { walk: null, trouble: "" });
  setChoices(figure);
  look(figure);
  if (moving && state.starts.length) animate(figure);
  // At the beginning, the page itself is what is read.
  else if (figure.root.dataset.state === "ready") announce(figure);
  figure.redraw();
}

/** Say that something has gone wrong, for the eye and for a screen reader. */
function tell(figure, text) {
  figure.state.trouble = text;
  figure.widget.querySelector("[role=status]").textContent = text;
  figure.redraw();
}

/** Make switches and slider say what is. */
function setChoices({ data, part, state, widget }) {
  const value = { view: state.view, late: state.shift ? "late" : "", first: String(state.first) };
  for (const input of widget.querySelectorAll("input[type=radio]")) {
    input.checked = input.value === value[input.dataset.set];
  }
  const slider = widget.querySelector("[data-set=shift]");
  slider.value = data.shifts.indexOf(state.shift);
  slider.setAttribute("aria-valuetext", shifted(data, state.shift));
  part("shift").textContent = shifted(data, state.shift);
}

/** Everything as at the beginning, but for what was achieved. */
function reset(figure) {
  figure.player.stop();
  Object.assign(figure.state, initial(figure));
  show(figure, figure.data.shift, 0, false);
}

/** Let the switches and the slider choose the target, the view and the losses. */
function switchChoices(figure, number) {
  const { data, part, losses, state, widget, redraw } = figure;
  const several = data.shifts.length > 2;
  part("switch").hidden = several;
  part("slider").hidden = !several;
  part("first").hidden = losses.length < 3;
  losses.slice(0, -1).forEach(({ name }, n) => {
    const label = document.createElement("label");
    const text = document.createElement("span");
    const input = Object.assign(document.createElement("input"), { type: "radio", value: n });
    input.dataset.set = "first";
    text.textContent = name;
    label.append(input, text);
    part("first").append(label);
  });
  const late = data.shifts.find((shift) => shift);
  part("late").textContent = `${shifted(data, late)} (${Math.abs(late)} samples)`;
  const choices = {
    view: (value) => {
      state.view = value;
      announce(figure);
      redraw();
    },
    late: (value) => show(figure, value ? late : 0, state.first, true),
    shift: (value) => show(figure, data.shifts[value], state.first, false),
    first: (value) => show(figure, state.shift, Number(value), false),
  };
  for (const input of widget.querySelectorAll("input")) {
    if (input.type === "radio") input.name = `hear-${input.dataset.set}-${number}`;
    else input.max = data.shifts.length - 1;
    const event = input.type === "radio" ? "change" : "input";
    input.addEventListener(event, () => choices[input.dataset.set](input.value));
  }
}

const REST = 350; // milliseconds without a key after which the cursor rests
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, -1], ArrowUp: [0, 1] };

/** What sounds at the cursor, and the target. */
const here = ({ state }) => ({ theta: toTheta(state.cursor), delay: 0 });
const there = ({ data, delay, state }) => ({ theta: data.target, delay: state.late ? delay : 0 });

/** Put the cursor at point p, play it and start descents there. */
function choose(figure, p) {
  figure.state.cursor = p;
  figure.state.hover = null;
  figure.player.play("this", here(figure));
  startDescents(figure, p);
}

/** Look at the point under the pointer; choose it with a click or a tap. */
function followPointer(figure, map) {
  const { area, state, redraw } = figure;
  let pressed = null;
  /** The point under a pointer, or null where it is off the map, but for a finger's width. */
  const under = (event) => {
    const box = map.getBoundingClientRect();
    const { point } = frame(area, map.clientWidth);
    const p = point(event.clientX - box.left, event.clientY - box.top);
    const inside = clamp(area, p);
    return distance(p, inside) < 0.1 ? inside : null;
  };
  map.addEventListener("pointerdown", ({ button, pointerId }) => {
    pressed = button ? null : pointerId;
  });
  map.addEventListener("pointermove", (event) => {
    state.hover = under(event);
    redraw();
  });
  map.addEventListener("pointerup", (event) => {
    const p = under(event);
    if (p && pressed === event.pointerId) choose(figure, p);
    pressed = null;
  });
  for (const gone of ["pointerleave", "pointercancel"]) {
    map.addEventListener(gone, () => {
      state.hover = pressed = null;
      redraw();
    });
  }
}

/** Move the cursor by the arrow keys, and play it when it rests; choose it with Enter or Space. */
function followKeys(figure, map) {
  const { area, state, player, redraw } = figure;
  map.addEventListener("keydown", (event) => {
    const way = ARROWS[event.key];
    if (!way && event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    player.wake();
    clearTimeout(state.resting);
    if (!way) return choose(figure, state.cursor);
    const step = event.shiftKey ? 1 / 32 : 1 / 8;
    state.cursor = clamp(area, state.cursor.map((value, k) => value + step * way[k]));
    state.hover = null;
    redraw();
    state.resting = setTimeout(() => {
      player.play("this", here(figure));
      announce(figure);
    }, REST);
  });
}

/** Turn the surfaces by drag and by keys. */
function turnSolid({ state, redraw }, solid) {
  const turn = (across, up) => {
    const [azimuth, elevation] = state.turn;
    state.turn = [azimuth - across, Math.min(Math.max(elevation + up, 5), 85)];
    redraw();
  };
  solid.addEventListener("pointerdown", (event) => solid.setPointerCapture(event.pointerId));
  solid.addEventListener("pointermove", (event) => {
    if (event.buttons) turn(event.movementX / 2, event.movementY / 2);
  });
  solid.addEventListener("keydown", (event) => {
    const way = ARROWS[event.key];
    if (!way) return;
    event.preventDefault();
    turn(10 * way[0], 10 * way[1]);
  });
}

/** Let the buttons play and clear. */
function pressButtons(figure) {
  const { widget, panels, player } = figure;
  widget.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    const action = button?.dataset.do;
    if (action === "this") player.play("this", here(figure));
    if (action === "target") player.play("target", there(figure));
    if (action === "both") player.play("both", here(figure), there(figure));
    if (action === "stop") player.stop();
    if (action === "clear") clearDescents(figure);
    if (action === "end") {
      const { name, path } = panels.find(({ panel }) => panel.contains(button));
      player.play(name, { theta: toTheta(path.at(-1)), delay: 0 });
    }
  });
}

/** Let the switches choose the target and the view. */
function switchChoices(figure, number) {
  const { widget, state, redraw } = figure;
  for (const input of widget.querySelectorAll("input")) {
    input.name = `hear-${input.dataset.set}-${number}`;
    input.addEventListener("change", () => {
      if (input.dataset.set === "view") state.view = input.value;
      else state.late = Boolean(input.value);
      if (input.dataset.set === "late" && state.start) startDescents(figure, state.start);
      else announce(figure);
      redraw();
    });
  }
}

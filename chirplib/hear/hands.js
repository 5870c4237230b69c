const REST = 350; // milliseconds without a key after which the cursor rests
const GRIP = { mouse: 12, pen: 16, touch: 24 }; // pixels around the star at which it is taken
const STILL = 4; // pixels by which a pointer moves in a click
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, -1], ArrowUp: [0, 1] };

/** What sounds at the cursor, and the target. */
const here = ({ state }) => ({ theta: toTheta(state.cursor), delay: 0 });
const there = ({ data, state }) => ({
  theta: toTheta(state.target),
  delay: state.shift / data.synth.sr,
});

/** Play chirps at once, and not what waits for the cursor to rest. */
function playChirps({ data, player, state }, name, ...chirps) {
  clearTimeout(state.resting);
  player.play(name, (rate) => mixture(data.synth, chirps, rate));
}

/** Put the cursor at point p, play it and start descents there. */
function choose(figure, p) {
  figure.state.cursor = p;
  figure.state.hover = null;
  playChirps(figure, "this", here(figure));
  addStart(figure, p);
}

/** Put the target at point p. */
function moveTarget(figure, p) {
  figure.state.target = clamp(figure.targets, p);
  figure.state.walk = null;
  look(figure);
  figure.redraw();
}

/** Whether there are targets all over the plane. */
const isMovable = ({ targets }) => targets.n.some((n) => n > 1);

/** Look at the point under the pointer; choose it with a click or a tap. The star can be dragged. */
function followPointer(figure, map) {
  const { area, state, redraw } = figure;
  let pressed = null;
  let dragged = false;
  const place = (event) => {
    const box = map.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const apart = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]);
  /** The point under a pointer, or null where it is off the map, but for a finger's width. */
  const under = (event) => {
    const p = frame(area, map.clientWidth).point(...place(event));
    const inside = clamp(area, p);
    return distance(p, inside) < 0.1 ? inside : null;
  };
  const isOnStar = (event, grip) =>
    isMovable(figure) && apart(place(event), frame(area, map.clientWidth).at(state.target)) < grip;
  map.addEventListener("pointerdown", (event) => {
    if (event.button) return (pressed = null);
    const taken = isOnStar(event, GRIP[event.pointerType] ?? GRIP.mouse);
    pressed = { id: event.pointerId, at: place(event), taken };
    dragged = false;
    if (taken) map.setPointerCapture(event.pointerId);
  });
  // A finger that moves the star does not scroll the page.
  map.addEventListener("touchstart", (event) => {
    if (event.touches.length === 1 && isOnStar(event.touches[0], GRIP.touch)) {
      event.preventDefault();
    }
  }, { passive: false });
  map.addEventListener("pointermove", (event) => {
    if (pressed?.taken && event.pointerId === pressed.id) {
      dragged ||= apart(place(event), pressed.at) > STILL;
      state.hover = null;
      const p = frame(area, map.clientWidth).point(...place(event));
      if (dragged) moveTarget(figure, p);
      return;
    }
    map.classList.toggle("hear-grip", isOnStar(event, GRIP.mouse));
    state.hover = under(event);
    redraw();
  });
  map.addEventListener("pointerup", (event) => {
    const ours = pressed?.id === event.pointerId;
    const p = under(event);
    if (ours && dragged) {
      playChirps(figure, "target", there(figure));
      announce(figure);
    } else if (ours && p) {
      choose(figure, p);
    }
    pressed = null;
  });
  for (const gone of ["pointerleave", "pointercancel"]) {
    map.addEventListener(gone, () => {
      state.hover = pressed = null;
      redraw();
    });
  }
}

/**
 * Move the cursor by the arrow keys, and play it when it rests; choose it with Enter or Space; put
 * the target there with T; be silent with Escape.
 */
function followKeys(figure, map) {
  const { area, state, player, redraw } = figure;
  map.addEventListener("keydown", (event) => {
    const way = ARROWS[event.key];
    const drops = event.key.toLowerCase() === "t" && isMovable(figure);
    const chooses = event.key === "Enter" || event.key === " ";
    if (event.key === "Escape") player.stop();
    if (!(way || drops || chooses) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    player.wake();
    clearTimeout(state.resting);
    if (chooses) return choose(figure, state.cursor);
    if (drops) return dropTarget(figure);
    const step = event.shiftKey ? 1 / 32 : 1 / 8;
    state.cursor = clamp(area, state.cursor.map((value, k) => value + step * way[k]));
    state.hover = null;
    redraw();
    state.resting = setTimeout(() => {
      playChirps(figure, "this", here(figure));
      announce(figure);
    }, REST);
  });
}

/** Put the target where the cursor is, and play it. */
function dropTarget(figure) {
  moveTarget(figure, figure.state.cursor);
  playChirps(figure, "target", there(figure));
  announce(figure);
}

/** Turn the surfaces by drag and by keys; start descents with a click, or at the cursor with Enter. */
function turnSolid(figure, { solid, ...panel }) {
  const { area, state, redraw } = figure;
  let moved = 0;
  const turn = (across, up) => {
    const [azimuth, elevation] = state.turn;
    state.turn = [azimuth - across, Math.min(Math.max(elevation + up, 5), 85)];
    redraw();
  };
  solid.addEventListener("pointerdown", (event) => {
    moved = 0;
    solid.setPointerCapture(event.pointerId);
  });
  solid.addEventListener("pointermove", (event) => {
    if (!event.buttons) return;
    moved += Math.hypot(event.movementX, event.movementY);
    if (moved > STILL) turn(event.movementX / 2, event.movementY / 2);
  });
  solid.addEventListener("pointerup", (event) => {
    if (event.button || moved > STILL) return;
    const box = solid.getBoundingClientRect();
    const { surface } = figure.panels.find(({ name }) => name === panel.name);
    const { solid: onSurface, eye } = stage(area, surface, state.turn, solid.clientWidth);
    const p = pick(area, [event.clientX - box.left, event.clientY - box.top], onSurface, eye);
    if (p) choose(figure, p);
  });
  solid.addEventListener("keydown", (event) => {
    const way = ARROWS[event.key];
    const chooses = event.key === "Enter" || event.key === " ";
    if (event.key === "Escape") figure.player.stop();
    if (!way && !chooses) return;
    event.preventDefault();
    if (chooses) choose(figure, state.cursor);
    else turn(10 * way[0], 10 * way[1]);
  });
}

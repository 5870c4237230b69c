const STEPS_PER_SECOND = 30; // of a descent that is drawn
const REST = 350; // milliseconds without a key after which the cursor rests

/** A point of the plane as parameters, in Hz and octaves/s. */
const toTheta = (p) => p.map((value) => 2 ** value);

/** Parameters as a text with units. */
const named = ([f_m, gamma]) =>
  `event rate ${f_m.toPrecision(3)} Hz, chirp rate ${gamma.toPrecision(3)} octaves/s`;

/** Where a descent points, in words. */
function describe(d, p, target) {
  const turns = ["event rate", "chirp rate"].map((name, k) => {
    return Math.abs(d[k]) < 0.05 ? `${name} unchanged` : `${name} ${d[k] > 0 ? "up" : "down"}`;
  });
  if (distance(p, target) < 1e-6) return "This is the target.";
  if (!d[0] && !d[1]) return "No descent: the gradient is 0.";
  const sense = isTowards(d, p, target) ? "towards" : "away from";
  return `Steepest descent: ${turns.join(", ")}, ${sense} the target.`;
}

/** Turn the data and the template of a figure into the figure. */
function mount(root) {
  root.dataset.state = "starting";
  const data = JSON.parse(root.querySelector("script[type='application/json']").textContent);
  const widget = root.querySelector(".hear-widget");
  widget.append(root.querySelector("template").content.cloneNode(true));
  const part = (name) => widget.querySelector(`[data-part=${name}]`);
  const area = plane(data.axes);
  const target = data.target.map(Math.log2);
  const delay = data.shift / data.synth.sr;
  const [first, second] = data.axes.map((axis) => axis.map(Math.log2));
  const grid = first.flatMap((x) => second.map((y) => [x, y]));
  const state = {
    late: false, view: "map", turn: [-125, 28],
    cursor: area.low.map((low, k) => low + (area.high[k] - low) / 4),
    hover: null, // a point that is only looked at
    start: null, // of the descents
    shown: 0, // steps of them
  };

  // Ids and names that no other figure of the page has.
  let number = 0;
  while (document.getElementById(`hear-help-${number}`)) number++;
  part("help").id = `hear-help-${number}`;
  const when = `${Math.abs(data.shift)} samples ${data.shift > 0 ? "late" : "early"}`;
  part("late").textContent = `${when} (${Math.round(Math.abs(delay) * 1000)} ms)`;
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
    for (const surface of surfaces) {
      surface.arrows = grid.map((p) => {
        const d = direction(area, surface, p);
        return { p, d, towards: isTowards(d, p, target) };
      });
      surface.minimum = grid[surface.loss.indexOf(Math.min(...surface.loss))];
    }
    return { name, surfaces, panel, one, map, solid, images: new Map(), path: null };
  });
  model.remove();
  const longest = () => Math.max(...panels.map(({ path }) => path.length));
  const now = ({ surfaces }) => surfaces[Number(state.late)];
  const attribute = (name) => `data-${name.toLowerCase().replace(/[^a-z0-9]+/g, "-")}-end`;

  // Sound ------------------------------------------------------------------------------------

  const player = makePlayer(data.synth, (name) => {
    if (name) root.dataset.playing = name;
    else delete root.dataset.playing;
  });
  const here = () => ({ theta: toTheta(state.cursor), delay: 0 });
  const there = () => ({ theta: data.target, delay: state.late ? delay : 0 });

  // Text -------------------------------------------------------------------------------------

  function values(panel, p) {
    const surface = now(panel);
    const loss = interpolate(area, surface.loss, p);
    const rank = Math.round(100 * shareBelow(surface.loss, loss));
    const where = describe(direction(area, surface, p), p, target);
    return [`Loss ${loss.toPrecision(3)}, lower at ${rank} % of the grid points.`, where];
  }

  function outcome({ path }) {
    if (!path) return "No start yet.";
    if (state.shown < longest()) return "Descending …";
    const end = path[path.length - 1];
    const away = distance(end, target);
    const found = away <= 1 / 8 ? "found" : "not found";
    const steps = path.length === 2 ? "1 step" : `${path.length - 1} steps`;
    return `From your start: ${steps} to ${named(toTheta(end))}, ` +
      `${away.toFixed(2)} octaves from the target: ${found}.`;
  }

  const late = () => (state.late ? when : "aligned");

  /** Tell a screen reader what the figure shows, when it has come to rest. */
  function announce() {
    const texts = panels.map((panel) => `${panel.name}: ${values(panel, state.cursor).join(" ")}`);
    if (state.start) texts.push(...panels.map((panel) => `${panel.name}: ${outcome(panel)}`));
    const place = `Cursor at ${named(toTheta(state.cursor))}. Target ${late()}.`;
    widget.querySelector("[role=status]").textContent = [place, ...texts].join(" ");
  }

  // Pictures ---------------------------------------------------------------------------------

  function draw() {
    if (!widget.clientWidth) return;
    const lens = state.hover ?? state.cursor;
    part("here").textContent = `Here: ${named(toTheta(lens))}.\n` +
      `Target: ${named(data.target)}, ${late()}.`;
    const ended = state.start && state.shown >= longest();
    for (const panel of panels) {
      const { name, one, map, solid, images, path } = panel;
      const surface = now(panel);
      const scene = {
        area, surface, name, target, lens, ended, colors: data.colors, cursor: state.cursor,
        arrows: surface.arrows, minimum: surface.minimum, path: path?.slice(0, state.shown),
      };
      one(".hear-title").textContent = `${name}, target ${late()}`;
      one(".hear-values").textContent = values(panel, lens).join("\n");
      one(".hear-end").textContent = outcome(panel);
      one("button").disabled = !ended;
      map.hidden = state.view !== "map";
      solid.hidden = !map.hidden;
      if (map.hidden) drawSolid(solid, scene, state.turn);
      else drawMap(map, scene, images);
    }
    widget.querySelector("[data-do=clear]").disabled = !state.start;
    root.dataset.cursor = toTheta(state.cursor);
    root.dataset.target = state.late ? "late" : "aligned";
    root.dataset.view = state.view;
  }

  let asked = 0;
  function redraw() {
    cancelAnimationFrame(asked);
    asked = requestAnimationFrame(draw);
  }

  // Descents ---------------------------------------------------------------------------------

  let animation = 0;

  function clear() {
    cancelAnimationFrame(animation);
    state.start = null;
    for (const panel of panels) {
      panel.path = null;
      root.removeAttribute(attribute(panel.name));
    }
    redraw();
  }

  function drop(start) {
    clear();
    state.start = start;
    for (const panel of panels) panel.path = descend(area, now(panel), start);
    const began = performance.now();
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    (function advance(time) {
      const steps = still ? Infinity : ((time - began) / 1000) * STEPS_PER_SECOND;
      state.shown = Math.min(Math.max(Math.floor(steps), 0) + 1, longest());
      draw();
      if (state.shown < longest()) {
        animation = requestAnimationFrame(advance);
        return;
      }
      for (const { name, path } of panels) {
        root.setAttribute(attribute(name), toTheta(path[path.length - 1]));
      }
      announce();
    })(began);
  }

  // Hands ------------------------------------------------------------------------------------

  function choose(p) {
    state.cursor = p;
    state.hover = null;
    player.play("this", here());
    drop(p);
  }

  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, -1], ArrowUp: [0, 1] };
  let resting = 0;

  for (const { map, solid } of panels) {
    /** The point under a pointer, or null where it is off the map, but for a finger's width. */
    const under = (event) => {
      const box = map.getBoundingClientRect();
      const { point } = frame(area, map.clientWidth);
      const p = point(event.clientX - box.left, event.clientY - box.top);
      const inside = clamp(area, p);
      return distance(p, inside) < 0.1 ? inside : null;
    };
    let pressed = null;
    map.addEventListener("pointerdown", ({ button, pointerId }) => {
      pressed = button ? null : pointerId;
    });
    map.addEventListener("pointermove", (event) => {
      state.hover = under(event);
      redraw();
    });
    map.addEventListener("pointerup", (event) => {
      const p = under(event);
      if (p && pressed === event.pointerId) choose(p);
      pressed = null;
    });
    for (const gone of ["pointerleave", "pointercancel"]) {
      map.addEventListener(gone, () => {
        state.hover = pressed = null;
        redraw();
      });
    }
    map.addEventListener("keydown", (event) => {
      const way = ARROWS[event.key];
      if (!way && event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      player.wake();
      clearTimeout(resting);
      if (!way) return choose(state.cursor);
      const step = event.shiftKey ? 1 / 32 : 1 / 8;
      state.cursor = clamp(area, state.cursor.map((value, k) => value + step * way[k]));
      state.hover = null;
      redraw();
      resting = setTimeout(() => {
        player.play("this", here());
        announce();
      }, REST);
    });

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

  widget.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    const action = button?.dataset.do;
    if (action === "this") player.play("this", here());
    if (action === "target") player.play("target", there());
    if (action === "both") player.play("both", here(), there());
    if (action === "stop") player.stop();
    if (action === "clear") clear();
    if (action === "end") {
      const { name, path } = panels.find(({ panel }) => panel.contains(button));
      player.play(name, { theta: toTheta(path[path.length - 1]), delay: 0 });
    }
  });

  for (const input of widget.querySelectorAll("input")) {
    input.name = `hear-${input.dataset.set}-${number}`;
    input.addEventListener("change", () => {
      if (input.dataset.set === "view") state.view = input.value;
      else state.late = Boolean(input.value);
      if (input.dataset.set === "late" && state.start) drop(state.start);
      else announce();
      redraw();
    });
  }

  // Anything that changes the size or the colors of the page.
  new ResizeObserver(redraw).observe(widget);
  const themes = new MutationObserver(redraw);
  for (const node of [document.documentElement, document.body]) {
    themes.observe(node, { attributes: true });
  }
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);

  widget.hidden = false;
  draw();
  root.dataset.state = "ready";
}

// A notebook may show the output of a cell before the script, or again: each figure starts once.
for (const root of document.querySelectorAll(".hear:not([data-state])")) mount(root);

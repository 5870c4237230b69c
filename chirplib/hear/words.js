/** A point of the plane as parameters, in Hz and octaves/s. */
const toTheta = (p) => p.map((value) => 2 ** value);

/** Parameters as a text with units. */
const named = ([f_m, gamma]) =>
  `modulation frequency ${f_m.toPrecision(3)} Hz, chirp rate ${gamma.toPrecision(3)} octaves/s`;

/** A shift in samples as a text. */
function shifted({ synth }, shift) {
  if (!shift) return "on time";
  const milliseconds = Math.round((1000 * Math.abs(shift)) / synth.sr);
  return `${milliseconds} ms ${shift > 0 ? "late" : "early"}`;
}

/** How the target is shifted now. */
const timing = ({ data, state }) => shifted(data, state.shift);

/** Where a descent turns one knob, and whether that is where the target is. */
function turned(name, way, away) {
  if (Math.abs(way) < 0.05) return `${name} unchanged`;
  const turn = `${name} ${way > 0 ? "up" : "down"}`;
  if (Math.abs(away) < 1e-6) return `${turn}, off that of the target`;
  return `${turn}, the ${way * away > 0 ? "right" : "wrong"} way`;
}

/** Where a descent points, in words: each knob by itself, and both together. */
function describe(d, p, target) {
  if (distance(p, target) < 1e-6) return "This is the target.";
  if (!d[0] && !d[1]) return "No descent: the gradient is 0.";
  const knobs = ["modulation frequency", "chirp rate"].map((name, k) => {
    return turned(name, d[k], target[k] - p[k]);
  });
  const sense = isTowards(d, p, target) ? "towards" : "away from";
  return `Steepest descent: ${knobs.join("; ")}. Both together, ${sense} the target.`;
}

/** The loss of a panel at point p, and where a descent from there points. */
function values({ area, state }, { surface }, p) {
  const loss = interpolate(area, surface.loss, p);
  const rank = Math.round(100 * shareBelow(surface.loss, loss));
  const where = describe(direction(area, surface, p), p, state.target);
  return [`Loss ${loss.toPrecision(3)}: ${rank} % of the points of the map have less.`, where];
}

/** Where the descents of a panel have ended: the last one, and how many of all at the target. */
function outcome({ data, state }, { paths }) {
  if (!paths.length) return "No start yet.";
  if (state.shown < longest(paths.at(-1))) return "Descending …";
  const path = paths.at(-1);
  const end = path.at(-1);
  const away = octavesApart(end, state.target).map((octaves) => octaves.toFixed(2));
  const found = isFound(end, state.target, data.found) ? "found" : "not found";
  const steps = path.length === 2 ? "1 step" : `${path.length - 1} steps`;
  const last = `From your start: ${steps} to ${named(toTheta(end))}, ` +
    `${away.join(" and ")} octaves from the target: ${found}.`;
  if (paths.length === 1) return last;
  const hits = paths.filter((path) => isFound(path.at(-1), state.target, data.found)).length;
  return `${last}\n${hits} of your ${paths.length} starts lead to the target.`;
}

/** What there is to try, and how far it has been brought. */
function challenge(figure) {
  const { data, panels, state } = figure;
  const best = panels.filter(isShown).map(({ name }) => {
    const record = state.records.get(name);
    return `${name}: ${record === undefined ? "not yet" : shifted(data, record)}`;
  });
  return `Challenge: find a start from which ${panels.find(isShown).name} finds a late target. ` +
    `It has to be ${FAR} octave or more from the target. ` +
    `Largest delay so far: ${best.join("; ")}.`;
}

/** Tell a screen reader what the figure shows, when it has come to rest. */
function announce(figure) {
  const { widget, state } = figure;
  const panels = figure.panels.filter(isShown);
  const texts = panels.map((panel) =>
    `${panel.name}: ${values(figure, panel, state.cursor).join(" ")}`
  );
  if (state.starts.length) {
    texts.push(...panels.map((panel) => `${panel.name}: ${outcome(figure, panel)}`));
  }
  const place = `Cursor at ${named(toTheta(state.cursor))}. ` +
    `Target at ${named(toTheta(state.target))}, ${timing(figure)}.`;
  widget.querySelector("[role=status]").textContent = [place, ...texts].join(" ");
}

/** A point of the plane as parameters, in Hz and octaves/s. */
const toTheta = (p) => p.map((value) => 2 ** value);

/** Parameters as a text with units. */
const named = ([f_m, gamma]) =>
  `event rate ${f_m.toPrecision(3)} Hz, chirp rate ${gamma.toPrecision(3)} octaves/s`;

/** How the target is shifted, when it is. */
const shifted = ({ shift }) => `${Math.abs(shift)} samples ${shift > 0 ? "late" : "early"}`;

/** How the target is shifted now. */
const timing = ({ data, state }) => state.late ? shifted(data) : "aligned";

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

/** The loss of a panel at point p, and where a descent from there points. */
function values(figure, panel, p) {
  const { area, target } = figure;
  const surface = now(figure, panel);
  const loss = interpolate(area, surface.loss, p);
  const rank = Math.round(100 * shareBelow(surface.loss, loss));
  const where = describe(direction(area, surface, p), p, target);
  return [`Loss ${loss.toPrecision(3)}, lower at ${rank} % of the grid points.`, where];
}

/** Where the descent of a panel has ended. */
function outcome({ data, target, state, panels }, { path }) {
  if (!path) return "No start yet.";
  if (state.shown < longest(panels)) return "Descending …";
  const end = path.at(-1);
  const away = octavesApart(end, target).map((octaves) => octaves.toFixed(2));
  const found = isFound(end, target, data.found) ? "found" : "not found";
  const steps = path.length === 2 ? "1 step" : `${path.length - 1} steps`;
  return `From your start: ${steps} to ${named(toTheta(end))}, ` +
    `${away.join(" and ")} octaves from the target: ${found}.`;
}

/** Tell a screen reader what the figure shows, when it has come to rest. */
function announce(figure) {
  const { widget, panels, state } = figure;
  const texts = panels.map((panel) =>
    `${panel.name}: ${values(figure, panel, state.cursor).join(" ")}`
  );
  if (state.start) texts.push(...panels.map((panel) => `${panel.name}: ${outcome(figure, panel)}`));
  const place = `Cursor at ${named(toTheta(state.cursor))}. Target ${timing(figure)}.`;
  widget.querySelector("[role=status]").textContent = [place, ...texts].join(" ");
}

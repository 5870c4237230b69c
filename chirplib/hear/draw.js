const TEXT = 12; // height of the text in pixels
const X_LABELS = ["modulation frequency fₘ [Hz]", "fₘ [Hz]"]; // where there is room, and where there is not
const Y_LABELS = ["chirp rate γ [octaves/s]", "γ [oct/s]"];
const NARROW = 260; // pixels: a canvas that is not wider has short names and a bare color bar
const EDGE = 0.06; // octaves around the plane that are drawn, so that no arrow is cut at its border

/** Round numbers an octave apart on axis k, as points in octaves. */
function octaves({ low, high }, k) {
  const first = Math.ceil(low[k] - 1e-6);
  return Array.from({ length: Math.floor(high[k] + 1e-6) - first + 1 }, (_, n) => first + n);
}

/** Range of a loss, and the color of a value of it: one of equal bands, as many as colors. */
function scale(loss, colors) {
  const low = Math.min(...loss);
  const high = Math.max(...loss);
  const band = (value) => Math.floor(((value - low) / (high - low)) * colors.length) || 0;
  return { low, high, band: (value) => Math.min(Math.max(band(value), 0), colors.length - 1) };
}

/** Red, green and blue, in 0..255, of a color such as "#440154". */
function channels(color) {
  return [1, 3, 5].map((n) => parseInt(color.slice(n, n + 2), 16));
}

/** Fit a canvas to its width on the page, in device pixels, and clear it. */
function prepare(canvas, height) {
  const ratio = window.devicePixelRatio;
  const style = getComputedStyle(canvas);
  canvas.style.height = `${height}px`;
  canvas.width = Math.round(canvas.clientWidth * ratio);
  canvas.height = Math.round(height * ratio);
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  context.font = `${TEXT}px ${style.fontFamily}`;
  context.fillStyle = context.strokeStyle = style.color;
  return context;
}

/**
 * Place of the plane, and its edge, in a canvas of a width in pixels; an octave is as wide as it is
 * high.
 */
function frame(area, width) {
  const narrow = width <= NARROW;
  const [left, right, top, bottom] = narrow ? [26, 16, 22, 38] : [48, 64, 24, 44];
  const low = area.low.map((value) => value - EDGE);
  const high = area.high.map((value) => value + EDGE);
  const w = width - left - right;
  const unit = w / (high[0] - low[0]);
  const h = unit * (high[1] - low[1]);
  return {
    narrow,
    left,
    top,
    w,
    h,
    low,
    high,
    height: top + h + bottom,
    at: (p) => [left + (p[0] - low[0]) * unit, top + (high[1] - p[1]) * unit],
    point: (x, y) => [low[0] + (x - left) / unit, high[1] - (y - top) / unit],
  };
}

/** Round numbers within a range: at most six, in steps of 1, 2 or 5 times a power of ten. */
function roundNumbers(low, high) {
  if (!(high > low)) return [low];
  const power = 10 ** Math.floor(Math.log10((high - low) / 5));
  const step = [1, 2, 5, 10].map((k) => k * power).find((size) => (high - low) / size <= 5);
  const first = Math.ceil(low / step - 1e-9);
  const count = Math.floor(high / step + 1e-9) - first + 1;
  // Powers of ten are not exact, and would show it.
  return Array.from({ length: count }, (_, n) => Number(((first + n) * step).toPrecision(6)));
}

/** Fill and stroke a closed line through points in pixels. */
function polygon(context, points, fill, stroke) {
  context.beginPath();
  points.forEach(([x, y]) => context.lineTo(x, y));
  context.closePath();
  if (fill) (context.fillStyle = fill), context.fill();
  if (stroke) (context.strokeStyle = stroke), context.stroke();
}

/** Corners of a regular polygon or star around a place, one radius after the other. */
function corners([x, y], n, radii, turn = -Math.PI / 2) {
  return Array.from({ length: n }, (_, k) => {
    const angle = turn + (2 * Math.PI * k) / n;
    const radius = radii[k % radii.length];
    return [x + radius * Math.cos(angle), y + radius * Math.sin(angle)];
  });
}

/**
 * Draw what lies on a surface: the cursor, small, so that any color under it stays visible;
 * descents, the last one thickest; a star at the target; a ring at the lowest grid point; and the
 * step that sounds.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {object} scene as in `drawMap`
 * @param {function(number[]): number[]} at place in pixels of a point in octaves
 */
function drawMarks(context, { cursor, target, surface, paths, walker }, at) {
  context.lineWidth = 1.5;
  polygon(context, corners(at(cursor), 24, [4]), "black", "white");
  for (const { path, ended, last } of paths) drawPath(context, path.map(at), ended, last ? 1 : 0.6);
  context.lineWidth = 1;
  polygon(context, corners(at(target), 10, [9, 3.6]), "white", "black");
  context.lineWidth = 2;
  polygon(context, corners(at(surface.minimum), 48, [9]), null, "red");
  if (walker) polygon(context, corners(at(walker), 24, [6]), "#ffb000", "black");
}

/** A descent: line from a square to a diamond. Places in pixels; the diamond once it has ended. */
function drawPath(context, places, ended, size) {
  context.lineJoin = "round";
  for (const [width, color] of [[4.5, "black"], [2.5, "white"]]) {
    context.beginPath();
    places.forEach(([x, y]) => context.lineTo(x, y));
    context.lineWidth = width * size;
    context.strokeStyle = color;
    context.stroke();
  }
  context.lineWidth = 1;
  polygon(context, corners(places[0], 4, [6 * size], Math.PI / 4), "white", "black");
  const end = places[places.length - 1];
  if (ended) polygon(context, corners(end, 4, [5 * size]), "#d55e00", "black");
}

/** An arrow of unit length around a place: 1/21 of the plot's width, as in the printed figure. */
function drawArrow(context, [x, y], [u, v], size, color) {
  const [half, shaft, head] = [size / 21 / 2, size * 0.0035, size * 0.014];
  const neck = half - size * 0.0315;
  const above = [[-half, shaft], [neck, shaft], [neck, head]];
  const below = above.map(([a, b]) => [a, -b]).reverse();
  const outline = [...above, [half, 0], ...below];
  polygon(context, outline.map(([a, b]) => [x + a * u + b * v, y - a * v + b * u]), color);
}

/** A value as a text, with the decimals that give `most` three significant digits. */
function short(value, most) {
  const decimals = 2 - Math.floor(Math.log10(Math.abs(most) || 1));
  return value.toFixed(Math.min(Math.max(decimals, 0), 9));
}

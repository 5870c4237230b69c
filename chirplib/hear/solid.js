const FINER = 2; // cells that are drawn along each side of a cell of the grid

/** The color of a share of the range, in 0..1, between the colors of its neighbours. */
function shade(colors, share) {
  const position = share * (colors.length - 1);
  const n = Math.min(Math.floor(position), colors.length - 2);
  const [below, above] = [n, n + 1].map((k) => channels(colors[k]));
  return `rgb(${below.map((value, k) => value + (position - n) * (above[k] - value)).join(" ")})`;
}

/**
 * The eye that looks at the box of a surface, which reaches from -1 to 1 in each direction.
 *
 * @param {number[]} view azimuth and elevation, in degrees
 * @param {number} width of the canvas, in pixels
 * @param {number} height of the canvas, in pixels
 * @returns {{project: function, depth: function, near: number[]}} place in pixels of a point of the
 *   box; how near it is; and the sides of the floor that are nearest
 */
function makeEye(view, width, height) {
  const [azimuth, elevation] = view.map((angle) => (angle * Math.PI) / 180);
  const [cos, sin] = [Math.cos(azimuth), Math.sin(azimuth)];
  const [flat, steep] = [Math.cos(elevation), Math.sin(elevation)];
  const unit = width / 3.4;
  const project = ([x, y, z]) => {
    const back = cos * x + sin * y;
    const across = cos * y - sin * x;
    return [width / 2 + unit * across, height / 2 - unit * (flat * z - steep * back)];
  };
  const depth = ([x, y, z]) => flat * (cos * x + sin * y) + steep * z;
  return { project, depth, near: [Math.sign(cos) || 1, Math.sign(sin) || 1] };
}

/** Coordinate in the box, in -1..1, of a value of axis k. */
function side({ low, high }, k, value) {
  return (2 * (value - low[k])) / (high[k] - low[k]) - 1;
}

/** Draw the floor and one upright, the one on the left. */
function drawBox(context, { project, near: [x, y] }, ink) {
  context.globalAlpha = 0.5;
  context.lineWidth = 1;
  const floor = [[-1, -1], [1, -1], [1, 1], [-1, 1]];
  polygon(context, floor.map((corner) => project([...corner, -1])), null, ink);
  const uprights = [[x, -y], [-x, y]].map((p) => [-1, 1].map((z) => project([...p, z])));
  polygon(context, uprights[0][0][0] < uprights[1][0][0] ? uprights[0] : uprights[1], null, ink);
  context.globalAlpha = 1;
}

/** Draw the surface cell by cell, from back to front; `solid` puts its points in the box. */
function drawCells(context, { area, colors }, solid, { project, depth }) {
  const cells = [];
  const step = area.low.map((value, k) => (area.high[k] - value) / (FINER * (area.n[k] - 1)));
  for (let i = 0; i < FINER * (area.n[0] - 1); i++) {
    for (let j = 0; j < FINER * (area.n[1] - 1); j++) {
      const corner = (a, b) =>
        solid([area.low[0] + (i + a) * step[0], area.low[1] + (j + b) * step[1]]);
      const middle = corner(0.5, 0.5);
      const outline = [[0, 0], [1, 0], [1, 1], [0, 1]].map((ab) => project(corner(...ab)));
      cells.push({ depth: depth(middle), outline, color: shade(colors, (middle[2] + 1) / 2) });
    }
  }
  cells.sort((a, b) => a.depth - b.depth);
  // The stroke hides the seams between neighbours.
  context.lineWidth = 0.7;
  for (const { outline, color } of cells) polygon(context, outline, color, color);
}

/**
 * Ticks of the axes, along the sides of the floor that are nearest to the eye, and their names,
 * which run along their axes outside the ticks.
 */
function drawSides(context, area, { project, near: [x, y] }, width) {
  const away = width <= NARROW ? 1.25 : 1.15;
  const sides = [
    { names: X_LABELS, at: (along) => project([along, away * y, -1]) },
    { names: Y_LABELS, at: (along) => project([away * x, along, -1]) },
  ];
  context.textAlign = "center";
  sides.forEach(({ names, at }, k) => {
    for (const value of octaves(area, k)) {
      const [across, down] = at(side(area, k, value));
      context.fillText(2 ** value, across, down + 4);
    }
    const [left, right] = [at(-1), at(1)].sort((a, b) => a[0] - b[0]);
    const [dx, dy] = [right[0] - left[0], right[1] - left[1]];
    const room = Math.hypot(dx, dy);
    const name = names.find((name) => context.measureText(name).width < room) ?? names[1];
    context.save();
    context.translate(left[0] + dx / 2, left[1] + dy / 2);
    context.rotate(Math.atan2(dy, dx));
    context.fillText(name, 0, 26);
    context.restore();
  });
}

/**
 * The point of the plane whose place on a surface is seen at a place in pixels.
 *
 * @param {object} area result of `plane`
 * @param {number[]} place in pixels
 * @param {function} solid puts a point of the plane on the surface, in the box
 * @param {object} eye result of `makeEye`
 * @returns {number[]?} the point, or null if no part of the surface is there
 */
function pick(area, [x, y], solid, { project, depth }) {
  const fine = 128;
  const seen = [];
  for (let i = 0; i <= fine; i++) {
    for (let j = 0; j <= fine; j++) {
      const p = [i, j].map((n, k) => area.low[k] + (n / fine) * (area.high[k] - area.low[k]));
      const spot = solid(p);
      const [across, down] = project(spot);
      const away = Math.hypot(across - x, down - y);
      if (away < 6) seen.push({ p, away, depth: depth(spot) });
    }
  }
  if (!seen.length) return null;
  // Of several sheets behind each other, the one in front.
  const front = Math.max(...seen.map((spot) => spot.depth)) - 0.2;
  return seen.filter((spot) => spot.depth > front).sort((a, b) => a.away - b.away)[0].p;
}

/** What puts points of the plane on a surface, in the box; and the eye, for a canvas of a width. */
function stage(area, { loss }, view, width) {
  const [low, high] = [Math.min(...loss), Math.max(...loss)];
  const solid = (p) => {
    const height = (interpolate(area, loss, p) - low) / (high - low || 1);
    return [side(area, 0, p[0]), side(area, 1, p[1]), 2 * height - 1];
  };
  const height = Math.min(frame(area, width).height, 1.15 * width);
  return { solid, height, eye: makeEye(view, width, height) };
}

/**
 * Draw the surface in three dimensions.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {object} scene as in `drawMap`
 * @param {number[]} view azimuth and elevation of the eye, in degrees
 */
function drawSolid(canvas, scene, view) {
  const { area, surface, colors, name } = scene;
  const { low, high } = scale(surface.loss, colors);
  const width = canvas.clientWidth;
  const { solid, height, eye } = stage(area, surface, view, width);
  const context = prepare(canvas, height);
  const ink = context.fillStyle;
  drawBox(context, eye, ink);
  drawCells(context, scene, solid, eye);
  drawMarks(context, scene, (p) => eye.project(solid(p)));
  context.fillStyle = ink;
  drawSides(context, area, eye, width);
  context.textAlign = "left";
  context.fillText(`${name}: ${short(low, high)} to ${short(high, high)}`, 0, TEXT);
}

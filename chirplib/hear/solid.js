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

/** Ticks and names of the axes, along the sides of the floor that are nearest to the eye. */
function drawSides(context, area, { project, near: [x, y] }, width, height) {
  const sides = [
    (along) => project([along, 1.15 * y, -1]),
    (along) => project([1.15 * x, along, -1]),
  ];
  context.textAlign = "center";
  sides.forEach((edge, k) => {
    for (const value of octaves(area, k)) {
      const [across, down] = edge(side(area, k, value));
      context.fillText(2 ** value, across, down + 4);
    }
  });
  // The name of the axis on the left goes to the left.
  const names = sides[0](0)[0] < sides[1](0)[0] ? [X_LABEL, Y_LABEL] : [Y_LABEL, X_LABEL];
  context.textAlign = "left";
  context.fillText(names[0], 0, height - 8);
  context.textAlign = "right";
  context.fillText(names[1], width, height - 8);
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
  const height = frame(area, width).height;
  const context = prepare(canvas, height);
  const ink = context.fillStyle;
  const eye = makeEye(view, width, height);
  const solid = (p) => {
    const loss = interpolate(area, surface.loss, p);
    return [side(area, 0, p[0]), side(area, 1, p[1]), (2 * (loss - low)) / (high - low || 1) - 1];
  };
  drawBox(context, eye, ink);
  drawCells(context, scene, solid, eye);
  drawMarks(context, scene, (p) => eye.project(solid(p)));
  context.fillStyle = ink;
  drawSides(context, area, eye, width, height);
  context.textAlign = "left";
  context.fillText(`${name} loss, ${short(low, high)} to ${short(high, high)}`, 0, TEXT);
}

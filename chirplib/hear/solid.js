/** The color of a share of the range, in 0..1, between the colors of its neighbours. */
function shade(colors, share) {
  const position = share * (colors.length - 1);
  const n = Math.min(Math.floor(position), colors.length - 2);
  const [below, above] = [n, n + 1].map((k) => channels(colors[k]));
  return `rgb(${below.map((value, k) => value + (position - n) * (above[k] - value)).join(" ")})`;
}

/**
 * Draw the surface in three dimensions, from back to front.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {object} scene as in `drawMap`
 * @param {number[]} view azimuth and elevation of the eye, in degrees
 */
function drawSolid(canvas, scene, view) {
  const { area, surface, colors } = scene;
  const { low, high } = scale(surface.loss, colors);
  const width = canvas.clientWidth;
  const height = frame(area, width).height;
  const context = prepare(canvas, height);
  const ink = context.fillStyle;
  const [azimuth, elevation] = view.map((angle) => (angle * Math.PI) / 180);
  const unit = width / 3.4;
  // The box reaches from -1 to 1 in each direction.
  const project = ([x, y, z]) => {
    const back = Math.cos(azimuth) * x + Math.sin(azimuth) * y;
    const across = Math.cos(azimuth) * y - Math.sin(azimuth) * x;
    const up = Math.cos(elevation) * z - Math.sin(elevation) * back;
    return [width / 2 + unit * across, height / 2 - unit * up];
  };
  const side = (k, value) => (2 * (value - area.low[k])) / (area.high[k] - area.low[k]) - 1;
  const solid = (p, loss = interpolate(area, surface.loss, p)) =>
    [side(0, p[0]), side(1, p[1]), (2 * (loss - low)) / (high - low || 1) - 1];

  // The sides of the floor that are nearest to the eye carry the ticks. One upright is enough: the
  // one on the left.
  const [sx, sy] = [Math.sign(Math.cos(azimuth)) || 1, Math.sign(Math.sin(azimuth)) || 1];
  context.strokeStyle = ink;
  context.globalAlpha = 0.5;
  context.lineWidth = 1;
  polygon(context, [[-1, -1], [1, -1], [1, 1], [-1, 1]].map((c) => project([...c, -1])), null, ink);
  const [one, other] = [[sx, -sy], [-sx, sy]];
  const upright = project([...one, 0])[0] < project([...other, 0])[0] ? one : other;
  polygon(context, [-1, 1].map((z) => project([...upright, z])), null, ink);
  context.globalAlpha = 1;

  const cells = [];
  const FINER = 2; // cells along each side of a cell of the grid
  const step = area.low.map((value, k) => (area.high[k] - value) / (FINER * (area.n[k] - 1)));
  for (let i = 0; i < FINER * (area.n[0] - 1); i++) {
    for (let j = 0; j < FINER * (area.n[1] - 1); j++) {
      const corner = (a, b) => [area.low[0] + (i + a) * step[0], area.low[1] + (j + b) * step[1]];
      const middle = interpolate(area, surface.loss, corner(0.5, 0.5));
      const [x, y, z] = solid(corner(0.5, 0.5), middle);
      const depth = Math.cos(elevation) * (Math.cos(azimuth) * x + Math.sin(azimuth) * y) +
        Math.sin(elevation) * z;
      const outline = [[0, 0], [1, 0], [1, 1], [0, 1]].map((c) => project(solid(corner(...c))));
      cells.push({ depth, outline, color: shade(colors, (z + 1) / 2) });
    }
  }
  cells.sort((a, b) => a.depth - b.depth);
  // The stroke hides the seams between neighbours.
  context.lineWidth = 0.7;
  for (const { outline, color } of cells) polygon(context, outline, color, color);

  const at = (p) => project(solid(p));
  drawCursor(context, at(scene.cursor));
  drawMarks(context, at(scene.target), at(scene.minimum));
  if (scene.path) drawPath(context, scene.path.map(at), scene.ended);

  context.fillStyle = ink;
  const sides = [(x) => project([x, 1.15 * sy, -1]), (y) => project([1.15 * sx, y, -1])];
  context.textAlign = "center";
  sides.forEach((edge, k) => {
    for (const value of octaves(area, k)) {
      const [x, y] = edge(side(k, value));
      context.fillText(2 ** value, x, y + 4);
    }
  });
  // The name of the axis on the left goes to the left.
  const names = sides[0](0)[0] < sides[1](0)[0] ? [X_LABEL, Y_LABEL] : [Y_LABEL, X_LABEL];
  context.textAlign = "left";
  context.fillText(names[0], 0, height - 8);
  context.fillText(`${scene.name} loss, ${short(low, high)} to ${short(high, high)}`, 0, TEXT);
  context.textAlign = "right";
  context.fillText(names[1], width, height - 8);
}

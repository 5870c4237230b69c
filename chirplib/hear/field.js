/**
 * The plane of the parameters, in octaves: points are pairs of log2(f_m / Hz) and
 * log2(gamma / (octaves/s)).
 *
 * @param {number[][]} axes the two axes of the grid, spaced logarithmically
 * @returns {{n: number[], low: number[], high: number[]}} number of grid points, range of each
 */
function plane(axes) {
  return {
    n: axes.map((axis) => axis.length),
    low: axes.map((axis) => Math.log2(axis[0])),
    high: axes.map((axis) => Math.log2(axis[axis.length - 1])),
  };
}

/** The point of the plane that is closest to point p. */
function clamp({ low, high }, p) {
  return p.map((value, k) => Math.min(Math.max(value, low[k]), high[k]));
}

/** Grid line below a value of axis k, and how far it is from there to the next, in 0..1. */
function knot({ n, low, high }, k, value) {
  if (n[k] === 1) return [0, 0];
  const position = ((value - low[k]) / (high[k] - low[k])) * (n[k] - 1);
  const below = Math.min(Math.max(Math.floor(position), 0), n[k] - 2);
  return [below, position - below];
}

/**
 * Bilinear interpolation in log-parameters.
 *
 * @param {object} area result of `plane`
 * @param {number[]} values on the grid, f_m by gamma, row by row
 * @param {number[]} p point of the plane
 * @returns {number}
 */
function interpolate(area, values, p) {
  return between(area, values, knot(area, 0, p[0]), knot(area, 1, p[1]));
}

/** The same between two grid lines of either axis, where `knot` has found a point. */
function between(area, values, [i, s], [j, t]) {
  const at = i * area.n[1] + j;
  const next = at + area.n[1];
  return (1 - s) * ((1 - t) * values[at] + t * values[at + 1]) +
    s * ((1 - t) * values[next] + t * values[next + 1]);
}

/** Share of the grid points at which the loss is lower than `value`, in 0..1. */
function shareBelow(loss, value) {
  return loss.filter((other) => other < value).length / loss.length;
}

/** Distance of two points, in octaves. */
function distance(p, q) {
  return Math.hypot(p[0] - q[0], p[1] - q[1]);
}

/** How far each coordinate of point p is from that of q, in octaves. */
function octavesApart(p, q) {
  return p.map((value, k) => Math.abs(value - q[k]));
}

/** Whether a descent that ends at p has found the target: no coordinate is further away. */
function isFound(p, target, found) {
  return octavesApart(p, target).every((octaves) => octaves <= found);
}

/** Unit vector of steepest descent at p, or [0, 0] where the gradient is 0. */
function direction(area, surface, p) {
  const slope = surface.slopes.map((values) => -interpolate(area, values, p));
  const norm = Math.hypot(...slope);
  return norm > 0 ? slope.map((value) => value / norm) : [0, 0];
}

/** Whether a step from p along the unit vector d comes closer to the target. */
function isTowards(d, p, target) {
  return d[0] * (target[0] - p[0]) + d[1] * (target[1] - p[1]) > 0;
}

/**
 * Gradient descent through the interpolated field. Each step is 1/16 octave long, or half as
 * long as often as needed for the loss to fall, and stays in the plane. It ends where no step of
 * 1/1024 octave or more lowers the loss.
 *
 * @param {object} area result of `plane`
 * @param {{loss: number[], slopes: number[][]}} surface derivatives are per octave
 * @param {number[]} start point of the plane
 * @returns {number[][]} the points from start to end
 */
function descend(area, surface, start) {
  const path = [start];
  let p = start;
  let loss = interpolate(area, surface.loss, p);
  for (let length = 1 / 16; length >= 1 / 1024 && path.length <= 1000;) {
    const d = direction(area, surface, p);
    const q = clamp(area, p.map((value, k) => value + length * d[k]));
    const reached = interpolate(area, surface.loss, q);
    if (reached < loss) {
      path.push(q);
      [p, loss, length] = [q, reached, 1 / 16];
    } else {
      length /= 2;
    }
  }
  return path;
}

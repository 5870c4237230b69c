const SLOPE_STEPS = 16; // in which a slope is halved, as in `chirplib.hear._packing`

/** The bytes of a text in base64. */
const bytesOf = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));

/**
 * The landscapes of a loss at one shift, one for each target.
 *
 * @param {object} table as `chirplib.hear.pairs` packs it; or surfaces as they are
 * @param {number} size number of grid points of a landscape
 * @returns {function(number): {loss: number[], slopes: number[][]}} that of the target of a number
 */
function unpack(table, size) {
  if (table.surfaces) return (n) => table.surfaces[n];
  const [loss, turn, slope] = ["loss", "direction", "slope"].map((name) => bytesOf(table[name]));
  return (n) => {
    const range = table.high[n] - table.low[n];
    const points = Array.from({ length: size }, (_, k) => n * size + k);
    const along = (trigonometric) =>
      points.map((k) => {
        const length = slope[k] ? table.steepest[n] * 2 ** ((slope[k] - 255) / SLOPE_STEPS) : 0;
        return -length * trigonometric((2 * Math.PI * turn[k]) / 256);
      });
    return {
      loss: points.map((k) => table.low[n] + range * (loss[k] / 255) ** 2),
      slopes: [along(Math.cos), along(Math.sin)],
    };
  };
}

/** A function that remembers its values for whole numbers. */
function remembered(f) {
  const known = new Map();
  return (n) => known.get(n) ?? known.set(n, f(n)).get(n);
}

/** Weighted sum of surfaces, each a pair of a weight and a surface. */
function blend(parts) {
  const sum = (values) =>
    values[0].map((_, n) => parts.reduce((total, [w], k) => total + w * values[k][n], 0));
  return {
    loss: sum(parts.map(([, surface]) => surface.loss)),
    slopes: [0, 1].map((k) => sum(parts.map(([, surface]) => surface.slopes[k]))),
  };
}

/** Pairs of a weight and the number of a knot, around a position among knots. */
function around([below, share]) {
  return [[1 - share, below], [share, below + 1]].filter(([weight]) => weight > 0);
}

/**
 * The losses of a figure: for each shift, a function that gives the landscape of a target by its
 * number, or where the table is that has them.
 */
function makeLosses({ axes, losses }) {
  const size = axes[0].length * axes[1].length;
  return losses.map(({ name, sources, tables }) => {
    const loss = { name, sources, tables: new Map(), asked: new Map() };
    loss.add = (shift, table) => loss.tables.set(Number(shift), remembered(unpack(table, size)));
    for (const [shift, table] of Object.entries(tables)) loss.add(shift, table);
    return loss;
  });
}

/**
 * Where a file beside the pages of the site may be: there, or in JupyterLab among the files that its
 * server shows, which was started in the folder of the notebooks or above it.
 */
function places(source) {
  const lab = document.getElementById("jupyter-config-data");
  if (!lab) return [source];
  const files = `${JSON.parse(lab.textContent).baseUrl}files/`;
  return ["", "book/"].map((folder) => files + folder + source.replace(/^(\.\.\/)+/, ""));
}

/** Run a script from the first of some places that has it. */
function run([place, ...others]) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = place;
    script.onload = resolve;
    script.onerror = () => {
      if (others.length) run(others).then(resolve, reject);
      else reject(new Error(`no table at ${script.src}`));
    };
    document.head.append(script);
  });
}

/** Load a table, as a script: a page that is opened from disk may load nothing else. */
function load(loss, shift) {
  if (!loss.asked.has(shift)) {
    const loaded = run(places(loss.sources[shift])).then(
      () => loss.add(shift, globalThis.chirplibPairs[`${loss.name} ${shift}`].table),
      (error) => {
        loss.asked.delete(shift);
        throw error;
      },
    );
    loss.asked.set(shift, loaded);
  }
  return loss.asked.get(shift);
}

/** The landscape of a loss for the target and the shift of now, interpolated in the target. */
function surfaceNow({ targets, state }, { tables }) {
  const parts = [];
  for (const [a, i] of around(knot(targets, 0, state.target[0]))) {
    for (const [b, j] of around(knot(targets, 1, state.target[1]))) {
      parts.push([a * b, tables.get(state.shift)(i * targets.n[1] + j)]);
    }
  }
  return blend(parts);
}

/**
 * The filled contours of a surface as an image, one pixel for each of the device. At the edge, the
 * border of the plane goes on.
 */
function contours(area, surface, colors, { low, high }, width, height) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [width, height];
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  const { band } = scale(surface.loss, colors);
  const packed = colors.map((color) => {
    const [r, g, b] = channels(color);
    return (255 << 24) | (b << 16) | (g << 8) | r;
  });
  // Grid line and share of a column of pixels are found once, not for each pixel of it.
  const line = (k, share) => {
    const value = low[k] + share * (high[k] - low[k]);
    return knot(area, k, Math.min(Math.max(value, area.low[k]), area.high[k]));
  };
  const columns = Array.from({ length: width }, (_, x) => line(0, (x + 0.5) / width));
  for (let y = 0; y < height; y++) {
    const row = line(1, 1 - (y + 0.5) / height);
    for (let x = 0; x < width; x++) {
      pixels[y * width + x] = packed[band(between(area, surface.loss, columns[x], row))];
    }
  }
  context.putImageData(image, 0, 0);
  return canvas;
}

/**
 * Draw the map of a loss.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {object} scene area, surface, name, colors, target; cursor, lens (where the crosshair is),
 *   paths (of descents) and walker (the step that sounds) of the moment. Points in octaves.
 */
function drawMap(canvas, scene) {
  const { area, surface, colors } = scene;
  const plot = frame(area, canvas.clientWidth);
  const { narrow, left, top, w, h, height, at } = plot;
  const context = prepare(canvas, height);
  const size = [w, h].map((side) => Math.round(side * window.devicePixelRatio));
  // The surface keeps its picture, for as long as it has this size.
  if (surface.image?.width !== size[0]) {
    surface.image = contours(area, surface, colors, plot, ...size);
  }
  context.drawImage(surface.image, left, top, w, h);

  drawAxes(context, area, canvas.clientWidth);
  drawBar(context, scene, narrow ? [left + w + 8, top, 4, h] : [left + w + 10, top, 10, h], narrow);

  context.save();
  context.beginPath();
  context.rect(left, top, w, h);
  context.clip();
  for (const { p, d, towards } of surface.arrows) {
    drawArrow(context, at(p), d, w, towards ? "white" : "#ff4500");
  }
  const [x, y] = at(scene.lens);
  for (const [width, color] of [[3, "rgb(0 0 0 / 45%)"], [1, "white"]]) {
    context.fillStyle = color;
    context.fillRect(x - width / 2, top, width, h);
    context.fillRect(left, y - width / 2, w, width);
  }
  context.restore();
  drawMarks(context, scene, at);
}

/** Ticks and names of the axes, around the plot. */
function drawAxes(context, area, width) {
  const { narrow, left, top, w, h, at } = frame(area, width);
  context.textAlign = "center";
  for (const value of octaves(area, 0)) {
    const [x] = at([value, 0]);
    context.fillRect(x - 0.5, top + h, 1, 4);
    context.fillText(2 ** value, x, top + h + 17);
  }
  context.fillText(X_LABELS[Number(narrow)], left + w / 2, top + h + (narrow ? 32 : 36));
  context.textAlign = "right";
  for (const value of octaves(area, 1)) {
    const [, y] = at([0, value]);
    context.fillRect(left - 4, y - 0.5, 4, 1);
    context.fillText(2 ** value, left - 7, y + 4);
  }
  if (narrow) {
    context.textAlign = "left";
    context.fillText(Y_LABELS[1], 0, top - 10);
    return;
  }
  context.save();
  context.translate(12, top + h / 2);
  context.rotate(-Math.PI / 2);
  context.textAlign = "center";
  context.fillText(Y_LABELS[0], 0, 0);
  context.restore();
}

/** Color bar, with its numbers if there is room; a triangle shows the loss at the crosshair. */
function drawBar(context, { area, surface, name, colors, lens }, [x, y, w, h], narrow) {
  const ink = context.fillStyle;
  const { low, high } = scale(surface.loss, colors);
  colors.forEach((color, n) => {
    context.fillStyle = color;
    context.fillRect(x, y + h * (1 - (n + 1) / colors.length), w, h / colors.length + 0.5);
  });
  context.fillStyle = ink;
  const height = (loss) => y + h * (1 - (loss - low) / (high - low || 1));
  if (narrow) {
    context.textAlign = "right";
    context.fillText(`loss ${short(low, high)} to ${short(high, high)}`, x + w, y - 10);
  } else {
    context.textAlign = "left";
    for (const value of roundNumbers(low, high)) {
      context.fillText(value, x + w + 7, height(value) + 4);
    }
    context.textAlign = "right";
    context.fillText(`${name} loss`, x + w + 44, y - 10);
  }
  const level = height(interpolate(area, surface.loss, lens));
  polygon(context, [[x + w, level], [x + w + 6, level - 4], [x + w + 6, level + 4]], ink);
}

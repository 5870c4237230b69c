/** The filled contours of a surface as an image, one pixel for each of the device. */
function contours(area, surface, colors, width, height) {
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
  const place = (k, share) => area.low[k] + share * (area.high[k] - area.low[k]);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const p = [place(0, (x + 0.5) / width), place(1, 1 - (y + 0.5) / height)];
      pixels[y * width + x] = packed[band(interpolate(area, surface.loss, p))];
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
 *   path and ended (of the descent) of the moment. Points in octaves.
 * @param {Map} images drawn contours, kept from one call to the next
 */
function drawMap(canvas, scene, images) {
  const { area, surface, colors } = scene;
  const { left, top, w, h, height, at } = frame(area, canvas.clientWidth);
  const context = prepare(canvas, height);
  const size = [w, h].map((side) => Math.round(side * window.devicePixelRatio));
  const known = images.get(surface);
  if (known?.width !== size[0]) images.set(surface, contours(area, surface, colors, ...size));
  context.drawImage(images.get(surface), left, top, w, h);

  drawAxes(context, area, canvas.clientWidth);
  drawBar(context, scene, [left + w + 10, top, 10, h]);

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
  const { left, top, w, h, at } = frame(area, width);
  context.textAlign = "center";
  for (const value of octaves(area, 0)) {
    const [x] = at([value, 0]);
    context.fillRect(x - 0.5, top + h, 1, 4);
    context.fillText(2 ** value, x, top + h + 17);
  }
  context.fillText(X_LABEL, left + w / 2, top + h + 36);
  context.textAlign = "right";
  for (const value of octaves(area, 1)) {
    const [, y] = at([0, value]);
    context.fillRect(left - 4, y - 0.5, 4, 1);
    context.fillText(2 ** value, left - 7, y + 4);
  }
  context.save();
  context.translate(12, top + h / 2);
  context.rotate(-Math.PI / 2);
  context.textAlign = "center";
  context.fillText(Y_LABEL, 0, 0);
  context.restore();
}

/** Color bar with its range; a triangle shows the loss at the crosshair. */
function drawBar(context, { area, surface, name, colors, lens }, [x, y, w, h]) {
  const ink = context.fillStyle;
  const { low, high } = scale(surface.loss, colors);
  colors.forEach((color, n) => {
    context.fillStyle = color;
    context.fillRect(x, y + h * (1 - (n + 1) / colors.length), w, h / colors.length + 0.5);
  });
  context.fillStyle = ink;
  context.textAlign = "left";
  for (const share of [0, 0.25, 0.5, 0.75, 1]) {
    const baseline = y + h * (1 - share) + 4;
    context.fillText(short(low + share * (high - low), high), x + w + 7, baseline);
  }
  context.fillText(`${name} loss`, x, y - 10);
  const level = y + h * (1 - (interpolate(area, surface.loss, lens) - low) / (high - low || 1));
  polygon(context, [[x + w, level], [x + w + 6, level - 4], [x + w + 6, level + 4]], ink);
}

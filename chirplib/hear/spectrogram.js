const POINTS = 1024; // of the transform of each column
const WINDOW = 512; // samples that it takes, under a raised cosine
const COLUMNS = 240; // of the picture
const ROWS = 64; // from an octave below the carrier to an octave above it
const DECIBELS = 40; // from the brightest color to the darkest

/** Fast Fourier transform of complex numbers, in place. Their number is a power of 2. */
function fft(re, im) {
  const n = re.length;
  for (let i = 1, j = 0; i < n; i++) {
    // The place of each number has its bits in reverse.
    let bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      [re[i], re[j]] = [re[j], re[i]];
      [im[i], im[j]] = [im[j], im[i]];
    }
  }
  for (let size = 2; size <= n; size *= 2) {
    for (let k = 0; k < size / 2; k++) {
      const angle = (-2 * Math.PI * k) / size;
      const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
      for (let start = 0; start < n; start += size) {
        const [a, b] = [start + k, start + k + size / 2];
        const [x, y] = [re[b] * cos - im[b] * sin, re[b] * sin + im[b] * cos];
        [re[b], im[b]] = [re[a] - x, im[a] - y];
        [re[a], im[a]] = [re[a] + x, im[a] + y];
      }
    }
  }
}

/** Magnitudes of the spectrum around sample `middle`, up to half the sample rate. */
function spectrum(samples, middle) {
  const [re, im] = [new Float64Array(POINTS), new Float64Array(POINTS)];
  for (let n = 0; n < WINDOW; n++) {
    const hann = Math.sin((Math.PI * (n + 0.5)) / WINDOW) ** 2;
    re[n] = hann * (samples[middle - WINDOW / 2 + n] ?? 0);
  }
  fft(re, im);
  return Array.from({ length: POINTS / 2 }, (_, k) => Math.hypot(re[k], im[k]));
}

/** The spectrogram of samples as a picture, over time and over the logarithm of frequency. */
function spectrogram(samples, rate, f_c, colors) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [COLUMNS, ROWS];
  const context = canvas.getContext("2d");
  const levels = Array.from({ length: COLUMNS }, (_, x) => {
    const middle = Math.round(((x + 0.5) / COLUMNS) * samples.length);
    const magnitudes = spectrum(samples, middle);
    return Array.from({ length: ROWS }, (_, y) => {
      const bin = (f_c * 2 ** (1 - (2 * (y + 0.5)) / ROWS) * POINTS) / rate;
      const below = Math.floor(bin);
      return magnitudes[below] + (bin - below) * (magnitudes[below + 1] - magnitudes[below]);
    });
  });
  const most = Math.max(...levels.map((column) => Math.max(...column))) || 1;
  levels.forEach((column, x) =>
    column.forEach((value, y) => {
      const share = 1 + (20 * Math.log10(value / most)) / DECIBELS;
      context.fillStyle = shade(colors, Math.max(share, 0));
      context.fillRect(x, y, 1, 1);
    })
  );
  return canvas;
}

/** Keep the picture of a sound that begins, and draw it while it plays. */
function watchSound(figure, name, make) {
  const { data, state, redraw } = figure;
  // What has ended stays in view.
  if (!name) return;
  const { samples, begin, end } = make(data.synth.sr);
  const picture = spectrogram(samples, data.synth.sr, data.synth.f_c, data.colors);
  const seconds = samples.length / data.synth.sr;
  const sound = { name, picture, begin, end, seconds, now: end };
  state.sound = sound;
  redraw();
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  sound.now = begin;
  const began = performance.now();
  (function advance(time) {
    if (state.sound !== sound) return;
    sound.now = Math.min(begin + Math.max(time - began, 0) / 1000, end);
    drawSpectrogram(figure);
    if (sound.now < end) requestAnimationFrame(advance);
  })(began);
}

/** Draw what has sounded so far, over the whole time of the sound. */
function drawSpectrogram({ widget, data: { synth, colors }, state: { sound } }) {
  const canvas = widget.querySelector(".hear-spectrogram");
  const context = prepare(canvas, 124);
  const ink = context.fillStyle;
  const [left, top, w, h] = [44, 20, canvas.clientWidth - 52, 70];
  const seconds = sound?.seconds ?? synth.duration;
  const at = (time) => left + (time / seconds) * w;
  context.fillStyle = colors[0];
  context.fillRect(left, top, w, h);
  if (sound) {
    context.save();
    context.beginPath();
    context.rect(left, top, at(sound.now) - left, h);
    context.clip();
    context.drawImage(sound.picture, left, top, w, h);
    context.restore();
    context.fillStyle = "white";
    if (sound.now < sound.end) context.fillRect(at(sound.now) - 0.5, top, 1, h);
  }
  context.fillStyle = ink;
  const names = { this: "the chirp here", target: "the target", both: "both at once" };
  const title = "Spectrogram of what plays" + (sound ? `: ${names[sound.name] ?? sound.name}` : "");
  context.fillText(title, left, 12);
  context.textAlign = "right";
  [2, 1, 0.5].forEach((times, n) => {
    const f_c = synth.f_c * times;
    context.fillText(f_c, left - 5, top + (n * h) / 2 + 4);
  });
  context.textAlign = "center";
  const ticks = roundNumbers(0, seconds);
  for (const time of ticks) {
    context.fillRect(at(time) - 0.5, top + h, 1, 4);
    context.fillText(time, at(time), top + h + 16);
  }
  context.fillText("time [s], frequency [Hz]", left + w / 2, top + h + 31);
  canvas.setAttribute("aria-label", sound ? `${title}.` : `${title}: nothing yet.`);
}

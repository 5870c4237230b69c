const SLOT = 0.25; // seconds for which each step of a descent sounds
const FADE = 0.02; // seconds in which it swells and fades
const MOST_STEPS = 40; // that sound; of a longer descent, some are left out

/**
 * The chirp of `chirplib.am_chirp` at one moment.
 *
 * @param {{f_c: number, bandwidth: number, duration: number}} synth in Hz, octaves and seconds
 * @param {number[]} theta modulation frequency f_m in Hz, chirp rate gamma in octaves/s
 * @param {number} t seconds from its middle
 */
function chirpAt({ f_c, bandwidth, duration }, [f_m, gamma], t) {
  if (t < -duration / 2 || t >= duration / 2) return 0;
  const octaves = gamma * t;
  const envelope = Math.exp(-0.5 * (octaves / (0.1 * bandwidth)) ** 2);
  const cycles = (f_c / (gamma * Math.LN2)) * Math.expm1(Math.LN2 * octaves);
  return gamma * envelope * Math.sin(2 * Math.PI * f_m * t) * Math.sin(2 * Math.PI * cycles);
}

/**
 * The chirp of `chirplib.am_chirp`: the same equation, at any sample rate.
 *
 * @param {object} synth constants, as in `chirpAt`
 * @param {number[]} theta modulation frequency f_m in Hz, chirp rate gamma in octaves/s
 * @param {number} delay in seconds; negative to advance. What leaves one end is lost
 * @param {number} rate samples per second
 * @returns {Float32Array} duration * rate samples
 */
function amChirp(synth, theta, delay, rate) {
  const middle = synth.duration / 2 + delay;
  const x = new Float32Array(Math.round(synth.duration * rate));
  return x.map((_, n) => chirpAt(synth, theta, n / rate - middle));
}

/** Add samples to others from sample `first` on, brought to a peak. */
function addAt(samples, first, x, peak) {
  const most = x.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  x.forEach((value, n) => (samples[first + n] += (peak * value) / most));
}

/**
 * What is played: chirps of equal peak, mixed, and when the first rises from silence and the last
 * is over, beyond 4 standard deviations of the window.
 *
 * @param {object} synth constants, as in `chirpAt`
 * @param {{theta: number[], delay: number}[]} chirps parameters and delay in seconds of each
 * @param {number} rate samples per second
 * @returns {{samples: Float32Array, begin: number, end: number}} times in seconds
 */
function mixture(synth, chirps, rate) {
  const middle = synth.duration / 2;
  const samples = new Float32Array(Math.round(synth.duration * rate));
  let begin = middle;
  let end = middle;
  for (const { theta, delay } of chirps) {
    addAt(samples, 0, amChirp(synth, theta, delay, rate), 0.8 / chirps.length);
    const half = (0.4 * synth.bandwidth) / theta[1];
    // A late sound starts after a silence that is its delay, so that the delay is heard.
    begin = Math.min(begin, middle - half + Math.min(delay, 0));
    end = Math.max(end, middle + half + delay);
  }
  return { samples, begin: Math.max(begin, 0), end: Math.min(end, synth.duration) };
}

/** Every so manieth point of a path, the last one among them, so that not too many sound. */
function heardSteps(path) {
  const stride = Math.ceil(path.length / MOST_STEPS);
  return path.map((_, n) => n).filter((n) => (path.length - 1 - n) % stride === 0);
}

/**
 * The steps of a descent as one sound: a slot for each, with the middle of its chirp, and then all
 * of the chirp at its end.
 *
 * @param {object} synth constants, as in `chirpAt`
 * @param {number[][]} thetas parameters of the steps
 * @param {number} rate samples per second
 * @returns {{samples: Float32Array, begin: number, end: number}} times in seconds
 */
function staircase(synth, thetas, rate) {
  const slot = Math.round(SLOT * rate);
  const last = mixture(synth, [{ theta: thetas[thetas.length - 1], delay: 0 }], rate);
  const whole = last.samples.subarray(Math.round(last.begin * rate), Math.round(last.end * rate));
  const samples = new Float32Array(thetas.length * slot + whole.length);
  thetas.forEach((theta, k) => {
    const x = new Float32Array(slot).map((_, n) => {
      const edge = Math.min(n, slot - 1 - n) / (FADE * rate);
      const fade = edge < 1 ? Math.sin((Math.PI / 2) * edge) ** 2 : 1;
      return fade * chirpAt(synth, theta, (n - slot / 2) / rate);
    });
    addAt(samples, k * slot, x, 0.8);
  });
  samples.set(whole, thetas.length * slot);
  return { samples, begin: 0, end: samples.length / rate };
}

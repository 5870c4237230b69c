/**
 * The chirp of `chirplib.am_chirp`: the same equation, at any sample rate.
 *
 * @param {{f_c: number, bandwidth: number, duration: number}} synth in Hz, octaves and seconds
 * @param {number[]} theta event rate f_m in Hz, chirp rate gamma in octaves/s
 * @param {number} delay in seconds; negative to advance. What leaves one end is lost
 * @param {number} rate samples per second
 * @returns {Float32Array} duration * rate samples
 */
function amChirp({ f_c, bandwidth, duration }, [f_m, gamma], delay, rate) {
  const x = new Float32Array(Math.round(duration * rate));
  for (let n = 0; n < x.length; n++) {
    const t = n / rate - duration / 2 - delay;
    if (t < -duration / 2 || t >= duration / 2) continue;
    const octaves = gamma * t;
    const envelope = Math.exp(-0.5 * (octaves / (0.1 * bandwidth)) ** 2);
    const cycles = (f_c / (gamma * Math.LN2)) * Math.expm1(Math.LN2 * octaves);
    x[n] = gamma * envelope * Math.sin(2 * Math.PI * f_m * t) * Math.sin(2 * Math.PI * cycles);
  }
  return x;
}

/**
 * What is played: chirps of equal peak, mixed, and when the first rises from silence and the last
 * is over, beyond 4 standard deviations of the window.
 *
 * @param {object} synth constants, as in `amChirp`
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
    const x = amChirp(synth, theta, delay, rate);
    const peak = x.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    x.forEach((value, n) => (samples[n] += (0.8 * value) / (peak * chirps.length)));
    const half = (0.4 * synth.bandwidth) / theta[1];
    // A late sound starts after a silence that is its delay, so that the delay is heard.
    begin = Math.min(begin, middle - half + Math.min(delay, 0));
    end = Math.max(end, middle + half + delay);
  }
  return { samples, begin: Math.max(begin, 0), end: Math.min(end, synth.duration) };
}

/**
 * What plays the chirps of a figure, one mixture at a time.
 *
 * @param {object} synth constants, as in `amChirp`
 * @param {function(string?): void} report told the name of what starts to play, or nothing
 * @returns {{wake: function, play: function, stop: function}}
 */
function makePlayer(synth, report) {
  let context = null;
  let source = null;

  /** Wake the sound up, which browsers allow in answer to a click or a key only. */
  function wake() {
    context ??= new AudioContext();
    if (context.state === "suspended") context.resume();
  }

  function stop() {
    source?.stop();
    source = null;
    report();
  }

  /** Play chirps, pairs of theta and delay, all at once. */
  function play(name, ...chirps) {
    stop();
    wake();
    const { samples, begin, end } = mixture(synth, chirps, context.sampleRate);
    const buffer = context.createBuffer(1, samples.length, context.sampleRate);
    buffer.copyToChannel(samples, 0);
    const playing = new AudioBufferSourceNode(context, { buffer });
    playing.connect(context.destination);
    playing.onended = () => source === playing && stop();
    playing.start(0, begin, end - begin);
    source = playing;
    report(name);
  }

  return { wake, play, stop };
}

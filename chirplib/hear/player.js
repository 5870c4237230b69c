/**
 * What plays sounds, one at a time.
 *
 * @param {function(string?, function?): void} report told the name of what starts to play and what
 *   makes it, or nothing when it ends
 * @returns {{wake: function, play: function, stop: function}}
 */
function makePlayer(report) {
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

  /** Play what `make` gives for a sample rate: samples, and where they begin and end in seconds. */
  function play(name, make) {
    stop();
    wake();
    const { samples, begin, end } = make(context.sampleRate);
    const buffer = context.createBuffer(1, samples.length, context.sampleRate);
    buffer.copyToChannel(samples, 0);
    const playing = new AudioBufferSourceNode(context, { buffer });
    playing.connect(context.destination);
    playing.onended = () => source === playing && stop();
    playing.start(0, begin, end - begin);
    source = playing;
    report(name, make);
  }

  return { wake, play, stop };
}

/**
 * Let the steps of the last descent on a loss sound, one after the other, while a dot goes along.
 * Where motion is unwanted, they sound and nothing moves.
 */
function hearSteps(figure, panel) {
  const { data, player, state, redraw } = figure;
  const path = panel.paths.at(-1);
  const steps = heardSteps(path);
  const thetas = steps.map((n) => toTheta(path[n]));
  player.play(`${panel.name} steps`, (rate) => staircase(data.synth, thetas, rate));
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  const walk = { panel, step: steps[0] };
  state.walk = walk;
  const began = performance.now();
  (function advance(time) {
    // Another sound, silence or another target ends the walk.
    if (state.walk !== walk) return;
    const slot = Math.floor(Math.max(time - began, 0) / 1000 / SLOT);
    walk.step = steps[Math.min(slot, steps.length - 1)];
    redraw();
    requestAnimationFrame(advance);
  })(began);
}

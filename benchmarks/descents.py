"""Descents between random pairs of a start and a target, for each loss and each optimiser.

    python benchmarks/descents.py

40 starts and 40 targets are drawn evenly, in octaves, over the plane of the chapter; with three
unknowns, the carrier frequency as well, from 256 to 1024 Hz. All losses and optimisers get the
same pairs. Rows are added to `benchmarks/descents.csv` as they are finished, and those that are
there are not computed again.

The cost of a descent is counted: losses, gradients, each of which comes with its loss, and
Jacobians. What these take, in units of a loss alone, the page measures that shows the table.
"""

import sys
from functools import partial
from pathlib import Path

import joblib
import numpy as np
import torch
from table import Table

from chirplib import MultiscaleSpectralLoss, TimeFrequencyScatteringLoss, am_chirp, match
from chirplib.landscapes.evidence import share
from chirplib.matching import FOUND
from chirplib.settings import AXES, LATE, SMALL, synth

MAX_STEPS = 150
LOSSES = {
    "MSS": MultiscaleSpectralLoss(),
    "MSS, both": MultiscaleSpectralLoss(terms="both"),
    "JTFS, small": TimeFrequencyScatteringLoss(**SMALL),
}
METHODS = "gradient descent", "adam", "gauss-newton"
CASES = [(2, 0), (2, LATE), (3, 0), (3, LATE)]  # unknowns, shift


def synth_of_three(theta):
    f_m, gamma, f_c = theta.T
    return am_chirp(f_c, f_m, gamma)


def pairs(unknowns):
    """Starts and targets: arrays of shape (40, 2, unknowns)."""
    low, high = np.log2([[axis[0] for axis in AXES] + [256], [axis[-1] for axis in AXES] + [1024]])
    drawn = 2 ** np.random.default_rng(0).uniform(low, high, (40, 2, 3))
    return drawn[..., :unknowns]


def descend(loss, method, shift, pair):
    """Whether a descent finds its target, within half of the steps and all, and its cost."""
    start, target = pair
    f_m, gamma, *f_c = torch.tensor(target, dtype=torch.float32)
    y = am_chirp(f_c[0] if f_c else 512, f_m, gamma, shift=shift)
    to_y = loss.to_target(y)
    run = match(
        to_y,
        synth_of_three if f_c else synth,
        start,
        method=method,
        max_steps=MAX_STEPS,
        progress=False,
    )
    half = run.losses[: MAX_STEPS // 2 + 1].argmin()
    found_early = (abs(np.log2(run.parameters[half] / target)) <= FOUND).all()
    steps = len(run.losses) - 1
    jacobians = steps if method == "gauss-newton" else 0
    losses = run.n_evaluations - jacobians * len(start)
    return found_early, run.found(target), steps, losses, jacobians, run.octaves_to(target).max()


def row(name, method, unknowns, shift):
    task = joblib.delayed(partial(descend, LOSSES[name], method, shift))
    runs = joblib.Parallel(n_jobs=-1)(map(task, pairs(unknowns)))
    early, found, steps, losses, jacobians, octaves = map(np.array, zip(*runs, strict=True))
    middle, low, high = share(int(found.sum()), len(found))
    return {
        "loss": name,
        "method": method,
        "unknowns": unknowns,
        "shift": shift,
        "pairs": len(found),
        "found": middle,
        "from": low,
        "to": high,
        "found in half": early.mean(),
        "octaves": np.median(octaves),
        "steps": np.median(steps),
        "losses": np.median(losses),
        "gradients": np.median(steps + 1),  # at the start, and at the end of each step
        "Jacobians": np.median(jacobians),
    }


def main():
    table = Table(Path(__file__).with_suffix(".csv"), "descents.py")
    for unknowns, shift in CASES:
        for name in LOSSES:
            for method in METHODS:
                if not table.has(loss=name, method=method, unknowns=unknowns, shift=shift):
                    print(name, method, unknowns, shift, file=sys.stderr)
                    table.add([row(name, method, unknowns, shift)])


if __name__ == "__main__":
    main()

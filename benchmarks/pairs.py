"""The tables of the figure that opens the book: losses of all pairs of an attempt and a target.

    python benchmarks/pairs.py

The attempts are the grid of the chapter, the targets another one over the same plane, with shifts
from 0 to 1 second. A file for each loss and shift goes to `book/_static/pairs`. What is there is
not computed again. Each takes a minute or two on two cores.
"""

import itertools
import sys
from pathlib import Path

import numpy as np
import torch
from table import origin

from chirplib import (
    MultiscaleSpectralLoss,
    TimeFrequencyScatteringLoss,
    am_chirp,
    landscape_each,
)
from chirplib.hear.pairs import read_pairs, write_pairs
from chirplib.settings import AXES, SR, UP_TO_64, synth

FOLDER = Path(__file__).parents[1] / "book" / "_static" / "pairs"
TARGETS = np.geomspace(4, 16, 10), np.geomspace(0.5, 4, 14)
# Close together at first: that is where MSS changes.
SHIFTS = 0, SR // 32, SR // 16, SR // 8, SR // 4, SR // 2, SR
LOSSES = {
    "MSS": lambda: MultiscaleSpectralLoss(),
    "MSS with logarithms": lambda: MultiscaleSpectralLoss(terms="both"),
    "JTFS": lambda: TimeFrequencyScatteringLoss(**UP_TO_64),
}


def has(name, shift):
    """Whether there is a table of a loss at a shift."""
    try:
        return shift in read_pairs(FOLDER, name).shifts
    except ValueError:
        return False


def main():
    FOLDER.mkdir(exist_ok=True)
    targets = np.array(list(itertools.product(*TARGETS)))
    f_m, gamma = torch.tensor(targets.T, dtype=torch.float32)
    for name, shift in itertools.product(LOSSES, SHIFTS):
        if not has(name, shift):
            print(f"{name}, {shift}", file=sys.stderr)
            sounds = am_chirp(512, f_m, gamma, shift=shift)
            surfaces = landscape_each(LOSSES[name](), synth, AXES, targets, sounds)
            write_pairs(FOLDER, name, {shift: surfaces}, origin("pairs.py"))


if __name__ == "__main__":
    main()

"""Chirps with an unknown delay, matched one by one: the chirplet task of SCRAPL.

    python benchmarks/chirplets.py

The sounds and the error are those of C. Mitcheltree, V. Lostanlen, E. Benetos and M. Lagrange,
"SCRAPL: Scattering with Random Paths for Machine Learning", ICLR, 2026, table 3: the rate of bursts
and the chirp rate are drawn in one of four cells, evenly in octaves, and the sound is up to 2048
samples early or late. The ranges are those of its configuration files; its text has others for the
fast cells. The error is the mean absolute error of a parameter, in thousandths of its range.

Each of 50 sounds a cell is matched from the middle of the cell, as if it had no delay: by
Gauss-Newton with JTFS, and by Adam with MSS. Then the delay is estimated from the result, by
cross-correlation, and the sound is matched once more. MSS is also given the delay that is estimated
from the middle of the cell. Estimates outside the cell count as its border.

Rows are added to `benchmarks/chirplets.csv` as they are finished, and those that are there are not
computed again.
"""

import multiprocessing
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from itertools import product, repeat
from pathlib import Path

import numpy as np
import scipy.signal
import torch
from table import Table

from chirplib import (
    MultiscaleSpectralLoss,
    TimeFrequencyScattering,
    am_chirp,
    match,
)
from chirplib.losses import NormLoss

SLOW_AM, FAST_AM = (0.9899, 1.9799), (3.9598, 7.9196)  # bursts per second
CELLS = {
    "slow bursts, slow chirps": (SLOW_AM, (0.5, 1.0)),
    "slow bursts, medium chirps": (SLOW_AM, (2.0, 4.0)),
    "fast bursts, medium chirps": (FAST_AM, (2.0, 4.0)),
    "fast bursts, fast chirps": (FAST_AM, (8.0, 16.0)),
}
LATEST, N_SOUNDS = 2048, 50
JTFS = dict(J=12, J_fr=3, Q=(8, 2), Q_fr=2, T=2**10, F=0, shape=2**15)
METHODS = {
    "JTFS": ("gauss-newton", 30),
    "MSS": ("adam", 60),
    "MSS, aligned first": ("adam", 60),
}


@cache
def losses():
    transform, mss = TimeFrequencyScattering(**JTFS), MultiscaleSpectralLoss()
    # Averaged over all frames: not by T="global", which would add the mirrored ends of the sound.
    jtfs = NormLoss(lambda x: transform(x).mean(dim=-1, keepdim=True), p=2)
    return {"JTFS": jtfs, "MSS": mss, "MSS, aligned first": mss}


def chirplets(theta, shift=0):
    bursts, chirp_rate = theta.T
    return am_chirp(512, bursts / 2, chirp_rate, shift=shift)


def task(cell, k):
    """Parameters and delay of a sound."""
    low, high = np.array(CELLS[cell]).T
    rng = np.random.default_rng([list(CELLS).index(cell), k])
    return low * (high / low) ** rng.random(2), int(rng.integers(-LATEST, LATEST + 1))


def delay_between(x, y):
    """Samples by which y is late after x."""
    x, y = x.numpy(), y.numpy()
    correlation = scipy.signal.correlate(y, x, mode="full")
    lags = scipy.signal.correlation_lags(len(y), len(x), mode="full")
    return int(lags[np.abs(correlation).argmax()])


def matched(cell, k, name):
    """Rows of one sound: matched with an unknown delay, and once more after alignment."""
    torch.set_num_threads(1)
    (low, high), (theta, shift) = np.array(CELLS[cell]).T, task(cell, k)
    y = chirplets(torch.tensor(theta[None], dtype=torch.float32), shift)[0]
    start, delay, began, rows = np.sqrt(low * high), 0, time.perf_counter(), []
    method, max_steps = METHODS[name]
    for aligned in (False, True):
        if aligned or "aligned" in name:
            found = torch.tensor(start[None], dtype=torch.float32)
            more = delay_between(chirplets(found)[0], y)
            y, delay = torch.nn.functional.pad(y, (-more, more)), delay + more
        run = match(
            losses()[name].to_target(y),
            chirplets,
            start,
            method=method,
            max_steps=max_steps,
            progress=False,
        )
        start = run.best.clip(low, high)
        errors = 1000 * np.abs(np.log2(start / theta)) / np.log2(high / low)
        rows.append(
            {
                "cell": cell,
                "loss": name,
                "aligned": aligned,
                "sound": k,
                "AM": errors[0],
                "FM": errors[1],
                "delay off": delay - shift,
                "steps": len(run.losses) - 1,
                "seconds": time.perf_counter() - began,
            }
        )
    return rows


def main():
    table = Table(Path(__file__).with_suffix(".csv"), "chirplets.py")
    with ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn")) as pool:
        for cell, name in product(CELLS, METHODS):
            if not table.has(cell=cell, loss=name):
                print(cell, name, file=sys.stderr)
                found = pool.map(matched, repeat(cell), range(N_SOUNDS), repeat(name))
                table.add(sum(found, []))


if __name__ == "__main__":
    main()

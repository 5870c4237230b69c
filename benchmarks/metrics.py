"""Metrics of training sets: 2,000 chirps and 100 drums, through the store that goes on.

    python benchmarks/metrics.py

It prints how long all of the sets of perceptual-neural-physical matching would take, 27,000 chirps
and 100,000 drums. With `--all`, it computes them. Interrupted, it goes on where it ended.
"""

import argparse
import time
from pathlib import Path

import machine
import numpy as np
import torch
from workers import KEEP_MEMORY, workers_of_dask

from chirplib import TimeFrequencyScattering, am_chirp
from chirplib.metric.datasets import compute_metrics, open_metrics
from chirplib.representations import LogCompression
from chirplib.settings import PNP
from chirplib.synths.drum import drum

OUT = Path(__file__).parents[1] / "_build" / "metrics"
# Parameters, their lowest and highest values, and the numbers of sounds: some, and all.
SETS = {
    "chirps": (["f_c", "f_m", "gamma"], [512, 4, 0.5], [1024, 16, 4], 2**15, 2_000, 27_000),
    "drums": (
        ["omega", "tau", "p", "D", "alpha"],
        [10**2.4, 0.07, 1e-5, 1e-5, 0.05],
        [10**3.8, 0.8, 10**-0.7, 10**-0.5, 1.0],
        2**16,
        100,
        100_000,
    ),
}


def chirps(theta):
    """Chirps of 4 s at 8192 samples per second."""
    return am_chirp(*theta.T)


def drums(theta):
    """Drums of 3 s at 22050 samples per second."""
    return drum(*theta.T)


def main():
    """Compute the sets by two workers of Dask, and print how long that took."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--all", action="store_true", help="all sounds of each set")
    everything = parser.parse_args().all
    print(machine.processor())
    with workers_of_dask(KEEP_MEMORY) as executor:
        for name, (names, low, high, n, some, all_of_them) in SETS.items():
            low, high = (torch.tensor(end, dtype=torch.float32) for end in (low, high))
            count = all_of_them if everything else some
            draws = torch.tensor(np.random.default_rng(0).random((count, len(low)))).float()
            phi = LogCompression(TimeFrequencyScattering(**PNP, shape=n), eps=1e-3)
            settings = {"synth": name, "parameters": names, "samples": n, "eps": 1e-3, **PNP}
            path = OUT / f"{name}-{count}.zarr"
            before = open_metrics(path).done.sum() if path.exists() else 0
            began = time.perf_counter()
            found = compute_metrics(
                path,
                phi,
                globals()[name],
                low * (high / low) ** draws,
                settings,
                chunk_size=10,
                executor=executor,
            )
            seconds, new = time.perf_counter() - began, int(found.done.sum() - before)
            print(f"{name}: {new} sounds in {seconds:.0f} s")
            if new:
                hours = seconds / new * all_of_them / 3600
                print(f"all {all_of_them:,}: {hours:.1f} h here, {hours / 100:.2f} h on 100 such")


if __name__ == "__main__":
    main()

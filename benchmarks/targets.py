"""Landscapes of all losses of the book for many targets, aligned and late, raw and leveled.

    python benchmarks/targets.py

100 targets are every second point of the grid, in both directions; 100 are drawn between its ends.
Each is aligned, 1024 and 4096 samples late. The sounds come as the synthesizer makes them, and at
a root mean square of 1, but for single orders of scattering. Rows are added to
`benchmarks/targets.csv` as they are finished, and those that are there are not computed again.
"""

import sys
from pathlib import Path

import numpy as np
import torch
from table import Table

from chirplib import am_chirp, landscape_each
from chirplib.landscapes.evidence import summary
from chirplib.settings import AXES, LATE, listening_devices, synth

SHIFTS = 0, LATE, 4 * LATE


def targets():
    """Parameters on the grid and off it."""
    grid = np.stack(np.meshgrid(*(axis[::2] for axis in AXES), indexing="ij"), axis=-1)
    low, high = np.log2([[axis[0] for axis in AXES], [axis[-1] for axis in AXES]])
    drawn = np.random.default_rng(0).uniform(low, high, (100, 2))
    return {"on": grid.reshape(-1, 2), "off": 2**drawn}


def raw(x):
    return x


def unit(x):
    """Sounds at a root mean square of 1."""
    return x / x.square().mean(dim=-1, keepdim=True).sqrt()


def rows(loss, level):
    """Summaries for all shifts, on the grid and off it."""
    places = [(shift, grid, theta) for shift in SHIFTS for grid, theta in targets().items()]
    sounds = [
        am_chirp(512, *torch.tensor(theta.T, dtype=torch.float32), shift=shift)
        for shift, _, theta in places
    ]
    surfaces = landscape_each(
        loss,
        lambda theta: level(synth(theta)),
        AXES,
        np.concatenate([theta for *_, theta in places]),
        level(torch.cat(sounds)),
    )
    for shift, grid, theta in places:
        some, surfaces = surfaces[: len(theta)], surfaces[len(theta) :]
        yield {"shift": shift, "grid": grid, **summary(some)}


def main():
    table = Table(Path(__file__).with_suffix(".csv"), "targets.py")
    for name, loss in listening_devices().items():
        for level in (raw,) if "order" in name else (raw, unit):
            if not table.has(loss=name, level=level.__name__):
                print(f"{name}, {level.__name__}", file=sys.stderr)
                kept = {"loss": name, "level": level.__name__}
                table.add([kept | row for row in rows(loss, level)])


if __name__ == "__main__":
    main()

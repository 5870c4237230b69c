"""What it costs to give tasks to workers: 10,000 tiny ones, and those of the chapter.

    python benchmarks/scheduler.py

Two workers of one thread each, of each kind of executor. Best on an idle machine.
"""

import os
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from functools import partial
from multiprocessing import get_context

import loky
import machine
import numpy as np
import torch
from workers import KEEP_MEMORY, WORKERS, workers_of_dask

from chirplib import TimeFrequencyScatteringLoss, landscape
from chirplib._common.executors import ONE_THREAD, completed
from chirplib.settings import CHAPTER, TARGET, synth

os.environ["TQDM_DISABLE"] = "1"
TINY = 10_000
AXES = np.geomspace(4, 16, 8), np.geomspace(0.5, 4, 8)


EXECUTORS = {
    "this process": lambda: nullcontext(None),
    "process pool": lambda: ProcessPoolExecutor(WORKERS, get_context("spawn")),
    "loky": lambda: loky.ProcessPoolExecutor(WORKERS, env=ONE_THREAD),
    "Dask": lambda: workers_of_dask({}),
    "Dask, memory kept": lambda: workers_of_dask(KEEP_MEMORY),
}


def tiny(k):
    """As little as a task can be."""
    return k + 1


def seconds(function):
    """How long it takes, after a first time with a few tasks."""
    function(first=True)
    began = time.perf_counter()
    function(first=False)
    return time.perf_counter() - began


def main():
    """Measure all, and print the table."""
    torch.set_num_threads(1)
    loss = TimeFrequencyScatteringLoss(**CHAPTER).to_target(synth(torch.tensor([TARGET]))[0])

    def tiny_tasks(executor, first):
        count = 100 if first else TINY
        assert sum(1 for _ in completed(tiny, range(count), executor)) == count

    def points(executor, first):
        axes = tuple(axis[:2] for axis in AXES) if first else AXES
        landscape(loss, synth, axes, TARGET, batch_size=1, executor=executor)

    rows, n_points = {}, AXES[0].size * AXES[1].size
    for name, make in EXECUTORS.items():
        with make() as executor:
            overhead = seconds(partial(tiny_tasks, executor)) / TINY
            rows[name] = overhead, seconds(partial(points, executor)) / n_points
    alone = rows["this process"][1]
    print(machine.processor())
    print("| executor | a tiny task [ms] | a point of JTFS [s] | efficiency | most workers |")
    print("|---|---|---|---|---|")
    for name, (overhead, point) in rows.items():
        line = f"| {name} | {1e3 * overhead:.3f} | {point:.3f} | "
        if name == "this process":
            print(line + "1 | |")
        else:
            # Beyond, the process that hands out tasks would be busy with nothing else.
            print(line + f"{alone / point / WORKERS:.2f} | {alone / overhead:.0f} |")


if __name__ == "__main__":
    main()

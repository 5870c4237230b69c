"""Time and memory of a loss and its gradient at the settings of the chapter.

    python benchmarks/jtfs.py

Each loss is measured in a process of its own: median wall time of several runs, and peak memory
of the whole process, Python and PyTorch included.
"""

import resource
import statistics
import subprocess
import sys
import time

RUNS = 9


def measure(name):
    """Print one row of the table."""
    import torch

    from chirplib import MultiscaleSpectralLoss, TimeFrequencyScatteringLoss, am_chirp

    loss = {
        "MSS": MultiscaleSpectralLoss,
        "JTFS": lambda: TimeFrequencyScatteringLoss(
            J=12, J_fr=5, Q=(8, 2), Q_fr=2, T=2**12, F=0, shape=2**15
        ),
    }[name]().to_target(am_chirp(512, 8.3, 1.5))
    x = am_chirp(512, 6.0, 1.0).requires_grad_()
    times = {"forward": [], "forward and backward": []}
    for _ in range(RUNS + 1):
        began = time.perf_counter()
        value = loss(x)
        times["forward"].append(time.perf_counter() - began)
        torch.autograd.grad(value, x)
        times["forward and backward"].append(time.perf_counter() - began)
    # The first run also converts the filters.
    seconds = [f"{statistics.median(t[1:]):.4f}" for t in times.values()]
    # In kilobytes on Linux, in bytes on macOS.
    unit = 1e9 if sys.platform == "darwin" else 1e6
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
    print(f"| {name} | {seconds[0]} | {seconds[1]} | {peak:.2f} |")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        measure(sys.argv[1])
    else:
        print("N = 2**15, batch 1, float32. Seconds are medians of", RUNS, "runs.\n")
        print("| loss | forward [s] | forward and backward [s] | peak memory [GB] |")
        print("|---|---|---|---|", flush=True)
        for name in ("MSS", "JTFS"):
            subprocess.run([sys.executable, __file__, name], check=True)

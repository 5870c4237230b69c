"""Measure one loss in a process of its own, and print the figures as JSON.

    python benchmarks/measure.py NAME SOUNDS.npz SETTINGS [--runs 5] [--threads 2] [--device cpu]
        [--gradient GRADIENT.npy] [--jacobian]

SOUNDS.npz holds x of shape (batch, n) and the target y of shape (n,). SETTINGS are those of the
JTFS, as JSON. If a file is named with `--gradient`, the gradient of the loss with respect to x is
written to it. With `--jacobian`, the JTFS of chirplib and its Jacobian are measured instead.
After it has printed the figures, the process waits for a line, so that its peak memory can be read.
"""

import argparse
import json
import statistics
import sys
import time

import numpy as np
import torch


def build(name, y, settings):
    """A function of sounds x (batch, n): the losses against y, with its features given."""
    if name.startswith("jtfs"):
        from chirplib import TimeFrequencyScatteringLoss

        # jtfs-64: only the paths with rates up to 64 Hz.
        bands = {"rates": (0, float(name[5:])), "sr": 2**13} if "-" in name else {}
        return TimeFrequencyScatteringLoss(**settings, **bands).to_target(y)
    if name == "mss":
        from chirplib import MultiscaleSpectralLoss

        return MultiscaleSpectralLoss().to_target(y)
    if name == "auraloss":
        from auraloss.freq import MultiResolutionSTFTLoss

        sizes = [2048, 1024, 512, 256, 128, 64]
        loss = MultiResolutionSTFTLoss(sizes, [s // 4 for s in sizes], sizes)
        return lambda x: loss(x[:, None], y.expand_as(x)[:, None])
    import scrapl  # puts the Kymatio that it bundles on the path

    if name == "kymatio":
        from kymatio.torch import TimeFrequencyScattering

        jtfs = TimeFrequencyScattering(**settings).to(y.device)
        with torch.no_grad():
            target = jtfs(y)
        return lambda x: torch.linalg.vector_norm(jtfs(x) - target, dim=(-2, -1))
    if name == "scrapl":
        # It has no transform without an average over frequency, so F is left at its default. It
        # transforms the target in each step, as its authors time it.
        Q1, Q2 = settings.pop("Q")
        n = settings.pop("shape")
        loss = scrapl.SCRAPLLoss(n, **settings | {"Q1": Q1, "Q2": Q2, "F": None}).to(y.device)
        return lambda x: loss(x[:, None], y.expand_as(x)[:, None])
    raise ValueError(f"NAME must be one of the losses of this file, got {name!r}")


def transform_and_jacobian(settings, runs=9):
    """Seconds of the JTFS of a chirp, and of its Jacobian in (f_m, gamma)."""
    from chirplib import TimeFrequencyScattering, am_chirp

    jtfs = TimeFrequencyScattering(**settings)
    theta = torch.tensor([6.0, 1.0])

    def features(theta):
        return jtfs(am_chirp(512, *theta, duration=settings["shape"] / 2**13))

    def seconds(function):
        times = []
        for _ in range(runs):
            began = time.perf_counter()
            with torch.no_grad():
                function(theta)
            times.append(time.perf_counter() - began)
        return statistics.median(times[1:])

    return {"transform": seconds(features), "jacobian": seconds(torch.func.jacfwd(features))}


def report(figures):
    """Print figures, and wait for a line."""
    print(json.dumps(figures), flush=True)
    sys.stdin.readline()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("name")
    parser.add_argument("sounds")
    parser.add_argument("settings", type=json.loads)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--gradient")
    parser.add_argument("--jacobian", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    sounds = np.load(options.sounds)
    x, y = (torch.tensor(sounds[key], device=options.device) for key in ("x", "y"))
    options.settings["Q"] = tuple(options.settings["Q"])
    if options.jacobian:
        report(transform_and_jacobian(options.settings))
        return
    loss = build(options.name, y, options.settings)
    wait = torch.cuda.synchronize if options.device == "cuda" else lambda: None
    x.requires_grad_()

    forward, both = [], []
    # The first run of a fast loss pays for what is made once; it is not counted.
    warm_up = options.runs > 1
    for _ in range(options.runs + warm_up):
        wait()
        began = time.perf_counter()
        value = loss(x)
        wait()
        forward.append(time.perf_counter() - began)
        (gradient,) = torch.autograd.grad(value.sum(), x)
        wait()
        both.append(time.perf_counter() - began)
    if options.gradient:
        np.save(options.gradient, gradient.cpu().numpy())
    figures = {
        "forward": statistics.median(forward[warm_up:]),
        "both": statistics.median(both[warm_up:]),
        "loss": value.sum().item(),
    }
    if options.device == "cuda":
        figures["peak"] = torch.cuda.max_memory_allocated()
    report(figures)


if __name__ == "__main__":
    main()

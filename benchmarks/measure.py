"""Measure one loss in a process of its own, and print the figures as JSON.

    python benchmarks/measure.py NAME SOUNDS.npz [--runs 5] [--threads 2] [--device cpu] [--J_fr 5]
        [--gradient GRADIENT.npy] [--jacobian]

SOUNDS.npz holds x of shape (batch, n) and the target y of shape (n,). If a file is named with
`--gradient`, the gradient of the loss with respect to x is written to it. `--jacobian` measures a
Jacobian of the features of the JTFS of chirplib as well.
"""

import argparse
import json
import resource
import statistics
import sys
import time

import numpy as np
import torch

CHAPTER = {"J": 12, "J_fr": 5, "Q": (8, 2), "Q_fr": 2, "T": 2**12, "F": 0}


def build(name, y, J_fr=CHAPTER["J_fr"]):
    """A function of sounds x (batch, n): the losses against y, with its features given."""
    n, chapter = y.shape[-1], {**CHAPTER, "J_fr": J_fr}
    if name.startswith("jtfs"):
        from chirplib import TimeFrequencyScatteringLoss

        # jtfs-64: only the paths with rates up to 64 Hz.
        bands = {"rates": (0, float(name[5:])), "sr": 2**13} if "-" in name else {}
        return TimeFrequencyScatteringLoss(**chapter, **bands, shape=n).to_target(y)
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

        jtfs = TimeFrequencyScattering(**chapter, shape=n).to(y.device)
        with torch.no_grad():
            target = jtfs(y)
        return lambda x: torch.linalg.vector_norm(jtfs(x) - target, dim=(-2, -1))
    if name == "scrapl":
        # It has no transform without an average over frequency, so F is left at its default.
        settings = {**chapter, "Q1": chapter["Q"][0], "Q2": chapter["Q"][1], "F": None}
        del settings["Q"]
        loss = scrapl.SCRAPLLoss(n, **settings).to(y.device)
        return lambda x: loss(x[:, None], y.expand_as(x)[:, None])
    raise ValueError(f"NAME must be one of the losses of this file, got {name!r}")


def jacobian_in_forward_passes(n, runs=9):
    """Time of the Jacobian of the JTFS of a chirp in (f_m, gamma), over that of the JTFS."""
    from chirplib import TimeFrequencyScattering, am_chirp

    jtfs = TimeFrequencyScattering(**CHAPTER, shape=n)
    theta = torch.tensor([6.0, 1.0])

    def features(theta):
        return jtfs(am_chirp(512, *theta, duration=n / 2**13))

    def seconds(function):
        times = []
        for _ in range(runs):
            began = time.perf_counter()
            with torch.no_grad():
                function(theta)
            times.append(time.perf_counter() - began)
        return statistics.median(times[1:])

    return seconds(torch.func.jacfwd(features)) / seconds(features)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("name")
    parser.add_argument("sounds")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--J_fr", type=int, default=CHAPTER["J_fr"])
    parser.add_argument("--gradient")
    parser.add_argument("--jacobian", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    sounds = np.load(options.sounds)
    x, y = (torch.tensor(sounds[key], device=options.device) for key in ("x", "y"))
    loss = build(options.name, y, options.J_fr)
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
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    peak *= 1 if sys.platform == "darwin" else 1024  # in kilobytes on Linux
    if options.device == "cuda":
        peak = torch.cuda.max_memory_allocated()
    jacobian = jacobian_in_forward_passes(x.shape[-1]) if options.jacobian else 0
    print(
        json.dumps(
            {
                "jacobian": jacobian,
                "forward": statistics.median(forward[warm_up:]),
                "both": statistics.median(both[warm_up:]),
                "peak": peak,
                "loss": value.sum().item(),
            }
        )
    )


if __name__ == "__main__":
    main()

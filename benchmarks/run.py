"""Measure losses side by side, and write a table and a picture.

    python benchmarks/run.py [--quick]

The losses of chirplib run in this environment, their peers in `.venv-bench`. Each measurement is
a process of its own; rounds go through all losses in turn, and the figures are medians over the
rounds. The table goes to `_build/bench/table.md`, the picture to `_build/bench/scaling.png`.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import matplotlib

matplotlib.use("agg")
import matplotlib.pyplot as plt
import numpy as np
import torch
from floor import floor
from machine import processor
from threadpoolctl import ThreadpoolController

from chirplib import am_chirp
from chirplib.cost import peak_memory
from chirplib.settings import CHAPTER, PNP, SR

HERE = Path(__file__).parent
OUT = HERE.parent / "_build" / "bench"
PEERS = HERE.parent / ".venv-bench" / "bin" / "python"
TITLES = {
    "kymatio": "JTFS, Kymatio 0.4.0.dev0",
    "scrapl": "one random path of JTFS, SCRAPL",
    "jtfs": "JTFS, chirplib",
    "jtfs-64": "JTFS, chirplib, rates up to 64 Hz",
    "auraloss": "MSS, auraloss",
    "mss": "MSS, chirplib",
}
RUNS = {"kymatio": 1, "scrapl": 15}
# Settings of other work, with their lengths: all of them average over frequency.
OTHERS = {
    "granular sounds, SCRAPL": (dict(J=12, Q=(8, 2), J_fr=3, Q_fr=2), 2**15),
    "drums, SCRAPL": (dict(J=12, Q=(8, 2), J_fr=5, Q_fr=2, T=2048, F=1), 44100),
    "as PNP": (PNP, 2**15),
}


def measure(
    name,
    n=4 * SR,
    batch=1,
    threads=2,
    device="cpu",
    settings=CHAPTER,
    gradient=None,
    jacobian=False,
):
    """Figures of one process: a dict with seconds and bytes."""
    settings = settings | {"shape": n}
    with tempfile.TemporaryDirectory() as folder:
        sounds = Path(folder, "sounds.npz")
        y = am_chirp(512, 8.3, 1.5, duration=n / SR)
        x = am_chirp(512, 6.0, torch.linspace(1.0, 1.3, batch), duration=n / SR)
        np.savez(sounds, x=x, y=y)
        python = sys.executable if name.startswith(("jtfs", "mss")) else PEERS
        command = [python, HERE / "measure.py", name, sounds, json.dumps(settings)]
        command += ["--device", device]
        command += ["--threads", str(threads), "--runs", str(RUNS.get(name, 5))]
        command += ["--gradient", gradient] if gradient else []
        command += ["--jacobian"] if jacobian else []
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        # The process waits for a line while its peak is read. Peers may print more than figures.
        with subprocess.Popen(command, **pipes) as process:
            printed = next((line for line in process.stdout if line.startswith("{")), None)
            if printed:
                figures = {"peak": peak_memory(process.pid)} | json.loads(printed)
                process.stdin.write("\n")
    if process.returncode:
        raise RuntimeError(f"{name} failed with status {process.returncode}")
    return figures


def compare(names, rounds, device):
    """Median figures of each loss at the settings of the chapter, and its gradient in x."""
    figures, gradients = {name: [] for name in names}, {}
    with tempfile.TemporaryDirectory() as folder:
        for r in range(rounds):
            for name in names:
                print(f"round {r + 1} of {rounds}: {TITLES[name]}", flush=True)
                path = str(Path(folder, f"{name}.npy"))
                figures[name].append(measure(name, device=device, gradient=path))
                gradients[name] = np.load(path)
    medians = {
        name: {key: statistics.median(f[key] for f in rows) for key in rows[0]}
        for name, rows in figures.items()
    }
    return medians, gradients


def of_parameters(gradient):
    """Gradient of a loss with respect to (f_m, gamma), from that with respect to the sound.

    The latter is noise where the sound is silent: there the responses are rounding errors, of any
    phase. The synthesizer has no derivative there, and is not concerned.
    """
    theta = torch.tensor([6.0, 1.0], dtype=torch.float64)
    columns = torch.func.jacfwd(lambda theta: am_chirp(512, *theta))(theta)
    return gradient[0].astype(float) @ columns.numpy()


def scaling(quick):
    """Seconds of the loss and its gradient against length, batch and threads."""
    sizes = {"n": [2**k for k in range(12, 17)], "batch": [1, 2, 4, 8], "threads": [1, 2]}
    if quick:
        sizes = {"n": [2**12, 2**14], "batch": [4], "threads": [1]}
    rows = {}
    for key, values in sizes.items():
        for value in values:
            print(f"JTFS, chirplib, {key} = {value}", flush=True)
            rows[key, value] = measure("jtfs", **{key: value})
    return rows


def with_averages(rounds, peers):
    """Rows of a table: settings that average over frequency, and the same without an average."""
    rows = []
    for title, (settings, n) in OTHERS.items():
        found = {True: [], False: []}
        for r in range(rounds):
            for averaged, figures in found.items():
                print(
                    f"round {r + 1} of {rounds}: {title}, {'F' if averaged else 'F = 0'}",
                    flush=True,
                )
                chosen = settings if averaged else settings | {"F": 0}
                f = measure("jtfs", n, settings=chosen)
                f |= measure("jtfs", n, settings=chosen, jacobian=True) | {"peak": f["peak"]}
                figures.append([f["transform"], f["both"], f["jacobian"], f["peak"] / 1e9])
        medians = {averaged: np.median(figures, axis=0) for averaged, figures in found.items()}
        cells = [
            f"{seconds:.3f} ({ratio:.2f})"
            for seconds, ratio in zip(
                medians[True][:3], medians[True][:3] / medians[False][:3], strict=True
            )
        ]
        rows.append(f"| {title} | {' | '.join(cells)} | {medians[True][3]:.2f} |")
    settings, n = OTHERS["granular sounds, SCRAPL"]
    for name in peers:
        print(f"granular sounds: {TITLES[name]}", flush=True)
        f = measure(name, n, settings=settings)
        rows.append(f"| the first, {TITLES[name]} | | {f['both']:.3f} | | {f['peak'] / 1e9:.2f} |")
    return rows


def blas():
    """The kernels of the library that multiplies matrices: half of the time depends on them."""
    libraries = ThreadpoolController().select(user_api="blas").info()
    return " and ".join(sorted({f"{b['internal_api']} for {b['architecture']}" for b in libraries}))


def picture(rows):
    """Time against length and batch on logarithmic axes."""
    figure, axes = plt.subplots(1, 2, figsize=(7.6, 3.4), layout="constrained", dpi=150)
    labels = {"n": "length N [samples]", "batch": "batch size"}
    for axis, (key, label) in zip(axes, labels.items(), strict=True):
        x = np.array(sorted(value for k, value in rows if k == key))
        seconds = np.array([rows[key, value]["both"] for value in x])
        law, name = (x, "linear") if key == "batch" else (x * np.log2(x), "$N \\log N$")
        axis.loglog(x, seconds, "o-", base=2, label="loss and gradient")
        axis.loglog(x, seconds[-1] * law / law[-1], "k--", base=2, label=name)
        axis.set(xlabel=label, ylabel="time [s]")
        axis.legend()
    figure.savefig(OUT / "scaling.png")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="one round, fewer sizes")
    quick = parser.parse_args().quick
    OUT.mkdir(parents=True, exist_ok=True)
    figures, gradients = compare(list(TITLES), 1 if quick else 3, "cpu")
    rows = scaling(quick)
    jacobian = statistics.median(
        f["jacobian"] / f["transform"]
        for f in (measure("jtfs", jacobian=True) for _ in range(1 if quick else 3))
    )
    others = with_averages(1 if quick else 3, ["scrapl"] if quick else ["scrapl", "kymatio"])
    if quick:
        # The comparison is one more point of each curve.
        rows |= {("n", 2**15): figures["jtfs"], ("batch", 1): figures["jtfs"]}
    least, products, ffts = floor()

    ours, theirs = (of_parameters(gradients[name]) for name in ("jtfs", "kymatio"))
    error = np.linalg.norm(ours - theirs) / np.linalg.norm(theirs)
    off = abs(figures["jtfs"]["loss"] / figures["kymatio"]["loss"] - 1)
    speed = figures["kymatio"]["both"] / figures["jtfs"]["both"]
    lines = [
        f"# Time and memory of a loss and its gradient\n\n{processor()}, {blas()}, 2 threads,"
        f" float32, N = 2**15, batch 1. {'One round' if quick else 'Medians of 3 rounds'}.\n",
        "| loss | forward [s] | forward and backward [s] | peak memory of the process [GB] |",
        "|---|---|---|---|",
        *(
            f"| {TITLES[name]} | {f['forward']:.4f} | {f['both']:.4f} | {f['peak'] / 1e9:.2f} |"
            for name, f in figures.items()
        ),
        f"\nchirplib is {speed:.0f} times as fast as Kymatio, and takes"
        f" {figures['jtfs']['both'] / figures['scrapl']['both']:.2f} times a step of SCRAPL. The"
        f" losses of chirplib and Kymatio differ by {off:.0e}, their gradients in (f_m, gamma) by"
        f" {error:.0e}, relative to Kymatio's, in single precision.\n",
        f"The Jacobian in (f_m, gamma) takes {jacobian:.1f} times as long as the"
        f" transform without gradient. Rates up to 64 Hz take"
        f" {figures['jtfs-64']['both'] / figures['jtfs']['both']:.2f} times as long as all.\n",
        f"The products ({products / 1e9:.1f} Gflop) and FFTs ({ffts / 1e9:.1f} Gflop) alone would"
        f" take {least:.3f} s at the rates of this machine; chirplib takes"
        f" {figures['jtfs']['both'] / least:.1f} times as long.\n",
        "| JTFS, chirplib | forward and backward [s] | peak memory of the process [GB] |",
        "|---|---|---|",
        *(
            f"| {key} = {value} | {f['both']:.4f} | {f['peak'] / 1e9:.2f} |"
            for (key, value), f in rows.items()
        ),
    ]
    lines += [
        "\nSettings that average over frequency. In brackets: times F = 0.\n",
        "| setting, chirplib | transform [s] | loss and gradient [s] | transform and Jacobian [s]"
        " | peak memory of the process [GB] |",
        "|---|---|---|---|---|",
        *others,
        "\n| these figures | back |",
        "|---|---|",
        "| the first table: chirplib and Kymatio | the page `cost`, its table and figure; the page"
        " `claims`, on the price |",
        "| the Jacobian and rates up to 64 Hz | the pages `targets` and `landscapes`, which drop"
        " the others |",
        "| differences from Kymatio | the page `representations`: the same transform |",
    ]
    if torch.cuda.is_available():
        header = "\n| on the GPU | batch | J_fr | forward and backward [s] | peak memory [GB] |"
        lines += [header, "|---|---|---|---|---|"]
        # The second setting is the one for which the authors of SCRAPL give figures.
        for batch, J_fr in ((1, 5), (4, 3)):
            for name in ("kymatio", "scrapl", "jtfs"):
                chosen = CHAPTER | {"J_fr": J_fr}
                f = measure(name, batch=batch, settings=chosen, device="cuda")
                lines.append(
                    f"| {TITLES[name]} | {batch} | {J_fr} | {f['both']:.4f} |"
                    f" {f['peak'] / 1e9:.2f} |"
                )
    else:
        lines.append("\nNo CUDA device was found: nothing was measured on a GPU.")
    (OUT / "table.md").write_text("\n".join(lines) + "\n")
    picture(rows)
    print("\n".join(lines))
    print(f"\nwritten to {OUT / 'table.md'} and {OUT / 'scaling.png'}")


if __name__ == "__main__":
    main()

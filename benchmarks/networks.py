"""Networks that name the parameters of chirps and of drums, trained with five losses.

    python benchmarks/networks.py
    python benchmarks/networks.py --cost

Each set has 512 sounds to train with, 64 to steer the damping, and 64 that are held out. A network
hears the log-magnitudes of a constant-Q transform. It has the same weights and the same order of
sounds for all losses of a seed, and the same number of steps: it hears each sound once. The
losses that need no sound are trained for 32 times as many steps once more.

Rows are added to `benchmarks/networks.csv` as they are finished, and those that are there are not
computed again. What does not depend on the seed is kept in `_build/networks`. With `--cost`, it
times a step of each loss instead, and writes `benchmarks/steps.csv`: nothing else should run.
"""

import argparse
import concurrent.futures
import multiprocessing
import statistics
import time
from functools import cache
from pathlib import Path

import numpy as np
import torch
from metrics import SETS, chirps, drums
from table import Table
from workers import KEEP_MEMORY, workers_of_dask

from chirplib import MultiscaleSpectralLoss, TimeFrequencyScattering
from chirplib.metric import quadratic_form
from chirplib.metric.datasets import compute_metrics
from chirplib.regression import small_network, train
from chirplib.representations import LogCompression, log_cqt
from chirplib.settings import PNP

ERRORS, COSTS = (Path(__file__).parent / name for name in ("networks.csv", "steps.csv"))
KEPT = Path(__file__).parents[1] / "_build" / "networks"
SYNTHS = {"chirps": chirps, "drums": drums}
CQT = {
    "chirps": {"sr": 8192, "f_min": 128, "octaves": 4},
    "drums": {"sr": 22050, "f_min": 40, "octaves": 8},
}
N_TRAIN, N_STEER, N_HELD_OUT = 512, 64, 64
STEPS, MORE_STEPS, SEEDS = 64, 2048, range(5)
LOSSES = ["parameter", "JTFS", "MSS", "quadratic", "damped"]
WITHOUT_SOUND = ["parameter", "quadratic", "damped"]
# The damping starts at the largest eigenvalue of all. It is divided by 3 at each of sixteen looks,
# as long as the error falls: by 4e7 at most, the median condition number of a drum.
LOOKS, RELIEF = 16, 3


class Sounds:
    """One of the sets, with what all trainings share. Parameters are places in their ranges."""

    def __init__(self, name):
        self.name = name
        self.parameters, low, high, self.n, *_ = SETS[name]
        self.low, self.high = (torch.tensor(end, dtype=torch.float32) for end in (low, high))
        jtfs = TimeFrequencyScattering(**PNP, shape=self.n)
        self.jtfs = LogCompression(jtfs, eps=1e-3)
        self.mss = MultiscaleSpectralLoss()
        draws = np.random.default_rng(1).random((N_TRAIN + N_STEER + N_HELD_OUT, len(low)))
        self.places = torch.tensor(draws).float()
        self.train = slice(N_TRAIN)
        self.steer = slice(N_TRAIN, N_TRAIN + N_STEER)
        self.held_out = slice(N_TRAIN + N_STEER, None)

    def synth(self, places):
        theta = self.low * (self.high / self.low) ** places
        return SYNTHS[self.name](theta.clamp(self.low, self.high))

    def places_of(self, u):
        """Places of log2-parameters, kept inside the ranges: a drum has no sound outside."""
        low, high = torch.log2(self.low), torch.log2(self.high)
        return torch.sigmoid(4 * (u - low) / (high - low) - 2)

    def features(self, places):
        with torch.no_grad():
            return torch.cat([self.jtfs(self.synth(part)).flatten(1) for part in places.split(8)])

    def jtfs_distance(self, places, S):
        return (self.jtfs(self.synth(places)).flatten(1) - S).square().sum(dim=1)

    def prepare(self):
        """Write the inputs of the networks, the features and the metrics, unless they are there."""
        path = KEPT / f"{self.name}.pt"
        if path.exists():
            return
        KEPT.mkdir(parents=True, exist_ok=True)
        theta = self.low * (self.high / self.low) ** self.places
        settings = {"synth": self.name, "parameters": self.parameters, "samples": self.n, **PNP}
        with workers_of_dask(KEEP_MEMORY) as executor:
            found = compute_metrics(
                KEPT / f"{self.name}.zarr",
                self.jtfs,
                SYNTHS[self.name],
                theta[: self.held_out.start],
                settings,
                features=True,
                chunk_size=8,
                executor=executor,
            )
        octaves = torch.log2(self.high / self.low)
        targets = torch.cat([self.synth(part) for part in self.places.split(16)])
        kept = {
            "targets": targets,
            "inputs": torch.cat([log_cqt(x, **CQT[self.name]) for x in targets.split(16)]),
            # From octaves to parts of the ranges.
            "metrics": torch.tensor(found.metric[:]) * torch.outer(octaves, octaves),
            "features": torch.tensor(found.features[:]).flatten(1),
            "heard": self.features(self.places[self.held_out]),
        }
        torch.save(kept, path)

    def load(self):
        vars(self).update(torch.load(KEPT / f"{self.name}.pt"))
        return self


@cache
def sounds_of(name):
    """A set that is read once by each process."""
    return Sounds(name).load()


def loss_of(sounds, name, network, steps):
    """The loss with this name, as `train` takes it."""
    known = sounds.places[sounds.train]

    def parameter(u, at):
        return (sounds.places_of(u) - known[at]).square().sum(dim=-1)

    def jtfs(u, at):
        return sounds.jtfs_distance(sounds.places_of(u), sounds.features[at])

    def mss(u, at):
        return sounds.mss(sounds.synth(sounds.places_of(u)), sounds.targets[at])

    def quadratic(u, at):
        return quadratic_form(sounds.metrics[at], sounds.places_of(u) - known[at])

    if name == "damped":
        return _Damped(sounds, network, steps)
    return {"parameter": parameter, "JTFS": jtfs, "MSS": mss, "quadratic": quadratic}[name]


class _Damped:
    """Quadratic loss with a damping that falls as long as the error of other sounds does."""

    def __init__(self, sounds, network, steps):
        self.sounds, self.network, self.every = sounds, network, steps // LOOKS
        self.calls, self.best = 0, np.inf
        self.damping = torch.linalg.eigvalsh(sounds.metrics).max().item()

    def __call__(self, u, at):
        self.calls += 1
        if self.calls % self.every == 0:
            self.look()
        d = self.sounds.places_of(u) - self.sounds.places[at]
        return quadratic_form(self.sounds.metrics[at], d) + self.damping * d.square().sum(dim=-1)

    def look(self):
        sounds, steer = self.sounds, self.sounds.steer
        with torch.no_grad():
            d = sounds.places_of(self.network(sounds.inputs[steer])) - sounds.places[steer]
            error = quadratic_form(sounds.metrics[steer], d).mean().item()
        if error < self.best:
            self.best, self.damping = error, self.damping / RELIEF


def new_network(sounds, seed):
    shape = sounds.inputs.shape[1:]
    return small_network(sounds.low, sounds.high, seed=seed, shape=shape)


def trained(name, loss, steps, seed):
    """The row of one training."""
    torch.set_num_threads(1)
    sounds = sounds_of(name)
    network = new_network(sounds, seed)
    held_out = sounds.held_out
    truth = torch.log2(sounds.low) + sounds.places[held_out] * torch.log2(sounds.high / sounds.low)
    train(
        network,
        sounds.inputs[sounds.train],
        loss_of(sounds, loss, network, steps),
        (sounds.inputs[held_out], truth),
        seed=seed,
        max_steps=steps,
    )
    with torch.no_grad():
        places = sounds.places_of(network(sounds.inputs[held_out]))
    return {"set": name, "loss": loss, "steps": steps, "seed": seed, **judged(sounds, places)}


def judged(sounds, places):
    """Mean errors of the parameters, and distances in parts of those between held-out sounds."""
    truth = sounds.places[sounds.held_out]
    errors = (places - truth).abs().mean(dim=0)

    def jtfs(places, S):
        pairs = zip(places.split(8), S.split(8), strict=True)
        return torch.cat([sounds.jtfs_distance(p, s).sqrt() for p, s in pairs])

    def mss(places, others):
        pairs = zip(places.split(8), others.split(8), strict=True)
        return torch.cat([sounds.mss(sounds.synth(p), sounds.synth(o)) for p, o in pairs])

    with torch.no_grad():
        heard = sounds.heard
        return {
            "error": errors.mean().item(),
            "JTFS": (jtfs(places, heard).median() / jtfs(truth, heard.roll(1, 0)).median()).item(),
            "MSS": (mss(places, truth).median() / mss(truth, truth.roll(1, 0)).median()).item(),
            **dict(zip(sounds.parameters, errors.tolist(), strict=True)),
        }


def cost(name, loss):
    """Median seconds of a step, of five after the first."""
    sounds = sounds_of(name)
    network = new_network(sounds, 0)
    value_of, seconds = loss_of(sounds, loss, network, STEPS), []
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    for step in range(6):
        at = torch.arange(8 * step, 8 * step + 8)
        began = time.perf_counter()
        optimizer.zero_grad()
        value_of(network(sounds.inputs[at]), at).mean().backward()
        optimizer.step()
        seconds.append(time.perf_counter() - began)
    return {"set": name, "loss": loss, "seconds": statistics.median(seconds[1:])}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--cost", action="store_true", help="time a step of each loss")
    timed = parser.parse_args().cost
    for name in SETS:
        Sounds(name).prepare()
    if timed:
        COSTS.unlink(missing_ok=True)
        costs = [cost(name, loss) for name in SETS for loss in LOSSES]
        Table(COSTS, "networks.py --cost").add(costs)
        return
    table = Table(ERRORS, "networks.py")
    for name in SETS:
        if not table.has(set=name, loss="middle"):
            middle = torch.full((N_HELD_OUT, len(SETS[name][0])), 0.5)
            row = {"set": name, "loss": "middle", "steps": 0, "seed": 0}
            table.add([row | judged(sounds_of(name), middle)])
    runs = [(loss, STEPS) for loss in LOSSES] + [(loss, MORE_STEPS) for loss in WITHOUT_SOUND]
    tasks = [(name, *run, seed) for name in SETS for run in runs for seed in SEEDS]
    keys = "set", "loss", "steps", "seed"
    tasks = [task for task in tasks if not table.has(**dict(zip(keys, task, strict=True)))]
    spawn = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(mp_context=spawn) as pool:
        for future in concurrent.futures.as_completed(pool.submit(trained, *t) for t in tasks):
            row = future.result()
            print(*(row[key] for key in keys), f"{row['error']:.3f} {row['JTFS']:.3f}")
            table.add([row])


if __name__ == "__main__":
    main()

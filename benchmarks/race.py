"""Descents to one accuracy: with exact JTFS, with one random rate of it, and with SCRAPL.

    python benchmarks/race.py
    python benchmarks/race.py --cost

Targets and starts are drawn evenly, in octaves, over f_m of 4 to 16 Hz and gamma of 1 to 4
octaves/s. The transform is that of the chapter, of order 2, with J_fr=3 as the authors of SCRAPL
have it. Theirs averages along log-frequency as well, for it has no other way.

All descend by Adam on log-parameters, with a step that shrinks as 1 / (1 + k / 20). SCRAPL does so
once more by its own P-Adam and P-SAGA, with which goes plain descent, and exact JTFS by
Gauss-Newton. The first step is chosen for each, of six, by the errors at the end of descents to
other targets. What draws at random has five seeds. Rows are added to `benchmarks/race.csv` as they
are finished, and those that are there are not computed again. Nothing in them depends on time.

With `--cost`, it times a step of each instead, from the parameters to the gradient, or for SCRAPL
from the sound, and writes `benchmarks/race_costs.csv`: nothing else should run. SCRAPL runs in the
environment of the peers, `.venv-bench`, which `make bench` makes.
"""

import argparse
import pickle
import subprocess
import sys
import time
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
import torch
from table import Table

from chirplib import TimeFrequencyScatteringLoss, match
from chirplib.matching.optimisers import GaussNewton, Point
from chirplib.objective import Objective, jacobian
from chirplib.settings import CHAPTER, SR, synth
from chirplib.stochastic import RandomRate, RateDistances

HERE = Path(__file__).parent
PEERS = HERE.parent / ".venv-bench" / "bin" / "python"
JTFS = CHAPTER | {"J_fr": 3}
ADAM = partial(torch.optim.Adam, eps=1e-16)  # gradients are small, close to a target
FIRST_STEPS = 0.025, 0.05, 0.1, 0.2, 0.4, 0.8  # octaves
N_CHOICE, N_RACE, SEEDS = 4, 5, 5
STEPS, DECAY = 80, 20


def pairs(seed, n):
    """Starts and targets, as log-parameters: array of shape (n, 2, 2)."""
    low, high = np.log2([4, 1]), np.log2([16, 4])
    return low + (high - low) * np.random.default_rng(seed).random((n, 2, 2))


def sound(u):
    return synth(torch.tensor(2.0 ** u[None], dtype=torch.float32))


def distances_to(target):
    return RateDistances(sound(target)[0], sr=SR, **JTFS)


class Gradient:
    """Gradients of a loss of this package per octave, and the seconds of the last."""

    def __init__(self, loss):
        self.objective = Objective(loss, synth, dtype=torch.float32)

    def __call__(self, u):
        began = time.perf_counter()
        gradient = self.objective.at(2.0 ** u[None]).gradient[0].double()
        self.seconds = time.perf_counter() - began
        return gradient


class Exact:
    name, optimiser, steps, seeds = "exact JTFS", ADAM, STEPS, 1

    def towards(self, target, seed):
        return Gradient(distances_to(target))


class OneRate:
    name, optimiser, steps, seeds = "one random rate", ADAM, 2 * STEPS, SEEDS

    def towards(self, target, seed):
        distances = distances_to(target)
        n = len(distances.rates)
        return Gradient(RandomRate(distances, np.full(n, 1 / n), seed=seed))


class Scrapl:
    steps, seeds = STEPS, SEEDS

    def __init__(self, name, optimiser, kind, *options):
        self.name, self.optimiser, self.kind = name, optimiser, kind
        command = [PEERS, HERE / "race_scrapl.py", str(torch.get_num_threads()), *options]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self.process = subprocess.Popen(command, **pipes)

    def ask(self, *request):
        pickle.dump(request, self.process.stdin)
        self.process.stdin.flush()
        return pickle.load(self.process.stdout)

    def towards(self, target, seed):
        self.ask(sound(target)[0].numpy().tobytes(), seed, self.kind)
        return self

    def __call__(self, u):
        theta = torch.tensor(2.0**u, dtype=torch.float32)
        x, J = jacobian(lambda theta: synth(theta[None])[0], theta)
        gradient, self.seconds = self.ask(x.numpy(), J.numpy())
        return torch.from_numpy(gradient).double()


def contestants(*options):
    return [
        Exact(),
        OneRate(),
        Scrapl("SCRAPL, Adam", ADAM, "Adam", *options),
        Scrapl("SCRAPL, its own optimiser", torch.optim.SGD, "own", *options),
    ]


def descend(contestant, first, start, target, seed):
    """Largest error of the two parameters, in octaves, at the start and after each step."""
    gradient, u = contestant.towards(target, seed), torch.tensor(start, requires_grad=True)
    optimiser = contestant.optimiser([u], lr=first)
    shrink = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda k: 1 / (1 + k / DECAY))
    errors = [np.abs(start - target).max()]
    for _ in range(contestant.steps):
        u.grad = gradient(u.detach().numpy())
        optimiser.step()
        shrink.step()
        errors.append(np.abs(u.detach().numpy() - target).max())
    return np.array(errors)


def by_gauss_newton(start, target):
    loss = TimeFrequencyScatteringLoss(**JTFS).to_target(sound(target)[0])
    run = match(loss, synth, 2.0**start, max_steps=STEPS, progress=False)
    return run.errors(2.0**target).max(axis=1)


def row(keys, errors):
    """A row: after how many steps the error stays below 0.1 and 0.01 octaves, and where it ends."""

    def steps_to(octaves):
        last = np.flatnonzero(errors > octaves).max(initial=-1)
        return last + 1 if last + 1 < len(errors) else np.inf

    limits = {f"steps to {octaves}": steps_to(octaves) for octaves in (0.1, 0.01)}
    return keys | {"steps": len(errors) - 1} | limits | {"at the end": errors[-1]}


def race(table):
    """Add the rows that are missing: to choose first steps, then to race."""
    firsts = {each: chosen(table, each) for each in contestants("--keep")}
    for k, pair in enumerate(pairs(2, N_RACE)):
        keys = {"loss": "exact JTFS, Gauss-Newton", "use": "race", "pair": k}
        at_the_end(table, keys | {"seed": 0, "first step": 0}, partial(by_gauss_newton, *pair))
    for seed, (k, pair) in product(range(SEEDS), enumerate(pairs(2, N_RACE))):
        for each, first in firsts.items():
            if seed < each.seeds:
                keys = {"loss": each.name, "use": "race", "pair": k, "seed": seed}
                errors = partial(descend, each, first, *pair, seed)
                at_the_end(table, keys | {"first step": first}, errors)


def chosen(table, each):
    """The first step with which descents to other targets end closest to them."""
    ends = {}
    for first in FIRST_STEPS:
        errors = []
        for k, pair in enumerate(pairs(1, N_CHOICE)):
            keys = {"loss": each.name, "use": "choice", "pair": k, "seed": 0, "first step": first}
            errors.append(at_the_end(table, keys, partial(descend, each, first, *pair, 0)))
        ends[first] = np.mean(np.log(errors))
    return min(ends, key=ends.get)


def at_the_end(table, keys, errors):
    """The error at the end of a descent, which is added to the table if it is not there."""
    if not table.has(**keys):
        print(*keys.values(), file=sys.stderr)
        table.add([row(keys, errors())])
    rows = table.rows
    return rows[(rows[list(keys)] == list(keys.values())).all(axis=1)]["at the end"].item()


def costs(n=60):
    """Mean seconds of a step of each, over n steps that draw at random."""
    ((start, target),) = pairs(2, 1)
    rows = []
    for each in contestants():
        gradient, seconds = each.towards(target, 0), []
        for _ in range(n + 1):
            gradient(start)
            seconds.append(gradient.seconds)
        rows.append({"loss": each.name, "seconds": np.mean(seconds[1:])})
    loss = TimeFrequencyScatteringLoss(**JTFS).to_target(sound(target)[0])
    seconds = []
    for _ in range(n // 3 + 1):
        objective = Objective(loss, synth, dtype=torch.float32)
        here, began = Point(objective, start), time.perf_counter()
        GaussNewton(objective)(here)
        seconds.append(time.perf_counter() - began)
    return [*rows, {"loss": "exact JTFS, Gauss-Newton", "seconds": np.mean(seconds[1:])}]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--cost", action="store_true", help="time a step of each")
    if parser.parse_args().cost:
        path = HERE / "race_costs.csv"
        path.unlink(missing_ok=True)
        Table(path, "race.py --cost").add(costs())
    else:
        race(Table(HERE / "race.csv", "race.py"))


if __name__ == "__main__":
    main()

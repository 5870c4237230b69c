"""Networks for the chirplet task of SCRAPL, trained with exact JTFS and without labels.

    python benchmarks/amortised.py

The sounds, the folds and the steps are those of C. Mitcheltree, V. Lostanlen, E. Benetos and
M. Lagrange, "SCRAPL: Scattering with Random Paths for Machine Learning", ICLR, 2026, table 3: for
each of four cells, 32 x 32 pairs of parameters, of which three fifths are to train with, one is for
validation and one for the test, and a delay that is drawn for each sound as in its code. Of the
five sounds that it has for a pair, these networks have the first. They are trained for 4800 steps
of 32 sounds. The error is that of `chirplets.py`.

The loss of an answer is the JTFS distance between the sound that was heard, with its delay, and the
sound of the answer, without a delay. The features of the latter are a smooth function of two
parameters. They are computed once, at 16 x 16 points of each cell, and interpolated by Chebyshev
polynomials, so that a step needs no transform. `amortised_plane.csv` says how far this is from the
transform, at points between.

A network hears the features of the sound, projected on those of the cell, or the constant-Q
transform of the paper, projected on its principal components. Each is trained once more with
labels. Twenty networks differ by their first weights. "lowest" is the point of the cell whose loss
is lowest: an answer that no network gives, by search.

Rows are added to `benchmarks/amortised.csv` as they are finished, and those that are there are not
computed again. What does not depend on the seed is kept in `_build/amortised`.
"""

import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from itertools import product
from pathlib import Path

import numpy as np
import torch
from chirplets import CELLS, JTFS, LATEST, chirplets
from numpy.polynomial import chebyshev
from table import Table
from torch import nn

from chirplib import TimeFrequencyScattering
from chirplib.metric import jacobian
from chirplib.regression import train
from chirplib.representations import cqt

HERE = Path(__file__).parent
KEPT = HERE.parent / "_build" / "amortised"
N_GRID, N_DRAWS, N_FOLDS = 32, 5, 5
STEPS, BATCH = 4800, 32
N_NODES, RANK, N_BETWEEN = 16, 64, 16
N_NETWORKS, WIDTH, N_PLACES = 20, 64, 401


def grid(points):
    """All pairs of these points: tensor (points ** 2, 2)."""
    points = torch.as_tensor(points, dtype=torch.float64)
    return torch.cartesian_prod(points, points)


NODES = (1 - np.cos(np.pi * (np.arange(N_NODES) + 0.5) / N_NODES)) / 2
PLACES = grid(np.arange(1, N_GRID + 1) / (N_GRID + 1))
FOLD = torch.arange(N_GRID**2) % N_FOLDS
TRAIN, TEST = FOLD < N_FOLDS - 2, FOLD == N_FOLDS - 1


def delay(k):
    """Delay of the first sound of pair k: the code of the paper counts sounds, for a seed."""
    generator = torch.Generator().manual_seed(N_DRAWS * k)
    return torch.randint(-LATEST, LATEST + 1, (1,), generator=generator).item()


def parameters(cell, places):
    low, high = torch.tensor(CELLS[cell], dtype=torch.float64).T
    return (low * (high / low) ** places).float()


@cache
def transform():
    return TimeFrequencyScattering(**JTFS)


def averaged(sounds):
    return transform()(sounds).mean(dim=-1)


def features(sounds):
    with torch.no_grad():
        return torch.cat([averaged(x) for x in sounds.split(4)])


def heard(cell):
    theta = parameters(cell, PLACES)
    return torch.cat([chirplets(t[None], delay(k)) for k, t in enumerate(theta)])


def products(places):
    """Products of Chebyshev polynomials at places (..., 2) in [0, 1]: (..., N_NODES ** 2)."""
    z = 2 * places - 1
    T = [torch.ones_like(z), z]
    for _ in range(N_NODES - 2):
        T.append(2 * z * T[-1] - T[-2])
    T = torch.stack(T, dim=-1)
    return (T[..., 0, :, None] * T[..., 1, None, :]).flatten(-2)


def interpolated(S):
    """Coefficients of polynomials that take the values S (N_NODES ** 2, features) at the nodes."""
    one = torch.tensor(np.linalg.inv(chebyshev.chebvander(2 * NODES - 1, N_NODES - 1)))
    return torch.kron(one, one) @ S.double()


def prepare(cell):
    """Write what trainings share, and return how far the interpolation is off."""
    torch.set_num_threads(1)
    coefficients = interpolated(features(chirplets(parameters(cell, grid(NODES)))))
    # The features of the cell vary along few directions: distances in these are distances.
    basis = torch.linalg.svd(coefficients, full_matrices=False)[2][:RANK].T
    coefficients = (coefficients @ basis).float()
    sounds = heard(cell)
    S = features(sounds).double()
    across = S - S @ basis @ basis.T
    kept = {
        "coefficients": coefficients,
        "JTFS": (S @ basis).float(),
        "across": across.norm(dim=1).float(),  # what no sound of the cell comes closer to
        "CQT": components(cqt(sounds, f_min=102.4, octaves=5, bins_per_octave=12)[..., ::4]),
    }
    KEPT.mkdir(parents=True, exist_ok=True)
    torch.save(kept, path_of(cell))
    return {"cell": cell, **between(cell, coefficients, basis.float())}


def components(magnitudes):
    """Principal components of the logarithms, those of the training sounds."""
    x = torch.tensor(np.log1p(magnitudes / 1e-3)).flatten(1)
    x = x - x[TRAIN].mean(dim=0)
    return (x @ torch.linalg.svd(x[TRAIN], full_matrices=False)[2][:RANK].T).float()


def between(cell, coefficients, basis):
    """Relative errors of features and of gradients, at points between the nodes.

    The gradients are those of squared distances of any two of these points.
    """
    places = torch.tensor(np.random.default_rng(0).random((N_BETWEEN, 2)))
    theta, places = parameters(cell, places), places.float()

    def at(places):
        return products(places) @ coefficients @ basis.T

    S, J = features(chirplets(theta)), jacobian(averaged, chirplets, theta)
    # A cell is an octave, so both are derivatives per octave.
    found, slopes = at(places), torch.stack([torch.func.jacfwd(at)(place) for place in places])
    gradients = torch.einsum("ifk,ijf->ijk", J, S[:, None] - S)
    off = (torch.einsum("ifk,ijf->ijk", slopes, found[:, None] - S) - gradients).norm(dim=-1)
    off = (off / gradients.norm(dim=-1))[~torch.eye(N_BETWEEN, dtype=torch.bool)]
    return {
        "features, largest": ((found - S).norm(dim=1) / S.norm(dim=1)).max().item(),
        "gradients, median": off.median().item(),
        "gradients, largest": off.max().item(),
    }


def path_of(cell):
    return KEPT / f"{list(CELLS).index(cell)}.pt"


class SideBySide(nn.Module):
    """Networks of three layers that hear the same sounds, and differ by their first weights.

    Their answers (batch, 2 * networks) are places in the cell.
    """

    def __init__(self, n_in, n):
        super().__init__()
        draws = torch.Generator().manual_seed(0)
        self.weights = nn.ParameterList()
        for rows, columns in ((n_in, WIDTH), (WIDTH, WIDTH), (WIDTH, 2)):
            for shape in ((n, rows, columns), (n, 1, columns)):
                self.weights.append((2 * torch.rand(shape, generator=draws) - 1) / rows**0.5)

    def forward(self, x):
        A, a, B, b, C, c = self.weights
        x = torch.relu(torch.relu(x @ A + a) @ B + b) @ C + c
        return torch.sigmoid(x).transpose(0, 1).flatten(1)


def loss_of(kept, labels):
    """Loss of answers (batch, 2 * seeds) to the training sounds, the sum over seeds."""
    S, across = kept["JTFS"][TRAIN], kept["across"][TRAIN]
    truth = PLACES[TRAIN].float()

    def with_labels(places, at):
        return (places.unflatten(1, (-1, 2)) - truth[at, None]).abs().sum(dim=(1, 2))

    def without(places, at):
        found = products(places.unflatten(1, (-1, 2))) @ kept["coefficients"]
        squares = (found - S[at, None]).square().sum(dim=-1) + across[at, None].square()
        return squares.sqrt().sum(dim=1)

    return with_labels if labels else without


def trained(cell, name, labels):
    """Rows of the networks of one loss, in one cell."""
    torch.set_num_threads(1)
    kept = torch.load(path_of(cell))
    x = (kept[name] - kept[name][TRAIN].mean(dim=0)) / kept[name][TRAIN].std()
    held_out = x[TEST], PLACES[TEST].float().repeat(1, N_NETWORKS)
    network, loss = SideBySide(RANK, N_NETWORKS), loss_of(kept, labels)
    result = train(network, x[TRAIN], loss, held_out, seed=0, max_steps=STEPS, batch_size=BATCH)
    errors = 1000 * result.errors[-1].mean(axis=0).reshape(-1, 2)
    keys = {"cell": cell, "input": name, "labels": labels}
    return [keys | {"network": k, "AM": am, "FM": fm} for k, (am, fm) in enumerate(errors)]


def lowest(cell):
    """The row of the places whose loss is lowest."""
    kept = torch.load(path_of(cell))
    places = grid(torch.linspace(0, 1, N_PLACES)).float()
    plane = products(places) @ kept["coefficients"]
    found = torch.cat(
        [places[torch.cdist(S, plane).argmin(1)] for S in kept["JTFS"][TEST].split(32)]
    )
    am, fm = 1000 * (found - PLACES[TEST]).abs().mean(dim=0)
    keys = {"cell": cell, "input": "lowest", "labels": False, "network": 0}
    return [keys | {"AM": am.item(), "FM": fm.item()}]


def main():
    spawn = multiprocessing.get_context("spawn")
    table, plane = (
        Table(HERE / name, "amortised.py") for name in ("amortised.csv", "amortised_plane.csv")
    )
    with ProcessPoolExecutor(mp_context=spawn) as pool:
        cells = [cell for cell in CELLS if not (path_of(cell).exists() and plane.has(cell=cell))]
        for row in pool.map(prepare, cells):
            plane.add([row])
        keys = "cell", "input", "labels"
        tasks = product(CELLS, ("JTFS", "CQT"), (False, True))
        tasks = [task for task in tasks if not table.has(**dict(zip(keys, task, strict=True)))]
        for task, rows in zip(tasks, pool.map(trained, *zip(*tasks, strict=True)), strict=True):
            print(*task, file=sys.stderr)
            table.add(rows)
    for cell in CELLS:
        if not table.has(cell=cell, input="lowest"):
            table.add(lowest(cell))


if __name__ == "__main__":
    main()

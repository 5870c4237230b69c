"""Textures of grains: their density and slope, with labels and without, SCRAPL's granular task.

    python benchmarks/granular.py

The sounds and the error are those of C. Mitcheltree, V. Lostanlen, E. Benetos and M. Lagrange,
"SCRAPL: Scattering with Random Paths for Machine Learning", ICLR, 2026, table 1. Each of 32
densities and 32 slopes has five sounds. Three fifths of these places are there to learn from, a
fifth to choose settings, and a fifth for the test. The error is the mean absolute error of a
parameter, in thousandths of its range. All of it is done for three sets of random grains.

A sound is heard by the logarithms of its path means, which are averages of JTFS over bands and
frames. They are weighted by what the draw of the grains does to them: features of sounds of one
place have a covariance near to one. From there, four ways lead to parameters:

- With labels: kernel ridge regression and local linear regression. Their settings are those with
  the lowest error on the validation fold.
- Without labels: the place whose sounds, with other grains, have the closest features in the mean.
  This mean is a polynomial of the parameters, fitted to 2048 sounds that the synthesizer makes.
- Without labels: a network that hears the same features learns to bring this distance down, for as
  many steps as the published ones, from five seeds.
- Without labels: `match` descends on the sounds themselves, for 51 sounds, from the middle. The
  features of 1 or 4 sounds with other grains are averaged.

Rows are added to `granular.csv`, one for each place of the test fold, and to
`granular_descents.csv`, and those that are there are not computed again. Features are kept in
`_build/granular`.
"""

import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import cache, partial
from itertools import product
from pathlib import Path

import numpy as np
import torch
from scipy.spatial.distance import cdist
from table import Table
from torch import nn

from chirplib import TimeFrequencyScattering, match
from chirplib.losses import NormLoss
from chirplib.regression import train
from chirplib.synths.grains import grains

N, BATCH = 2**15, 8
JTFS = dict(J=12, J_fr=3, Q=(8, 2), Q_fr=2, T=2**10, F=0, rates=(0, 128), sr=2**13, shape=N)
KEPT = Path(__file__).parents[1] / "_build" / "granular"

SIDE, SOUNDS, SETS = 32, 5, range(3)
# Folds of the places, as they are published: 0 to 2 to learn from.
VALIDATION, TEST = 3, 4
# Own sounds of the synthesizer: 8 in the middle of each of 16 x 16 cells. The polynomial has this
# degree in both parameters together.
CELLS, DRAWS, DEGREE = 16, 8, 8
# The first seed of a set, of the own sounds, and of the other grains of a descent.
FIRST, OWN, OTHER = 1_000_000, 100_000_000, 700_000_000
STEPS, NETWORKS = 19_200, range(5)
EVERY, AVERAGED = 4, (1, 4)  # place of the test, and textures of other grains, for descents


@cache
def transform():
    """JTFS, the path of each of its rows, and the number of rows of each path."""
    jtfs = TimeFrequencyScattering(**JTFS)
    labels = np.stack([jtfs.meta()[key] for key in ("order", "n2", "n_fr")])
    _, path_of, bands = np.unique(labels, axis=1, return_inverse=True, return_counts=True)
    return jtfs, torch.from_numpy(path_of), torch.from_numpy(bands)


def log_means(x):
    """Logarithm of the mean of each path, but for order 0, of sounds (..., N): (..., paths)."""
    jtfs, path_of, bands = transform()
    S = jtfs(x).mean(dim=-1)
    means = S.new_zeros(*S.shape[:-1], len(bands)).index_add(-1, path_of, S) / bands
    return means[..., 1:].log()


def textures(theta, seeds):
    """Sounds (batch, N) of parameters (batch, 2), the density and the slope, both from 0 to 1."""
    density, slope = theta.T
    return grains(2 * slope - 1, density, seeds)


def features(theta, seeds):
    torch.set_num_threads(1)
    with torch.no_grad():
        return log_means(textures(torch.from_numpy(theta).float(), seeds.tolist())).numpy()


def heard(name, theta, seeds, pool):
    """Features of many sounds, which are kept in a file from one batch to the next."""
    KEPT.mkdir(parents=True, exist_ok=True)
    path = KEPT / f"{name}.npy"
    if not path.exists():
        shape = len(theta), len(transform()[2]) - 1
        np.lib.format.open_memmap(path, "w+", np.float32, shape)[:] = np.nan
    kept = np.load(path, mmap_mode="r+")
    todo = np.flatnonzero(np.isnan(kept[:, 0]))
    batches = [todo[k : k + BATCH] for k in range(0, len(todo), BATCH)]
    found = pool.map(features, [theta[b] for b in batches], [seeds[b] for b in batches])
    for batch, values in zip(batches, found, strict=True):
        kept[batch] = values
    return np.array(kept, dtype=float)


def places():
    """Parameters (1024, 2) of all places, and the fold of each."""
    axis = np.arange(1, SIDE + 1) / (SIDE + 1)
    return np.array(list(product(axis, axis))), np.arange(SIDE**2) % 5


def weights(X, correlations=0.5):
    """Linear map after which features of one place have a covariance near to one.

    X has the features of several sounds at each place: (places, sounds, paths). By default the
    correlations are halved, as there are few sounds for so many of them.
    """
    rest = (X - X.mean(axis=1, keepdims=True)).reshape(-1, X.shape[-1])
    covariance = rest.T @ rest / (len(X) * (X.shape[1] - 1))
    covariance = correlations * covariance + (1 - correlations) * np.diag(np.diag(covariance))
    return np.linalg.inv(np.linalg.cholesky(covariance)).T


# With labels


def kernel_ridge(X, Y, X_new, width, ridge):
    """Regression by a sum of Gaussians around the known sounds."""

    def kernel(A, B):
        return np.exp(-cdist(A, B, "sqeuclidean") / (2 * width**2))

    solution = np.linalg.solve(kernel(X, X) + ridge * np.eye(len(X)), Y - 0.5)
    return kernel(X_new, X) @ solution + 0.5


def local_linear(X, Y, X_new, neighbors, components):
    """Regression by a plane through the nearest known sounds, for each new sound anew."""
    axes = np.linalg.svd(X - X.mean(axis=0), full_matrices=False)[2][:components].T
    X, found = X @ axes, []
    for x in X_new @ axes:
        squares = np.square(X - x).sum(axis=1)
        near = np.argpartition(squares, neighbors)[: neighbors + 1]
        weight = np.square(1 - squares[near] / squares[near].max())[:, None]
        plane = np.hstack([np.ones((len(near), 1)), X[near] - x])
        normal = plane.T @ (weight * plane) + np.diag([0.0] + [1.0] * components)
        found.append(np.linalg.solve(normal, plane.T @ (weight * Y[near]))[0])
    return np.array(found)


CHOICES = {
    kernel_ridge: {"width": (20, 40, 80), "ridge": (1e-3, 1e-2, 1e-1)},
    local_linear: {"neighbors": (30, 60, 120), "components": (5, 10, 20)},
}


def errors(found, truth):
    """In thousandths. Parameters outside their range count as its ends."""
    return 1000 * np.abs(np.clip(found, 0, 1) - truth)


def with_labels(X, Y, fold):
    """Errors of the test fold, by each way, at the settings that the validation fold chooses."""
    known, other = fold < VALIDATION, fold == VALIDATION
    Z = X @ weights(X[known].reshape(-1, SOUNDS, X.shape[1]))
    for way, choices in CHOICES.items():
        tried = [dict(zip(choices, values, strict=True)) for values in product(*choices.values())]
        means = [errors(way(Z[known], Y[known], Z[other], **s), Y[other]).mean() for s in tried]
        best = tried[int(np.argmin(means))]
        print(f"{way.__name__}: {best}, {min(means):.1f} on the validation fold", file=sys.stderr)
        name = way.__name__.replace("_", " ")
        yield name, errors(way(Z[known], Y[known], Z[fold == TEST], **best), Y[fold == TEST])


# Without labels


def own_places():
    """Parameters (2048, 2) of the own sounds, those of one place together."""
    axis = (np.arange(CELLS) + 0.5) / CELLS
    return np.repeat(np.array(list(product(axis, axis))), DRAWS, axis=0)


def powers(theta):
    """Products of powers of both parameters: tensors (n, 2) to (n, terms)."""
    k = torch.arange(DEGREE + 1)
    density, slope = ((2 * theta - 1)[..., None] ** k).unbind(dim=-2)
    products = density[..., :, None] * slope[..., None, :]
    return products[..., k[:, None] + k <= DEGREE]


def mean_features(X):
    """Coefficients of the polynomial of the features of the own sounds."""
    return torch.linalg.lstsq(powers(torch.from_numpy(own_places())), torch.from_numpy(X)).solution


def closest(coefficients, X):
    """Parameters of the closest mean features, on a grid of 251 x 251 of them."""
    axis = torch.linspace(0, 1, 251, dtype=torch.float64)
    grid = torch.cartesian_prod(axis, axis)
    means = (powers(grid) @ coefficients).numpy()
    squares, found = np.square(means).sum(axis=1), []
    for part in np.array_split(X, 10):
        found.append(grid.numpy()[(squares - 2 * part @ means.T).argmin(axis=1)])
    return np.concatenate(found)


def network_of(coefficients, X, fold, Y, seed):
    """Errors of the test fold, by a network that has brought the distance down for the others."""
    torch.set_num_threads(1)
    X, coefficients = torch.from_numpy(X).float(), coefficients.float()
    known, test = (torch.from_numpy(chosen) for chosen in (fold < VALIDATION, fold == TEST))
    X_known, truth = X[known], torch.logit(torch.from_numpy(Y)).float()

    def loss(u, at):
        return (powers(torch.sigmoid(u)) @ coefficients - X_known[at]).square().mean(dim=-1)

    mean, spread = X_known.mean(dim=0), X_known.std()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = nn.Sequential(
            nn.Linear(X.shape[1], 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 2)
        )
    inputs = (X - mean) / spread
    held_out = inputs[test], truth[test]  # only looked at
    train(network, inputs[known], loss, held_out, seed=seed, max_steps=STEPS, batch_size=32)
    with torch.no_grad():
        return errors(torch.sigmoid(network(inputs[test])).numpy(), Y[test.numpy()])


def without_labels(X, Y, fold, X_own, pool):
    """Errors of the test fold, by the closest mean features and by networks."""
    test, of_place = fold == TEST, X_own.reshape(-1, DRAWS, X.shape[1])
    for name, correlations in {"closest mean, no correlations": 0, "closest mean": 0.5}.items():
        W = weights(of_place, correlations)
        coefficients, Z = mean_features(X_own @ W), X @ W
        yield name, errors(closest(coefficients, Z[test]), Y[test])
    runs = pool.map(partial(network_of, coefficients, Z, fold, Y), NETWORKS)
    yield from ((f"network {seed}", found) for seed, found in zip(NETWORKS, runs, strict=True))


def descent(W, place, draws, number):
    """The row of one descent, with other grains for each sound."""
    torch.set_num_threads(1)
    W, truth = torch.from_numpy(W).float(), places()[0][place]
    y = textures(torch.from_numpy(truth[None]).float(), [FIRST + SOUNDS * place])[0]
    others = [OTHER + draws * number + k for k in range(draws)]

    def average(x):
        return (log_means(x.unflatten(-1, (draws, N))).mean(dim=-2) @ W)[..., None]

    def synth(odds):
        theta = (odds / (1 + odds)).repeat_interleave(draws, dim=0)
        return textures(theta, others * len(odds)).reshape(len(odds), -1)

    loss = NormLoss(average, p=2).to_target(y.repeat(draws))
    # In odds, no step leads out of the range.
    run = match(loss, synth, [1.0, 1.0], max_steps=20, progress=False)
    density, slope = errors(run.best / (1 + run.best), truth)
    steps = len(run.losses) - 1
    return {"place": place, "draws": draws, "density": density, "slope": slope, "steps": steps}


def main():
    spawn = multiprocessing.get_context("spawn")
    table = Table(Path(__file__).with_suffix(".csv"), "granular.py")
    descents = Table(Path(__file__).with_name("granular_descents.csv"), "granular.py")
    theta, fold = places()
    every, folds = np.repeat(theta, SOUNDS, axis=0), np.repeat(fold, SOUNDS)
    tested = np.flatnonzero(fold == TEST)
    with ProcessPoolExecutor(mp_context=spawn) as pool:
        own = own_places()
        X_own = heard("own", own, OWN + np.arange(len(own)), pool)
        for k in SETS:
            if table.has(set=k):
                continue
            X = heard(f"set{k}", every, FIRST * (k + 1) + np.arange(len(every)), pool)
            rows = [{"set": k, "place": place} for place in tested]
            for ways in (
                with_labels(X, every, folds),
                without_labels(X, every, folds, X_own, pool),
            ):
                for name, found in ways:
                    means = found.reshape(-1, SOUNDS, 2).mean(axis=1)
                    print(f"set {k}, {name}: {means.mean(axis=0).round(1)}", file=sys.stderr)
                    for row, (density, slope) in zip(rows, means, strict=True):
                        row |= {f"{name}: density": density, f"{name}: slope": slope}
            table.add(rows)
        W = weights(X_own.reshape(-1, DRAWS, X_own.shape[1]))
        tasks = [
            pool.submit(descent, W, int(place), draws, number)
            for draws in AVERAGED
            for number, place in enumerate(tested[::EVERY])
            if not descents.has(place=place, draws=draws)
        ]
        for task in as_completed(tasks):
            descents.add([task.result()])


if __name__ == "__main__":
    main()

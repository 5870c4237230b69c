"""Metrics of many sounds, kept on disk as they are computed, and gone on with where that ended."""

import importlib.metadata
import json
import os
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from chirplib._common.executors import check_executor, completed
from chirplib._common.progress import interruptible
from chirplib._common.validation import (
    as_mapping,
    check_callable,
    check_flag,
    check_instance,
    check_integer,
    check_parameters,
)
from chirplib.metric.forms import metric
from chirplib.metric.jacobians import features_and_jacobian

# Results of one machine and of another differ by no more than this.
ROUNDING = 1e-3


@dataclass(frozen=True, eq=False)
class MetricSet:
    """What `compute_metrics` has written. Arrays are read from the disk where they are indexed.

    Attributes
    ----------
    theta : Zarr array of shape (n, k)
        Parameters.
    metric : Zarr array of shape (n, k, k)
        Metric :math:`M = J^T J` at each of them; NaN where it is not computed yet.
    features : Zarr array of shape (n, features), or None
    loss : Zarr array of shape (n,), or None
    done : array of bool, of shape (n,)
        What is computed.
    settings : dict
        As given to `compute_metrics`.
    """

    theta: Any
    metric: Any
    features: Any
    loss: Any
    done: np.ndarray
    settings: dict


def compute_metrics(
    path: str | os.PathLike,
    representation: Callable,
    synth: Callable,
    theta: Tensor,
    settings: Mapping[str, Any],
    *,
    features: bool = False,
    loss: Callable | None = None,
    chunk_size: int = 32,
    executor: Executor | None = None,
) -> MetricSet:
    r"""Compute the metric at each of many parameters, and write it to a Zarr store.

    Chunks are written as they are ready, by this process, and marked when they are complete. A
    second call with the same arguments goes on where the first one ended, for whatever reason.

    Parameters
    ----------
    path : str or path
        Folder of the store. It is made, or gone on with.
    representation : callable
        Phi, from sounds of shape (batch, n) to a tensor of features (batch, ...).
    synth : callable
        g, from parameters of shape (batch, k) to sounds of shape (batch, n).
    theta : tensor of shape (n, k)
        Parameters, positive.
    settings : mapping
        What says which `representation` and `synth` these are, in values that JSON has. It is
        written to the store, and must be the same in a second call.
    features : bool, default False
        Whether to keep the features as well.
    loss : callable, optional
        Maps sounds of shape (batch, n) to values of shape (batch,) to be kept as well.
    chunk_size : int, default 32
        Number of sounds of one task and one chunk of the store.
    executor : concurrent.futures.Executor, optional
        Who computes the chunks, in one thread each: processes, or a cluster. By default, this
        process, in as many threads as PyTorch uses.

    Returns
    -------
    MetricSet
        If it is interrupted from the keyboard, what is computed so far, with a warning.

    Raises
    ------
    ValueError
        If the store is one of other arguments, of another version of this package, or of other
        functions: that is seen by a sound that is computed again. If an argument is out of range,
        or a Jacobian not finite.
    TypeError
        If an argument is of the wrong type, or `settings` hold what JSON does not have.
    ImportError
        If Zarr is missing: ``pip install chirplib[cluster]`` brings it.

    References
    ----------
    .. [1] H. Han, V. Lostanlen and M. Lagrange, "Perceptual-Neural-Physical Sound Matching",
       ICASSP, 2023.

    Examples
    --------
    >>> import tempfile
    >>> import torch
    >>> from chirplib.metric.datasets import compute_metrics
    >>> theta = torch.tensor([[1.0, 2.0], [2.0, 4.0]])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     found = compute_metrics(folder, torch.log2, lambda theta: theta, theta, {"Phi": "log"})
    ...     found.metric[0]
    array([[1., 0.],
           [0., 1.]], dtype=float32)
    """
    check_callable("representation", representation)
    check_callable("synth", synth)
    check_parameters(theta)
    check_flag("features", features)
    if loss is not None:
        check_callable("loss", loss)
    chunk_size = check_integer("chunk_size", chunk_size, low=1)
    check_executor(executor)
    theta = theta.detach().cpu()
    compute = _Chunk(representation, synth, features, loss)
    given = {
        "settings": _as_json(settings),
        "features": features,
        "loss": loss is not None,
        "chunk_size": chunk_size,
        "chirplib": importlib.metadata.version("chirplib"),
    }
    group = _opened(path, "a")
    if "given" not in group.attrs:
        _make(group, theta.numpy(), chunk_size)
        group.attrs["versions"] = {"torch": torch.__version__, "numpy": np.__version__}
        group.attrs["given"] = given  # last: a store is one from now on
    _check_same(group, given, theta, compute)
    done = group["done"][:] == 1
    chunks = [slice(k, k + chunk_size) for k in range(0, len(theta), chunk_size)]
    todo = [k for k in range(len(chunks)) if not done[k]]
    left = sum(len(theta[chunks[k]]) for k in todo)
    hint = "; call it again to go on"
    with interruptible(left, "sound", "metrics", hint=hint) as bar:
        for at, results in completed(compute, [theta[chunks[k]] for k in todo], executor):
            k = todo[at]
            for name, rows in results.items():
                if name not in group:
                    _add(group, name, len(theta), chunk_size, rows)
                group[name][chunks[k]] = rows
            group["done"][k] = 1
            bar.update(len(theta[chunks[k]]))
    return open_metrics(path)


def open_metrics(path: str | os.PathLike) -> MetricSet:
    """Open a store that `compute_metrics` has written, or is writing.

    Parameters
    ----------
    path : str or path
        Folder of the store.

    Returns
    -------
    MetricSet

    Raises
    ------
    ValueError
        If there is no such store.
    TypeError
        If `path` is not a path.
    ImportError
        If Zarr is missing.

    Examples
    --------
    >>> import tempfile
    >>> import torch
    >>> from chirplib.metric.datasets import compute_metrics, open_metrics
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = compute_metrics(folder, torch.log2, lambda t: t, torch.ones(3, 2), {})
    ...     open_metrics(folder).done
    array([ True,  True,  True])
    """
    group = _opened(path, "r")
    if "given" not in group.attrs:
        raise ValueError(f"path must be that of a store of metrics, got {os.fspath(path)!r}")
    given, theta = group.attrs["given"], group["theta"]
    done = np.repeat(group["done"][:] == 1, given["chunk_size"])[: theta.shape[0]]
    parts = {name: group.get(name) for name in ("metric", "features", "loss")}
    return MetricSet(theta=theta, done=done, settings=given["settings"], **parts)


class _Chunk:
    """Metrics, and what else is asked for, at parameters (batch, k)."""

    def __init__(self, representation, synth, features, loss):
        self.representation, self.synth = representation, synth
        self.features, self.loss = features, loss

    def __call__(self, theta):
        results = {"metric": [], "features": [], "loss": []}
        for row in theta:
            S, J = features_and_jacobian(self.representation, self.synth, row)
            results["metric"].append(metric(J[None])[0])
            if self.features:
                results["features"].append(S)
            if self.loss is not None:
                with torch.no_grad():
                    value = self.loss(self.synth(row[None]))
                check_instance("the result of loss", value, Tensor)
                if value.shape != (1,):
                    raise ValueError(
                        f"the values of loss must have shape (1,), got {tuple(value.shape)}"
                    )
                results["loss"].append(value[0])
        return {name: torch.stack(rows).numpy() for name, rows in results.items() if rows}


def _opened(path, mode):
    try:
        import zarr  # here, as it is optional
    except ImportError as error:
        raise ImportError("stores of metrics need Zarr: pip install chirplib[cluster]") from error
    if not isinstance(path, str | os.PathLike):
        raise TypeError(f"path must be a str or a path, got {path!r}")
    try:
        return zarr.open_group(path, mode=mode)
    except FileNotFoundError as error:
        raise ValueError(f"path must be that of a store, got {os.fspath(path)!r}") from error


def _make(group, theta, chunk_size):
    """Arrays of a store in which nothing is done."""
    n, k = theta.shape
    group.create_array("theta", data=theta, overwrite=True)
    n_chunks = -(-n // chunk_size)
    # One file for each mark, which so is there or not.
    group.create_array("done", shape=(n_chunks,), chunks=(1,), dtype="uint8", overwrite=True)
    _add(group, "metric", n, chunk_size, np.empty((0, k, k), theta.dtype))


def _add(group, name, n, chunk_size, rows):
    shape = rows.shape[1:]
    group.create_array(
        name,
        shape=(n, *shape),
        chunks=(chunk_size, *shape),
        dtype=rows.dtype,
        fill_value=np.nan,
        overwrite=True,
    )


def _as_json(settings):
    settings = as_mapping("settings", settings, empty=True)
    try:
        return json.loads(json.dumps(settings, allow_nan=False))
    except (TypeError, ValueError) as error:
        raise TypeError(f"settings must hold what JSON has, got {settings!r}: {error}") from None


def _check_same(group, given, theta, compute):
    """Refuse a store that is one of other arguments."""
    stored = group.attrs["given"]
    for name, value in given.items():
        if stored[name] != value:
            raise ValueError(
                f"path must be a store of the same {name}, {value!r}, got one of {stored[name]!r}"
            )
    if not np.array_equal(group["theta"][:], theta.numpy()):
        raise ValueError("path must be a store of the same theta, got one of others")
    done = np.flatnonzero(group["done"][:] == 1)
    if len(done):
        at = done[0] * given["chunk_size"]
        again = compute(theta[at : at + 1])
        for name, rows in again.items():
            before = group[name][at]
            if np.linalg.norm(rows[0] - before) > ROUNDING * np.linalg.norm(before):
                raise ValueError(
                    f"representation, synth and loss must be those of the store: its {name} at "
                    f"{theta[at].tolist()} is another"
                )

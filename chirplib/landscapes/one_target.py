"""The landscape of any loss, for one target."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from functools import partial

import numpy as np
import torch

from chirplib._common.executors import completed
from chirplib._common.progress import interruptible
from chirplib._common.validation import as_array, as_axes, check_integer
from chirplib.landscapes._checks import check_resumed
from chirplib.landscapes.result import Landscape
from chirplib.objective import Objective


def landscape(
    loss: Callable,
    synth: Callable,
    axes: Sequence,
    target: Sequence[float],
    *,
    batch_size: int = 4,
    dtype: torch.dtype = torch.float32,
    device: torch.device | str = "cpu",
    resume: Landscape | None = None,
    executor: Executor | None = None,
) -> Landscape:
    """Loss and gradient on a grid of two synthesis parameters.

    Parameters
    ----------
    loss : callable
        Maps sounds of shape (batch, n) to losses of shape (batch,).
    synth : callable
        Maps parameters of shape (batch, 2) to sounds of shape (batch, n), differentiably.
    axes : pair of arrays, of shape (n,) and (m,)
        Values of either parameter, positive and increasing.
    target : pair of float
        Parameters of the target, for the measures of the result.
    batch_size : int, default 4
        Number of sounds at a time. Memory grows with it.
    dtype : torch.dtype, default torch.float32
        Dtype of the parameters.
    device : torch.device or str, default "cpu"
        Device of the parameters.
    resume : Landscape, optional
        Result of an interrupted call with the same arguments, to go on from.
    executor : concurrent.futures.Executor, optional
        Who computes the batches, in one thread each: processes, or a cluster. By default, this
        process, in as many threads as PyTorch uses.

    Returns
    -------
    Landscape
        If it is interrupted from the keyboard, what is computed so far, with a warning.

    Raises
    ------
    ValueError
        If an axis is not positive and increasing, another argument is out of range, `loss` does
        not return one value for each sound, or a loss or gradient is not finite.
    TypeError
        If an argument is of the wrong type.

    Examples
    --------
    The loss may be any function of a sound. Here, the difference in energy:

    >>> import numpy as np
    >>> from chirplib import am_chirp, landscape
    >>> def synth(theta):
    ...     return am_chirp(512, *theta.T, sr=2048)
    >>> energy = am_chirp(512, 8.0, 1.0, sr=2048).square().sum()
    >>> axes = np.geomspace(4, 16, 5), np.geomspace(0.5, 2, 5)
    >>> surface = landscape(
    ...     lambda x: (x.square().sum(-1) - energy).abs(), synth, axes, target=(8, 1)
    ... )
    >>> surface.loss.shape, surface.minimum.round(3).tolist()
    ((5, 5), [8.0, 1.0])
    """
    axes = as_axes(axes)
    target = as_array("target", target, shape=(2,), positive=True)
    batch_size = check_integer("batch_size", batch_size, low=1)
    shape = len(axes[0]), len(axes[1])
    if resume is None:
        resume = Landscape(axes, target, np.full(shape, np.nan), np.full((*shape, 2), np.nan), 0.0)
    check_resumed(resume, axes, target)
    losses, gradients = resume.loss.copy(), resume.gradient.copy()
    grid, seconds, objective = resume.grid, [], Objective(loss, synth, dtype=dtype, device=device)
    todo = np.argwhere(np.isnan(losses))
    batches = [tuple(todo[k : k + batch_size].T) for k in range(0, len(todo), batch_size)]
    points = [grid[at] for at in batches]
    hint = "; pass the result as `resume` to go on"
    with interruptible(len(todo), "point", "landscape", hint=hint) as bar:
        for k, result in completed(partial(_evaluate, objective), points, executor):
            losses[batches[k]], gradients[batches[k]], elapsed = result
            seconds.append(elapsed / len(points[k]))
            bar.update(len(points[k]))
    return Landscape(axes, target, losses, gradients, min(seconds, default=0.0))


def _evaluate(objective, theta):
    """Losses (batch,), gradients (batch, 2), and the seconds that they took."""
    began = time.perf_counter()
    here = objective.at(theta)
    gradient = here.gradient
    elapsed = time.perf_counter() - began
    if not here.is_finite():
        raise ValueError(f"loss and its gradient must be finite, not so in {theta}")
    return here.loss.cpu().numpy(), gradient.cpu().numpy(), elapsed

"""Training of a network to match sounds, with any loss of its estimates."""

from dataclasses import dataclass, field

import numpy as np
import torch

from chirplib._progress import Budget
from chirplib._validation import check_integer, check_positive


@dataclass(frozen=True)
class Training:
    """Result of `train`.

    Attributes
    ----------
    steps : int
        Number of steps taken.
    seconds : array of shape (looks,)
        Wall seconds of training before each look at the held-out sounds.
    errors : array of shape (looks, held_out, k)
        Absolute errors of the log-parameters of the held-out sounds, in octaves.
    """

    steps: int
    seconds: np.ndarray = field(repr=False)
    errors: np.ndarray = field(repr=False)


def train(
    network, inputs, loss, held_out, *, seed, seconds=None, steps=None, batch_size=8, rate=1e-3
):
    """Train a network in place with Adam, for a number of steps or for a wall time.

    Parameters
    ----------
    network : torch.nn.Module
        Maps inputs (batch, ...) to log2-parameters (batch, k).
    inputs : tensor of shape (n, ...)
        Inputs to train with.
    loss : callable
        Maps the output (batch, k) and the indices (batch,) of the inputs to losses (batch,).
    held_out : pair of tensors, of shape (m, ...) and (m, k)
        Inputs that are not trained with, and their log2-parameters. The time for looking at them
        does not count.
    seed : int
        Seed of the order of the inputs.
    seconds, steps : optional
        See `.Budget`: exactly one of them. Interrupted, the network stays as it is by then.
    batch_size : int, default 8
        Sounds per step. An epoch leaves out what does not fill a batch.
    rate : float, default 1e-3
        Learning rate.

    Returns
    -------
    Training

    Raises
    ------
    ValueError
        If a loss is not finite, or an argument is out of range.

    Examples
    --------
    >>> import torch
    >>> from chirplib.regression_training import train
    >>> x = torch.linspace(-1, 1, 32)[:, None]
    >>> line = torch.nn.Linear(1, 1)
    >>> loss = lambda y, at: (y - 3 * x[at]).square().sum(-1)
    >>> result = train(line, x, loss, (x, 3 * x), seed=0, steps=200, rate=0.1)
    >>> bool(result.errors[-1].max() < 0.01)
    True
    """
    check_integer("batch_size", batch_size, low=1, high=len(inputs))
    check_positive("rate", rate)
    budget = Budget(seconds=seconds, steps=steps, label="training")
    optimizer = torch.optim.Adam(network.parameters(), lr=rate)
    batches = _batches(len(inputs), batch_size, torch.Generator().manual_seed(seed))
    times, errors, taken, next_look = [], [], 0, 0

    def look():
        with budget.paused(), torch.no_grad():
            times.append(budget.elapsed)
            errors.append((network(held_out[0]) - held_out[1]).abs().cpu().numpy())

    def take_step(step):
        nonlocal taken, next_look
        if step == next_look:
            look()
            next_look = max(step + 1, int(1.2 * step))
        at = next(batches)
        value = loss(network(inputs[at]), at).mean()
        if not torch.isfinite(value):
            raise ValueError(f"the loss must be finite, got {value.item()} at step {step}")
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        taken = step + 1

    budget.run(take_step)
    look()
    return Training(taken, np.array(times), np.stack(errors))


def _batches(n, batch_size, generator):
    """Yield indices of batches without end, from a new order of n inputs each time."""
    while True:
        order = torch.randperm(n, generator=generator)
        yield from order[: n // batch_size * batch_size].split(batch_size)

"""Sound matching by a network: from the constant-Q transform of a sound to its parameters."""

import itertools
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor, nn

from chirplib._common.progress import interruptible
from chirplib._common.validation import (
    as_integers,
    as_list,
    check_callable,
    check_instance,
    check_integer,
    check_number,
    check_tensor,
)


def small_network(
    low: Tensor, high: Tensor, *, seed: int, shape: Sequence[int] = (24, 513)
) -> nn.Module:
    """Convolutional network from `log_cqt` to log-parameters, with seeded weights.

    Parameters
    ----------
    low, high : tensors of shape (k,)
        Ranges of the parameters. Where the last layer is 0, the result is the middle of the
        range in octaves, and where it is 1 or -1 its ends.
    seed : int
        Seed of the initial weights.
    shape : pair of int, default (24, 513)
        Bins and frames of the inputs.

    Returns
    -------
    torch.nn.Module
        Maps (batch, bins, frames) to log2-parameters (batch, k).

    Examples
    --------
    >>> import torch
    >>> from chirplib.regression import small_network
    >>> network = small_network(torch.tensor([4.0, 0.5]), torch.tensor([16.0, 4.0]), seed=0)
    >>> network(torch.zeros(3, 24, 513)).shape
    torch.Size([3, 2])
    """
    check_tensor("low", low, ndim=1, positive=True)
    check_tensor("high", high, ndim=1, positive=True)
    if low.shape != high.shape or not (low < high).all():
        raise ValueError(f"high must be above low, got {high.tolist()} and {low.tolist()}")
    check_integer("seed", seed, low=0)
    shape = as_integers("shape", shape, low=1, count=2)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        layers = []
        for n_in, n_out in ((1, 16), (16, 32), (32, 32), (32, 32)):
            layers += [nn.Conv2d(n_in, n_out, (3, 5), stride=2, padding=(1, 2)), nn.ReLU()]
        last = nn.LazyLinear(len(low))
        network = nn.Sequential(nn.Unflatten(1, (1, -1)), *layers, nn.Flatten(), last)
        network.append(_Octaves(low, high))
        with torch.no_grad():
            network(torch.zeros(1, *shape))
    return network


class _Octaves(nn.Module):
    """Scale outputs (batch, k) of about -1 to 1 to the range of log2-parameters."""

    def __init__(self, low, high):
        super().__init__()
        low, high = torch.log2(low), torch.log2(high)
        self.register_buffer("center", (low + high) / 2)
        self.register_buffer("extent", (high - low) / 2)

    def forward(self, z):
        return self.center + self.extent * z


@dataclass(frozen=True, eq=False)
class Training:
    """Result of `train`.

    Attributes
    ----------
    steps : array of shape (looks,)
        Number of steps before each look at the held-out sounds, the last one all of them.
    seconds : array of shape (looks,)
        Wall seconds of training before each look.
    errors : array of shape (looks, held_out, k)
        Absolute errors of the log-parameters of the held-out sounds, in octaves.
    """

    steps: np.ndarray = field(repr=False)
    seconds: np.ndarray = field(repr=False)
    errors: np.ndarray = field(repr=False)


def train(
    network: nn.Module,
    inputs: Tensor,
    loss: Callable,
    held_out: tuple[Tensor, Tensor],
    *,
    seed: int,
    max_steps: int | None = None,
    max_seconds: float = math.inf,
    batch_size: int = 8,
) -> Training:
    """Train a network in place with Adam, for a number of steps or for a wall time.

    The learning rate is 0.001.

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
    max_steps : int, optional
        Number of steps; without a limit by default.
    max_seconds : float, default infinity
        Wall time of training. The step during which it is over is the last. Interrupted from the
        keyboard, the network stays as it is by then.
    batch_size : int, default 8
        Sounds per step. An epoch leaves out what does not fill a batch.

    Returns
    -------
    Training

    Raises
    ------
    ValueError
        If a loss is not finite, an argument is out of range, or there is no limit.

    Examples
    --------
    >>> import torch
    >>> from chirplib.regression import train
    >>> x = torch.linspace(-1, 1, 32)[:, None]
    >>> line = torch.nn.Linear(1, 1)
    >>> loss = lambda y, at: (y - 3 * x[at]).square().sum(-1)
    >>> result = train(line, x, loss, (x, 3 * x), seed=0, max_steps=200)
    >>> bool(result.errors[-1].mean() < result.errors[0].mean())
    True
    """
    check_instance("network", network, nn.Module)
    check_tensor("inputs", inputs)
    if not inputs.ndim or not len(inputs):
        raise ValueError(f"inputs must be of shape (n, ...), got {tuple(inputs.shape)}")
    check_callable("loss", loss)
    held_out = as_list("held_out", held_out, count=2)
    for tensor in held_out:
        check_tensor("held_out", tensor)
    check_integer("seed", seed, low=0)
    check_integer("batch_size", batch_size, low=1, high=len(inputs))
    if max_steps is not None:
        check_integer("max_steps", max_steps, low=1)
    check_number("max_seconds", max_seconds, positive=True, infinite=True)
    if max_steps is None and max_seconds == math.inf:
        raise ValueError("max_steps or max_seconds must be given, got neither")
    _check_fits(network, "inputs", inputs[:batch_size])
    _check_fits(network, "held_out", held_out[0])
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    batches = _batches(len(inputs), batch_size, torch.Generator().manual_seed(seed))
    seconds, steps, times, errors, next_look = 0.0, [], [], [], 0

    def look():
        with torch.no_grad():
            steps.append(int(bar.n))
            times.append(seconds)
            errors.append((network(held_out[0]) - held_out[1]).abs().cpu().numpy())

    with interruptible(max_steps, "step", "training") as bar:
        for step in itertools.count():
            if step == max_steps or seconds >= max_seconds:
                break
            if step == next_look:
                look()
                next_look = max(step + 1, int(1.2 * step))
            began, at = time.perf_counter(), next(batches)
            value = loss(network(inputs[at]), at)
            check_instance("the result of loss", value, Tensor)
            value = value.mean()
            if not torch.isfinite(value):
                raise ValueError(f"the loss must be finite, got {value.item()} at step {step}")
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
            seconds += time.perf_counter() - began
            bar.update()
    look()
    return Training(np.array(steps), np.array(times), np.stack(errors))


def _check_fits(network, name, inputs):
    """Refuse inputs that a network can not take."""
    try:
        with torch.no_grad():
            network(inputs)
    except (RuntimeError, IndexError) as error:
        raise ValueError(
            f"{name} must fit the network, got shape {tuple(inputs.shape)}: {error}"
        ) from None


def _batches(n, batch_size, generator):
    """Yield indices of batches without end, from a new order of n inputs each time."""
    while True:
        order = torch.randperm(n, generator=generator)
        yield from order[: n // batch_size * batch_size].split(batch_size)

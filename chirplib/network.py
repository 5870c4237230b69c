"""Sound matching by a network: from the constant-Q transform of a sound to its parameters."""

from dataclasses import dataclass, field

import librosa
import numpy as np
import torch
from torch import nn

from chirplib.budget import Budget
from chirplib.validation import check_audio, check_integer, check_positive


def log_cqt(sounds, *, sr=2**13, f_min=128.0, octaves=4, bins_per_octave=6, hop_length=64):
    """Log-magnitudes of constant-Q transforms, each relative to its loudest bin.

    Parameters
    ----------
    sounds : tensor of shape (batch, n)
        Sounds.
    sr : float, default 8192
        Sample rate in Hz.
    f_min : float, default 128.0
        Lowest frequency in Hz.
    octaves, bins_per_octave : int, default 4 and 6
        Range above `f_min`, and resolution.
    hop_length : int, default 64
        Samples from frame to frame.

    Returns
    -------
    tensor of shape (batch, octaves * bins_per_octave, frames)
        0 at the loudest bin, -1 at 50 dB below it and less, in single precision.

    Examples
    --------
    >>> import torch
    >>> from chirplib import am_chirp
    >>> from chirplib.network import log_cqt
    >>> log_cqt(am_chirp(512, torch.tensor([4.0, 8.0]), 2.0)).shape
    torch.Size([2, 24, 513])
    """
    check_audio("sounds", sounds)
    magnitudes = np.abs(
        librosa.cqt(
            sounds.detach().cpu().double().numpy(),
            sr=sr,
            hop_length=hop_length,
            fmin=f_min,
            n_bins=octaves * bins_per_octave,
            bins_per_octave=bins_per_octave,
        )
    )
    decibels = [librosa.amplitude_to_db(m, ref=np.max, top_db=50) for m in magnitudes]
    return torch.tensor(np.stack(decibels) / 50, dtype=torch.float32)


def small_network(low, high, *, seed):
    """Convolutional network from `log_cqt` to log-parameters, with seeded weights.

    Parameters
    ----------
    low, high : tensors of shape (k,)
        Ranges of the parameters. Where the last layer is 0, the result is the middle of the
        range in octaves, and where it is 1 or -1 its ends.
    seed : int
        Seed of the initial weights.

    Returns
    -------
    torch.nn.Module
        Maps (batch, bins, frames) to log2-parameters (batch, k).

    Examples
    --------
    >>> import torch
    >>> from chirplib.network import small_network
    >>> network = small_network(torch.tensor([4.0, 0.5]), torch.tensor([16.0, 4.0]), seed=0)
    >>> network(torch.zeros(3, 24, 513)).shape
    torch.Size([3, 2])
    """
    check_positive("low", low)
    check_positive("high", high)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        layers = []
        for n_in, n_out in ((1, 16), (16, 32), (32, 32), (32, 32)):
            layers += [nn.Conv2d(n_in, n_out, (3, 5), stride=2, padding=(1, 2)), nn.ReLU()]
        last = nn.LazyLinear(len(low))
        network = nn.Sequential(nn.Unflatten(1, (1, -1)), *layers, nn.Flatten(), last)
        network.append(_Octaves(low, high))
        with torch.no_grad():
            network(torch.zeros(1, 24, 513))
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
        See `Budget`: exactly one of them. Interrupted, the network stays as it is by then.
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
    >>> from chirplib.network import train
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

"""Sound matching by a network: from the constant-Q transform of a sound to its parameters."""

import librosa
import numpy as np
import torch
from torch import nn

from chirplib._validation import check_audio, check_positive


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
    >>> from chirplib.regression import log_cqt
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
    >>> from chirplib.regression import small_network
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

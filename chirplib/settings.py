"""The settings that the pages share: synthesizer, plane of parameters, target, transforms.

``CHAPTER`` is the joint time-frequency scattering transform of the chapter, for sounds of 4 s at
8192 samples per second. ``UP_TO_64`` leaves out its rates above 64 Hz. ``MATCHING`` listens to
less, for many descents, and ``SMALL`` to less again.
"""

import numpy as np
from torch import Tensor

from chirplib._common.validation import check_parameters
from chirplib.synths.chirp import am_chirp

SR = 2**13  # samples per second
LATE = 2**10  # samples by which a late target is late: an eighth of a second

# Event rate f_m in Hz, and chirp rate gamma in octaves per second.
AXES = np.geomspace(4, 16, 20), np.geomspace(0.5, 4, 20)
TARGET = float(AXES[0][10]), float(AXES[1][10])

CHAPTER = dict(J=12, J_fr=5, Q=(8, 2), Q_fr=2, T=2**12, F=0, shape=4 * SR)
UP_TO_64 = CHAPTER | dict(rates=(0, 64), sr=SR)
MATCHING = dict(J=10, J_fr=3, Q=(4, 2), T=2**12, F=0, rates=(3, 40), sr=SR, shape=4 * SR)
SMALL = MATCHING | dict(Q=(4, 1))


def synth(theta: Tensor) -> Tensor:
    """Chirps of parameters (f_m, gamma), of shape (batch, 2): sounds of shape (batch, 4 * SR).

    Examples
    --------
    >>> import torch
    >>> from chirplib.settings import synth
    >>> synth(torch.tensor([[4.0, 0.5], [8.0, 2.0]])).shape
    torch.Size([2, 32768])
    """
    check_parameters(theta, k=2)
    f_m, gamma = theta.T
    return am_chirp(512, f_m, gamma)

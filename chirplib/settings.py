"""The settings that the pages share: synthesizer, plane of parameters, target, transforms.

``CHAPTER`` is the joint time-frequency scattering transform of the chapter, for sounds of 4 s at
8192 samples per second. ``UP_TO_64`` leaves out its rates above 64 Hz. ``MATCHING`` listens to
less, for many descents, and ``SMALL`` to less again. ``PNP`` is that of perceptual-neural-physical
matching, for sounds of any length.
"""

import numpy as np
import torch
from torch import Tensor

from chirplib._common.validation import check_callable, check_integer, check_parameters
from chirplib.losses import (
    MultiscaleSpectralLoss,
    NormLoss,
    RepresentationLoss,
    TimeFrequencyScatteringLoss,
)
from chirplib.representations import MFCC, CumulativeSpectrum, MelSpectrogram, waveform
from chirplib.scattering.time import TimeScattering
from chirplib.scattering.transform import TimeFrequencyScattering
from chirplib.synths.chirp import am_chirp

SR = 2**13  # samples per second
LATE = 2**10  # samples by which a late target is late: an eighth of a second

# Modulation frequency f_m in Hz, and chirp rate gamma in octaves per second.
AXES = np.geomspace(4, 16, 20), np.geomspace(0.5, 4, 20)
TARGET = float(AXES[0][10]), float(AXES[1][10])

CHAPTER = dict(J=12, J_fr=5, Q=(8, 2), Q_fr=2, T=2**12, F=0, shape=4 * SR)
UP_TO_64 = CHAPTER | dict(rates=(0, 64), sr=SR)
MATCHING = dict(J=10, J_fr=3, Q=(4, 2), T=2**12, F=0, rates=(3, 40), sr=SR, shape=4 * SR)
SMALL = MATCHING | dict(Q=(4, 1))
PNP = dict(J=13, J_fr=5, Q=(12, 1), Q_fr=1, T="global", F=2)
TIME = dict(J=12, Q=(8, 2), T=2**12, shape=4 * SR)  # the same without log-frequency


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


def listening_devices() -> dict[str, RepresentationLoss]:
    """The losses that the book compares, by their names.

    Examples
    --------
    >>> from chirplib.settings import listening_devices
    >>> len(listening_devices())
    15
    """
    jtfs, time = TimeFrequencyScattering(**CHAPTER), TimeScattering(**TIME)
    return {
        "waveform": NormLoss(waveform, p=1),
        "MSS": MultiscaleSpectralLoss(),
        "MSS, logarithms": MultiscaleSpectralLoss(terms="logarithms"),
        "MSS, both": MultiscaleSpectralLoss(terms="both"),
        "mel": NormLoss(MelSpectrogram(SR), p=1),
        "MFCC": NormLoss(MFCC(SR), p=2),
        "transport": NormLoss(CumulativeSpectrum(), p=1),
        "time scattering": NormLoss(time, p=2),
        "time scattering, order 1": only_order(time, 1),
        "time scattering, order 2": only_order(time, 2),
        "JTFS": NormLoss(jtfs, p=2),
        "JTFS, order 1": only_order(jtfs, 1),
        "JTFS, order 2": only_order(jtfs, 2),
        "JTFS, up to 64 Hz": TimeFrequencyScatteringLoss(**UP_TO_64),
        "JTFS, small": TimeFrequencyScatteringLoss(**SMALL),
    }


def only_order(scattering: TimeFrequencyScattering | TimeScattering, order: int) -> NormLoss:
    """Euclidean distance of the coefficients of one order of a scattering transform.

    Examples
    --------
    >>> from chirplib.scattering.time import TimeScattering
    >>> from chirplib.settings import only_order, synth
    >>> import torch
    >>> loss = only_order(TimeScattering(J=12, Q=1, shape=2**15), order=1)
    >>> x, y = synth(torch.tensor([[4.0, 0.5], [8.0, 2.0]]))
    >>> bool(loss(x, x) == 0), bool(loss(x, y) > 0)
    (True, True)
    """
    check_callable("scattering", scattering)
    check_callable("scattering.meta", getattr(scattering, "meta", None))
    check_integer("order", order, low=0, high=2)
    rows = torch.from_numpy(np.flatnonzero(scattering.meta()["order"] == order))
    return NormLoss(lambda x: scattering(x).index_select(-2, rows.to(x.device)), p=2)

"""Losses: distances between the representations of two sounds."""

from chirplib.losses.distances import (
    MultiscaleSpectralLoss,
    NormLoss,
    TimeFrequencyScatteringLoss,
)
from chirplib.losses.representation_loss import LossToTarget, RepresentationLoss

__all__ = [
    "LossToTarget",
    "MultiscaleSpectralLoss",
    "NormLoss",
    "RepresentationLoss",
    "TimeFrequencyScatteringLoss",
]

"""Differentiable time-frequency analysis of chirps: synthesizer, losses, landscapes, matching."""

from chirplib.landscapes import Landscape, landscape, landscape_each
from chirplib.losses import MultiscaleSpectralLoss, TimeFrequencyScatteringLoss
from chirplib.matching import Match, match, match_each
from chirplib.representations import MultiscaleSpectrogram
from chirplib.scattering import TimeFrequencyScattering
from chirplib.synths.chirp import am_chirp

__all__ = [
    "Landscape",
    "Match",
    "MultiscaleSpectralLoss",
    "MultiscaleSpectrogram",
    "TimeFrequencyScattering",
    "TimeFrequencyScatteringLoss",
    "am_chirp",
    "landscape",
    "landscape_each",
    "match",
    "match_each",
]

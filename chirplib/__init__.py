"""Differentiable time-frequency analysis of chirps: synthesizer, losses, landscapes, figures."""

from chirplib.landscapes import Landscape, landscape
from chirplib.losses import MultiscaleSpectralLoss, TimeFrequencyScatteringLoss
from chirplib.scattering import TimeFrequencyScattering
from chirplib.spectrograms import MultiscaleSpectrogram
from chirplib.synth import am_chirp

__all__ = [
    "Landscape",
    "MultiscaleSpectralLoss",
    "MultiscaleSpectrogram",
    "TimeFrequencyScattering",
    "TimeFrequencyScatteringLoss",
    "am_chirp",
    "landscape",
]

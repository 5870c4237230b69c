"""Representations Phi, from sounds to features."""

from chirplib.representations.compression import LogCompression, path_mean
from chirplib.representations.constant_q import cqt, log_cqt
from chirplib.representations.spectrograms import (
    MFCC,
    CumulativeSpectrum,
    MelSpectrogram,
    MultiscaleSpectrogram,
    waveform,
)

__all__ = [
    "CumulativeSpectrum",
    "LogCompression",
    "MFCC",
    "MelSpectrogram",
    "MultiscaleSpectrogram",
    "cqt",
    "log_cqt",
    "path_mean",
    "waveform",
]

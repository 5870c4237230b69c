"""The spectrogram that tells where a recording is loud, and at which frequency."""

import numpy as np
import torch

from chirplib._common.validation import check_number

# Frames per second, and the number of them that a window lasts.
FRAMES, WINDOW = 128, 8


def spectrogram(name: str, x: np.ndarray, sr: float, *, pad: int = 1) -> np.ndarray:
    """Magnitudes (bins, frames), with zeros for finer bins, without that of frequency 0."""
    check_number("sr", sr, low=8 * FRAMES)
    hop = round(sr / FRAMES)
    window = WINDOW * hop
    if len(x) < window or not np.abs(x).max() > 0:
        raise ValueError(
            f"{name} must have sound and at least {window} samples, got {len(x)} samples"
        )
    scaled = torch.tensor(x / np.abs(x).max(), dtype=torch.float64)
    hann = torch.hann_window(window, dtype=torch.float64)
    z = torch.stft(
        scaled, pad * window, hop, window, hann, pad_mode="constant", return_complex=True
    )
    return z[1:].abs().numpy()

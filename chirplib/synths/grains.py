"""A granular synthesizer: many short chirps of one slope, scattered at random."""

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from chirplib._common.memory import check_memory
from chirplib._common.validation import (
    as_integers,
    check_between,
    check_devices,
    check_tensor,
)

SR = 2**13
N_SAMPLES, N_GRAINS, GRAIN = 2**15, 64, 2**12
LOWEST, HIGHEST = 256.0, 2048.0  # carrier frequencies in Hz


def grains(slope: Tensor, density: Tensor, seeds: Sequence[int]) -> Tensor:
    r"""Texture of 64 grains, which are chirps of half a second with one common slope.

    Grain :math:`k` has a carrier :math:`f_k` and an onset :math:`t_k`, both drawn at random:

    .. math::

        x(t) \propto \sum_{k=0}^{63} \frac{a_k}{\sqrt{f_k}} \, h(t - t_k)
               \sin\left(2 \pi f_k \int_{t_k}^t 2^{\gamma (t' - t_k - 1/4)} \, dt' \right)

    with a Hann window :math:`h` of half a second that begins at 0. In the middle of a grain its
    frequency is the carrier. The chirp rate is that of [1]_:

    .. math::

        \gamma = \frac{8192}{12 \cdot 256 \cdot 4} \tan\left(0.95 \, \frac{\pi}{2} \, s\right)

    octaves per second for the slope :math:`s`. The amplitudes fall from the first grain to the
    last, the later the more density :math:`d` there is:

    .. math::

        a_k \propto 1 - \sigma\left(2 (1 - d) (k - 16 d - 48 d^2)\right)

    with the logistic function :math:`\sigma`. The largest of them is 1.

    Parameters
    ----------
    slope : tensor of shape (batch,)
        From -1, steep downwards, over 0, flat, to 1, steep upwards.
    density : tensor of shape (batch,)
        From 0 to 1.
    seeds : sequence of int
        What draws the carriers, evenly in octaves from 256 to 2048 Hz, and the onsets, evenly over
        the sound, for each sound of the batch.

    Returns
    -------
    tensor of shape (batch, 2 ** 15)
        Sounds of 4 seconds at 8192 samples per second, with a Euclidean norm of 1.

    Raises
    ------
    ValueError
        If a parameter is out of range, or there is not one seed for each sound.
    TypeError
        If a parameter is not a tensor of float32 or float64.
    MemoryError
        If the sounds would take more memory than there is.

    References
    ----------
    .. [1] C. Mitcheltree, V. Lostanlen, E. Benetos and M. Lagrange, "SCRAPL: Scattering with
       Random Paths for Machine Learning", ICLR, 2026.

    Examples
    --------
    >>> import torch
    >>> from chirplib.synths.grains import grains
    >>> slope = torch.tensor([-0.5, 0.5], requires_grad=True)
    >>> x = grains(slope, torch.tensor([0.2, 0.8]), seeds=[0, 1])
    >>> x.shape
    torch.Size([2, 32768])
    """
    check_tensor("slope", slope, ndim=1)
    check_tensor("density", density, ndim=1)
    check_devices("slope and density", slope, density)
    check_between("slope", slope, -1, 1)
    check_between("density", density, 0, 1)
    batch = len(slope)
    if density.shape != slope.shape:
        raise ValueError(f"density must have {batch} entries, as slope has, got {len(density)}")
    seeds = as_integers("seeds", seeds, low=0, count=batch)
    dtype = torch.promote_types(slope.dtype, density.dtype)
    # Phases in double precision, and what a gradient needs of each grain.
    size = 64 * batch * N_GRAINS * GRAIN
    check_memory("grains", size, "take fewer sounds at a time")

    draws = np.stack([np.random.default_rng(seed).random((2, N_GRAINS)) for seed in seeds])
    draws = torch.tensor(draws, device=slope.device)
    carrier = LOWEST * (HIGHEST / LOWEST) ** draws[:, 0]
    onset = (draws[:, 1] * (N_SAMPLES - GRAIN)).long()

    t = torch.arange(GRAIN, device=slope.device) / SR
    gamma = SR / (12 * LOWEST * 4) * torch.tan(0.95 * math.pi / 2 * slope.double())
    frequency = carrier[..., None] * 2 ** (gamma[:, None, None] * (t - t[GRAIN // 2]))
    # A sum, as the closed form of the integral has no value at a slope of 0.
    phase = (2 * math.pi * (frequency.cumsum(dim=-1) / SR % 1)).to(dtype)

    k = torch.arange(N_GRAINS, device=slope.device)
    d = density.to(dtype)[:, None]
    amplitude = torch.sigmoid(2 * (1 - d) * (16 * d + 48 * d**2 - k))
    amplitude = amplitude / amplitude[:, :1] / carrier.sqrt().to(dtype)
    window = torch.hann_window(GRAIN, dtype=dtype, device=slope.device)
    each = amplitude[..., None] * window * torch.sin(phase)
    at = onset[..., None] + torch.arange(GRAIN, device=slope.device)
    x = each.new_zeros(batch, N_SAMPLES).scatter_add(1, at.flatten(1), each.flatten(1))
    return x / torch.linalg.vector_norm(x, dim=-1, keepdim=True)

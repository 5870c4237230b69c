"""The synthesizer g: a differentiable chirp, modulated in amplitude and frequency."""

import math

import numpy as np
import torch
from torch import Tensor

from chirplib._common.memory import check_memory
from chirplib._common.validation import (
    Parameter,
    broadcast_parameters,
    check_below,
    check_duration,
    check_integer,
)


def am_chirp(
    f_c: Parameter,
    f_m: Parameter,
    gamma: Parameter,
    *,
    bandwidth: Parameter = 2.0,
    duration: float = 4.0,
    sr: float = 2**13,
    shift: int = 0,
) -> Tensor:
    r"""Exponential chirp with sinusoidal amplitude modulation under a Gaussian window.

    .. math::

        x(t) = \gamma \, w_\gamma(t) \, \sin(2 \pi f_m t)
               \sin\left(\frac{2 \pi f_c}{\gamma \ln 2} (2^{\gamma t} - 1)\right),
        \qquad -\frac{D}{2} \le t < \frac{D}{2}

    The instantaneous frequency is :math:`f_c 2^{\gamma t}`. The window :math:`w_\gamma` is a
    Gaussian of standard deviation 0.1 `bandwidth` / `gamma` seconds: a faster chirp is shorter,
    and all chirps sweep the same band. All factors, the amplitude :math:`\gamma` among them,
    are differentiable. Where several parameters are tensors they broadcast together.

    Parameters
    ----------
    f_c : float or tensor of shape (...)
        Carrier frequency at t = 0, in Hz, below ``sr / 2``.
    f_m : float or tensor of shape (...)
        Modulation frequency, in Hz. The amplitude \|sin\| peaks 2 `f_m` times a second.
    gamma : float or tensor of shape (...)
        Chirp rate, in octaves per second.
    bandwidth : float or tensor of shape (...), default 2.0
        Ten standard deviations of the window, in octaves.
    duration : float, default 4.0
        Duration D of the sound, in seconds.
    sr : float, default 8192
        Sample rate, in Hz.
    shift : int, default 0
        Delay in samples; negative to advance. What leaves one end is lost and zeros enter at
        the other.

    Returns
    -------
    tensor of shape (..., duration * sr)
        The sound, in the dtype and on the device of the tensors given (default dtype if all
        parameters are numbers).

    Raises
    ------
    ValueError
        If a parameter is not positive and finite, `f_c` is not below ``sr / 2``, or the shapes
        of the parameters do not broadcast.
    TypeError
        If a parameter is neither a number nor a tensor of float32 or float64, or `shift` not an
        int.
    MemoryError
        If the sounds would take more memory than there is.

    References
    ----------
    The synthesizer is the one of [1]_, whose code detaches the factor :math:`\gamma` from the
    graph. Here it is differentiated like the rest.

    .. [1] C. Vahidi, H. Han, C. Wang, M. Lagrange, G. Fazekas and V. Lostanlen, "Mesostructures:
       Beyond Spectrogram Loss in Differentiable Time-Frequency Analysis", JAES 71(9), 2023.

    Examples
    --------
    >>> import torch
    >>> from chirplib import am_chirp
    >>> gamma = torch.tensor([0.5, 2.0], requires_grad=True)
    >>> x = am_chirp(f_c=512, f_m=4, gamma=gamma)
    >>> x.shape
    torch.Size([2, 32768])
    """
    parameters = broadcast_parameters(
        {"f_c": f_c, "f_m": f_m, "gamma": gamma, "bandwidth": bandwidth}
    )
    n = check_duration(duration, sr)
    check_below("f_c", f_c, sr / 2, "the Nyquist frequency sr / 2")
    shift = check_integer("shift", shift)

    sounds = math.prod(np.broadcast_shapes(*(p.shape for p in parameters)))
    # The time, the phase, and the factors of the equation, most of which a gradient needs again.
    size = 12 * sounds * n * parameters[0].element_size()
    check_memory("am_chirp", size, "take fewer sounds at a time, or a shorter duration")

    f_c, f_m, gamma, bandwidth = (p.unsqueeze(-1) for p in parameters)
    t = torch.arange(n, dtype=gamma.dtype, device=gamma.device) / sr - duration / 2
    octaves = gamma * t
    window = torch.exp(-0.5 * (octaves / (0.1 * bandwidth)) ** 2)
    amplitude = gamma * window * torch.sin(2 * math.pi * f_m * t)
    # expm1 keeps the digits that 2 ** octaves - 1 loses close to t = 0. Far beyond the window the
    # power would overflow, and 0 times infinity is NaN: no sound is 60 octaves above f_c.
    growth = torch.expm1(math.log(2) * octaves.clamp(max=60))
    x = amplitude * torch.sin(2 * math.pi * f_c / (gamma * math.log(2)) * growth)
    shift = max(-n, min(shift, n))
    return torch.nn.functional.pad(x, (shift, -shift))

"""The synthesizer of animals' calls: a chirp that may fall, at any time and level."""

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
)

# A frequency goes no further than this from the one in the middle, in octaves: far outside the
# window a power of it would overflow.
FARTHEST = 10.0


def call(
    f_c: Parameter,
    growth: Parameter,
    width: Parameter,
    level: Parameter,
    middle: Parameter,
    *,
    f_m: Parameter | None = None,
    duration: float = 4.0,
    sr: float = 2**13,
) -> Tensor:
    r"""Chirp under a Gaussian window, with or without bursts: all that `.am_chirp` takes as known.

    .. math::

        x(t) = a \, \exp\left(-\frac{(t - t_0)^2}{2 \sigma^2}\right) \, \sin(2 \pi f_m (t - t_0)) \,
               \sin\left(2 \pi \int_0^t f_c \, q^{s - t_0} \, ds\right), \qquad 0 \le t < D

    The frequency is multiplied by the growth :math:`q = 2^\gamma` each second, and is :math:`f_c`
    at the time :math:`t_0`. A growth below 1 is a chirp that falls, which a positive parameter
    could not say otherwise. Without `f_m` there is no factor of bursts.

    Parameters
    ----------
    f_c : float or tensor of shape (...)
        Frequency in the middle of the call, in Hz, below ``sr / 2``.
    growth : float or tensor of shape (...)
        Factor of the frequency in one second.
    width : float or tensor of shape (...)
        Standard deviation :math:`\sigma` of the window, in seconds.
    level : float or tensor of shape (...)
        Largest amplitude a.
    middle : float or tensor of shape (...)
        Time :math:`t_0` of the middle, in seconds from the start of the sound.
    f_m : float or tensor of shape (...), optional
        Modulation frequency, in Hz. Bursts come 2 `f_m` times a second, and `middle` is between
        two of them. None by default.
    duration : float, default 4.0
        Duration D of the sound, in seconds.
    sr : float, default 8192
        Sample rate, in Hz.

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
        If a parameter is neither a number nor a tensor of float32 or float64.
    MemoryError
        If the sounds would take more memory than there is.

    Examples
    --------
    A call that falls by an octave per second, and the same in bursts:

    >>> import torch
    >>> from chirplib.synths.call import call
    >>> growth = torch.tensor([0.5], requires_grad=True)
    >>> call(1000.0, growth, width=0.3, level=0.2, middle=2.0).shape
    torch.Size([1, 32768])
    >>> bursts = call(1000.0, growth, width=0.3, level=0.2, middle=2.0, f_m=4.0)
    """
    given = {"f_c": f_c, "growth": growth, "width": width, "level": level, "middle": middle}
    if f_m is not None:
        given["f_m"] = f_m
    parameters = broadcast_parameters(given)
    n = check_duration(duration, sr)
    check_below("f_c", f_c, sr / 2, "the Nyquist frequency sr / 2")
    sounds = math.prod(np.broadcast_shapes(*(p.shape for p in parameters)))
    # The phase in double precision, and the factors, most of which a gradient needs again.
    check_memory("call", 64 * sounds * n, "take fewer sounds at a time, or a shorter duration")

    f_c, growth, width, level, middle, *rest = (p.unsqueeze(-1) for p in parameters)
    dtype = f_c.dtype
    t = torch.arange(n, dtype=torch.float64, device=f_c.device) / sr - middle.double()
    octaves = (torch.log2(growth.double()) * t).clamp(-FARTHEST, FARTHEST)
    # A sum, as the closed form of the integral has no value at a growth of 1.
    frequency = f_c.double() * torch.exp2(octaves)
    turns = (frequency.cumsum(dim=-1) - frequency / 2) / sr
    x = level * torch.exp(-0.5 * (t.to(dtype) / width) ** 2)
    for rate in rest:
        x = x * torch.sin(2 * math.pi * rate * t.to(dtype))
    return x * torch.sin(2 * math.pi * (turns % 1).to(dtype))

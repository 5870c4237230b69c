"""Another synthesizer g: ripples, sinusoids whose amplitudes rise and fall as travelling waves."""

import math

import numpy as np
import torch
from torch import Tensor

from chirplib._common.derivatives import product
from chirplib._common.memory import check_memory
from chirplib._common.validation import (
    Parameter,
    broadcast_parameters,
    check_below,
    check_duration,
    check_integer,
    check_number,
)


def ripple(
    w: Parameter,
    Omega: Parameter,
    delta: Parameter,
    *,
    f_min: float = 128.0,
    octaves: float = 4.0,
    n_partials: int = 40,
    duration: float = 4.0,
    sr: float = 2**13,
    seed: int = 0,
) -> Tensor:
    r"""Sum of sinusoids of random phase, with an envelope that travels along log-frequency.

    .. math::

        x(t) = \frac{1}{\sqrt{I}} \sum_{i=1}^{I}
               \big( 1 + \delta \sin(2 \pi (w t + \Omega o_i)) \big)
               \sin(2 \pi f_i t + \varphi_i), \qquad 0 \le t < D

    The I frequencies :math:`f_i = f_{\min} 2^{o_i}` are spaced evenly in octaves
    :math:`o_i` above the lowest, and their phases :math:`\varphi_i` are drawn at random. In a
    spectrogram, the crests of the envelope are parallel lines. They pass :math:`w` times a
    second, :math:`\Omega` of them lie in an octave, and they go down in frequency, by
    :math:`w / \Omega` octaves per second.

    Parameters
    ----------
    w : float or tensor of shape (...)
        Velocity: crests per second, in Hz.
    Omega : float or tensor of shape (...)
        Density: crests per octave. Half the number of sinusoids per octave or more makes
        aliases.
    delta : float or tensor of shape (...)
        Depth of the modulation, without unit: 1 lets the amplitudes go down to 0.
    f_min : float, default 128.0
        Lowest frequency, in Hz.
    octaves : float, default 4.0
        Distance of the highest frequency from the lowest, which must be below ``sr / 2``.
    n_partials : int, default 40
        Number I of sinusoids, at least 2.
    duration : float, default 4.0
        Duration D of the sound, in seconds.
    sr : float, default 8192
        Sample rate, in Hz.
    seed : int, default 0
        Seed of the phases.

    Returns
    -------
    tensor of shape (..., duration * sr)
        The sound, in the dtype and on the device of the tensors given (default dtype if all
        parameters are numbers).

    Raises
    ------
    ValueError
        If a parameter is not positive and finite, the highest frequency is not below ``sr / 2``,
        or the shapes of the parameters do not broadcast.
    TypeError
        If a parameter is neither a number nor a tensor of float32 or float64, or `n_partials` or
        `seed` not an int.
    MemoryError
        If the sinusoids would take more memory than there is.

    References
    ----------
    .. [1] N. Kowalski, D. A. Depireux and S. A. Shamma, "Analysis of dynamic spectra in ferret
       primary auditory cortex. I. Characteristics of single-unit responses to moving ripple
       spectra", Journal of Neurophysiology 76(5), 1996.

    Examples
    --------
    >>> import torch
    >>> from chirplib.synths.ripple import ripple
    >>> w = torch.tensor([4.0, 8.0], requires_grad=True)
    >>> ripple(w, Omega=1.0, delta=0.9).shape
    torch.Size([2, 32768])
    """
    parameters = broadcast_parameters({"w": w, "Omega": Omega, "delta": delta})
    n = check_duration(duration, sr)
    check_number("f_min", f_min, positive=True)
    check_number("octaves", octaves, positive=True)
    n_partials = check_integer("n_partials", n_partials, low=2)
    seed = check_integer("seed", seed, low=0)
    highest = f_min * 2.0 ** min(octaves, 60)  # a larger power may overflow
    check_below("f_min * 2 ** octaves", highest, sr / 2, "the Nyquist frequency sr / 2")

    sounds = math.prod(np.broadcast_shapes(*(p.shape for p in parameters)))
    size = n * (4 * 8 * n_partials + 12 * sounds * parameters[0].element_size())
    check_memory("ripple", size, "take fewer sounds at a time, fewer partials or less duration")

    # Axes (..., partials, time): a sine of a sum is split, so that the large array of carriers
    # is computed once and for all sounds of a batch.
    w, Omega, delta = (p.unsqueeze(-1) for p in parameters)
    t = torch.arange(n, dtype=torch.float64) / sr
    x = torch.linspace(0, octaves, n_partials, dtype=torch.float64)[:, None]
    phases = np.random.default_rng(seed).uniform(0, 2 * math.pi, (n_partials, 1))
    carriers = (
        torch.sin(2 * math.pi * f_min * 2**x * t + torch.from_numpy(phases)).to(w) / n_partials**0.5
    )
    t, x = t.to(w), x[:, 0].to(w)

    # sin(a + b) = sin a cos b + cos a sin b, where a depends on time and b on the partial.
    in_time, in_octaves = 2 * math.pi * w * t, 2 * math.pi * Omega * x
    return carriers.sum(dim=0) + delta * (
        torch.sin(in_time) * product(torch.cos(in_octaves), carriers)
        + torch.cos(in_time) * product(torch.sin(in_octaves), carriers)
    )

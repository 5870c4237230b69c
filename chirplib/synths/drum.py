"""The synthesizer of a physical model: a rectangular drum."""

import math

import torch
from torch import Tensor

from chirplib._common.derivatives import product
from chirplib._common.memory import check_memory
from chirplib._common.validation import (
    Parameter,
    broadcast_parameters,
    check_below,
    check_duration,
    check_tensor,
)

# Modes in either direction, and where on the membrane it is struck and heard, in parts of a side.
N_MODES, POSITION = 10, 0.4
# Modes fade out from this part of the Nyquist frequency on.
FADE = 0.9
# A membrane that is narrower would have frequencies beyond double precision.
NARROWEST = 1e-6


def drum(
    omega: Parameter,
    tau: Parameter,
    p: Parameter,
    D: Parameter,
    alpha: Parameter,
    *,
    duration: float = 2**16 / 22050,
    sr: float = 22050.0,
) -> Tensor:
    r"""Rectangular membrane with stiffness and damping, struck once and heard at the same point.

    The modes of a membrane whose sides have the ratio :math:`\alpha` vibrate and decay each on its
    own. With :math:`b = \alpha + 1 / \alpha` and :math:`e = \alpha (m_1^2 - 1) + (m_2^2 - 1) /
    \alpha`, which is 0 for the first of them, mode :math:`(m_1, m_2)` has the decay and the
    frequency

    .. math::

        s = \frac{1 + p e}{\tau}, \qquad
        w^2 = \omega^2 \left(1 + \frac{e}{b}\right) \left(1 + D^2 b e\right)
              + \frac{e}{b} \left(\frac{1 - p b}{\tau}\right)^2

    and the sound is, for :math:`t \ge 0`, and scaled to a peak of 1,

    .. math::

        x(t) = \sum_{m_1, m_2 = 1}^{10} \sin^2(0.4 \pi m_1) \sin^2(0.4 \pi m_2)
               \, e^{-s t} \, \frac{\sin w t}{w}

    Modes fade out between 0.9 times the Nyquist frequency and the Nyquist frequency, so that the
    sound has a continuous derivative where a mode leaves the band. (The code that goes with [2]_
    leaves out whole rows of modes instead, with a jump.)

    Parameters
    ----------
    omega : float or tensor of shape (...)
        Angular frequency of mode (1, 1) in rad/s, below 0.9 times that of Nyquist. In [2]_, from
        10 ** 2.4 to 10 ** 3.8.
    tau : float or tensor of shape (...)
        Time in seconds in which mode (1, 1) decays by a factor e. In [2]_, from 0.07 to 0.8.
    p : float or tensor of shape (...)
        How much faster higher modes decay. In [2]_, from 10 ** -5 to 10 ** -0.7.
    D : float or tensor of shape (...)
        Dispersion: how much stiffness raises the frequencies of higher modes. In [2]_, from
        10 ** -5 to 10 ** -0.5.
    alpha : float or tensor of shape (...)
        Ratio of the sides, above 1e-6. In [2]_, from 0 to 1. The narrower the membrane, the
        fewer modes are in the band: in the end, those along its length.
    duration : float, default 2 ** 16 / 22050
        Duration of the sound, in seconds.
    sr : float, default 22050
        Sample rate, in Hz.

    Returns
    -------
    tensor of shape (..., duration * sr)
        The sound, in the dtype and on the device of the tensors given (default dtype if all
        parameters are numbers).

    Raises
    ------
    ValueError
        If a parameter is not positive and finite, `omega` is too high or `alpha` too small, a
        frequency is beyond double precision, or the shapes of the parameters do not broadcast.
    TypeError
        If a parameter is neither a number nor a tensor of float32 or float64.
    MemoryError
        If the sounds would take more memory than there is.

    Notes
    -----
    The equation of motion is that of the functional transformation method [1]_, with stiffness and
    tension written in terms of :math:`\omega, \tau, p, D, \alpha` as in [2]_. Put together, its
    coefficients leave what stands above, in which nothing cancels where :math:`\alpha` is small.

    References
    ----------
    .. [1] L. Trautmann and R. Rabenstein, "Digital Sound Synthesis by Physical Modeling Using the
       Functional Transformation Method", Springer, 2003.
    .. [2] H. Han, V. Lostanlen and M. Lagrange, "Learning to Solve Inverse Problems for Perceptual
       Sound Matching", IEEE/ACM Transactions on Audio, Speech, and Language Processing 32, 2024.

    Examples
    --------
    >>> import torch
    >>> from chirplib.synths.drum import drum
    >>> tau = torch.tensor([0.1, 0.4], requires_grad=True)
    >>> x = drum(omega=1000, tau=tau, p=0.01, D=0.01, alpha=0.8)
    >>> x.shape
    torch.Size([2, 65536])
    """
    parameters = broadcast_parameters({"omega": omega, "tau": tau, "p": p, "D": D, "alpha": alpha})
    n = check_duration(duration, sr)
    nyquist = math.pi * sr
    check_below("omega", omega, FADE * nyquist, f"{FADE} times the angular Nyquist frequency")
    dtype = parameters[0].dtype
    parameters = torch.broadcast_tensors(*parameters)
    # The sound and its scaled copy, and the factors of the product.
    size = (3 * n + 12 * N_MODES**2 * math.sqrt(n)) * parameters[0].numel() * dtype.itemsize
    check_memory("drum", size, "take fewer sounds at a time, or a shorter duration")

    # Phases of seconds need the digits of double precision; there are few of them.
    omega, tau, p, D, alpha = (one.double().unsqueeze(-1) for one in parameters)
    check_below("1 / alpha", 1 / alpha, 1 / NARROWEST, "a membrane is no narrower")
    m = torch.arange(1, N_MODES + 1, dtype=alpha.dtype, device=alpha.device)
    m1, m2 = torch.cartesian_prod(m, m).mT
    b, e = alpha + 1 / alpha, alpha * (m1**2 - 1) + (m2**2 - 1) / alpha
    decay = (1 + p * e) / tau
    square = omega**2 * (1 + e / b) * (1 + D**2 * b * e) + e / b * ((1 - p * b) / tau) ** 2
    check_tensor("the squared frequency of omega, tau, p, D and alpha", square, positive=True)
    frequency = square.sqrt()
    beyond = ((frequency / nyquist - FADE) / (1 - FADE)).clamp(0, 1)
    shape = (torch.sin(POSITION * math.pi * m1) * torch.sin(POSITION * math.pi * m2)) ** 2
    amplitude = shape * (1 + torch.cos(math.pi * beyond)) / 2 / frequency

    # A time is a coarse one and a fine one, whose phases add up. So the sine of their sum is a
    # product of two matrices, and the sines and exponentials are few.
    fine = math.isqrt(n - 1) + 1
    re1, im1 = _oscillate(decay, frequency, torch.arange(0, n, fine).to(alpha) / sr)
    re2, im2 = _oscillate(decay, frequency, torch.arange(fine).to(alpha) / sr)
    coarse = torch.cat([im1, re1], dim=-2) * torch.cat([amplitude] * 2, dim=-1).unsqueeze(-1)
    x = product(coarse.mT.to(dtype), torch.cat([re2, im2], dim=-2).to(dtype))
    x = x.flatten(-2)[..., :n]
    return x / x.abs().amax(dim=-1, keepdim=True)


def _oscillate(decay, frequency, t):
    """Real and imaginary parts (..., modes, time) of decaying oscillations."""
    envelope = torch.exp(-decay.unsqueeze(-1) * t)
    phase = frequency.unsqueeze(-1) * t
    return envelope * torch.cos(phase), envelope * torch.sin(phase)

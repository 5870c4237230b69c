"""A filter of rate, scale and spin, and what it makes of a scalogram: for pictures."""

import numpy as np
import torch
from torch import Tensor

from chirplib._common.validation import check_audio, check_instance, check_integer
from chirplib.scattering.filters import Subbands
from chirplib.scattering.level import at_unit_level
from chirplib.scattering.modulus import modulus
from chirplib.scattering.network import Backend
from chirplib.scattering.transform import TimeFrequencyScattering
from chirplib.scattering.wavelets import convolution_matrix


def filter_response(
    jtfs: TimeFrequencyScattering, x: Tensor, n2: int, n_fr: int
) -> tuple[Tensor, int]:
    r"""Response of one joint filter at each band and time, before modulus and average.

    It is :math:`U_1 * (\psi_\mu \otimes \psi_{\ell, s})`. The transform averages its modulus, and
    has rows only where bands are needed.

    Parameters
    ----------
    jtfs : TimeFrequencyScattering
    x : tensor of shape (..., N)
        Sounds.
    n2 : int
        Index in ``jtfs.psi2`` of the wavelet along time, of one that `jtfs` has rows of.
    n_fr : int
        Index in ``jtfs.psi_fr`` of the filter along log-frequency.

    Returns
    -------
    response : tensor of shape (..., bands, frames), complex
        Bands are the first ones of the scalogram: those faster than the wavelet.
    hop : int
        Samples between frames.

    Raises
    ------
    ValueError
        If an index is not that of a filter of `jtfs`, or `x` is not finite or not of length N.
    TypeError
        If an index is not an int, or `x` not a tensor of floats.

    Examples
    --------
    The filter of 11 Hz and 1.4 ripples per octave that hears what rises:

    >>> import torch
    >>> from chirplib import TimeFrequencyScattering, am_chirp
    >>> from chirplib.scattering.responses import filter_response
    >>> jtfs = TimeFrequencyScattering(J=10, J_fr=3, Q=(8, 1), F=0, shape=2**13)
    >>> x = am_chirp(512.0, 4.0, 1.0, duration=1.0)
    >>> up, hop = filter_response(jtfs, x, n2=8, n_fr=2)
    >>> up.shape, hop
    (torch.Size([50, 128]), 64)
    """
    joints, n_fr = _joints(jtfs, n2, n_fr)
    check_audio("x", x, length=jtfs.n_samples)
    network = jtfs.network.with_wavelet(joints[n2])
    joint = network.joints[1]
    bands, hop = joint.filters.bands, jtfs.time.n_padded // joint.average.shape[0]
    psi = convolution_matrix(jtfs.psi_fr[n_fr].fourier(jtfs.padded_bands), 1, bands, bands)
    start = jtfs.time.pad_left // hop
    frames = slice(start, start + -(-jtfs.n_samples // hop))

    def respond(sounds):
        kept = []

        def keep(k, y):
            kept.append(y)
            return y.real.new_zeros(len(y), 2, 0, joint.average.shape[1])

        backend = Backend(map, Subbands.pass_bins, lambda k, y: modulus(y), keep)
        network.propagate(jtfs.time.pad(sounds), backend)
        y = kept[1][..., frames]
        return torch.from_numpy(psi).to(y.device, y.dtype) @ y / hop

    return at_unit_level(respond, x), hop


def filter_picture(jtfs: TimeFrequencyScattering, n2: int, n_fr: int) -> Tensor:
    r"""A joint filter itself: what it answers to a single point of a scalogram, in the middle.

    It is :math:`\psi_\mu \otimes \psi_{\ell, s}`, with the middle of either filter in the middle
    of the bands and frames.

    Parameters
    ----------
    jtfs, n2, n_fr
        As in `filter_response`.

    Returns
    -------
    tensor of shape (bands, frames), complex
        Bands and frames are those of `filter_response`.

    Raises
    ------
    ValueError
        If an index is not that of a filter of `jtfs`.
    TypeError
        If an index is not an int.

    Examples
    --------
    >>> from chirplib import TimeFrequencyScattering
    >>> from chirplib.scattering.responses import filter_picture
    >>> jtfs = TimeFrequencyScattering(J=10, J_fr=3, Q=(8, 1), F=0, shape=2**13)
    >>> filter_picture(jtfs, n2=8, n_fr=2).shape
    torch.Size([50, 128])
    """
    joints, n_fr = _joints(jtfs, n2, n_fr)
    joint = jtfs.network.joints[joints[n2]]
    bands, hop = joint.filters.bands, jtfs.time.n_padded // joint.average.shape[0]
    frames = -(-jtfs.n_samples // hop)
    along_time = np.fft.ifft(jtfs.psi2[n2].fourier(jtfs.time.n_padded))[::hop] * hop
    along_bands = np.fft.ifft(jtfs.psi_fr[n_fr].fourier(jtfs.padded_bands))
    # The middle of a filter is its first sample, as in a circular convolution.
    rows = np.arange(bands) - bands // 2
    columns = np.arange(frames) - frames // 2
    return torch.from_numpy(np.outer(along_bands[rows], along_time[columns]))


def _joints(jtfs, n2, n_fr):
    """Places of the wavelets along time that `jtfs` has rows of, and `n_fr`, once checked."""
    check_instance("jtfs", jtfs, TimeFrequencyScattering)
    joints = {joint.n2: k for k, joint in enumerate(jtfs.network.joints) if k}
    if check_integer("n2", n2) not in joints:
        raise ValueError(f"n2 must be one of {sorted(joints)}, got {n2}")
    return joints, check_integer("n_fr", n_fr, low=0, high=len(jtfs.psi_fr) - 1)

"""The scattering transform as its equations say it: one path after the other, in NumPy.

An oracle for the tests. It shares the filters with `chirplib`, and nothing else: convolutions are
products of full spectra, subsampling is slicing, and each average is a convolution. Tangents go
along with the sound through each step, so that there is no step size to choose.
"""

import functools
import math

import numpy as np

from chirplib.scattering.wavelets import (
    lowpass,
    padded_length,
    periodized,
    spinned_bank,
    wavelet_bank,
)


@functools.lru_cache(1000)
def spectrum(psi, n, level):
    return periodized(psi.fourier(n), level)


def convolve(x, psi, level=0):
    """Circular convolution along the last axis, of a signal subsampled by 2 ** level."""
    return np.fft.ifft(np.fft.fft(x) * spectrum(psi, x.shape[-1] << level, level))


def convolve_bands(x, psi, level=0):
    """The same along the axis before the last."""
    return convolve(x.swapaxes(-1, -2), psi, level).swapaxes(-1, -2)


@functools.lru_cache(1000)
def silent(psi, bands, padded, stride):
    """Whether a filter hears nothing of the bands that there are, where its rows stand."""
    norms = np.linalg.norm(convolve(np.eye(bands, padded), psi)[:, ::stride], axis=0)
    return norms <= 1e-7 * norms.max()


def modulus(z):
    """Modulus of z[0], and its derivatives along z[1:], which are 0 where it is 0."""
    u = np.abs(z[:1])
    phase = np.divide(z[:1], u, out=np.zeros_like(z[:1]), where=u > 0)
    return np.concatenate([u, (phase.conj() * z[1:]).real])


def reference_jtfs(
    x,
    J,
    J_fr,
    Q,
    T=None,
    Q_fr=1,
    F=None,
    format="time",
    rates=None,
    scales=None,
    sr=None,
    directions=(),
):
    """Rows (C, frames) of a sound x (N,), or (C, bins, frames) for format 'joint'.

    With directions, each (N,): the rows, and after them the tangents along each, as one array.
    """
    local, local_fr = T != "global", F not in (0, "global")
    T = T if isinstance(T, int) else 2**J
    F_bands = F if isinstance(F, int) and F > 0 else 2**J_fr
    phi, phi_fr = lowpass(T), lowpass(F_bands)
    psi1, psi2, psi_fr = wavelet_bank(J, Q[0]), wavelet_bank(J, Q[1]), spinned_bank(J_fr, Q_fr)
    n = len(x)
    padded = padded_length(n, T)
    left = (padded - n) // 2
    x = np.stack([x, *directions])
    x = np.pad(x, ((0, 0), (left, padded - n - left)), mode="reflect")
    bands_padded = ((J + 1) * Q[0] + 8 * min(F_bands, 2**J_fr)) // 2**J_fr * 2**J_fr
    if bands_padded % 2**phi_fr.j:
        raise ValueError("a circle of bands that is not a multiple of the subsampling")
    frames = slice(math.ceil(left / 2**phi.j), math.ceil((left + n) / 2**phi.j))

    def low_pass(u, level):
        return convolve(u, phi, level).real[..., :: 2 ** (phi.j - level)]

    def average(u, level):
        return low_pass(u, level)[..., frames] if local else u.sum(axis=-1, keepdims=True)

    def joint(y, spins, finish):
        """Rows of subbands y (..., bands, time)."""
        bands = y.shape[-2]
        y = np.pad(y, ((0, 0), (0, bands_padded - bands), (0, 0)))
        rows = []
        for psi in spins:
            j = min(psi.j, phi_fr.j) if local_fr else psi.j
            u = finish(modulus(convolve_bands(y, psi)[..., :: 2**j, :]))
            stride = 2**psi.j
            if F != 0 and psi.xi != 0:
                u[..., silent(psi, bands, bands_padded, 2**j), :] = 0
                if local_fr:
                    u = convolve_bands(u, phi_fr, j).real[..., :: 2 ** (phi_fr.j - j), :]
                    stride = 2**phi_fr.j
                else:
                    u, stride = u.sum(axis=-2, keepdims=True), bands
            rows.append(u if format == "joint" else u[..., : math.ceil(bands / stride), :])
        return rows

    levels = [min(psi.j, phi.j) for psi in psi1]
    U1 = [modulus(convolve(x, psi))[..., :: 2**k] for psi, k in zip(psi1, levels, strict=True)]
    S1 = np.stack([low_pass(u, k) for u, k in zip(U1, levels, strict=True)], axis=-2)
    S1 = S1[..., frames] if local else S1
    rows = [] if format == "joint" else [average(x, 0)[..., None, :]]
    finish = (lambda u: u) if local else (lambda u: u.sum(axis=-1, keepdims=True))
    rows += joint(S1, [psi for psi in psi_fr if psi.xi >= 0], finish)
    low, high = (0, math.inf) if scales is None else scales
    spins = [psi for psi in psi_fr if low <= abs(psi.xi) * Q[0] <= high]
    low, high = (0, math.inf) if rates is None else rates
    for psi in psi2:
        if not low <= psi.xi * (sr or 1) <= high:
            continue
        level = min(psi.j, phi.j)
        Y2 = [
            convolve(u, psi, k)[..., :: 2 ** (level - k)]
            for u, k, first in zip(U1, levels, psi1, strict=True)
            if first.j < psi.j
        ]
        if Y2:
            Y2 = np.stack(Y2, axis=-2)
            rows += joint(Y2, spins, lambda u, level=level: average(u, level))
    S = np.stack(rows, axis=1) if format == "joint" else np.concatenate(rows, axis=-2)
    return S if len(directions) else S[0]

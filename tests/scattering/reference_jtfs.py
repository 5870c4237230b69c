"""The scattering transform as its equations say it: one path after the other, in NumPy.

An oracle for the tests. It shares the filters with `chirplib`, and nothing else: convolutions are
products of full spectra, subsampling is slicing, and each average is a convolution.
"""

import math

import numpy as np

from chirplib.scattering.wavelets import (
    lowpass,
    padded_length,
    periodized,
    spinned_bank,
    wavelet_bank,
)


def convolve(x, psi, level=0):
    """Circular convolution along the last axis, of a signal subsampled by 2 ** level."""
    h = periodized(psi.fourier(x.shape[-1] << level), level)
    return np.fft.ifft(np.fft.fft(x) * h)


def reference_jtfs(x, J, J_fr, Q, T=None, Q_fr=1, F=None):
    """Rows (C, frames) of a sound x (N,), for format 'time'."""
    local, local_fr = T != "global", F not in (0, "global")
    T = T if isinstance(T, int) else 2**J
    F_bands = F if isinstance(F, int) and F > 0 else 2**J_fr
    phi, phi_fr = lowpass(T), lowpass(F_bands)
    psi1, psi2, psi_fr = wavelet_bank(J, Q[0]), wavelet_bank(J, Q[1]), spinned_bank(J_fr, Q_fr)
    n = len(x)
    padded = padded_length(n, T)
    left = (padded - n) // 2
    x = np.pad(x, (left, padded - n - left), mode="reflect")
    bands_padded = ((J + 1) * Q[0] + 8 * min(F_bands, 2**J_fr)) // 2**J_fr * 2**J_fr
    frames = slice(math.ceil(left / 2**phi.j), math.ceil((left + n) / 2**phi.j))

    def low_pass(u, level):
        return convolve(u, phi, level).real[..., :: 2 ** (phi.j - level)]

    def average(u, level):
        return low_pass(u, level)[..., frames] if local else u.sum(axis=-1, keepdims=True)

    def joint(y, spins, finish):
        """Rows of subbands y (bands, time)."""
        bands = len(y)
        y = np.pad(y, ((0, bands_padded - bands), (0, 0)))
        rows = []
        for psi in spins:
            j = min(psi.j, phi_fr.j) if local_fr else psi.j
            u = finish(np.abs(convolve(y.T, psi).T[:: 2**j]))
            stride = 2**psi.j
            if F != 0 and psi.xi != 0:
                if local_fr:
                    u = convolve(u.T, phi_fr, j).T.real[:: 2 ** (phi_fr.j - j)]
                    stride = 2**phi_fr.j
                else:
                    u, stride = u.sum(axis=0, keepdims=True), bands
            rows.append(u[: math.ceil(bands / stride)])
        return rows

    levels = [min(psi.j, phi.j) for psi in psi1]
    U1 = [np.abs(convolve(x, psi))[:: 2**k] for psi, k in zip(psi1, levels, strict=True)]
    S1 = np.stack([low_pass(u, k) for u, k in zip(U1, levels, strict=True)])
    S1 = S1[:, frames] if local else S1
    rows = [average(x, 0)[None]]
    finish = (lambda u: u) if local else (lambda u: u.sum(axis=-1, keepdims=True))
    rows += joint(S1, [psi for psi in psi_fr if psi.xi >= 0], finish)
    for psi in psi2:
        level = min(psi.j, phi.j)
        Y2 = [
            convolve(u, psi, k)[:: 2 ** (level - k)]
            for u, k, first in zip(U1, levels, psi1, strict=True)
            if first.j < psi.j
        ]
        if Y2:
            rows += joint(np.stack(Y2), psi_fr, lambda u, level=level: average(u, level))
    return np.concatenate(rows)

"""The simple steps of the scattering transform on a processor, compiled by Numba.

`.Subbands.pass_bins` and `.modulus`, with their gradients and tangents: one pass over the numbers
each. The functions map PyTorch's tensors, of a processor, to tensors.
"""

import numba
import numpy as np
import torch

# Numbers may be rounded as one multiplication and addition, and quotients as products. What is
# compiled is kept on disk for each file that changes: after a change here, delete __pycache__.
compiled = numba.njit(nogil=True, cache=True, error_model="numpy", fastmath={"contract", "arcp"})


def pass_bins(half, above, below, n_out):
    """`.Subbands.pass_bins`: spectra (batch, bands, n_out), from bins (batch, bands, bins).

    `above` and `below`, (wavelets, bins), are what the wavelets pass of either side.
    """
    bands = max(half.shape[1], len(above))
    spectra = half.new_empty(len(half), bands, n_out)
    for source, target in zip(half.numpy(), spectra.numpy()):
        _pass_bins(source, above.numpy(), below.numpy(), target)
    return spectra


def pass_bins_adjoint(spectra, above, below, bins):
    """Adjoint of `pass_bins`: bins (batch, bands, bins), of one band if each has its wavelet."""
    half = spectra.new_zeros(len(spectra), 1 if len(above) > 1 else spectra.shape[1], bins)
    for source, target in zip(spectra.numpy(), half.numpy()):
        _pass_bins_adjoint(source, above.numpy(), below.numpy(), target)
    return half


def modulus(y):
    """Modulus (...) of a complex tensor (...)."""
    u = y.real.new_empty(y.shape)
    _modulus(parts_of(y).reshape(-1, 2), u.numpy().reshape(-1))
    return u


def modulus_gradient(d_u, y):
    """Gradient (...) in y, from that in the modulus (...)."""
    d_y = y.new_empty(y.shape)
    d_u = d_u.contiguous().numpy().reshape(-1)
    _modulus_gradient(parts_of(y).reshape(-1, 2), d_u, parts_of(d_y).reshape(-1, 2))
    return d_y


def modulus_tangents(d_y, y):
    """Tangents (columns * batch, ...) of the modulus, from those of y (batch, ...)."""
    d_u = d_y.real.new_empty(d_y.shape)
    parts, rows = parts_of(y).reshape(-1, 2), d_u.numpy().reshape(-1, y.numel())
    for d_parts, row in zip(parts_of(d_y).reshape(len(rows), -1, 2), rows):
        _modulus_tangent(parts, d_parts, row)
    return d_u


def parts_of(y):
    """Real and imaginary parts, as an array (..., 2) of the same memory."""
    return torch.view_as_real(y.resolve_conj().contiguous()).numpy()


@compiled
def _pass_bins(half, above, below, spectra):
    (m, k), n = (above.shape[1], below.shape[1]), spectra.shape[1]
    for band in range(len(spectra)):
        source, target = half[min(band, len(half) - 1)], spectra[band]
        up, down = above[min(band, len(above) - 1)], below[min(band, len(below) - 1)]
        for i in range(m):
            target[i] = up[i] * source[i]
        target[m:] = 0
        for i in range(k):
            target[n - 1 - i] += down[i] * np.conj(source[1 + i])


@compiled
def _pass_bins_adjoint(spectra, above, below, half):
    (m, k), n = (above.shape[1], below.shape[1]), spectra.shape[1]
    for band in range(len(spectra)):
        source, target = spectra[band], half[min(band, len(half) - 1)]
        up, down = above[min(band, len(above) - 1)], below[min(band, len(below) - 1)]
        for i in range(m):
            target[i] += up[i] * source[i]
        for i in range(k):
            target[1 + i] += down[i] * np.conj(source[n - 1 - i])


@compiled
def _modulus(y, u):
    for t in range(len(u)):
        re, im = y[t, 0], y[t, 1]
        u[t] = np.sqrt(re * re + im * im)


# Where the square of a modulus underflows, its derivatives go to 0, rather than divide by 0. The
# quotient of a number and the modulus comes first, as that of a gradient could overflow.
@compiled
def _modulus_gradient(y, d_u, d_y):
    tiny = np.finfo(d_u.dtype).tiny
    for t in range(len(d_u)):
        re, im = y[t, 0], y[t, 1]
        u = np.sqrt(re * re + im * im + tiny)
        d_y[t, 0], d_y[t, 1] = d_u[t] * (re / u), d_u[t] * (im / u)


@compiled
def _modulus_tangent(y, d_y, d_u):
    tiny = np.finfo(d_u.dtype).tiny
    for t in range(len(d_u)):
        re, im = y[t, 0], y[t, 1]
        d_u[t] = (re * d_y[t, 0] + im * d_y[t, 1]) / np.sqrt(re * re + im * im + tiny)

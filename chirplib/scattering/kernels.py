r"""The steps of the scattering network in compiled loops, where the transform spends its time.

The simple steps come first: one pass over the numbers each. The *joint modulus* takes most of the
time. A filter :math:`h = a + i b` along log-frequency has spin +1; its conjugate has spin -1. Both
responses to a subband :math:`y` come from the same two products, :math:`a y` and :math:`b y`:

.. math::

    z_{\pm} = a y \pm i \, b y

The kernels walk through blocks of a few filters and frames. They multiply the filters with the
subbands (BLAS), take the moduli of both spins in one pass, and average them (BLAS), all while the
block is in the cache. `.torch_ops` has the same in PyTorch, for all devices.
"""

import numpy as np
import scipy.linalg  # noqa: F401  BLAS for Numba's np.dot

from chirplib._common.compiled import kernel

# Numbers may be rounded as one multiplication and addition, and quotients as products.
compiled = kernel(__file__, error_model="numpy", fastmath={"contract", "arcp"})

# The most frames and filters of one block, which should stay in the cache of a core.
FRAMES, FILTERS = 128, 256
# Up to this many multiplications, OpenBLAS does not copy matrices first, on processors with
# AVX-512. With 10 bands, the fewest in the chapter, that is 1.7 times as fast.
SMALL_PRODUCT = 10**6


@compiled
def pass_bins(half, above, below, spectra):
    """Spectra (bands, n_out) of subbands, from bins (bands, bins); see `.Subbands`."""
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
def pass_bins_adjoint(spectra, above, below, half):
    """Add the adjoint of `pass_bins` to bins."""
    (m, k), n = (above.shape[1], below.shape[1]), spectra.shape[1]
    for band in range(len(spectra)):
        source, target = spectra[band], half[min(band, len(half) - 1)]
        up, down = above[min(band, len(above) - 1)], below[min(band, len(below) - 1)]
        for i in range(m):
            target[i] += up[i] * source[i]
        for i in range(k):
            target[1 + i] += down[i] * np.conj(source[n - 1 - i])


@compiled
def modulus(y, u):
    """Moduli u of y (n, 2)."""
    for t in range(len(u)):
        re, im = y[t, 0], y[t, 1]
        u[t] = np.sqrt(re * re + im * im)


# Where the square of a modulus underflows, its derivatives go to 0, rather than divide by 0. The
# quotient of a number and the modulus comes first, as that of a gradient could overflow.
@compiled
def modulus_vjp(y, d_u, d_y):
    """Gradient in y (n, 2), from that in the moduli."""
    tiny = np.finfo(d_u.dtype).tiny
    for t in range(len(d_u)):
        re, im = y[t, 0], y[t, 1]
        u = np.sqrt(re * re + im * im + tiny)
        d_y[t, 0], d_y[t, 1] = d_u[t] * (re / u), d_u[t] * (im / u)


@compiled
def modulus_jvp(y, d_y, d_u):
    """Tangents of the moduli, from those of y (n, 2)."""
    tiny = np.finfo(d_u.dtype).tiny
    for t in range(len(d_u)):
        re, im = y[t, 0], y[t, 1]
        d_u[t] = (re * d_y[t, 0] + im * d_y[t, 1]) / np.sqrt(re * re + im * im + tiny)


@compiled
def joint_modulus(y, filters, average, out):
    """Add averages to out (2, rows, frames), from y (bands, time, 2)."""
    rows = _rows(y)
    for t in range(0, y.shape[1], FRAMES):
        parts = _split(y, t)
        frames = parts.shape[2]
        for r in range(0, filters.shape[1], rows):
            z = _multiply(filters, r, rows, parts)
            u = np.empty((2, z.shape[1], frames), y.dtype)
            _moduli(z, u)
            for spin in range(2):
                _add(np.dot(u[spin], average[t : t + frames]), out[spin, r : r + rows])


@compiled
def joint_modulus_jvp(y, d_y, filters, average, out):
    """Add tangents of the averages to out (columns, 2, rows, frames), from those of y."""
    rows = _rows(y)
    for t in range(0, y.shape[1], FRAMES):
        parts = _split(y, t)
        frames = parts.shape[2]
        for r in range(0, filters.shape[1], rows):
            z = _multiply(filters, r, rows, parts)
            d_u = np.empty((2, z.shape[1], frames), y.dtype)
            for column in range(len(d_y)):
                _tangents(z, _multiply(filters, r, rows, _split(d_y[column], t)), d_u)
                for spin in range(2):
                    sums = out[column, spin, r : r + rows]
                    _add(np.dot(d_u[spin], average[t : t + frames]), sums)


@compiled
def joint_modulus_vjp(y, filters, average, d_s, d_y):
    """Gradient in y (bands, time, 2), from that in the averages (2, rows, frames)."""
    rows = _rows(y)
    for t in range(0, y.shape[1], FRAMES):
        parts = _split(y, t)
        frames = parts.shape[2]
        d_parts = np.zeros((len(y), 2 * frames), y.dtype)
        for r in range(0, filters.shape[1], rows):
            z = _multiply(filters, r, rows, parts)
            d_u = np.empty((2, z.shape[1], frames), y.dtype)
            for spin in range(2):
                np.dot(d_s[spin, r : r + rows], average[t : t + frames].T, d_u[spin])
            _gradients(z, d_u)
            for part in range(2):
                d_products = z[part].reshape(-1, 2 * frames)
                _add(np.dot(filters[part, r : r + rows].T, d_products), d_parts)
        _join(d_parts.reshape(parts.shape), t, d_y)


@compiled
def _rows(y):
    """Number of filters in one block."""
    return max(1, min(FILTERS, SMALL_PRODUCT // (2 * FRAMES * len(y))))


@compiled
def _split(y, t):
    """Real and imaginary parts (bands, 2, frames) of a block of y (bands, time, 2)."""
    frames = min(FRAMES, y.shape[1] - t)
    parts = np.empty((len(y), 2, frames), y.dtype)
    for k in range(len(parts)):
        # Slices of one length, unlike rows, let the compiler work on several numbers at once.
        re, im = parts[k, 0, :frames], parts[k, 1, :frames]
        for i in range(frames):
            re[i], im[i] = y[k, t + i, 0], y[k, t + i, 1]
    return parts


@compiled
def _join(parts, t, y):
    """Undo `_split`."""
    frames = parts.shape[2]
    for k in range(len(parts)):
        re, im = parts[k, 0, :frames], parts[k, 1, :frames]
        for i in range(frames):
            y[k, t + i, 0], y[k, t + i, 1] = re[i], im[i]


@compiled
def _multiply(filters, r, rows, parts):
    """Products z (2, rows, 2, frames): a y and b y, each with real and imaginary parts."""
    bands, _, frames = parts.shape
    z = np.empty((2, min(rows, filters.shape[1] - r), 2 * frames), parts.dtype)
    for part in range(2):
        np.dot(filters[part, r : r + rows], parts.reshape(bands, 2 * frames), z[part])
    return z.reshape(2, -1, 2, frames)


@compiled
def _add(block, sums):
    """Add an array to another of the same shape."""
    n = block.size
    source, target = block.reshape(-1)[:n], sums.reshape(-1)[:n]
    for i in range(n):
        target[i] += source[i]


@compiled
def _responses(a_re, a_im, b_re, b_im):
    """Parts of a y + i b y, spin +1, and of a y - i b y, spin -1."""
    return a_re - b_im, a_im + b_re, a_re + b_im, a_im - b_re


@compiled
def _row(z, r):
    """Parts of a y and b y of one filter."""
    frames = z.shape[3]
    return z[0, r, 0, :frames], z[0, r, 1, :frames], z[1, r, 0, :frames], z[1, r, 1, :frames]


@compiled
def _moduli(z, u):
    frames = u.shape[2]
    for r in range(u.shape[1]):
        (a_re, a_im, b_re, b_im), up, down = _row(z, r), u[0, r, :frames], u[1, r, :frames]
        for t in range(frames):
            up_re, up_im, down_re, down_im = _responses(a_re[t], a_im[t], b_re[t], b_im[t])
            up[t] = np.sqrt(up_re * up_re + up_im * up_im)
            down[t] = np.sqrt(down_re * down_re + down_im * down_im)


@compiled
def _tangents(z, d_z, d_u):
    tiny, frames = np.finfo(z.dtype).tiny, d_u.shape[2]
    for r in range(d_u.shape[1]):
        (a_re, a_im, b_re, b_im), (da_re, da_im, db_re, db_im) = _row(z, r), _row(d_z, r)
        d_up, d_down = d_u[0, r, :frames], d_u[1, r, :frames]
        for t in range(frames):
            up_re, up_im, down_re, down_im = _responses(a_re[t], a_im[t], b_re[t], b_im[t])
            du_re, du_im, dd_re, dd_im = _responses(da_re[t], da_im[t], db_re[t], db_im[t])
            up, down = up_re * du_re + up_im * du_im, down_re * dd_re + down_im * dd_im
            d_up[t] = up / np.sqrt(up_re * up_re + up_im * up_im + tiny)
            d_down[t] = down / np.sqrt(down_re * down_re + down_im * down_im + tiny)


@compiled
def _gradients(z, d_u):
    """Gradients in the products, in their place, from those in the moduli."""
    tiny, frames = np.finfo(z.dtype).tiny, d_u.shape[2]
    for r in range(d_u.shape[1]):
        (a_re, a_im, b_re, b_im), d_up, d_down = _row(z, r), d_u[0, r, :frames], d_u[1, r, :frames]
        for t in range(frames):
            up_re, up_im, down_re, down_im = _responses(a_re[t], a_im[t], b_re[t], b_im[t])
            # The quotient first: that of the gradient and the modulus could overflow.
            up = np.sqrt(up_re * up_re + up_im * up_im + tiny)
            down = np.sqrt(down_re * down_re + down_im * down_im + tiny)
            up_re, up_im = d_up[t] * (up_re / up), d_up[t] * (up_im / up)
            down_re, down_im = d_down[t] * (down_re / down), d_down[t] * (down_im / down)
            a_re[t], a_im[t] = up_re + down_re, up_im + down_im
            b_re[t], b_im[t] = up_im - down_im, down_re - up_re

"""The three sums of `.joint_modulus` on a processor, compiled by Numba.

A filter :math:`h = a + i b` along log-frequency has spin +1; its conjugate has spin -1. Both
responses to a subband :math:`y` come from the same two products, :math:`a y` and :math:`b y`:

.. math::

    z_{\\pm} = a y \\pm i \\, b y

Each thread takes some of the time. It walks through blocks of a few frames: it multiplies all
filters with the subbands (BLAS), takes the moduli of both spins in one pass, and averages them
(BLAS) while the block is in the cache of its core. `.joint_blocks` has the same in PyTorch.
"""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numba
import numpy as np
import scipy.linalg  # noqa: F401  BLAS for Numba's np.dot
import torch
from threadpoolctl import ThreadpoolController

# Frames in one block. Its products take 0.5 MB at the settings of the chapter, and should stay in
# the second-level cache of a core.
BLOCK = 64

compiled = numba.njit(nogil=True, cache=True, error_model="numpy", fastmath={"contract"})


def average_modulus(y, filters, average):
    """Values of `.joint_modulus`."""
    parts, h, a = _parts(y), filters.numpy(), average.numpy()
    out = _zeros(y, filters, average)
    sums = out.numpy()

    def work(k, sound, times):
        _sum_moduli(parts[:, sound, times], h, a[times], sums[k, 0, sound])

    _share(work, y)
    return _rows_first(out)[0]


def gradient(d_s, y, filters, average):
    """Gradient in y, from the gradient (2, rows, batch, frames) in the values."""
    d_y = torch.empty_like(y)
    parts, d_parts, h, a = _parts(y), _parts(d_y), filters.numpy(), average.numpy()
    d_s = np.ascontiguousarray(d_s.permute(2, 3, 0, 1).flatten(2).numpy())

    def work(k, sound, times):
        _gradients(parts[:, sound, times], h, a[times], d_s[sound], d_parts[:, sound, times])

    _share(work, y)
    return d_y


def tangents(d_y, y, filters, average):
    """Tangents of the values, from several tangents (columns, ...) of y."""
    parts, h, a = _parts(y), filters.numpy(), average.numpy()
    d_parts, out = _parts(d_y), _zeros(y, filters, average, len(d_y))
    sums = out.numpy()

    def work(k, sound, times):
        _sum_tangents(
            parts[:, sound, times], d_parts[:, :, sound, times], h, a[times], sums[k, :, sound]
        )

    _share(work, y)
    return _rows_first(out)


def _parts(y):
    """Real and imaginary parts, as an array (..., 2) of the same memory."""
    return torch.view_as_real(y.detach().resolve_conj()).numpy()


def _zeros(y, filters, average, columns=1):
    """Where threads sum up their blocks: (threads, columns, batch, frames, 2 * rows)."""
    shape = (torch.get_num_threads(), columns, y.shape[1], average.shape[1], len(filters))
    return average.new_zeros(shape)


def _rows_first(sums):
    """Add up the sums of the threads: (columns, 2, rows, batch, frames)."""
    return sums.sum(dim=0).unflatten(-1, (2, -1)).permute(0, 3, 4, 1, 2)


def _share(work, y):
    """Call ``work(k, sound, times)`` for slices k of the time of each sound, in threads."""
    _, batch, time = y.shape
    threads = min(torch.get_num_threads(), time)
    edges = np.linspace(0, time, threads + 1).astype(int)

    def begin(k):
        for sound in range(batch):
            work(k, sound, slice(edges[k], edges[k + 1]))

    # BLAS has threads of its own, which would only get in the way. Their number is that of the
    # process, so only one caller may change it at a time.
    with _lock(os.getpid()), _blas().limit(limits=1):
        if threads == 1:
            begin(0)
        else:
            list(_pool(threads).map(begin, range(threads)))


@cache
def _blas():
    return ThreadpoolController().select(user_api="blas")


@cache
def _lock(process):
    return threading.Lock()  # that of a process from which this one was forked may stay shut


@cache
def _pool(threads):
    return ThreadPoolExecutor(threads, "chirplib")


@compiled
def _sum_moduli(y, filters, average, out):
    rows = len(filters)
    p, z = np.empty((BLOCK, 2, len(y)), y.dtype), np.empty((BLOCK, 2, rows), y.dtype)
    u, s = np.empty((BLOCK, rows), y.dtype), np.empty(out.shape, y.dtype)
    for t in range(0, y.shape[1], BLOCK):
        m = min(BLOCK, y.shape[1] - t)
        _multiply(y[:, t : t + m], filters, p[:m], z[:m])
        _modulus(z[:m], u)
        np.dot(average[t : t + m].T, u[:m], s)
        out += s


@compiled
def _sum_tangents(y, d_y, filters, average, out):
    rows = len(filters)
    p, z = np.empty((BLOCK, 2, len(y)), y.dtype), np.empty((BLOCK, 2, rows), y.dtype)
    d_z, d_u, s = (
        np.empty_like(z),
        np.empty((BLOCK, rows), y.dtype),
        np.empty(out.shape[1:], y.dtype),
    )
    for t in range(0, y.shape[1], BLOCK):
        m = min(BLOCK, y.shape[1] - t)
        _multiply(y[:, t : t + m], filters, p[:m], z[:m])
        for column in range(len(d_y)):
            _multiply(d_y[column, :, t : t + m], filters, p[:m], d_z[:m])
            _tangent(z[:m], d_z, d_u)
            np.dot(average[t : t + m].T, d_u[:m], s)
            out[column] += s


@compiled
def _gradients(y, filters, average, d_s, d_y):
    rows = len(filters)
    p, z = np.empty((BLOCK, 2, len(y)), y.dtype), np.empty((BLOCK, 2, rows), y.dtype)
    d_u = np.empty((BLOCK, rows), y.dtype)
    for t in range(0, y.shape[1], BLOCK):
        m = min(BLOCK, y.shape[1] - t)
        _multiply(y[:, t : t + m], filters, p[:m], z[:m])
        np.dot(average[t : t + m], d_s, d_u[:m])
        _gradient(z[:m], d_u)
        np.dot(z[:m].reshape(2 * m, rows), filters, p[:m].reshape(2 * m, len(y)))
        for k in range(len(y)):
            for i in range(m):
                d_y[k, t + i, 0], d_y[k, t + i, 1] = p[i, 0, k], p[i, 1, k]


@compiled
def _multiply(y, filters, p, z):
    """Products z (time, 2, 2 * rows): parts of all a y, then of all b y."""
    bands, m = y.shape[:2]
    for k in range(bands):
        for i in range(m):
            p[i, 0, k], p[i, 1, k] = y[k, i, 0], y[k, i, 1]
    np.dot(p.reshape(2 * m, bands), filters.T, z.reshape(2 * m, len(filters)))


# Separate rows, unlike places within one array, let the compiler work on several numbers at once.
@compiled
def _halves(row):
    rows = len(row) // 2
    return row[:rows], row[rows:]


@compiled
def _responses(a_re, a_im, b_re, b_im):
    """Parts of a y + i b y, spin +1, and of a y - i b y, spin -1."""
    return a_re - b_im, a_im + b_re, a_re + b_im, a_im - b_re


@compiled
def _modulus(z, u):
    for t in range(len(z)):
        (a_re, b_re), (a_im, b_im), (up, down) = _halves(z[t, 0]), _halves(z[t, 1]), _halves(u[t])
        for r in range(len(up)):
            up_re, up_im, down_re, down_im = _responses(a_re[r], a_im[r], b_re[r], b_im[r])
            up[r] = np.sqrt(up_re * up_re + up_im * up_im)
            down[r] = np.sqrt(down_re * down_re + down_im * down_im)


@compiled
def _tangent(z, d_z, d_u):
    """Derivative of the modulus: 0 where it is so small that its square underflows."""
    tiny = np.finfo(z.dtype).tiny
    for t in range(len(z)):
        (a_re, b_re), (a_im, b_im) = _halves(z[t, 0]), _halves(z[t, 1])
        (da_re, db_re), (da_im, db_im) = _halves(d_z[t, 0]), _halves(d_z[t, 1])
        d_up, d_down = _halves(d_u[t])
        for r in range(len(d_up)):
            up_re, up_im, down_re, down_im = _responses(a_re[r], a_im[r], b_re[r], b_im[r])
            du_re, du_im, dd_re, dd_im = _responses(da_re[r], da_im[r], db_re[r], db_im[r])
            up, down = up_re * du_re + up_im * du_im, down_re * dd_re + down_im * dd_im
            d_up[r] = up / np.sqrt(up_re * up_re + up_im * up_im + tiny)
            d_down[r] = down / np.sqrt(down_re * down_re + down_im * down_im + tiny)


@compiled
def _gradient(z, d_u):
    """Gradient in the products, in their place: 0 where the square of a modulus underflows."""
    tiny = np.finfo(z.dtype).tiny
    for t in range(len(z)):
        (a_re, b_re), (a_im, b_im) = _halves(z[t, 0]), _halves(z[t, 1])
        d_up, d_down = _halves(d_u[t])
        for r in range(len(d_up)):
            up_re, up_im, down_re, down_im = _responses(a_re[r], a_im[r], b_re[r], b_im[r])
            up = d_up[r] / np.sqrt(up_re * up_re + up_im * up_im + tiny)
            down = d_down[r] / np.sqrt(down_re * down_re + down_im * down_im + tiny)
            a_re[r], a_im[r] = up * up_re + down * down_re, up * up_im + down * down_im
            b_re[r], b_im[r] = up * up_im - down * down_im, down * down_re - up * up_re

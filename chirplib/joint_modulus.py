"""The inner loop of the joint time-frequency scattering transform."""

import torch

from chirplib.modulus import modulus

# Numbers in one block of filter responses: few enough to stay in the cache of a processor,
# or enough to keep a GPU busy.
BLOCK_SIZE = {"cpu": 2**19, "cuda": 2**26}


def joint_modulus(y, filters, average):
    r"""Filter along log-frequency, take the modulus, average over time.

    .. math::

        S[r, k] = \sum_t a[t, k] \, \Big| \sum_n h[r, n] \, y[n, t] \Big|

    This is where the transform spends its time. There are many more filters h than bands n, and
    the modulus must be taken of each response at each time: all of them together would fill
    hundreds of megabytes. So they are computed block by block, each block is averaged while it
    is in the cache, and none is kept: the backward pass computes them again.

    Parameters
    ----------
    y : tensor of shape (bands, batch, time), complex
        Subbands of the scalogram.
    filters : tensor of shape (2 * rows, 2 * bands), real
        The complex filters h, as the matrix ``[[h.real, -h.imag], [h.imag, h.real]]``.
    average : tensor of shape (time, frames), real
        Temporal low-pass filter a.

    Returns
    -------
    tensor of shape (rows, batch, frames), real
    """
    return _JointModulus.apply(y, filters, average)


class _JointModulus(torch.autograd.Function):
    @staticmethod
    def forward(y, filters, average):
        sounds = []
        for batch, times in _blocks(y, filters):
            sounds.append(
                sum(
                    _apply(torch.hypot(*_respond(filters, y[:, batch, t])), average[t])
                    for t in times
                )
            )
        return torch.cat(sounds, dim=1)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)
        ctx.save_for_forward(*inputs)

    @staticmethod
    def backward(ctx, gradient):
        y, filters, average = ctx.saved_tensors
        sounds = []
        for batch, times in _blocks(y, filters):
            parts = []
            for t in times:
                responses = _respond(filters, y[:, batch, t])
                weight = _apply(gradient[:, batch], average[t].mT) / _divisor(*responses)
                d_planes = filters.mT @ (responses * weight).flatten(2).flatten(0, 1)
                d_re, d_im = d_planes.unflatten(1, weight.shape[1:]).chunk(2)
                parts.append(torch.complex(d_re, d_im))
            sounds.append(torch.cat(parts, dim=2))
        return torch.cat(sounds, dim=1), None, None

    @staticmethod
    def jvp(ctx, d_y, *_):
        y, filters, average = ctx.saved_tensors
        sounds = []
        for batch, times in _blocks(y, filters):
            parts = []
            for t in times:
                re, im = _respond(filters, y[:, batch, t])
                d_re, d_im = _respond(filters, d_y[:, batch, t])
                parts.append(_apply((re * d_re + im * d_im) / _divisor(re, im), average[t]))
            sounds.append(sum(parts))
        return torch.cat(sounds, dim=1)

    @staticmethod
    def vmap(info, in_dims, y, filters, average):
        # More sounds are a longer batch.
        y = y.movedim(in_dims[0], 1)
        out = joint_modulus(y.flatten(1, 2), filters, average)
        return out.unflatten(1, y.shape[1:3]), 1


def _blocks(y, filters):
    """Yield ``(sounds, [times, ...])``: slices of the batch and of time that make a block."""
    bands, batch, time = y.shape
    frames = max(1, BLOCK_SIZE.get(y.device.type, BLOCK_SIZE["cuda"]) // len(filters))
    sounds = max(1, frames // time)
    for b in range(0, batch, sounds):
        yield slice(b, b + sounds), [slice(t, t + frames) for t in range(0, time, frames)]


def _respond(filters, y):
    """Responses to `y` (bands, batch, time): real and imaginary part (2, rows, batch, time)."""
    planes = torch.cat([y.real, y.imag])
    return (filters @ planes.flatten(1)).reshape(2, -1, *y.shape[1:])


def _apply(rows, matrix):
    """``rows @ matrix``, as one product instead of one for each row."""
    return (rows.flatten(0, 1) @ matrix).unflatten(0, rows.shape[:2])


def _divisor(re, im):
    """The modulus, or a positive number where it is 0: there re and im are 0 as well."""
    if torch.is_grad_enabled():
        u = modulus(re, im)
        return u.masked_fill(u == 0, 1)
    return torch.hypot(re, im).clamp_min(torch.finfo(re.dtype).tiny)

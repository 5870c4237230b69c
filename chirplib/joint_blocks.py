"""The three sums of `.joint_modulus` with PyTorch, on any device.

`.joint_loops` has the same for processors, where it is faster.
"""

import torch

# Numbers in one block of filter responses: enough to keep a GPU busy.
BLOCK_SIZE = 2**26


def average_modulus(y, filters, average):
    """Values of `.joint_modulus`."""

    def block(batch, t):
        re, im = _respond(filters, y[:, batch, t]).unbind(-2)
        return re.square().addcmul_(im, im).sqrt_()

    return _average(block, y, filters, average).movedim(-1, 1)


def gradient(d_s, y, filters, average):
    """Gradient in y, from the gradient (2, rows, batch, frames) in the values."""
    weights, d_y = d_s.movedim(1, -1), torch.empty_like(y)
    for batch, times in _blocks(y, filters):
        for t in times:
            z = _respond(filters, y[:, batch, t])
            weight = (average[t] @ weights[:, batch]).mul_(_reciprocal_modulus(z))
            z *= weight.unsqueeze(-2)
            d_y[:, batch, t] = _respond_adjoint(filters, z)
    return d_y


def tangents(d_y, y, filters, average):
    """Tangents of the values, from several tangents (columns, ...) of y."""

    def block(batch, t):
        z = _respond(filters, y[:, batch, t])
        z *= _reciprocal_modulus(z).unsqueeze(-2)
        columns = []
        for d in d_y:
            d_re, d_im = _respond(filters, d[:, batch, t]).mul_(z).unbind(-2)
            columns.append(d_re + d_im)
        return torch.stack(columns)

    return _average(block, y, filters, average).movedim(-1, 2)


def _blocks(y, filters):
    """Yield ``(sounds, [times, ...])``: slices of the batch and of time that make a block."""
    _, batch, time = y.shape
    frames = max(1, BLOCK_SIZE // (2 * len(filters)))
    sounds = max(1, frames // time)
    for b in range(0, batch, sounds):
        yield slice(b, b + sounds), [slice(t, t + frames) for t in range(0, time, frames)]


def _average(block, y, filters, average):
    """Average blocks (..., batch, time, rows) over time: tensor (..., batch, frames, rows)."""
    return torch.cat(
        [
            sum(average[t].mT @ block(batch, t) for t in times)
            for batch, times in _blocks(y, filters)
        ],
        dim=-3,
    )


def _respond(filters, y):
    """Responses to y: spins, and their real and imaginary parts (2, batch, time, 2, rows).

    For h = a + ib, they are a y + b (iy), and a y - b (iy) for the conjugate of h.
    """
    parts = torch.view_as_real(torch.stack([y, 1j * y])).movedim(1, -1)
    z = parts.flatten(1, -2) @ filters.unflatten(0, (2, -1)).mT
    return _sum_and_difference(z.view(*parts.shape[:-1], -1))


def _respond_adjoint(filters, z):
    """Adjoint of `_respond`: complex tensor (bands, batch, time)."""
    parts = _sum_and_difference(z).flatten(1, -2)
    d_parts = filters.unflatten(0, (2, -1)).mT @ parts.mT
    d_y, d_iy = torch.view_as_complex(d_parts.view(2, -1, *z.shape[1:-1]))
    return d_y - 1j * d_iy


def _sum_and_difference(z):
    """``a + b`` and ``a - b``, in the place of a and b."""
    a, b = z
    a += b
    torch.sub(a, b, alpha=2, out=b)
    return z


def _reciprocal_modulus(z):
    """One over the modulus of parts z (..., 2, rows), or a finite number where it underflows."""
    re, im = z.unbind(-2)
    square = (re * re).addcmul_(im, im)
    return square.add_(torch.finfo(re.dtype).tiny).rsqrt_()

"""The inner loop of the joint time-frequency scattering transform."""

import torch

from chirplib.modulus import modulus

# Numbers in one block of filter responses: few enough to stay in the cache of a processor,
# or enough to keep a GPU busy.
BLOCK_SIZE = {"cpu": 2**19, "cuda": 2**26}


def joint_modulus(y, filters, average):
    r"""Filter along log-frequency in either direction, take the modulus, average over time.

    .. math::

        S[s, r, k] = \sum_t a[t, k] \, \Big| \sum_n (\Re h[r, n] + i s \, \Im h[r, n]) \,
                     y[n, t] \Big|, \qquad s \in \{+1, -1\}

    This is where the transform spends its time. There are many more filters h than bands n, and
    the modulus must be taken of each response at each time: all of them together would fill
    hundreds of megabytes. So they are computed block by block, each block is averaged while it
    is in the cache, and none is kept: the derivatives compute them again.

    Parameters
    ----------
    y : tensor of shape (bands, batch, time), complex
        Subbands of the scalogram.
    filters : tensor of shape (2 * rows, bands), real
        Real parts of the filters h of spin +1, then their imaginary parts. The filters of spin
        -1 are the conjugates: both have the same four real products with y.
    average : tensor of shape (time, frames), real
        Temporal low-pass filter a.

    Returns
    -------
    tensor of shape (2, rows, batch, frames), real
        Rows of spin +1, then rows of spin -1.

    Examples
    --------
    With one band, one filter h = 1 and one frame, it is the mean of the modulus over time:

    >>> import torch
    >>> from chirplib.joint_modulus import joint_modulus
    >>> y = torch.tensor([3 + 4j, 0j]).view(1, 1, 2)
    >>> joint_modulus(y, torch.tensor([[1.0], [0.0]]), torch.full((2, 1), 0.5)).flatten()
    tensor([2.5000, 2.5000])
    """
    return _JointModulus.apply(y, filters, average)


def whole_joint_modulus(y, filters, average):
    """`joint_modulus` in one block, as the equation has it. Autograd can differentiate it."""
    a, b = filters.to(y.dtype).chunk(2)
    responses = [torch.tensordot(h, y, 1) for h in (a + 1j * b, a - 1j * b)]
    return modulus(torch.stack(responses)) @ average


class _JointModulus(torch.autograd.Function):
    @staticmethod
    def forward(y, filters, average):
        def block(batch, t):
            re, im = _respond(filters, y[:, batch, t]).unbind(-2)
            return re.square().addcmul_(im, im).sqrt_()

        return _average(block, y, filters, average).movedim(-1, 1)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)
        ctx.save_for_forward(*inputs)

    @staticmethod
    def backward(ctx, gradient):
        return _Gradient.apply(gradient, *ctx.saved_tensors), None, None

    @staticmethod
    def jvp(ctx, d_y, *_):
        return _Tangents.apply(d_y[None], *ctx.saved_tensors)[0]

    @staticmethod
    def vmap(info, in_dims, y, *constants):
        y = _into_batch(info, in_dims[0], y, axis=1)
        return _out_of_batch(info, joint_modulus(y, *constants), axis=2)


class _Gradient(torch.autograd.Function):
    """Gradient in y, from the gradient in the output of `joint_modulus`."""

    @staticmethod
    def forward(gradient, y, filters, average):
        weights, d_y = gradient.movedim(1, -1), torch.empty_like(y)
        for batch, times in _blocks(y, filters):
            for t in times:
                z = _respond(filters, y[:, batch, t])
                weight = (average[t] @ weights[:, batch]).mul_(_reciprocal_modulus(z))
                z *= weight.unsqueeze(-2)
                d_y[:, batch, t] = _respond_adjoint(filters, z)
        return d_y

    setup_context = staticmethod(_JointModulus.setup_context)

    @staticmethod
    def backward(ctx, v):
        return *torch.func.vjp(_whole_gradient(ctx), *ctx.saved_tensors[:2])[1](v), None, None

    @staticmethod
    def jvp(ctx, *tangents):
        inputs = ctx.saved_tensors[:2]
        return torch.func.jvp(_whole_gradient(ctx), inputs, _filled(tangents, inputs))[1]

    @staticmethod
    def vmap(info, in_dims, gradient, y, *constants):
        gradient = _into_batch(info, in_dims[0], gradient, axis=2)
        y = _into_batch(info, in_dims[1], y, axis=1)
        return _out_of_batch(info, _Gradient.apply(gradient, y, *constants), axis=1)


class _Tangents(torch.autograd.Function):
    """Tangents of the output of `joint_modulus`, from several tangents (columns, ...) of y."""

    @staticmethod
    def forward(d_y, y, filters, average):
        def block(batch, t):
            z = _respond(filters, y[:, batch, t])
            z *= _reciprocal_modulus(z).unsqueeze(-2)
            columns = []
            for d in d_y:
                d_re, d_im = _respond(filters, d[:, batch, t]).mul_(z).unbind(-2)
                columns.append(d_re + d_im)
            return torch.stack(columns)

        return _average(block, y, filters, average).movedim(-1, 2)

    setup_context = staticmethod(_JointModulus.setup_context)

    @staticmethod
    def backward(ctx, v):
        return *torch.func.vjp(_whole_tangents(ctx), *ctx.saved_tensors[:2])[1](v), None, None

    @staticmethod
    def jvp(ctx, *tangents):
        inputs = ctx.saved_tensors[:2]
        return torch.func.jvp(_whole_tangents(ctx), inputs, _filled(tangents, inputs))[1]

    @staticmethod
    def vmap(info, in_dims, d_y, y, *constants):
        if in_dims[1] is None:
            # More tangents at one y, as in a Jacobian, share its responses.
            d_y = _into_batch(info, in_dims[0], d_y, axis=0)
            return _out_of_batch(info, _Tangents.apply(d_y, y, *constants), axis=0)
        d_y = _into_batch(info, in_dims[0], d_y, axis=2)
        y = _into_batch(info, in_dims[1], y, axis=1)
        return _out_of_batch(info, _Tangents.apply(d_y, y, *constants), axis=3)


def _whole_gradient(ctx):
    """`_Gradient`, as a function that can be differentiated further."""
    *_, filters, average = ctx.saved_tensors

    def gradient_in_y(gradient, y):
        return torch.func.vjp(lambda y: whole_joint_modulus(y, filters, average), y)[1](gradient)[0]

    return gradient_in_y


def _whole_tangents(ctx):
    """`_Tangents`, as a function that can be differentiated further."""
    *_, filters, average = ctx.saved_tensors

    def tangents(d_y, y):
        def tangent(d):
            return torch.func.jvp(lambda y: whole_joint_modulus(y, filters, average), (y,), (d,))[1]

        return torch.stack([tangent(d) for d in d_y])

    return tangents


def _filled(tangents, inputs):
    """The tangents of inputs, 0 for those that are constant."""
    return tuple(torch.zeros_like(x) if d is None else d for d, x in zip(tangents, inputs))


def _into_batch(info, dim, x, axis):
    """Join the dimension that `vmap` adds to an axis of the tensor: it is a longer batch."""
    if dim is None:
        x = x.unsqueeze(axis).expand(*x.shape[:axis], info.batch_size, *x.shape[axis:])
    else:
        x = x.movedim(dim, axis)
    return x.flatten(axis, axis + 1)


def _out_of_batch(info, x, axis):
    """Undo `_into_batch`: a tensor, and the dimension that was added."""
    return x.unflatten(axis, (info.batch_size, -1)), axis


def _blocks(y, filters):
    """Yield ``(sounds, [times, ...])``: slices of the batch and of time that make a block."""
    bands, batch, time = y.shape
    frames = max(1, BLOCK_SIZE.get(y.device.type, BLOCK_SIZE["cuda"]) // (2 * len(filters)))
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

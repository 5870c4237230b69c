"""The inner loop of the joint time-frequency scattering transform."""

import torch

from chirplib import joint_blocks, joint_loops
from chirplib.modulus import modulus


def joint_modulus(y, filters, average):
    r"""Filter along log-frequency in either direction, take the modulus, average over time.

    .. math::

        S[s, r, k] = \sum_t a[t, k] \, \Big| \sum_n (\Re h[r, n] + i s \, \Im h[r, n]) \,
                     y[n, t] \Big|, \qquad s \in \{+1, -1\}

    This is where the transform spends its time. There are many more filters h than bands n, and
    the modulus must be taken of each response at each time: all of them together would fill
    hundreds of megabytes. So they are computed block by block, each block is averaged while it
    is in the cache, and none is kept: the derivatives compute them again. `.joint_loops` does so
    on a processor, `.joint_blocks` on other devices.

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
        return _sums_on(y.device).average_modulus(y, filters, average)

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
        return _sums_on(y.device).gradient(gradient, y, filters, average)

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
        return _sums_on(y.device).tangents(d_y, y, filters, average)

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


def _sums_on(device):
    return joint_loops if device.type == "cpu" else joint_blocks


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

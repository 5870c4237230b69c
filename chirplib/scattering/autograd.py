"""Functions whose vjp and jvp are written by hand, for all that PyTorch does with derivatives."""

from typing import Protocol

import torch
from torch import Tensor

from chirplib._common.derivatives import in_full_precision, jvp_rule


class Operator(Protocol):
    """A function of a tensor x that knows its own derivatives."""

    def value(self, x: Tensor) -> tuple[Tensor, ...]:
        """Value, and all tensors that the derivatives need besides x."""

    def vjp(self, d_value: Tensor, x: Tensor, *saved: Tensor) -> Tensor:
        """Gradient in x, from that in the value."""

    def jvp(self, d_x: Tensor, x: Tensor, *saved: Tensor) -> Tensor:
        """Several tangents of the value, from those of x: both have them as their first axis."""

    def reference(self, x: Tensor) -> Tensor:
        """Value, by steps that autograd can differentiate."""


def apply(operator: Operator, x: Tensor) -> Tensor:
    """Value of an operator that knows its own derivatives.

    Autograd would save all that a function computes on its way. An operator may save less, and
    compute the rest again. Its vjp and its jvp are functions of this kind themselves, so that the
    transforms of ``torch.func`` can be combined. Derivatives of derivatives, which
    are rare, are left to autograd.

    Parameters
    ----------
    operator : Operator
    x : tensor of shape (batch, ...)
        All tensors have the batch as their first axis.

    Returns
    -------
    tensor of shape (batch, ...)

    Examples
    --------
    >>> import torch
    >>> from chirplib.scattering.autograd import apply
    >>> class Square:
    ...     def value(self, x):
    ...         return (x * x,)
    ...
    ...     def vjp(self, d_value, x):
    ...         return 2 * x * d_value
    ...
    ...     def jvp(self, d_x, x):
    ...         return 2 * x * d_x
    ...
    ...     def reference(self, x):
    ...         return x * x
    >>> x = torch.tensor([1.0, 3.0])
    >>> torch.func.jvp(lambda x: apply(Square(), x), (x,), (torch.ones(2),))[1]
    tensor([2., 6.])
    """
    return _Value.apply(operator, x)[0]


class _Value(torch.autograd.Function):
    @staticmethod
    @in_full_precision
    def forward(operator, x):
        return operator.value(x)

    @staticmethod
    def setup_context(ctx, inputs, outputs):
        ctx.operator, x = inputs
        saved = outputs[1:]
        ctx.mark_non_differentiable(*saved)
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(x, *saved)
        ctx.save_for_forward(x, *saved)

    @staticmethod
    def backward(ctx, d_value, *_):
        if d_value is None:
            return None, None
        return None, _VJP.apply(ctx.operator, d_value, *ctx.saved_tensors)

    @jvp_rule
    def jvp(ctx, saved, _, d_x):
        x, *rest = saved
        return _JVP.apply(ctx.operator, d_x[None], x, *rest)[0], *[None] * len(rest)

    @staticmethod
    def vmap(info, in_dims, operator, x):
        outputs = _Value.apply(operator, _into_batch(info, in_dims[1], x))
        outputs = tuple(_out_of_batch(info, y) for y in outputs)
        return outputs, (0,) * len(outputs)


class _VJP(torch.autograd.Function):
    @staticmethod
    @in_full_precision
    def forward(operator, d_value, x, *saved):
        return operator.vjp(d_value, x, *saved)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.operator, d, x, *saved = inputs
        ctx.n_saved = len(saved)
        ctx.save_for_backward(d, x)
        ctx.save_for_forward(d, x)

    @staticmethod
    def reference(operator):
        return lambda d_value, x: torch.func.vjp(operator.reference, x)[1](d_value)[0]

    @staticmethod
    def backward(ctx, v):
        return _derivative_backward(_VJP.reference(ctx.operator), ctx, v)

    @jvp_rule
    def jvp(ctx, saved, _, *tangents):
        return _derivative_jvp(_VJP.reference(ctx.operator), saved, tangents)

    @staticmethod
    def vmap(info, in_dims, operator, *tensors):
        tensors = [_into_batch(info, dim, x) for dim, x in zip(in_dims[1:], tensors, strict=True)]
        return _out_of_batch(info, _VJP.apply(operator, *tensors)), 0


class _JVP(torch.autograd.Function):
    @staticmethod
    @in_full_precision
    def forward(operator, d_x, x, *saved):
        return operator.jvp(d_x, x, *saved)

    setup_context = staticmethod(_VJP.setup_context)

    @staticmethod
    def reference(operator):
        def tangents(d_x, x):
            return torch.stack([torch.func.jvp(operator.reference, (x,), (d,))[1] for d in d_x])

        return tangents

    @staticmethod
    def backward(ctx, v):
        return _derivative_backward(_JVP.reference(ctx.operator), ctx, v)

    @jvp_rule
    def jvp(ctx, saved, _, *tangents):
        return _derivative_jvp(_JVP.reference(ctx.operator), saved, tangents)

    @staticmethod
    def vmap(info, in_dims, operator, d_x, *tensors):
        # More tangents at one x, as in a Jacobian, share what is saved.
        shared = all(dim is None for dim in in_dims[2:])
        d_x = _into_batch(info, in_dims[1], d_x, axis=0 if shared else 1)
        if not shared:
            tensors = [
                _into_batch(info, dim, x) for dim, x in zip(in_dims[2:], tensors, strict=True)
            ]
        d_value = _JVP.apply(operator, d_x, *tensors)
        return _out_of_batch(info, d_value, axis=0 if shared else 1), 0 if shared else 1


@in_full_precision
def _derivative_backward(reference, ctx, v):
    """Gradients of `_VJP` or `_JVP`, for all of its arguments."""
    gradients = torch.func.vjp(reference, *ctx.saved_tensors)[1](v)
    return None, *gradients, *[None] * ctx.n_saved


@in_full_precision
def _derivative_jvp(reference, inputs, tangents):
    """Tangent of `_VJP` or `_JVP`; what is saved changes with x, and not by itself."""
    pairs = zip(tangents, inputs, strict=False)  # tangents of what is saved come after those
    filled = tuple(torch.zeros_like(x) if d is None else d for d, x in pairs)
    return torch.func.jvp(reference, tuple(inputs), filled)[1]


def _into_batch(info, dim, x, axis=0):
    """Join the dimension that `vmap` adds to the batch: it is a longer batch."""
    if dim is None:
        x = x.unsqueeze(axis).expand(*x.shape[:axis], info.batch_size, *x.shape[axis:])
    else:
        x = x.movedim(dim, axis)
    return x.flatten(axis, axis + 1)


def _out_of_batch(info, x, axis=0):
    """Undo `_into_batch`, with the dimension that was added first."""
    return x.unflatten(axis, (info.batch_size, -1))

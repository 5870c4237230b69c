"""What functions share that know their own derivatives."""

import functools
from collections.abc import Callable

import torch
from torch import Tensor
from torch.autograd import forward_ad


def jvp_rule(function: Callable) -> staticmethod:
    """A static method ``jvp`` of an `autograd.Function`, right also if it is nested.

    PyTorch 2.13 switches forward mode off in ``jvp``, so that a ``jacfwd`` of a ``jacfwd`` would
    silently lack terms (its issue 197867). Here it is on, and the saved tensors are without the
    tangents that are being computed.

    Parameters
    ----------
    function : callable
        Maps the context, the list of saved tensors, and the tangents of all arguments to the
        tangents of the results.

    Examples
    --------
    >>> import torch
    >>> from chirplib._common.derivatives import jvp_rule
    >>> class Square(torch.autograd.Function):
    ...     @staticmethod
    ...     def forward(x):
    ...         return x * x
    ...
    ...     @staticmethod
    ...     def setup_context(ctx, inputs, output):
    ...         ctx.save_for_forward(*inputs)
    ...
    ...     @jvp_rule
    ...     def jvp(ctx, saved, d_x):
    ...         return 2 * saved[0] * d_x
    >>> def slope(f):
    ...     return lambda x: torch.func.jvp(f, (x,), (torch.ones_like(x),))[1]
    >>> slope(slope(Square.apply))(torch.tensor(3.0))
    tensor(2.)
    """

    @staticmethod
    @functools.wraps(function)
    def jvp(ctx, *tangents):
        with forward_ad._set_fwd_grad_enabled(True):
            saved = [forward_ad.unpack_dual(x).primal for x in ctx.saved_tensors]
            return function(ctx, saved, *tangents)

    return jvp


def in_full_precision(function: Callable) -> Callable:
    """A function that computes as if there were no `torch.autocast` around it.

    PyTorch would round the products of matrices within, also those of a backward pass.
    """

    @functools.wraps(function)
    def outside(*args):
        with torch.autocast("cpu", enabled=False), torch.autocast("cuda", enabled=False):
            return function(*args)

    return outside


def product(a: Tensor, b: Tensor) -> Tensor:
    """Matrix product ``a @ b`` in the precision of its arguments, also within `torch.autocast`.

    Parameters
    ----------
    a, b : tensors of shape (..., n, m) and (..., m, k)

    Examples
    --------
    >>> import torch
    >>> from chirplib._common.derivatives import product
    >>> with torch.autocast("cpu", torch.bfloat16):
    ...     product(torch.eye(2), torch.full((2, 1), 1.001)).dtype
    torch.float32
    """
    return _Product.apply(a, b)


class _Product(torch.autograd.Function):
    @staticmethod
    @in_full_precision
    def forward(a, b):
        return a @ b

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(*inputs)
        ctx.save_for_forward(*inputs)

    @staticmethod
    def backward(ctx, d):
        if d is None:
            return None, None
        a, b = ctx.saved_tensors
        d_a = _reduced(product(d, b.mT), a) if ctx.needs_input_grad[0] else None
        d_b = _reduced(product(a.mT, d), b) if ctx.needs_input_grad[1] else None
        return d_a, d_b

    @jvp_rule
    def jvp(ctx, saved, d_a, d_b):
        a, b = saved
        left = 0 if d_a is None else product(d_a, b)
        return left if d_b is None else left + product(a, d_b)

    @staticmethod
    def vmap(info, in_dims, a, b):
        factors = [
            x if dim is None else x.movedim(dim, 0) for x, dim in zip((a, b), in_dims, strict=True)
        ]
        if None not in in_dims:  # the dimensions that `vmap` adds are one
            n = max(x.ndim for x in factors)
            factors = [x.reshape(len(x), *[1] * (n - x.ndim), *x.shape[1:]) for x in factors]
        return product(*factors), 0


def _reduced(d, x):
    """The gradient in x, which is that in what x was expanded to, summed up."""
    return d if d.shape == x.shape else d.sum_to_size(x.shape)

"""Complex modulus whose gradient is 0, not NaN, where its argument is 0."""

import torch
from torch import Tensor

from chirplib._common.derivatives import jvp_rule


def modulus(z: Tensor) -> Tensor:
    """Modulus of complex numbers, differentiable everywhere.

    The modulus has no derivative at 0. The usual choice there is 0, the mean of the slopes on
    either side. PyTorch makes that choice at 0 itself, but returns NaN close to it: where the
    squares of the parts underflow, the gradient of ``abs`` divides by 0. Here the modulus and its
    gradient are 0 wherever the modulus is below the smallest normal number of the dtype.

    Parameters
    ----------
    z : tensor of shape (...), complex

    Returns
    -------
    tensor of shape (...), real

    Examples
    --------
    >>> import torch
    >>> from chirplib.scattering.modulus import modulus
    >>> z = torch.tensor([3 + 4j, 0, 1e-40], requires_grad=True)
    >>> u = modulus(z)
    >>> u.sum().backward()
    >>> u.tolist()
    [5.0, 0.0, 0.0]
    >>> z.grad
    tensor([0.6000+0.8000j, 0.0000+0.0000j, 0.0000+0.0000j])
    """
    return _Modulus.apply(z)


class _Modulus(torch.autograd.Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(z):
        u = z.abs()
        return u.masked_fill_(u < torch.finfo(u.dtype).tiny, 0)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs, output)
        ctx.save_for_forward(*inputs, output)

    @staticmethod
    def backward(ctx, gradient):
        z, u = ctx.saved_tensors
        # z / u first: the quotient of the gradient and u could overflow.
        parts = torch.view_as_real(z) * _divisor(u).reciprocal()[..., None]
        return torch.view_as_complex(parts * gradient[..., None])

    @jvp_rule
    def jvp(ctx, saved, d_z):
        z, u = saved
        w = z * _divisor(u).reciprocal()
        return w.real * d_z.real + w.imag * d_z.imag


def _divisor(u):
    """The modulus, or infinity where it is 0: the derivative is 0 there."""
    return u.masked_fill(u == 0, torch.inf)

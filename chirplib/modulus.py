"""Complex modulus whose gradient is 0, not NaN, where its argument is 0."""

import torch


def modulus(re, im):
    """Modulus of ``re + 1j * im``, differentiable everywhere.

    The modulus has no derivative at 0. The usual choice there is 0, the mean of the slopes on
    either side. PyTorch makes that choice at 0 itself, but returns NaN close to it: where the
    squares of `re` and `im` underflow, ``abs`` divides by 0. Here the modulus and its gradient
    are 0 wherever both parts are below the smallest normal number of the dtype.

    Parameters
    ----------
    re, im : tensor of shape (...)
        Real and imaginary part.

    Returns
    -------
    tensor of shape (...), real

    Examples
    --------
    >>> import torch
    >>> from chirplib.modulus import modulus
    >>> re = torch.tensor([3.0, 0.0, 1e-40], requires_grad=True)
    >>> u = modulus(re, torch.tensor([4.0, 0.0, 0.0]))
    >>> u.sum().backward()
    >>> u.tolist(), re.grad.tolist()
    ([5.0, 0.0, 0.0], [0.6000000238418579, 0.0, 0.0])
    """
    zero = torch.maximum(re.abs(), im.abs()) < torch.finfo(re.dtype).tiny
    # Both branches must be differentiable for autograd, so 0 is replaced before the modulus is
    # taken as well as after.
    u = torch.hypot(re.masked_fill(zero, 1), im.masked_fill(zero, 1))
    return u.masked_fill(zero, 0)

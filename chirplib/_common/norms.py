"""Norms of the differences of one vector and many others, and their derivatives, compiled.

One pass over the other vectors: they are many, and reading them is what takes the time.
"""

import numpy as np
import torch
from torch import Tensor

from chirplib._common.compiled import kernel
from chirplib._common.threads import run

# Sums may be taken in another order, so that several terms are added at once.
compiled = kernel(__file__, fastmath={"contract", "nsz", "reassoc"})

# Features of one block, which stay in the cache of a core with their slopes.
BLOCK = 1024


def norms(S: Tensor, J: Tensor, T: Tensor, p: int) -> tuple[Tensor, Tensor]:
    r"""p-norms of S - T for each row of T, and their derivatives along some directions of S.

    .. math::

        L_j = \| S - T_j \|_p, \qquad \nabla L_j = J^\top \nabla_S \, \| S - T_j \|_p

    Sums within a block are taken in the precision of S, and those of blocks in double precision.
    Where a difference is 0, so is its derivative.

    Parameters
    ----------
    S : tensor of shape (n,), on a CPU
    J : tensor of shape (n, k)
        Directions, in columns.
    T : tensor of shape (m, n)
    p : int
        1 or 2.

    Returns
    -------
    pair of tensors, of shape (m,) and (m, k), in double precision

    Examples
    --------
    >>> import torch
    >>> from chirplib._common.norms import norms
    >>> S, J, T = torch.tensor([4.0, 6.0]), torch.eye(2), torch.tensor([[1.0, 2.0]])
    >>> norms(S, J, T, p=2)
    (tensor([5.], dtype=torch.float64), tensor([[0.6000, 0.8000]], dtype=torch.float64))
    """
    S, J, T = S.numpy(), np.ascontiguousarray(J.numpy().T), T.numpy()
    losses, slopes = np.zeros(len(T)), np.zeros((len(T), len(J)))
    rows = np.array_split(np.arange(len(T)), min(len(T), 4 * torch.get_num_threads()))

    def add(part):
        part = slice(part[0], part[-1] + 1)
        _add_powers(S, J, T[part], p, losses[part], slopes[part])

    run(add, rows)
    if p == 2:
        losses = np.sqrt(losses)
        slopes /= np.where(losses > 0, losses, np.inf)[:, None]
    return torch.from_numpy(losses), torch.from_numpy(slopes)


@compiled
def _add_powers(S, J, T, p, losses, slopes):
    """Add the p-th powers of norms to losses, and a p-th of their slopes to slopes."""
    weights, zero = np.empty(BLOCK, S.dtype), S.dtype.type(0)
    for start in range(0, len(S), BLOCK):
        n = min(BLOCK, len(S) - start)
        s = S[start : start + n]
        for j in range(len(T)):
            t, loss = T[j, start : start + n], zero
            for i in range(n):
                d = s[i] - t[i]
                weight = np.sign(d) if p == 1 else d
                loss += d * weight
                weights[i] = weight
            losses[j] += loss
            for k in range(len(J)):
                column, slope = J[k, start : start + n], zero
                for i in range(n):
                    slope += weights[i] * column[i]
                slopes[j, k] += slope

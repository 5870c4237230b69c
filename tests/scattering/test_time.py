import numpy as np
import pytest
import torch
from kymatio.torch import Scattering1D

from chirplib.objective import jacobian
from chirplib.scattering.time import TimeScattering

SETTINGS = {"J": 6, "Q": (8, 2), "T": 2**6, "shape": 2048}


@pytest.mark.parametrize("changed", [{}, {"Q": (4, 1)}, {"T": 2**7}], ids=str)
def test_values_are_those_of_kymatio_without_subsampling(changed):
    x = torch.randn(2, 2048, generator=torch.Generator().manual_seed(0))
    ours, theirs = (
        TimeScattering(**SETTINGS | changed),
        Scattering1D(**SETTINGS | changed, oversampling=99),
    )
    S, meta = ours(x), ours.meta()
    K, n = theirs(x)[..., :: 2048 // S.shape[-1]], np.nan_to_num(theirs.meta()["n"], nan=-1)
    at = {tuple(pair): k for k, pair in enumerate(n.astype(int).tolist())}
    K = K[:, [at.pop(pair) for pair in zip(meta["n1"].tolist(), meta["n2"].tolist(), strict=True)]]
    assert not at
    for order, tolerance in enumerate((1e-6, 3e-4, 1e-3)):
        rows = meta["order"] == order
        error = torch.linalg.vector_norm((K - S)[:, rows])
        assert error < tolerance * torch.linalg.vector_norm(S[:, rows])


def test_derivatives_are_central_differences():
    scattering = TimeScattering(J=4, Q=(4, 1), shape=64)
    x, step = torch.rand(64, dtype=torch.float64) + 0.5, 1e-6
    _, J = jacobian(lambda theta: scattering(theta[0] * x).flatten(), torch.ones(1).double())
    difference = (scattering((1 + step) * x) - scattering((1 - step) * x)).flatten() / (2 * step)
    torch.testing.assert_close(J[:, 0], difference * np.log(2), rtol=1e-6, atol=1e-9)
    x.requires_grad_()
    d_s = torch.randn(scattering(x).shape, dtype=torch.float64)
    (gradient,) = torch.autograd.grad(scattering(x), x, d_s)
    d_x = torch.randn(64, dtype=torch.float64)
    with torch.no_grad():
        change = (scattering(x + step * d_x) - scattering(x - step * d_x)) / (2 * step)
    torch.testing.assert_close((d_s * change).sum(), gradient @ d_x, rtol=1e-6, atol=1e-9)


def test_levels_and_batches_do_not_matter():
    scattering = TimeScattering(**SETTINGS)
    x = torch.randn(2, 3, 2048, generator=torch.Generator().manual_seed(1))
    S = scattering(x)
    assert S.shape[:2] == (2, 3)
    torch.testing.assert_close(scattering(x[1, 2]), S[1, 2], rtol=1e-5, atol=1e-7)
    torch.testing.assert_close(scattering(2.0**-100 * x) * 2.0**100, S, rtol=0, atol=0)

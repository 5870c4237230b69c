import numpy as np
import pytest
import torch

from chirplib._common.norms import BLOCK, norms


@pytest.mark.parametrize("p", [1, 2])
@pytest.mark.parametrize("n", [1, 7, BLOCK, 2 * BLOCK + 3])
@pytest.mark.parametrize(("m", "k"), [(1, 1), (5, 2), (19, 3)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_norms_and_their_derivatives_are_those_of_numpy(p, n, m, k, dtype):
    random = np.random.default_rng(n)
    S, J, T = (torch.tensor(random.normal(size=s), dtype=dtype) for s in (n, (n, k), (m, n)))
    losses, slopes = norms(S, J, T, p)
    d = (S - T).double().numpy()  # in the precision of the features, as they are compared
    expected = np.linalg.norm(d, ord=p, axis=1)
    rounding = 1e-6 if dtype == torch.float32 else 1e-10
    np.testing.assert_allclose(losses, expected, rtol=rounding)
    direction = np.sign(d) if p == 1 else d / expected[:, None]
    scale = abs(direction) @ abs(J.double().numpy())
    np.testing.assert_allclose(
        slopes.numpy() / scale, direction @ J.double().numpy() / scale, atol=rounding
    )


@pytest.mark.parametrize("p", [1, 2])
def test_where_both_are_equal_there_is_no_slope(p):
    S = torch.arange(5.0)
    losses, slopes = norms(S, torch.ones(5, 2), torch.stack([S, S + 1]), p)
    assert losses[0] == 0 and (slopes[0] == 0).all() and (slopes[1] < 0).all()

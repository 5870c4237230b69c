import numpy as np
import pytest
import torch

from chirplib import landscape, match


def bowl(theta):
    return torch.log2(theta).square().sum(-1)


def same(theta):
    return theta


@pytest.fixture(scope="session")
def log_surface():
    return landscape(bowl, same, (np.geomspace(0.25, 2, 4), np.geomspace(0.5, 2, 3)), (1.0, 1.0))


@pytest.fixture(scope="session")
def linear_surface():
    return landscape(bowl, same, (np.linspace(0.5, 2, 4), np.linspace(0.5, 2, 4)), (1.0, 1.0))


@pytest.fixture(scope="session")
def descents():
    """Two that lead to (1, 1), and one that is stopped on its way."""
    descend = {"method": "gradient descent", "tolerance": 0.01}
    found = [match(bowl, same, start, **descend) for start in ((0.3, 0.6), (1.5, 1.5))]
    return [*found, match(bowl, same, (8.0, 4.0), max_steps=1, **descend)]

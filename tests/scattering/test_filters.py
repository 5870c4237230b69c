import gc

import numpy as np
import torch

from chirplib import TimeFrequencyScattering
from chirplib.scattering import filters
from chirplib.scattering.filters import JointFilters, shared_subbands
from chirplib.scattering.wavelets import lowpass, spinned_bank, wavelet_bank

SMALL = {"J": 5, "J_fr": 2, "Q": (4, 1), "F": 0}


def subbands(jtfs):
    network = jtfs.network
    return [layer.subbands for layer in [*network.order1, *network.joints[1:]]]


def test_transforms_that_pad_to_one_length_share_their_filters_and_agree():
    one = TimeFrequencyScattering(**SMALL, shape=500)
    other = TimeFrequencyScattering(**SMALL, shape=480)
    assert one.time.n_padded == other.time.n_padded
    assert all(a is b for a, b in zip(subbands(one), subbands(other), strict=True))
    x = torch.from_numpy(np.random.default_rng(0).normal(size=480))
    shared = other(x)
    del one, other
    gc.collect()
    torch.testing.assert_close(TimeFrequencyScattering(**SMALL, shape=480)(x), shared)


def test_filters_that_no_transform_uses_are_forgotten():
    bank = wavelet_bank(J=3, Q=1)
    kept = shared_subbands(bank, 128, 0)
    key = tuple(bank), 128, 0
    assert filters._in_use[key] is kept
    del kept
    gc.collect()
    assert key not in filters._in_use


def test_rows_of_an_average_that_hear_nothing_are_left_out():
    """They stand in the padding, further from the bands than the filter is long."""
    psis, bands, padded = dict(enumerate(spinned_bank(3, 1))), 10, 160
    joint = JointFilters(psis, bands, padded, F=8, format="time")
    h = joint.matrix.like(torch.ones(1, dtype=torch.float64)).square().sum(dim=(0, 2)).sqrt()
    assert joint.count < sum(padded >> min(p.j, lowpass(8).j) for p in psis.values() if p.xi >= 0)
    assert h.min() > 1e-8 * h.max()
    whole = JointFilters(psis, bands, bands, F=0, format="time")
    assert whole.count == sum(-(-bands // 2**p.j) for p in psis.values() if p.xi >= 0)

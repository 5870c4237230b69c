import os

import pytest
import torch

from chirplib import cost
from chirplib.cost import gradient_cost

JTFS = {"J": 6, "J_fr": 2, "Q": (4, 1), "F": 0, "shape": 2**15}


def test_a_cost_is_measured_in_another_process(monkeypatch):
    """What is held here does not count there, and what is patched here is not seen there."""
    ballast = torch.ones(2**28)  # 1 GiB
    monkeypatch.setattr(cost, "_measure", _measured_pid)
    assert gradient_cost("MSS") != os.getpid()
    monkeypatch.undo()
    assert gradient_cost("JTFS", runs=1, **JTFS).peak < 4 * len(ballast)
    assert cost._peak_memory() > 4 * len(ballast)


def _measured_pid(*_):
    return os.getpid()


def test_the_growth_is_what_the_loss_needs():
    """The windows of MSS have about 4 values for each sample, and JTFS far more."""
    mss, jtfs = (
        gradient_cost("MSS", runs=1, n_ffts=(64,)),
        gradient_cost("JTFS", runs=1, **JTFS),
    )
    assert 0 < mss.growth < jtfs.growth < jtfs.peak < 2**31
    assert mss.seconds > 0


@pytest.mark.parametrize(
    ("name", "settings", "error", "message"),
    [
        ("mss", {}, ValueError, "name must be one of .*'MSS', 'JTFS'.* got 'mss'"),
        ("MSS", {"runs": 0}, ValueError, "runs must be at least 1, got 0"),
        ("MSS", {"n_ffts": ()}, ValueError, "n_ffts must hold at least one"),
    ],
)
def test_bad_arguments_are_refused(name, settings, error, message):
    with pytest.raises(error, match=message):
        gradient_cost(name, **settings)

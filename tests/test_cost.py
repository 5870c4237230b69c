import pytest
import torch

from chirplib.cost import _peak_memory, gradient_cost

JTFS = {"J": 10, "J_fr": 3, "Q": (4, 1), "T": 2**12, "F": 0, "rates": (3, 40), "sr": 2**13}
JTFS["shape"] = 2**15


def test_the_growth_is_what_a_loss_needs_whatever_is_held_here():
    """What this process holds, or held before, does not count. A JTFS needs more than a window."""
    ballast = torch.ones(3 * 2**27)  # 1.5 GiB
    window = gradient_cost("MSS", runs=1, n_ffts=(64,))
    jtfs = gradient_cost("JTFS", runs=1, **JTFS)
    assert 0 < window.growth < jtfs.growth < jtfs.peak < 4 * len(ballast)
    assert _peak_memory() > 4 * len(ballast) and window.seconds > 0


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

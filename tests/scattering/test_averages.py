import numpy as np
import pytest
import torch

from chirplib import TimeFrequencyScattering
from chirplib.scattering import averages, torch_ops
from chirplib.scattering.filters import SpectrumAverage
from chirplib.scattering.time import TimeScattering
from chirplib.scattering.wavelets import TemporalAverage

LONG = {"J": 6, "Q": (4, 1), "shape": 10_000, "T": 32}
TRANSFORMS = {
    "JTFS": lambda: TimeFrequencyScattering(**LONG, J_fr=2, F=0),
    "with F": lambda: TimeFrequencyScattering(**LONG, J_fr=2, F=4),
    "time scattering": lambda: TimeScattering(**LONG),
}
X, D = torch.from_numpy(np.random.default_rng(0).normal(size=(2, 2, LONG["shape"])))


def results(transform):
    """Values, tangents along D, and gradients of sounds."""
    x = X.clone().requires_grad_()
    S, tangents = torch.func.jvp(transform, (X,), (D,))
    weights = torch.from_numpy(np.random.default_rng(1).normal(size=S.shape))
    (transform(x) * weights).sum().backward()
    return S, tangents, x.grad


@pytest.mark.parametrize("name", TRANSFORMS)
def test_long_sounds_in_stretches_are_as_those_averaged_as_a_whole(name, monkeypatch):
    monkeypatch.setattr(averages, "WHOLE", 0)
    cut = TRANSFORMS[name]()
    assert cut.network.joints[1].average.stretches == 8
    in_stretches = results(cut)
    monkeypatch.undo()
    whole = TRANSFORMS[name]()
    assert whole.network.joints[1].average.stretches == 1
    for one, other in zip(in_stretches, results(whole), strict=True):
        assert (one - other).norm() < 1e-7 * other.norm()  # rounding of the low-pass filter


@pytest.mark.parametrize("T", [9, 12, 16, 40, 200])
@pytest.mark.parametrize("j", [0, 2, 3])
def test_averages_of_spectra_are_those_of_signals(T, j):
    time = TemporalAverage(T, 6, 300)
    y = torch.from_numpy(np.random.default_rng(0).normal(size=(2, 3, time.n_padded >> j)))
    average = SpectrumAverage(*time.low_pass_of_spectrum(j))
    torch.testing.assert_close(
        average(torch.fft.rfft(y)), y @ torch.from_numpy(time.low_pass(j)), rtol=0, atol=1e-11
    )


def test_both_backends_agree_on_long_sounds(monkeypatch):
    monkeypatch.setattr(averages, "WHOLE", 0)
    jtfs = TRANSFORMS["JTFS"]()
    x = jtfs.time.pad(X)
    torch.testing.assert_close(jtfs._averages(x), torch_ops.averages(jtfs.network, x))


def test_join_and_its_adjoint_are_adjoint(monkeypatch):
    monkeypatch.setattr(averages, "WHOLE", 0)
    average = TRANSFORMS["JTFS"]().network.joints[1].average
    assert average.stretches == 8
    random = np.random.default_rng(2)
    s = torch.from_numpy(random.normal(size=(2 * average.stretches, 3, average.matrix.shape[1])))
    d = torch.from_numpy(random.normal(size=(2, 3, average.shape[1])))
    there, back = (average.join(s) * d).sum(), (average.join_adjoint(d) * s).sum()
    assert there == pytest.approx(back.item(), rel=1e-12)
    y = torch.from_numpy(random.normal(size=(2, 3, average.shape[0])))
    assert torch.equal(average.unsplit(average.split(y)), y)


@pytest.mark.parametrize("n", [2**13, 2**15, 2**17])
def test_the_matrix_does_not_grow_with_the_sound(n, monkeypatch):
    monkeypatch.setattr(averages, "WHOLE", 0)
    time = TimeFrequencyScattering(J=5, J_fr=2, Q=1, shape=n, T=16, F=0).time
    matrix = averages.output_average(time, 1).matrix
    assert averages.matrix_size(time, 1) == np.prod(matrix.shape) < 2**16

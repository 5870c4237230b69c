import pytest
import torch
from torch.autograd import gradcheck, gradgradcheck

from chirplib import MultiscaleSpectralLoss, TimeFrequencyScatteringLoss, am_chirp
from chirplib._common.derivatives import product
from chirplib.losses import NormLoss
from chirplib.metric import metric, quadratic_form
from chirplib.representations import MFCC, CumulativeSpectrum, MelSpectrogram
from chirplib.synths.ripple import ripple

GENERATOR = torch.Generator().manual_seed(0)
X, Y = torch.randn(2, 2048, generator=GENERATOR)
THETA = torch.tensor([4.0, 1.0, 0.5])
JTFS = dict(J=7, J_fr=2, Q=(8, 1), shape=2048)
SLOPE = torch.linspace(0, 1, 2048)
FUNCTIONS = {
    "JTFS": (TimeFrequencyScatteringLoss(**JTFS, F=0).to_target(Y), X),
    "JTFS averaged over frequency": (TimeFrequencyScatteringLoss(**JTFS).to_target(Y), X),
    "MSS": (MultiscaleSpectralLoss((512, 64)).to_target(Y), X),
    "mel": (NormLoss(MelSpectrogram(8192), 2).to_target(Y), X),
    "MFCC": (NormLoss(MFCC(8192), 2).to_target(Y), X),
    "cumulative spectrum": (NormLoss(CumulativeSpectrum(), 1).to_target(Y), X),
    "am_chirp": (lambda t: am_chirp(512, t[0], t[1], duration=0.25).square() * SLOPE, THETA),
    "ripple": (lambda t: ripple(*t, duration=0.25).square() * SLOPE, THETA),
    "metric": (lambda J: metric(J.view(1, 512, 4)), X),
    "quadratic form": (lambda d: quadratic_form(torch.eye(3) + 0.1, d), THETA),
}


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_autocast_around_value_and_gradient_changes_neither(name, threads):
    function, x = FUNCTIONS[name]

    def compute():
        at = x.clone().requires_grad_()
        value = function(at)
        return value, torch.autograd.grad(value.float().sum(), at)[0]

    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        plain = compute()
        with torch.autocast("cpu", torch.bfloat16):
            inside = compute()
    finally:
        torch.set_num_threads(before)
    for one, other in zip(inside, plain, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-6, atol=1e-7 * other.abs().max().item())


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_product_has_the_derivatives_of_a_product(side):
    constant = torch.randn(3, 3, dtype=torch.float64, generator=GENERATOR)
    x = torch.randn(2, 3, 3, dtype=torch.float64, generator=GENERATOR, requires_grad=True)

    def multiply(x):
        return product(constant, x) if side == "left" else product(x, constant)

    torch.testing.assert_close(multiply(x), constant @ x if side == "left" else x @ constant)
    assert gradcheck(multiply, (x,), check_forward_ad=True, check_batched_grad=True)
    assert gradgradcheck(multiply, (x,))
    # Forward mode in forward mode: of a square, to have something left.
    square = torch.func.jacfwd(torch.func.jacfwd(lambda x: multiply(x).square().sum()))
    plain = torch.func.hessian(
        lambda x: (constant @ x if side == "left" else x @ constant).square().sum()
    )
    torch.testing.assert_close(square(x.detach()), plain(x.detach()))

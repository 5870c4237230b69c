import numpy as np
import pytest
import torch

from chirplib import MultiscaleSpectralLoss, TimeFrequencyScatteringLoss, am_chirp
from chirplib.objective import Objective, OutOfDomain, jacobian

THETA = torch.tensor([[8.0, 1.5], [5.0, 3.0]], dtype=torch.float64)
Y = am_chirp(512, *THETA[0], duration=0.5)
LOSSES = {
    "MSS": MultiscaleSpectralLoss((256, 64)).to_target(Y),
    "JTFS": TimeFrequencyScatteringLoss(J=8, J_fr=3, Q=4, F=0, shape=len(Y)).to_target(Y),
}
STEP = 1e-5  # octaves


def synth(theta):
    return am_chirp(512, *theta.T, duration=0.5)


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_gradients_are_central_differences_per_octave(loss):
    theta = THETA * torch.tensor([1.1, 0.9])
    here = Objective(loss, synth).at(theta)
    torch.testing.assert_close(here.loss, loss(synth(theta)))
    for k in range(2):
        octaves = STEP * torch.eye(2, dtype=torch.float64)[k]
        ahead, behind = (loss(synth(theta * 2 ** (sign * octaves))) for sign in (1, -1))
        difference = (ahead - behind) / (2 * STEP)
        torch.testing.assert_close(here.gradient[:, k], difference, rtol=1e-4, atol=1e-8)


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_the_residual_and_its_jacobian_give_the_gradient(loss):
    """The loss is a norm of the residual: the chain rule leads from one to the other."""
    theta = THETA[1]
    objective = Objective(loss, synth)
    r, J = objective.linearized(theta)
    torch.testing.assert_close(r, loss.residual(synth(theta[None])[0]))
    slope = r.sign() if loss is LOSSES["MSS"] else r / r.norm()
    torch.testing.assert_close(J.mT @ slope, objective.at(theta[None]).gradient[0])
    assert objective.n_evaluations == 3


def test_the_jacobian_of_a_power_law():
    value, J = jacobian(lambda theta: theta**3, THETA[0])
    torch.testing.assert_close(value, THETA[0] ** 3)
    torch.testing.assert_close(J, torch.diag(3 * np.log(2) * THETA[0] ** 3))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_dtypes_are_kept_or_set(dtype):
    loss = torch.Tensor.sum
    assert Objective(lambda x: loss(x, -1), synth).at(THETA.to(dtype)).gradient.dtype == dtype
    array = THETA.numpy()
    assert Objective(lambda x: loss(x, -1), synth, dtype=dtype).at(array).loss.dtype == dtype


def test_the_tensor_of_the_caller_is_left_alone():
    theta = THETA.clone()
    Objective(LOSSES["MSS"], synth).at(theta)
    assert not theta.requires_grad and torch.equal(theta, THETA)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"theta": -THETA}, OutOfDomain, "theta must be positive"),
        ({"theta": THETA[0]}, ValueError, "theta must be of shape"),
        ({"synth": lambda t: t * float("nan")}, OutOfDomain, "synth must make finite sounds"),
        ({"synth": lambda t: am_chirp(9999, *t.T)}, OutOfDomain, "f_c must be below"),
        ({"loss": lambda x: x}, ValueError, "values of loss must have shape"),
        ({"loss": lambda x: am_chirp(9999, 1.0, 1.0)}, ValueError, "f_c must be below"),
    ],
)
def test_bad_arguments_are_refused(change, error, message):
    arguments = {"loss": LOSSES["MSS"], "synth": synth, "theta": THETA, **change}
    with pytest.raises(ValueError, match=message) as caught:
        Objective(arguments["loss"], arguments["synth"]).at(arguments["theta"])
    assert caught.type in (error, OutOfDomain)
    if "loss" in change:
        assert caught.type is ValueError

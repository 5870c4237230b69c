import numpy as np
import pytest
import torch

from chirplib.regression import small_network, train

LOW, HIGH = torch.tensor([4.0, 0.5]), torch.tensor([16.0, 4.0])
INPUTS = torch.randn(12, 24, 513, generator=torch.Generator().manual_seed(0))
OCTAVES = torch.rand(12, 2, generator=torch.Generator().manual_seed(1))


def squared_error(u, at):
    return (u - OCTAVES[at]).square().sum(dim=-1)


def training(seed=0, loss=squared_error, weights=0, **budget):
    network = small_network(LOW, HIGH, seed=weights)
    result = train(
        network, INPUTS[:8], loss, (INPUTS[8:], OCTAVES[8:]), seed=seed, batch_size=4, **budget
    )
    return result, torch.cat([p.detach().flatten() for p in network.parameters()])


def test_one_seed_gives_one_training():
    (first, weights), (second, same) = training(max_steps=4), training(max_steps=4)
    assert first.steps[-1] == 4 and torch.equal(weights, same)
    np.testing.assert_array_equal(first.errors, second.errors)
    assert first.errors.shape[1:] == (4, 2) and len(first.errors) == len(first.seconds)
    assert not torch.equal(weights, training(max_steps=4, seed=1)[1])
    assert not torch.equal(weights, training(max_steps=4, weights=1)[1])


def test_weights_do_not_depend_on_or_disturb_the_global_generator():
    torch.manual_seed(0)
    expected = torch.rand(1)
    torch.manual_seed(0)
    network = small_network(LOW, HIGH, seed=3)
    assert torch.equal(torch.rand(1), expected)
    again = small_network(LOW, HIGH, seed=3)
    assert all(map(torch.equal, network.parameters(), again.parameters()))


def test_training_lowers_the_loss_and_each_input_is_seen_once_an_epoch():
    seen, losses = [], []

    def loss(u, at):
        seen.extend(at.tolist())
        losses.append(squared_error(u, at).mean().item())
        return squared_error(u, at)

    training(loss=loss, max_steps=40)
    assert sorted(seen[:8]) == sorted(seen[8:16]) == list(range(8))
    assert np.mean(losses[-4:]) < np.mean(losses[:4]) / 4


def test_network_starts_near_the_middle_of_the_range():
    network = small_network(LOW, HIGH, seed=0)
    with torch.no_grad():
        network[-2].weight.zero_()
        network[-2].bias.copy_(torch.tensor([1.0, -1.0]))
    expected = torch.log2(torch.tensor([16.0, 0.5]))
    torch.testing.assert_close(network(INPUTS[:1])[0].detach(), expected)


def test_interrupted_training_is_kept():
    calls = []

    def interrupted(u, at):
        calls.append(at)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return squared_error(u, at)

    with pytest.warns(UserWarning, match="interrupted after 2 of 10 steps"):
        result, weights = training(loss=interrupted, max_steps=10)
    assert result.steps[-1] == 2 and torch.equal(weights, training(max_steps=2)[1])


def test_a_loss_that_is_not_finite_is_refused():
    with pytest.raises(ValueError, match="loss must be finite, got nan at step 0"):
        training(loss=lambda u, at: squared_error(u, at) * float("nan"), max_steps=2)


def test_training_ends_when_its_seconds_are_over():
    result, _ = training(max_seconds=1e-9)
    assert result.steps.tolist() == [0, 1] and len(result.seconds) == 2 and result.seconds[0] == 0


@pytest.mark.parametrize(
    ("budget", "message"),
    [
        ({}, "max_steps or max_seconds must be given, got neither"),
        ({"max_seconds": 0}, "max_seconds must be positive"),
        ({"max_steps": 0}, "max_steps must be at least 1"),
    ],
)
def test_bad_budgets_are_refused(budget, message):
    with pytest.raises(ValueError, match=message):
        training(**budget)


def test_batch_larger_than_the_data_is_refused():
    network = small_network(LOW, HIGH, seed=0)
    with pytest.raises(ValueError, match="batch_size must be at least 1 and at most 2, got 8"):
        train(network, INPUTS[:2], squared_error, (INPUTS, OCTAVES), seed=0, max_steps=1)

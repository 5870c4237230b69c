import re

import fuzz
import numpy as np
import pytest
from fuzz import Case, Sound

from chirplib import TimeFrequencyScattering
from chirplib.scattering import cpu_ops

SEED, CASES = 1, 200


def test_random_cases_agree_with_the_plain_transform():
    failed, refused = [], 0
    for index in range(CASES):
        case = fuzz.draw(SEED, index)
        result = fuzz.check(case)
        refused += result.refused
        if result.failures:
            failed.append(fuzz.report(case, result))
    assert not failed, "\n\n".join(failed)
    # Most cases are for the transform, and some for its refusals.
    assert CASES / 20 < refused < CASES / 2


SMALL = {"J": 4, "J_fr": 2, "Q": (3, 1), "shape": 40, "T": None, "F": None, "format": "time"}
SMALL["Q_fr"] = 1
SMALLEST = {**SMALL, "J": 1, "Q": 4, "shape": 2, "T": 2, "F": 7, "format": "joint", "Q_fr": 2}


@pytest.mark.parametrize(
    "case",
    [
        # Squares of such levels are beyond single precision.
        Case(SMALL, [Sound(level=1e-30)]),
        Case(SMALL, [Sound(level=1e30)]),
        Case(SMALL, [Sound(level=1e-30), Sound(level=1e30), Sound("silence")], (3,)),
        # All coefficients are rounding errors.
        Case(SMALLEST, [Sound()]),
        Case({**SMALL, "format": "joint"}, [Sound("constant")]),
        # A constant or a tone at Nyquist that is louder than the rest.
        Case({**SMALL, "J": 2, "shape": 5, "T": 4}, [Sound("nyquist", 3e14, 1e-3)]),
        Case({**SMALL, "T": 40, "F": 1}, [Sound("constant", 0.04, 1e-3)]),
        # One memory for all sounds.
        Case(SMALL, [Sound()] * 4, (2, 2), layout="expanded", columns=2),
        # Refused: a circle of 30 bands is not a multiple of 8, nor one of 52 of 16.
        Case({**SMALL, "J_fr": 1, "F": 8}),
        Case({**SMALL, "J": 6, "shape": 65, "J_fr": 2, "F": 21}),
    ],
)
def test_what_the_fuzz_has_met_stays_right(case):
    result = fuzz.check(case)
    assert not result.failures, "\n".join([*result.failures, str(case)])


@pytest.mark.parametrize("name", ["J", "J_fr", "F"])
def test_short_integers_of_numpy_are_integers(name):
    settings = {**SMALL, "J": 6, "shape": 80, "F": 2}
    TimeFrequencyScattering(**{**settings, name: np.uint8(settings[name])})


def test_a_case_is_made_from_its_seed_and_index():
    for index in range(20):
        one, two = (fuzz.draw(5, index) for _ in range(2))
        assert str(one) == str(two)
        for a, b in zip(one.numbers(), two.numbers(), strict=True):
            np.testing.assert_array_equal(a, b)


def test_a_fault_is_reported_with_the_command_that_shows_it(monkeypatch, capsys):
    right = cpu_ops._modulus_vjp
    monkeypatch.setattr(cpu_ops, "_modulus_vjp", lambda *a: right(*a) * (1 + 1e-6))
    assert fuzz.main(["--seed", "3", "--cases", "5"]) == 1
    index = re.findall(r"fuzz.py --seed 3 --only (\d+)", capsys.readouterr().out)[0]
    assert fuzz.main(["--seed", "3", "--only", index]) == 1
    assert "0 refused, 1 failed" in capsys.readouterr().out
    monkeypatch.undo()
    assert fuzz.main(["--seed", "3", "--only", index]) == 0

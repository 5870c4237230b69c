import math

import pytest

from chirplib._common.progress import interruptible


def loop(steps, interrupted_at=None, **options):
    with interruptible(steps, "step", "walk", **options) as bar:
        for step in range(steps):
            if step == interrupted_at:
                raise KeyboardInterrupt
            bar.update()
    return bar


def test_a_loop_shows_what_is_done_and_of_how_much(capfd):
    bar = loop(3)
    assert (bar.n, bar.interrupted) == (3, False)
    shown = capfd.readouterr().err
    assert "walk" in shown and "/3" in shown


def test_a_bar_that_is_off_still_counts(capfd):
    assert loop(3, delay=math.inf).n == 3
    assert "walk" not in capfd.readouterr().err


def test_an_interrupt_is_a_warning_where_the_loop_was_called():
    with pytest.warns(UserWarning, match=r"^interrupted after 2 of 5 steps; go on$") as caught:
        bar = loop(5, interrupted_at=2, hint="; go on")
    assert bar.interrupted and bar.n == 2
    assert caught[0].filename == __file__


def test_an_interrupt_goes_on_if_nothing_is_done():
    with pytest.raises(KeyboardInterrupt):
        loop(5, interrupted_at=0)


def test_other_errors_are_not_caught():
    with pytest.raises(ZeroDivisionError), interruptible(None, "step", "walk"):
        _ = 1 / 0

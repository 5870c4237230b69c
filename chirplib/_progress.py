"""How long a descent goes on: for so many steps, or for so much time."""

import time
import warnings
from contextlib import contextmanager

from tqdm.auto import tqdm

from chirplib._validation import check_integer, check_positive


class Budget:
    """Steps to take, until their number or the wall time is used up.

    With `seconds`, the number of steps depends on the machine. An interrupt from the keyboard
    ends the steps with a warning, so that what they have led to is kept.

    Parameters
    ----------
    seconds : float, optional
        Wall time. The step during which it runs out is the last.
    steps : int, optional
        Number of steps. Exactly one of `seconds` and `steps` must be given.
    label : str, default "descent"
        Text of the progress bar.

    Attributes
    ----------
    elapsed : float
        Wall seconds spent so far, without those of `paused`.

    Raises
    ------
    ValueError
        If not exactly one of `seconds` and `steps` is given, or it is not positive.

    Examples
    --------
    >>> from chirplib._progress import Budget
    >>> total = 0
    >>> def add(step):
    ...     global total
    ...     total += step
    >>> budget = Budget(steps=4)
    >>> budget.run(add)
    >>> total
    6
    """

    def __init__(self, *, seconds=None, steps=None, label="descent"):
        if (seconds is None) == (steps is None):
            raise ValueError(
                f"exactly one of seconds and steps must be given, got {seconds!r} and {steps!r}"
            )
        if seconds is not None:
            check_positive("seconds", seconds)
        else:
            check_integer("steps", steps, low=1)
        self.seconds, self.steps, self.label = seconds, steps, label
        self._spent, self._began = 0.0, None

    @property
    def elapsed(self):
        running = 0.0 if self._began is None else time.perf_counter() - self._began
        return self._spent + running

    @contextmanager
    def paused(self):
        """Within this context no time passes, as for a look at the result so far."""
        self._spent, self._began = self.elapsed, None
        try:
            yield
        finally:
            self._began = time.perf_counter()

    def run(self, take_step):
        """Call ``take_step(step)`` with step = 0, 1, 2, ... until the budget is used up."""
        step = 0
        with tqdm(total=self.steps, unit="step", desc=self.label, leave=False) as progress:
            self._began = time.perf_counter()
            try:
                while step < self.steps if self.steps else self.elapsed < self.seconds:
                    take_step(step)
                    step += 1
                    progress.update()
            except KeyboardInterrupt:
                warnings.warn(f"interrupted after {step} steps", stacklevel=3)
            finally:
                self._spent, self._began = self.elapsed, None

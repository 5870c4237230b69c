"""What the scattering transforms have in common as modules of PyTorch."""

from torch import nn

from chirplib._common.compiled import Unscripted


class Transform(Unscripted, nn.Module):
    """A transform that is copied, saved and sent by its settings alone.

    Its filters may take hundreds of megabytes, and come from few numbers. So a process that gets a
    transform builds them for itself. A subclass has them in the attributes ``BUILT``, which its
    method ``_build`` makes of the others.

    Examples
    --------
    >>> import pickle
    >>> from chirplib import TimeFrequencyScattering
    >>> jtfs = TimeFrequencyScattering(J=8, J_fr=3, Q=(8, 2), F=0, shape=2**12)
    >>> len(pickle.dumps(jtfs)) < 20_000
    True
    """

    BUILT = ("time", "network")

    def __getstate__(self):
        """What is saved."""
        return {name: value for name, value in self.__dict__.items() if name not in self.BUILT}

    def __setstate__(self, state):
        """Build the rest."""
        super().__setstate__(state)
        self._build()

"""Loss surfaces and gradient fields over a grid of two synthesis parameters."""

from chirplib.landscapes.many_targets import landscape_each
from chirplib.landscapes.one_target import landscape
from chirplib.landscapes.result import Landscape

__all__ = ["Landscape", "landscape", "landscape_each"]

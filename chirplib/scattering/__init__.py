"""The engine of the joint time-frequency scattering transform, and nothing else."""

from chirplib.scattering.transform import TimeFrequencyScattering

__all__ = ["TimeFrequencyScattering"]

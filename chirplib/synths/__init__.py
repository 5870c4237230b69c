"""Differentiable synthesizers g, one file each."""

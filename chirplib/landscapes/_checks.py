"""What is asked of landscapes that are given as arguments."""

from collections.abc import Sequence

import numpy as np

from chirplib._common.validation import as_list, check_instance, check_surface
from chirplib.landscapes.result import Landscape


def check_resumed(resume, axes, target):
    """Refuse a result to go on from that is for something else."""
    check_instance("resume", resume, Landscape)
    if not all(map(np.array_equal, resume.axes, axes)):
        raise ValueError(f"resume must be a result for these axes, got one for {resume.axes}")
    if not np.array_equal(resume.target, target):
        raise ValueError(f"resume must be a result for {target}, got one for {resume.target}")


def as_finished(name: str, surfaces: Sequence[Landscape], **options) -> list[Landscape]:
    """A list of landscapes, each finished in the sense of `check_surface`."""
    surfaces = as_list(name, surfaces)
    for k, surface in enumerate(surfaces):
        check_instance(f"{name}[{k}]", surface, Landscape)
        check_surface(f"{name}[{k}]", surface, **options)
    return surfaces

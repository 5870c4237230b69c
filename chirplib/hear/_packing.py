"""Landscapes as bytes in base64, which pages and Python read alike."""

import base64
import json
import re
from pathlib import Path

import numpy as np

from chirplib._common.validation import check_instance, check_text

SLOPE_STEPS = 16  # in which a slope is halved: 255 of them reach from 1 to 1e-5


def pack(surfaces):
    """Landscapes as bytes, and for each target the range of its loss and its steepest slope."""
    loss = np.stack([surface.loss for surface in surfaces])
    gradient = np.stack([surface.gradient for surface in surfaces])
    low, high = loss.min(axis=(1, 2)), loss.max(axis=(1, 2))
    height = (loss - _each(low)) / _each(np.where(high > low, high - low, 1))
    turns = np.arctan2(-gradient[..., 1], -gradient[..., 0]) / (2 * np.pi)
    slope = np.linalg.norm(gradient, axis=-1)
    steepest = slope.max(axis=(1, 2))
    with np.errstate(divide="ignore"):
        halvings = -np.log2(slope / _each(np.where(steepest > 0, steepest, 1)))
    return {
        "low": rounded(low),
        "high": rounded(high),
        "steepest": rounded(steepest),
        "loss": _bytes(255 * np.sqrt(height)),
        "direction": _bytes(256 * turns),
        # 0 is for a slope of 0, as of a point at its target.
        "slope": _bytes(np.maximum(255 - SLOPE_STEPS * halvings, 0)),
    }


def unpack(packed, targets, axes):
    """Losses (*targets, *axes) and gradients (*targets, *axes, 2), from the lengths of the axes."""
    loss, direction, slope = (
        np.frombuffer(base64.b64decode(packed[name]), np.uint8).reshape(*targets, *axes)
        for name in ("loss", "direction", "slope")
    )
    low, high, steepest = (
        np.reshape(packed[name], (*targets, 1, 1)) for name in ("low", "high", "steepest")
    )
    angle = 2 * np.pi * direction / 256
    length = steepest * np.where(slope > 0, 2 ** ((slope - 255.0) / SLOPE_STEPS), 0)
    gradient = -np.stack([length * np.cos(angle), length * np.sin(angle)], axis=-1)
    return low + (high - low) * (loss / 255) ** 2, gradient


def file_of(folder, name, shift):
    """The file of a loss and a shift."""
    return folder / f"{re.sub('[^A-Za-z0-9]+', '-', name)}-{shift}.js"


def read_scripts(folder, name):
    """What the scripts of a loss leave in a page, packed as it is there: by shift, increasing."""
    check_instance("folder", folder, Path)
    check_text("name", name)
    tables = {}
    for file in folder.glob(file_of(Path(), name, "*").name):
        table = json.loads(file.read_text("utf-8").partition("] = ")[2].removesuffix(";\n"))
        # One name may begin with another.
        if table["name"] == name:
            tables[table["shift"]] = table
    if not tables:
        raise ValueError(f"folder must have files of {name!r}, got {folder}")
    return dict(sorted(tables.items()))


def rounded(values):
    """Array as a flat list of numbers of 6 significant digits."""
    return [float(f"{value:.6g}") for value in np.ravel(values)]


def _each(values):
    """One value for each landscape."""
    return values[:, None, None]


def _bytes(values):
    """Numbers, rounded, in base64. Turns go on from 255 to 0."""
    return base64.b64encode((np.round(values) % 256).astype(np.uint8).tobytes()).decode()

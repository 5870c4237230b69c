"""Figures of the book: of arrays, tensors and the results of the package."""

from chirplib.figures.curves import (
    plot_convergence,
    plot_costs,
    plot_curves,
    plot_loss_by_shift,
    plot_ratios,
)
from chirplib.figures.descents import plot_basins, plot_descents, plot_errors
from chirplib.figures.ellipses import plot_ellipses
from chirplib.figures.scattering import plot_planes, plot_rate_scale, plot_scalogram
from chirplib.figures.sounds import plot_cqt, plot_spectrograms
from chirplib.figures.surfaces import plot_contours, plot_ranks, plot_surfaces, ranks
from chirplib.figures.svg import themed_svg
from chirplib.figures.targets import plot_targets

__all__ = [
    "plot_basins",
    "plot_contours",
    "plot_convergence",
    "plot_costs",
    "plot_cqt",
    "plot_curves",
    "plot_descents",
    "plot_ellipses",
    "plot_errors",
    "plot_loss_by_shift",
    "plot_ranks",
    "plot_planes",
    "plot_rate_scale",
    "plot_ratios",
    "plot_scalogram",
    "plot_spectrograms",
    "plot_surfaces",
    "plot_targets",
    "ranks",
    "themed_svg",
]

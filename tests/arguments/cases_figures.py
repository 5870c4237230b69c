"""Valid arguments of the functions that draw, and of players: see test_arguments.py."""

import itertools
import tempfile
from pathlib import Path

import numpy as np
import torch
from cases_core import name_of

from chirplib import MultiscaleSpectrogram, TimeFrequencyScattering
from chirplib.figures import (
    _axes,
    curves,
    descents,
    ellipses,
    frames,
    scattering,
    sounds,
    surfaces,
    svg,
    targets,
)
from chirplib.hear import hear_landscapes, hear_targets, pairs
from chirplib.landscapes import Landscape
from chirplib.matching import Match
from chirplib.notebook import players, quick_note

TITLES = ["a", "b"]
PAIR = np.array([1.0, 2.0])
PATH = np.array([[2.0, 4.0], [1.5, 2.0]])
MATCH = Match(PATH, PAIR, PATH, PAIR, n_evaluations=2, reason="converged")
SURFACE = Landscape((PAIR, PAIR), (2.0, 1.0), np.arange(4.0).reshape(2, 2), np.ones((2, 2, 2)), 0.0)
PER_TARGET = [
    Landscape((PAIR, PAIR), target, SURFACE.loss, SURFACE.gradient, 0.0)
    for target in itertools.product(PAIR, PAIR)
]
TABLES = Path(tempfile.mkdtemp())
for name in TITLES:
    pairs.write_pairs(TABLES, name, {0: PER_TARGET, 2: PER_TARGET}, "a test")
ALL_PAIRS = pairs.read_pairs(TABLES, "a")
SOUND = torch.sin(torch.arange(64.0))
JTFS = TimeFrequencyScattering(J=4, J_fr=2, Q=4, shape=64, F=0)
META, COEFFICIENTS = JTFS.meta(), JTFS(SOUND)
CIRCLE = 0.1 * np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])
PICTURE = svg.closed(_axes.make_panels(1, 1, (1, 1))[0])
PANELS = dict(landscapes=[SURFACE] * 2, titles=TITLES)
SOUNDS = dict(sounds=[SOUND] * 2, titles=TITLES)

_CASES = [
    (curves.plot_curves, dict(panels={"a": {"b": PAIR}}, span=(0, 1), columns=1, labels=TITLES)),
    (frames.play_frames, dict(panels={"a": np.ones((2, 3, 4))}, alts=["b"])),
    (
        scattering.plot_planes,
        dict(planes={"a": PATH}, seconds=(0, 1), hertz=(128, 256), columns=1),
    ),
    (
        curves.plot_loss_by_shift,
        dict(shifts=PAIR, losses={"a": PAIR, "b": PAIR}, bold=["a"], sr=8192),
    ),
    (curves.plot_convergence, dict(errors={"a": PAIR, "b": PAIR})),
    (curves.plot_ratios, dict(octaves=PAIR, ratios=PATH, titles=TITLES)),
    (curves.plot_costs, dict(names=TITLES, seconds=PAIR, gigabytes=PAIR, sources=TITLES)),
    (descents.plot_descents, PANELS | dict(descents=[[MATCH]] * 2, label="loss")),
    (
        descents.plot_errors,
        dict(runs={"a": [(PAIR, PATH)]}, parameters=TITLES, xlabel="step", levels={"c": PAIR}),
    ),
    (descents.plot_basins, dict(basins=[[MATCH]] * 2, target=PAIR, titles=TITLES)),
    (sounds.plot_cqt, SOUNDS | dict(sr=8192, f_min=512, octaves=1)),
    (sounds.plot_spectrograms, SOUNDS | dict(representation=MultiscaleSpectrogram((16,)), sr=8192)),
    (scattering.plot_scalogram, SOUNDS | dict(jtfs=JTFS, sr=8192)),
    (
        scattering.plot_rate_scale,
        dict(meta=META, coefficients=[COEFFICIENTS] * 2, titles=TITLES, gammas=PAIR, sr=8192),
    ),
    (surfaces.plot_contours, PANELS | dict(label="loss", labels=TITLES, columns=1)),
    (surfaces.plot_surfaces, PANELS | dict(label="loss")),
    (surfaces.ranks, dict(surface=SURFACE)),
    (surfaces.plot_ranks, PANELS | dict(labels=TITLES)),
    (
        ellipses.plot_ellipses,
        dict(theta=PATH, curves=np.stack([CIRCLE] * 2), sensitivity=PAIR, label="a"),
    ),
    (
        targets.plot_targets,
        dict(groups=[[SURFACE]] * 2, titles=TITLES, value=np.ndim, label="a"),
    ),
    (svg.themed_svg, dict(figure=PICTURE)),
    (svg.closed, dict(figure=PICTURE)),
    (
        hear_landscapes,
        dict(
            surfaces={("a", 0): SURFACE, ("a", 2): SURFACE},
            shift=2,
            picture=PICTURE,
            alt="a",
        ),
    ),
    (
        hear_targets,
        dict(folder=TABLES, address="tables", names=TITLES, target=PAIR, picture=PICTURE, alt="a"),
    ),
    (
        pairs.Pairs,
        dict(name="a", axes=(PAIR, PAIR), targets=(PAIR, PAIR), shifts=[0])
        | dict(loss=np.zeros((1, 2, 2, 2, 2)), gradient=np.zeros((1, 2, 2, 2, 2, 2))),
    ),
    (ALL_PAIRS.at, dict(target=PAIR, shift=2)),
    (pairs.write_pairs, dict(folder=TABLES, name="c", surfaces={0: PER_TARGET}, comment="a test")),
    (pairs.read_pairs, dict(folder=TABLES, name="a")),
    (players, dict(sounds={"a": SOUND}, sr=8192)),
    (quick_note, {}),
]
CASES = {name_of(f): (f, lambda arguments=arguments: dict(arguments)) for f, arguments in _CASES}

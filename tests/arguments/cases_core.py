"""Valid arguments of the public functions and classes, but for figures: see test_arguments.py."""

import inspect
import math
import tempfile
from functools import partial

import numpy as np
import soundfile
import torch

from chirplib import (
    cost,
    landscapes,
    losses,
    matching,
    metric,
    objective,
    regression,
    representations,
    settings,
    stochastic,
)
from chirplib.landscapes import evidence
from chirplib.matching import optimisers
from chirplib.metric import datasets
from chirplib.recordings import (
    call_features,
    delay,
    explained,
    load_recording,
    ridge,
    split_time,
)
from chirplib.scattering.responses import filter_picture, filter_response
from chirplib.scattering.time import TimeScattering
from chirplib.scattering.transform import TimeFrequencyScattering
from chirplib.synths.call import call
from chirplib.synths.chirp import am_chirp
from chirplib.synths.drum import drum
from chirplib.synths.grains import grains
from chirplib.synths.ripple import ripple

JTFS = dict(J=4, J_fr=2, Q=4, shape=256, T=64, Q_fr=1, F=0, format="time")
SELECTION = dict(rates=(0, 4000), scales=(0, 4), sr=8192)
AXES = np.array([1.0, 2.0]), np.array([1.0, 4.0])
TARGET = 2.0, 1.0
SOUND = torch.sin(torch.arange(256.0))
THETA = torch.tensor([[1.0, 2.0], [2.0, 3.0]])
UNIT = torch.eye(2).expand(3, 2, 2)


def bowl(x):
    return torch.log2(x).square().sum(-1)


def same(theta):
    return theta


def brief(theta):
    return am_chirp(64, *theta.T, duration=0.5, sr=512)


class Bowl:
    """The same with a residual, for least squares."""

    def __call__(self, x):
        return bowl(x)

    def residual(self, x):
        return torch.log2(x)


def of(instance, method):
    """A method of an instance, made once."""
    return getattr(instance, method)


MSS = losses.MultiscaleSpectralLoss((16, 8))
SCATTERING = TimeFrequencyScattering(**JTFS)
DISTANCES = stochastic.RateDistances(SOUND, sr=8192, **(JTFS | {"rates": (100, 4000)}))
OBJECTIVE = objective.Objective(Bowl(), same)
LANDSCAPE = landscapes.landscape(bowl, same, AXES, TARGET)
MATCH = matching.match(Bowl(), same, [1.5, 1.5])
DESCENT = dict(
    loss=Bowl(), synth=same, max_steps=2, max_seconds=math.inf, tolerance=1e-2,
    dtype=torch.float32, device="cpu", progress=False, method="gradient descent",
)  # fmt: skip


STORE = tempfile.mkdtemp()
datasets.compute_metrics(STORE, same, same, THETA, {})
RECORDING = f"{tempfile.mkdtemp()}/sound.wav"
soundfile.write(RECORDING, np.sin(np.arange(4096.0)), 8192)
LINE = torch.linspace(-1, 1, 8)[:, None]
_CASES = [
    (am_chirp, dict(f_c=64, f_m=4.0, gamma=1.0, bandwidth=2.0, duration=0.5, sr=512, shift=3)),
    (
        ripple,
        dict(w=4.0, Omega=1.0, delta=0.5, f_min=16, octaves=2, n_partials=4, duration=0.5)
        | dict(sr=512, seed=0),
    ),
    (
        drum,
        dict(omega=1000.0, tau=0.2, p=0.01, D=0.01, alpha=0.5, duration=0.01, sr=8192),
    ),
    (
        call,
        dict(f_c=64, growth=0.5, width=0.1, level=1.0, middle=0.2, f_m=4.0, duration=0.5, sr=512),
    ),
    (grains, dict(slope=torch.tensor([0.5]), density=torch.tensor([0.2]), seeds=[0])),
    (
        load_recording,
        dict(path=RECORDING, start=0.1, stop=0.4, slower=2, duration=1.0, sr=2048, level=0.5)
        | dict(band=(500, 2000)),
    ),
    (ridge, dict(x=SOUND.repeat(9), sr=1024)),
    (call_features, dict(x=SOUND.repeat(9), start=0.1, stop=2.0, sr=1024)),
    (split_time, dict(x=SOUND.repeat(9), sr=1024)),
    (delay, dict(x=SOUND.repeat(9), y=SOUND.repeat(9), sr=1024)),
    (explained, dict(x=SOUND.repeat(9), y=SOUND.repeat(9), sr=1024)),
    (TimeFrequencyScattering, JTFS | SELECTION),
    (of(SCATTERING, "forward"), dict(x=SOUND)),
    (of(SCATTERING, "scalogram"), dict(x=SOUND)),
    (filter_picture, dict(jtfs=TimeFrequencyScattering(**JTFS), n2=3, n_fr=1)),
    (filter_response, dict(jtfs=TimeFrequencyScattering(**JTFS), x=SOUND, n2=3, n_fr=1)),
    (TimeScattering, dict(J=4, Q=(4, 1), shape=256, T=64)),
    (of(TimeScattering(J=4, Q=(4, 1), shape=256), "forward"), dict(x=SOUND)),
    (representations.waveform, dict(x=SOUND)),
    (representations.MultiscaleSpectrogram, dict(n_ffts=(16, 8), terms="both")),
    (of(MSS.representation, "forward"), dict(x=SOUND)),
    (representations.MelSpectrogram, dict(sr=8192, log=False)),
    (of(representations.MelSpectrogram(8192), "forward"), dict(x=SOUND.repeat(3))),
    (representations.MFCC, dict(sr=8192, n_mfcc=4)),
    (of(representations.MFCC(8192), "forward"), dict(x=SOUND.repeat(3))),
    (representations.CumulativeSpectrum, dict(n_fft=16)),
    (of(representations.CumulativeSpectrum(16), "forward"), dict(x=SOUND)),
    (
        representations.cqt,
        dict(sounds=SOUND.repeat(2, 9), sr=8192, f_min=512, octaves=1, bins_per_octave=2),
    ),
    (representations.LogCompression, dict(representation=same, eps=1e-3, mean=2.0)),
    (of(representations.LogCompression(same), "forward"), dict(x=SOUND)),
    (representations.path_mean, dict(representation=same, sounds=SOUND)),
    (
        representations.log_cqt,
        dict(sounds=SOUND.repeat(2, 9), sr=8192, f_min=512, octaves=1),
    ),
    (losses.RepresentationLoss, dict(representation=same)),
    (losses.NormLoss, dict(representation=same, p=2)),
    (of(losses.NormLoss(same, 1), "distance"), dict(S_x=THETA, S_y=THETA)),
    (losses.MultiscaleSpectralLoss, dict(n_ffts=(16, 8), terms="both")),
    (of(MSS, "forward"), dict(x=SOUND, y=SOUND)),
    (of(MSS, "to_target"), dict(y=SOUND)),
    (losses.LossToTarget, dict(loss=MSS, y=SOUND, target=MSS.representation(SOUND))),
    (MSS.to_target(SOUND), dict(x=SOUND)),
    (of(MSS.to_target(SOUND), "residual"), dict(x=SOUND)),
    (losses.TimeFrequencyScatteringLoss, JTFS | SELECTION),
    (objective.Objective, dict(loss=bowl, synth=same, dtype=torch.float32, device="cpu")),
    (of(OBJECTIVE, "at"), dict(theta=THETA)),
    (of(OBJECTIVE, "linearized"), dict(theta=THETA[0])),
    (objective.jacobian, dict(function=torch.log2, theta=THETA[0])),
    (
        landscapes.landscape,
        dict(loss=bowl, synth=same, axes=AXES, target=TARGET, batch_size=2, dtype=torch.float32)
        | dict(device="cpu", resume=None, executor=None),
    ),
    (
        landscapes.landscape_each,
        dict(loss=MSS, synth=brief, axes=AXES, targets=[TARGET], sounds=SOUND[None])
        | dict(dtype=torch.float32, device="cpu", resume=None, executor=None),
    ),
    (
        landscapes.Landscape,
        dict(axes=AXES, target=TARGET, loss=LANDSCAPE.loss, gradient=LANDSCAPE.gradient)
        | dict(seconds=0.0),
    ),
    (evidence.share, dict(k=1, n=2)),
    (evidence.summary, dict(surfaces=[LANDSCAPE] * 2)),
    (matching.match, DESCENT | dict(start=[1.5, 2.0])),
    (matching.match_each, DESCENT | dict(starts=[[1.5, 2.0]], executor=None)),
    (of(MATCH, "octaves_to"), dict(target=TARGET)),
    (of(MATCH, "errors"), dict(target=TARGET)),
    (of(MATCH, "found"), dict(target=TARGET)),
    (optimisers.Point, dict(objective=OBJECTIVE, u=np.array([0.5, 1.0]))),
    (optimisers.GradientDescent, dict(objective=OBJECTIVE)),
    (optimisers.Adam, dict(objective=OBJECTIVE)),
    (optimisers.GaussNewton, dict(objective=OBJECTIVE)),
    (optimisers.DecreasingSteps, dict(objective=OBJECTIVE, step=0.5, decay=10)),
    (metric.jacobian, dict(representation=same, synth=same, theta=THETA, executor=None)),
    (
        metric.features_and_jacobian,
        dict(representation=same, synth=same, theta=THETA[0]),
    ),
    (
        datasets.compute_metrics,
        lambda: (
            dict(
                path=tempfile.mkdtemp(),
                representation=same,
                synth=same,
                theta=THETA,
                settings={"a": 1},
            )
            | dict(features=True, loss=None, chunk_size=2, executor=None)
        ),
    ),
    (datasets.open_metrics, dict(path=STORE)),
    (metric.metric, dict(jacobians=torch.ones(2, 4, 2))),
    (metric.quadratic_form, dict(metrics=UNIT, octaves=torch.ones(3, 2))),
    (metric.ellipses, dict(metrics=UNIT, radius=0.5, n=4)),
    (
        regression.small_network,
        dict(low=torch.ones(2), high=torch.full((2,), 4.0), seed=0, shape=(16, 20)),
    ),
    (
        regression.train,
        dict(network=torch.nn.Linear(1, 1), inputs=LINE, loss=lambda y, at: y.square().sum(-1))
        | dict(held_out=(LINE, LINE), seed=0, max_steps=2, max_seconds=0.1, batch_size=2),
    ),
    (stochastic.RateDistances, dict(y=SOUND) | JTFS | SELECTION | dict(rates=(100, 4000))),
    (DISTANCES, dict(x=SOUND)),
    (of(DISTANCES, "by_rate"), dict(x=SOUND)),
    (of(DISTANCES, "of_rate"), dict(x=SOUND, n=0)),
    (
        stochastic.RandomRate,
        dict(distances=DISTANCES, probabilities=[1 / len(DISTANCES.rates)] * len(DISTANCES.rates))
        | dict(seed=0),
    ),
    (
        cost.gradient_cost,
        dict(name="MSS", runs=1, n_ffts=(64,)),
    ),
    (cost.peak_memory, dict(pid=None)),
    (settings.synth, dict(theta=THETA)),
    (settings.listening_devices, {}),
    (settings.only_order, dict(scattering=SCATTERING, order=1)),
]


def name_of(function):
    """Full name of a function or class; a method comes after its class and a space."""
    owner = getattr(function, "__self__", None)
    if owner is None and not inspect.isfunction(function) and not inspect.isclass(function):
        return f"{name_of(type(function))} called"
    if owner is not None:
        return f"{name_of(type(owner))} {function.__name__}"
    return f"{function.__module__}.{function.__name__}"


def made(arguments):
    """New arguments for each call."""
    return dict(arguments() if callable(arguments) else arguments)


CASES = {name_of(f): (f, partial(made, arguments)) for f, arguments in _CASES}

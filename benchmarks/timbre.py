"""How well distances of sounds agree with what listeners say of their timbre.

    python benchmarks/timbre.py path/to/timbremetrics

The 21 data sets of dissimilarity ratings, their sounds, and the published figures are those of
H. Tian, S. Lattner and C. Saitis, "Assessing the Alignment of Audio Representations with Timbre
Similarity Ratings", ISMIR, 2025. They come with no licence, so they are not in this repository: the
path is that of a checkout of https://github.com/tiianhk/timbremetrics.

All rows are computed here, and stand beside those of its `examples/results.yaml`: so the rows of
MSS and MFCC say how closely the protocol is that of the study. One thing differs. For features over
time, the study pads the shorter sound of each pair with zeros. Here it is padded to the longest
sound of its data set, and frames after the end of the pair are left out.
"""

import argparse
import time
from pathlib import Path

import librosa
import numpy as np
import scipy.stats
import soundfile
import torch
import yaml
from joblib import Parallel, delayed
from machine import processor
from sklearn.metrics import ndcg_score
from table import Table

from chirplib import TimeFrequencyScattering

JTFS = dict(J=12, Q=(8, 2), J_fr=3, Q_fr=2, T=2**12, F=2**3)
METRICS = {
    "mean absolute error": "mae",
    "NDCG": "ndcg_retrieve_sim",
    "Spearman": "spearman_corr",
    "Kendall": "kendall_corr",
    "triplets": "triplet_agreement",
}


def jtfs(x):
    x = np.pad(x, (0, max(0, JTFS["T"] - len(x))))
    with torch.no_grad():
        return [TimeFrequencyScattering(**JTFS, shape=len(x))(torch.tensor(x)[None])[0].numpy()]


def mss(x):
    magnitudes = [
        np.abs(librosa.stft(x, n_fft=n, window="boxcar", pad_mode="reflect"))
        for n in (4096, 2048, 1024, 512, 256, 128)
    ]
    return magnitudes + [np.log(np.maximum(S, 1e-5)) for S in magnitudes]


def mfcc(x):
    power = librosa.feature.melspectrogram(
        y=x, sr=44100, n_fft=2048, hop_length=512, htk=True, norm=None, pad_mode="reflect"
    )
    return [librosa.feature.mfcc(S=librosa.power_to_db(power, top_db=80), n_mfcc=40)]


def dissimilarities(features, sounds):
    """Matrices (sound, sound) by distance, of features over time and of their averages."""
    n, longest = len(sounds), max(map(len, sounds))
    own = [features(x) for x in sounds]
    padded = [features(np.pad(x, (0, longest - len(x)))) for x in sounds]
    means = np.stack([np.concatenate([S.mean(axis=-1).ravel() for S in f]) for f in own])
    found = {f"{over} {name}": np.zeros((n, n)) for over in ("all", "mean") for name in DISTANCES}
    for i in range(n):
        for j in range(n):
            if len(sounds[i]) < len(sounds[j]) or i == j:
                continue
            a = np.concatenate([S.ravel() for S in own[i]])
            b = [P[..., : S.shape[-1]].ravel() for S, P in zip(own[i], padded[j], strict=True)]
            for name, distance in DISTANCES.items():
                found[f"all {name}"][i, j] = distance(a, np.concatenate(b))
                found[f"mean {name}"][i, j] = distance(means[i], means[j])
    return {name: np.maximum(D, D.T) for name, D in found.items()}


def cosine(a, b):
    return 1 - a @ b / (np.linalg.norm(a) * np.linalg.norm(b))


def euclidean(a, b):
    return np.linalg.norm(a - b)


DISTANCES = {"cosine": cosine, "l2": euclidean}


def agreement(D, ratings):
    """The five metrics of the study: sums over pairs for the first, over sounds for the others."""
    n = len(ratings)
    D, ratings = D / D.max(), ratings / ratings.max()
    sums = dict.fromkeys(METRICS, 0.0)
    sums["mean absolute error"] = np.abs(D - ratings)[np.triu_indices(n, 1)].sum()
    for k in range(n):
        p, t = np.delete(D[k], k), np.delete(ratings[k], k)
        sums["NDCG"] += ndcg_score([1 - t], [1 - p])
        sums["Spearman"] += scipy.stats.spearmanr(p, t).statistic
        sums["Kendall"] += np.nan_to_num(scipy.stats.kendalltau(p, t).statistic)
        first, second = np.triu_indices(n - 1, 1)
        said, heard = t[first] - t[second], p[first] - p[second]
        clear = np.abs(said) > 0.1
        if clear.any():
            sums["triplets"] += (said * heard > 0)[clear].mean()
    return sums


def of_one_set(folder, name, ratings):
    """Sums of each metric, the number of sounds, and seconds of each representation."""
    files = sorted((folder / "timbremetrics" / "sounds" / name).glob("*.aiff"))
    sounds = [soundfile.read(file, dtype="float32")[0] for file in files]
    found, seconds = {}, {}
    for features in (jtfs, mss, mfcc):
        began = time.perf_counter()
        for kind, D in dissimilarities(features, sounds).items():
            found[features.__name__, kind] = agreement(D, ratings)
        seconds[features.__name__] = time.perf_counter() - began
    return found, len(sounds), seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("checkout", type=Path, help="where timbremetrics was cloned to")
    folder = parser.parse_args().checkout
    published = yaml.safe_load((folder / "examples" / "results.yaml").read_text())
    ratings = {}
    for path in sorted((folder / "timbremetrics" / "true_dissim").glob("*.txt")):
        upper = np.triu(np.loadtxt(path), 1)
        ratings[path.name.removesuffix("_dissimilarity_matrix.txt")] = upper + upper.T
    began = time.perf_counter()
    sets = Parallel(n_jobs=-1)(delayed(of_one_set)(folder, *item) for item in ratings.items())
    rows, n = [], sum(count for _, count, _ in sets)
    pairs = sum(count * (count - 1) // 2 for _, count, _ in sets)
    for features, kind in sets[0][0]:
        over, distance = kind.split()
        theirs = published.get(f"{'time-avg_' * (over == 'mean')}{features}", {}).get(distance, {})
        row = {"features": features, "time": over, "distance": distance}
        for metric, key in METRICS.items():
            total = sum(found[features, kind][metric] for found, *_ in sets)
            row[metric] = total / (pairs if metric == "mean absolute error" else n)
            row[f"{metric}, published"] = theirs.get(key)
        rows.append(row)
    path = Path(__file__).with_suffix(".csv")
    path.unlink(missing_ok=True)
    table = Table(path, "timbre.py path/to/timbremetrics")
    table.add(rows)
    print(processor(), f"{n} sounds, {pairs} pairs, {time.perf_counter() - began:.0f} s")
    for features in ("jtfs", "mss", "mfcc"):
        print(f"{features}: {sum(seconds[features] for *_, seconds in sets):.0f} s of one core")
    print(table.rows.to_string(index=False))


if __name__ == "__main__":
    main()

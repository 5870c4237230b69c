"""Arguments that figures of several files share."""

from collections.abc import Collection

import numpy as np
import torch
from torch import Tensor

from chirplib._common.validation import (
    PRECISIONS,
    as_array,
    as_list,
    as_names,
    check_audio,
    check_integer,
)

Arrays = Collection[np.ndarray | Tensor]


def as_sounds(
    sounds: Arrays, titles: Collection[str], **limits: int
) -> tuple[list[Tensor], list[str]]:
    """Sounds as tensors within the limits of `check_audio`, and as many titles."""
    tensors = []
    for k, x in enumerate(as_list("sounds", sounds)):
        array = as_array(f"sounds[{k}]", x, ndim=1)
        # A transform wants them in the precision and on the device where they are.
        kept = isinstance(x, torch.Tensor) and x.dtype in PRECISIONS
        tensors.append(x.detach() if kept else torch.from_numpy(array))
        check_audio(f"sounds[{k}]", tensors[-1], **limits)
    return tensors, as_names("titles", titles, count=len(tensors), each="entry of sounds")


def check_columns(columns: int, n: int) -> None:
    """Raise an error if `columns` is not a number of columns for n panels in full rows."""
    check_integer("columns", columns, low=1)
    if n % columns:
        raise ValueError(f"columns must divide {n} panels, got {columns}")

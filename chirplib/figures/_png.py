"""Pictures of few colors, with one byte for each pixel."""

import base64
import io

import numpy as np
from PIL import Image


def palette_png(index: np.ndarray, palette: np.ndarray, **options: bytes) -> str:
    """PNG, in base64, of indices (rows, columns) of at most 256 colors (n, 3)."""
    image = Image.fromarray(index.astype(np.uint8), "P")
    image.putpalette(palette.astype(np.uint8).tobytes())
    target = io.BytesIO()
    image.save(target, "png", optimize=True, **options)
    return base64.b64encode(target.getvalue()).decode()

"""What `make bench` has measured: the table of `benchmarks/README.md`, for pages to read."""

import re
from pathlib import Path

README = Path(__file__).parents[1] / "benchmarks" / "README.md"


def gradient(loss: str) -> tuple[float, float]:
    """Seconds of a loss with its gradient, and the gigabytes of its process."""
    row = re.search(rf"\| {loss} [^|]*\|[^|]*\| ([\d.]+) \| ([\d.]+) \|", README.read_text())
    return float(row[1]), float(row[2])

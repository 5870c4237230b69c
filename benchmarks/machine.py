"""What the benchmarks ran on."""

import datetime
import platform
from pathlib import Path


def processor():
    """Name of the processor, where the system tells it."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def header(command):
    """First line of a table: the command that made it, the machine and the day."""
    date = datetime.datetime.now(datetime.UTC).strftime("%d %B %Y").lstrip("0")
    return f"# {command}, {processor()}, {date}"

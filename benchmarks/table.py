"""Tables that a command adds rows to, and goes on with where it was interrupted."""

import datetime
import os
from pathlib import Path

import pandas as pd
from machine import processor


def origin(command: str) -> str:
    """What makes a table: the command, machine and day."""
    today = datetime.datetime.now(datetime.UTC).strftime("%d %B %Y").lstrip("0")
    return f"python benchmarks/{command}, {processor()}, {today}"


class Table:
    """Rows in a CSV file, below a line that says what made it: the command, machine and day."""

    def __init__(self, path: Path, command: str):
        self.path, self.rows = path, pd.DataFrame()
        self.first = f"# {origin(command)}"
        if path.exists():
            self.first = path.read_text().splitlines()[0]
            self.rows = pd.read_csv(path, comment="#")

    def has(self, **keys) -> bool:
        """Whether there is a row with these values."""
        if self.rows.empty:
            return False
        return bool((self.rows[list(keys)] == pd.Series(keys)).all(axis=1).any())

    def add(self, rows: list[dict]) -> None:
        """Add rows, and write the file. An interrupt leaves the old one or the new one."""
        self.rows = pd.concat([self.rows, pd.DataFrame(rows)], ignore_index=True)
        new = self.path.with_suffix(".new")
        new.write_text(f"{self.first}\n{self.rows.to_csv(index=False, float_format='%.5g')}")
        os.replace(new, self.path)

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))
import bench


def test_a_row_of_the_table_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(bench, "README", tmp_path / "README.md")
    rows = "| JTFS, Kymatio 0.4 | 2.5 | 4.75 | 9.4 |\n| MSS, chirplib | 1 | 2 | 3 |\n"
    bench.README.write_text(f"| loss | forward | both | memory |\n|---|---|---|---|\n{rows}")
    assert bench.gradient("JTFS, Kymatio") == (4.75, 9.4)
    assert bench.gradient("MSS, chirplib") == (2.0, 3.0)


def test_the_pages_find_kymatio():
    seconds, gigabytes = bench.gradient("JTFS, Kymatio")
    assert seconds > 1 and gigabytes > 1

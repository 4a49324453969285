"""The benchmarks run; no time is asserted."""

import subprocess
import sys
from pathlib import Path


def test_every_row_runs():
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks", "--quick"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 0, done.stderr
    for row in ("add, us", "add recorded, us", "chain of 1000, us", "import, MB"):
        assert row in done.stdout

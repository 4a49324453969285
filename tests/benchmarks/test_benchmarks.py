"""The benchmarks run; no time is asserted."""

import subprocess
import sys
from pathlib import Path


def run(*arguments):
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks", *arguments, "--quick"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_row_runs():
    found = run()
    rows = ("add, us", "add recorded, us", "chain of 1000, us", "trainer step, us", "import, MB")
    for row in rows:
        assert row in found


def test_every_operator_runs_and_agrees_with_numpy():
    found = run("operators")
    for row in ("dot(a, b)", "Dropout(a, p=0.5)", "a + b", "LayerNorm(a, b, c)"):
        assert row in found


def test_logging_is_measured():
    assert "logging without a browser" in run("curves")


def test_images_are_loaded():
    found = run("loading", "--only", "loader, training, colours", "iterator, any part, colours")
    assert found.count("colours") == 2

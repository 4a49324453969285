"""The JavaScript half: its own tests, its types, and that the built files are fresh."""

import filecmp
import shutil
import subprocess
from pathlib import Path

import pytest

WIDGETS = Path(__file__).parents[2] / "widgets"
STATIC = Path("mxbook_widgets") / "static"


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Path:
    """A copy of `widgets/` with its packages installed from the lock file."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed")
    folder = tmp_path_factory.mktemp("js") / "widgets"
    shutil.copytree(WIDGETS, folder, ignore=shutil.ignore_patterns("node_modules", "__pycache__"))
    npm(folder, "ci", "--no-audit", "--no-fund")
    return folder


def npm(folder: Path, *arguments: str) -> None:
    done = subprocess.run(
        ["npm", *arguments], cwd=folder, capture_output=True, text=True, check=False, timeout=600
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]


@pytest.mark.slow
def test_types_and_unit_tests(copy):
    npm(copy, "run", "types")
    npm(copy, "test")


@pytest.mark.slow
def test_the_committed_files_are_fresh(copy):
    npm(copy, "run", "build")
    for built in (copy / STATIC).iterdir():
        assert filecmp.cmp(built, WIDGETS / STATIC / built.name, shallow=False), (
            f"{built.name} is stale: run `npm run build` in widgets/ and commit"
        )


def test_the_lock_file_records_no_addresses():
    assert "resolved" not in (WIDGETS / "package-lock.json").read_text()

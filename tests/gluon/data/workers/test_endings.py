"""What is left of worker processes: nothing.  And programs as people write them."""

import gc
import json
import os
import select
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from mxbook.gluon.data import DataLoader
from tests.gluon.data.samples import Function

ROOT = Path(__file__).parents[4]


def gone(pids):
    return not any(os.path.exists(f"/proc/{pid}") for pid in pids)


def run(code, *args, **options):
    """A program of its own; it may import the tests."""
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", textwrap.dedent(code), *args]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=300, check=False, env=env, **options
    )


HERE = """
import gc, json, os
from pathlib import Path
from mxbook.gluon.data import DataLoader
from tests.gluon.data.samples import Function, large

def children():
    return sorted(
        int(p.name) for p in Path("/proc").iterdir()
        if p.name.isdigit() and (p / "stat").exists()
        and (p / "stat").read_text().rpartition(")")[2].split()[1] == str(os.getpid())
    )

def descriptors():
    return len(os.listdir("/proc/self/fd"))

def shared():
    maps = Path("/proc/self/maps").read_text()
    ours = [f for f in os.listdir("/dev/shm") if "mxbook" in f or str(os.getpid()) in f]
    return maps.count("memfd:mxbook") + len(ours)
"""


@pytest.mark.slow
def test_200_breaks_leave_nothing():
    code = (
        HERE
        + """
before = children(), descriptors(), shared()
loader = DataLoader(Function(large, 64), 4, num_workers=2)
pids = set()
during = set()
for i in range(200):
    if i >= 196:  # some loaders are forgotten, not only their loops
        loader = DataLoader(Function(large, 64), 4, num_workers=2)
    for batch in loader:
        break
    pids |= set(loader._processes.pids)
    during.add((len(children()), descriptors()))
del loader, batch
gc.collect()
after = children(), descriptors(), shared()
left = [pid for pid in pids if os.path.exists(f"/proc/{pid}")]
print(json.dumps([before, after, left, len(pids), sorted(during)]))
"""
    )
    done = run(code)
    assert (done.returncode, done.stderr) == (0, "")
    before, after, left, workers, during = json.loads(done.stdout)
    assert after == before
    assert left == []
    assert workers == 10
    assert max(d for _, d in during) - min(d for _, d in during) < 60


IN_USE = (
    HERE
    + """
import sys
from tests.gluon.data.samples import At, block
which = int(sys.argv[1])
held = iter(DataLoader(At(which, block), 2, num_workers=2, timeout=1000))
print(next(held).asnumpy().tolist())
print(json.dumps([*held.gi_frame.f_locals["crew"].pids, *children()]), flush=True)
"""
)


@pytest.mark.parametrize("which", [-1, 5])  # workers wait, or one of them never comes back
def test_the_interpreter_ends_in_the_middle_of_a_pass(which):
    done = run(IN_USE, str(which))
    assert (done.returncode, done.stderr) == (0, "")
    first, pids = map(json.loads, done.stdout.splitlines())
    assert first == [0, 1]
    assert len(pids) == 3
    assert gone(pids)


def wait_for_end(pids):
    """Sleep until processes that are not our children have ended."""
    for pid in pids:
        try:
            descriptor = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        waiting = select.poll()
        waiting.register(descriptor, select.POLLIN)
        assert waiting.poll(60_000), f"process {pid} is still there"
        os.close(descriptor)


def start(code, *args):
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *args],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env,
        start_new_session=True,
    )  # fmt: skip


def test_workers_end_when_the_program_is_killed():
    with start(IN_USE + "import signal; signal.pause()", "5") as program:
        program.stdout.readline()
        pids = json.loads(program.stdout.readline())
        program.kill()
        wait_for_end(pids)


def test_a_ctrl_c_ends_program_and_workers():
    with start(IN_USE + "list(held)", "5") as program:
        program.stdout.readline()
        pids = json.loads(program.stdout.readline())
        os.killpg(program.pid, signal.SIGINT)  # as a terminal does
        _, errors = program.communicate(timeout=120)
        assert program.returncode == -signal.SIGINT
        assert errors.rstrip().endswith("KeyboardInterrupt")
        assert errors.count("Traceback") == 1
        wait_for_end(pids)


def test_a_loop_goes_on_after_a_ctrl_c():
    code = """
from mxbook.gluon.data import DataLoader
from tests.gluon.data.samples import Function, At, block
import os, signal
loader = DataLoader(At(2, block, length=4), 2, num_workers=1)
batches = iter(loader)
next(batches)
signal.signal(signal.SIGALRM, signal.default_int_handler)
signal.setitimer(signal.ITIMER_REAL, 0.2)
try:
    next(batches)
except KeyboardInterrupt:
    print("interrupted")
loader._dataset = Function(float, 4)
print([b.asnumpy().tolist() for b in loader])
"""
    done = run(code)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["interrupted", "[[0.0, 1.0], [2.0, 3.0]]"]


def test_a_cycle_that_holds_a_loader_is_collected():
    loader = DataLoader(Function(float, 4), 2, num_workers=1)
    list(loader)
    pids = loader._processes.pids
    loader.itself = loader
    del loader
    gc.collect()
    assert gone(pids)


# ---- programs as people write them

PROGRAM = """
import numpy as np
import mxbook as mx
from mxbook.gluon.data import ArrayDataset, DataLoader, Dataset

scale = 10.0
table = np.arange(100000.0)

class Base(Dataset):
    def __len__(self):
        return 4

class Data(Base):
    "No module has this class."
    def __init__(self):
        super().__init__()
        self.offset = 1

    def __getitem__(self, i):
        return self.value(i)

    def value(self, i):
        return table[i] * scale + self.offset

data = Data().transform(lambda x: mx.nd.array([x, scale]))
for batch in DataLoader(data, 2, num_workers=2):
    print(batch.asnumpy().tolist())
print("done")
"""


@pytest.mark.parametrize("way", ["cell", "script"])
def test_classes_and_lambdas_of_a_notebook_or_script(tmp_path, way):
    # A script has no `if __name__ == "__main__"`, as MXNet on Linux did not need it.
    if way == "cell":
        done = run(PROGRAM)
    else:
        (tmp_path / "train.py").write_text(PROGRAM)
        done = run(
            f"import runpy; runpy.run_path({str(tmp_path / 'train.py')!r}, None, '__main__')"
        )
    assert (done.returncode, done.stderr) == (0, "")
    expected = ["[[1.0, 10.0], [11.0, 10.0]]", "[[21.0, 10.0], [31.0, 10.0]]", "done"]
    assert done.stdout.splitlines() == expected


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_program_starts_workers_of_its_own():
    code = """
import os
from mxbook.gluon.data import DataLoader
from tests.gluon.data.samples import Function
loader = DataLoader(Function(float, 4), 2, num_workers=1)
batches = iter(loader)
print(next(batches).asnumpy().tolist(), flush=True)
child = os.fork()
found = [b.asnumpy().tolist() for b in loader]
if child == 0:
    loader.close()
    os._exit(found != [[0, 1], [2, 3]])
print(found, os.waitpid(child, 0)[1], next(batches).asnumpy().tolist())
"""
    done = run(code)
    assert done.returncode == 0
    expected = ["[0.0, 1.0]", "[[0.0, 1.0], [2.0, 3.0]] 0 [2.0, 3.0]"]
    assert done.stdout.splitlines() == expected

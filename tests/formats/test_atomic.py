"""Replacing files: the old content or the new one, never a mixture, never litter."""

import os
import stat
import subprocess
import sys

import pytest

from mxbook.formats import atomic


def failing_pieces(error):
    yield b"new"
    raise error


def fail_with(error):
    def call(*args, **kwargs):
        raise error

    return call


def test_writes_and_replaces(tmp_path):
    path = tmp_path / "x"
    atomic.write(path, [b"one", b"", b"two"])
    assert path.read_bytes() == b"onetwo"
    atomic.write(str(path), [b"3"])
    assert path.read_bytes() == b"3"
    assert os.listdir(tmp_path) == ["x"]


STEPS = [
    *((step, b"old") for step in ("pieces", "fsync", "chmod", "replace")),
    *((step, None) for step in ("pieces", "fsync", "replace")),
]


@pytest.mark.parametrize("error", [OSError(28, "disk full"), KeyboardInterrupt(), ValueError("x")])
@pytest.mark.parametrize(("where", "old"), STEPS)
def test_a_failure_leaves_the_folder_as_it_was(tmp_path, monkeypatch, error, where, old):
    path = tmp_path / "x"
    if old is not None:
        path.write_bytes(old)
    pieces = failing_pieces(error) if where == "pieces" else [b"new"]
    if where != "pieces":
        monkeypatch.setattr(atomic.os, where, fail_with(error))
    with pytest.raises(type(error)):
        atomic.write(path, pieces)
    monkeypatch.undo()
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == (
        {} if old is None else {"x": old}
    )


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_process_that_dies_leaves_the_old_file(tmp_path, step):
    path = tmp_path / "x"
    path.write_bytes(b"old")
    code = (
        "import os, sys; from mxbook.formats import atomic;"
        f"os.{step} = lambda *args: os._exit(9);"
        "atomic.write(sys.argv[1], [b'new'])"
    )
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code, str(path)], env=env, check=False)
    assert done.returncode == 9
    assert path.read_bytes() == b"old"


@pytest.mark.skipif(os.name != "posix", reason="permission bits are POSIX")
def test_permissions(tmp_path):
    path = tmp_path / "x"
    before = os.umask(0o027)
    try:
        atomic.write(path, [b"1"])
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    path.chmod(0o604)
    atomic.write(path, [b"2"])
    assert stat.S_IMODE(path.stat().st_mode) == 0o604


def test_a_protected_file_is_not_replaced(tmp_path, monkeypatch):
    path = tmp_path / "x"
    path.write_bytes(b"old")
    monkeypatch.setattr(atomic.os, "access", lambda *args: False)  # root may write everywhere
    with pytest.raises(PermissionError, match="write-protected"):
        atomic.write(path, [b"new"])
    assert path.read_bytes() == b"old"


def test_a_link_keeps_pointing(tmp_path):
    (tmp_path / "target").write_bytes(b"old")
    link = tmp_path / "link"
    link.symlink_to("target")
    atomic.write(link, [b"new"])
    assert link.is_symlink()
    assert (tmp_path / "target").read_bytes() == b"new"


def test_a_device_stays_a_device():
    atomic.write(os.devnull, [b"gone"])
    assert not os.path.isfile(os.devnull)


def test_bad_places(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        atomic.write(tmp_path / "no" / "x", [b""])
    with pytest.raises(OSError):
        atomic.write(tmp_path, [b""])
    assert os.listdir(tmp_path) == []


# ---- files that grow


def test_a_draft_is_there_when_it_is_finished(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"old")
    draft = atomic.Draft(path)
    draft.stream.write(b"new")
    draft.stream.flush()
    assert path.read_bytes() == b"old"
    draft.settle()
    draft.settle()
    assert path.read_bytes() == b"old"
    draft.finish()
    assert path.read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["x"]


def test_a_draft_that_is_dropped_leaves_nothing(tmp_path):
    for settle in (False, True):
        draft = atomic.Draft(tmp_path / "x")
        draft.stream.write(b"new")
        if settle:
            draft.settle()
        draft.drop()
        assert os.listdir(tmp_path) == []


def test_a_draft_that_is_disowned_is_left_to_the_other_process(tmp_path):
    draft = atomic.Draft(tmp_path / "x")
    draft.stream.write(b"not written twice")  # still in the buffer
    draft.disown()
    (name,) = os.listdir(tmp_path)
    assert (tmp_path / name).read_bytes() == b""

import os
import shutil
import subprocess

import pytest

import mxbook as mx


@pytest.fixture
def build(tmp_path):
    """Compiles a library of C code, and gives its path."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("needs a C compiler")

    def compiled(code):
        (tmp_path / "code.c").write_text(code)
        path = str(tmp_path / "library.so")
        subprocess.run(
            [compiler, "-shared", "-fPIC", "-o", path, str(tmp_path / "code.c")], check=True
        )
        return path

    return compiled


def test_a_library_is_told_the_version(build, capfd):
    mx.library.load(
        build(
            "#include <stdio.h>\n"
            'int initialize(int version) { printf("%d", version); fflush(stdout); return 1; }'
        )
    )
    assert capfd.readouterr().out == "10600"


def test_a_library_says_no(build):
    with pytest.raises(mx.base.MXNetError, match="cannot work with MXNet 10600"):
        mx.library.load(build("int initialize(int version) { return version >= 10700; }"))


def test_a_library_for_something_else(build):
    with pytest.raises(mx.base.MXNetError, match="no library for MXNet"):
        mx.library.load(build("int other;"))


def test_paths(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("x.so", "x.txt"):
        (tmp_path / name).write_text("nothing")
    for path, words in (
        ("none.so", "does NOT exist"),
        ("x.so", "not an absolute path"),
        (os.path.abspath("x.txt"), "NOT a library"),
        (os.path.abspath("x.so"), "no library for MXNet"),
    ):
        with pytest.raises(mx.base.MXNetError, match=words):
            mx.library.load(path)

"""`nd.save` and `nd.load`."""

import pytest

from mxbook import nd
from mxbook.base.errors import DTypeError, FileFormatError


def test_lists_dicts_and_single_arrays(tmp_path):
    path = tmp_path / "x.params"
    x, y = nd.zeros((2, 3)), nd.ones((1, 4), dtype="int32")
    nd.save(path, [x, y])
    a, b = nd.load(path)
    assert a.shape == (2, 3) and b.asnumpy().tolist() == [[1, 1, 1, 1]]
    nd.save(str(path), {"x": x, "y": y})
    assert sorted(nd.load(path)) == ["x", "y"]
    nd.save(path, x)
    assert len(nd.load(path)) == 1
    assert len(nd.load_frombuffer(path.read_bytes())) == 1


def test_what_cannot_be_saved_leaves_the_old_file(tmp_path):
    path = tmp_path / "x.params"
    nd.save(path, [nd.ones(2)])
    before = path.read_bytes()
    for bad in ([1, 2], {"a": 1}, {1: nd.ones(1)}, "text"):
        with pytest.raises(DTypeError):
            nd.save(path, bad)
    assert path.read_bytes() == before


def test_a_file_cut_anywhere_is_an_error_that_says_where(tmp_path):
    path = tmp_path / "x.params"
    nd.save(path, {"w": nd.ones((2, 2)), "b": nd.zeros((3,))})
    whole = path.read_bytes()
    for cut in range(len(whole)):
        path.write_bytes(whole[:cut])
        with pytest.raises(FileFormatError, match=r"x\.params|cut|end"):
            nd.load(path)
    with pytest.raises(FileNotFoundError):
        nd.load(tmp_path / "missing.params")

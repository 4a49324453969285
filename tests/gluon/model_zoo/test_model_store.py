"""Fetching parameters of trained networks: sums, archives, and no network."""

import hashlib
import os
import zipfile

import pytest

import mxbook as mx
from mxbook import nd
from mxbook.base.errors import FileFormatError, ParameterError
from mxbook.gluon.model_zoo import model_store, vision


@pytest.fixture
def trained(tmp_path, monkeypatch):
    """A repository in a folder that has one small network under the name mobilenet0.25."""
    mx.random.seed(1)
    net = vision.mobilenet0_25(classes=1)
    net.initialize()
    net.infer_shape(nd.ones((1, 3, 32, 32)))
    for parameter in net.collect_params().values():
        parameter._finish_deferred_init()
    net.save_parameters(str(tmp_path / "net.params"))
    content = (tmp_path / "net.params").read_bytes()
    sum_ = hashlib.sha1(content).hexdigest()
    monkeypatch.setitem(model_store._model_sha1, "mobilenet0.25", sum_)
    monkeypatch.setenv("MXNET_GLUON_REPO", (tmp_path / "repository").as_uri())
    folder = tmp_path / "repository" / "gluon" / "models"
    folder.mkdir(parents=True)
    with zipfile.ZipFile(folder / f"mobilenet0.25-{sum_[:8]}.zip", "w") as archive:
        archive.writestr(f"mobilenet0.25-{sum_[:8]}.params", content)
    return net, folder


def test_a_trained_network(trained, tmp_path):
    net, folder = trained
    root = str(tmp_path / "models")
    again = vision.mobilenet0_25(classes=1, pretrained=True, root=root)
    weight = again.features[0].weight
    assert (weight.data().asnumpy() == net.features[0].weight.data().asnumpy()).all()
    assert weight.list_ctx() == [mx.cpu()]
    moved = vision.mobilenet0_25(classes=1, pretrained=True, root=root, ctx=mx.cpu(1))
    assert moved.features[0].weight.list_ctx() == [mx.cpu(1)]
    for file in folder.iterdir():  # now it comes from the folder
        file.unlink()
    path = model_store.get_model_file("mobilenet0.25", root)
    assert os.listdir(root) == [os.path.basename(path)]
    model_store.purge(root)
    assert os.listdir(root) == []


def test_a_damaged_file_is_fetched_again(trained, tmp_path):
    path = model_store.get_model_file("mobilenet0.25", str(tmp_path))
    with open(path, "ab") as file:
        file.write(b"x")
    assert model_store.get_model_file("mobilenet0.25", str(tmp_path)) == path
    assert model_store.utils.check_sha1(path, model_store._model_sha1["mobilenet0.25"])


def test_a_file_with_another_sum(trained, tmp_path, monkeypatch):
    sum_ = model_store._model_sha1["mobilenet0.25"]
    monkeypatch.setitem(model_store._model_sha1, "mobilenet0.25", sum_[:8] + "0" * 32)
    with pytest.raises(FileFormatError, match="not the expected ones"):
        model_store.get_model_file("mobilenet0.25", str(tmp_path / "models"))
    assert os.listdir(tmp_path / "models") == []


def test_something_else_than_an_archive(trained, tmp_path):
    (archive,) = trained[1].iterdir()
    archive.write_bytes(b"no archive")
    with pytest.raises(FileFormatError, match="is no archive with"):
        model_store.get_model_file("mobilenet0.25", str(tmp_path / "models"))


def test_without_a_network(tmp_path, monkeypatch):
    monkeypatch.setenv("MXNET_GLUON_REPO", (tmp_path / "nothing").as_uri())
    with pytest.raises(OSError, match="the parameters of alexnet could not be fetched") as caught:
        vision.alexnet(pretrained=True, root=str(tmp_path / "models"))
    text = str(caught.value)
    assert "gluon/models/alexnet-44335d1f.zip" in text and "alexnet-44335d1f.params" in text
    assert "load_parameters" in text


def test_unknown_names():
    with pytest.raises(ParameterError, match="Pretrained model for vgg12 is not available"):
        model_store.short_hash("vgg12")


def test_every_network_of_the_zoo_has_a_sum():
    assert set(model_store._model_sha1) == set(vision._models)
    assert all(len(s) == 40 and int(s, 16) for s in model_store._model_sha1.values())

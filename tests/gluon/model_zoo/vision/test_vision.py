"""Networks by name, and their parameters in files."""

import pytest

import mxbook as mx
from mxbook import autograd, gluon, nd
from mxbook.gluon.model_zoo import vision
from tests.gluon.model_zoo.vision.checks import MODELS


def test_every_name_of_mxnet():
    assert set(vision._models) == set(MODELS)
    assert len({id(make) for make in vision._models.values()}) == len(MODELS)


def test_an_unknown_name():
    with pytest.raises(ValueError, match="there is no model 'resnet18'") as caught:
        vision.get_model("ResNet18")
    assert caught.value.hint.startswith("did you mean resnet")


@pytest.mark.parametrize("name", ["mobilenet0.25", "mobilenetv2_0.25", "resnet18_v2"])
def test_parameters_in_local_files(tmp_path, name):
    x, path = nd.random.uniform(shape=(1, 3, 32, 32)), str(tmp_path / "net.params")
    net = vision.get_model(name, classes=3)
    net.initialize(mx.init.Xavier())
    with autograd.record():
        net(x)
    expected = net(x).asnumpy()
    net.save_parameters(path)
    again = vision.get_model(name, classes=3)
    again.load_parameters(path, ctx=mx.cpu())
    assert (again(x).asnumpy() == expected).all()
    net.hybridize()
    net(x)
    net.export(str(tmp_path / "net"))
    exported = [str(tmp_path / f) for f in ("net-symbol.json", "net-0000.params")]
    graph = gluon.SymbolBlock.imports(exported[0], ["data"], exported[1])
    assert abs(graph(x).asnumpy() - expected).max() < 1e-5


def test_features_are_everything_but_the_last_layer():
    net = vision.mobilenet0_25(classes=3)
    net.initialize()
    x = nd.ones((1, 3, 32, 32))
    with autograd.record():
        assert net.features(x).shape == (1, 256)
        assert net.output(net.features(x)).shape == (1, 3)


def test_all_arguments_reach_a_network():
    net = vision.get_model("densenet121", classes=7, dropout=0.1, prefix="mine_")
    assert net.prefix == "mine_" and net.output._units == 7
    assert "Dropout(p = 0.1" in repr(net)

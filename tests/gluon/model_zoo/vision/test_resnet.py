"""The networks of `resnet.py` are MXNet's."""

import pytest

from mxbook import autograd, nd
from mxbook.base.errors import ParameterError
from mxbook.gluon.model_zoo import vision
from tests.gluon.model_zoo.vision.checks import check_as_in_mxnet, names_like


@pytest.mark.parametrize("name", names_like("resnet"))
def test_as_in_mxnet(name):
    check_as_in_mxnet(name)


def test_small_pictures():
    for net in (vision.resnet18_v1(thumbnail=True), vision.resnet18_v2(thumbnail=True)):
        net.initialize()
        with autograd.record():
            assert net(nd.ones((2, 3, 8, 8))).shape == (2, 1000)


@pytest.mark.parametrize(("version", "layers"), [(3, 18), (1, 19)])
def test_what_there_is_not(version, layers):
    with pytest.raises(ParameterError, match=f"version {version} with {layers} layers"):
        vision.get_resnet(version, layers)
    with pytest.raises(ParameterError, match="2 stages and 2 numbers of channels"):
        vision.ResNetV1(vision.BasicBlockV1, [1, 1], [8, 8])

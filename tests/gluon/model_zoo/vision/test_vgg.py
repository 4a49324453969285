"""The networks of `vgg.py` are MXNet's."""

import pytest

from mxbook.base.errors import ParameterError
from mxbook.gluon.model_zoo import vision
from tests.gluon.model_zoo.vision.checks import check_as_in_mxnet, names_like


@pytest.mark.parametrize("name", names_like("vgg"))
def test_as_in_mxnet(name):
    check_as_in_mxnet(name)


def test_what_there_is_not():
    with pytest.raises(ParameterError, match="no VGG of 12 layers"):
        vision.get_vgg(12)
    with pytest.raises(ParameterError, match="2 groups of layers and 1 of filters"):
        vision.VGG([1, 1], [8])

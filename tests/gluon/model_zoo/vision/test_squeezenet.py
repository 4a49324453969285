"""The networks of `squeezenet.py` are MXNet's."""

import pytest

from mxbook.base.errors import ParameterError
from mxbook.gluon.model_zoo import vision
from tests.gluon.model_zoo.vision.checks import check_as_in_mxnet, names_like


@pytest.mark.parametrize("name", names_like("squeezenet"))
def test_as_in_mxnet(name):
    check_as_in_mxnet(name)


def test_versions():
    with pytest.raises(ParameterError, match=r"there is no SqueezeNet 2\.0"):
        vision.SqueezeNet("2.0")

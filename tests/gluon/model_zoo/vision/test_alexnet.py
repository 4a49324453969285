"""The networks of `alexnet.py` are MXNet's."""

import pytest

from tests.gluon.model_zoo.vision.checks import check_as_in_mxnet, names_like


@pytest.mark.parametrize("name", names_like("alexnet"))
def test_as_in_mxnet(name):
    check_as_in_mxnet(name)

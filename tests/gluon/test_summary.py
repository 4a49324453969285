"""`Block.summary`, as MXNet prints it."""

import pytest

import mxbook as mx
from mxbook import autograd, gluon
from mxbook.base.errors import MXNetError
from mxbook.gluon import nn

EXPECTED = """\
--------------------------------------------------------------------------------
        Layer (type)                                Output Shape         Param #
================================================================================
               Input                                      (2, 4)               0
        Activation-1                                      (2, 3)               0
             Dense-2                                      (2, 3)              15
         BatchNorm-3                                      (2, 3)              12
           Dropout-4                                      (2, 3)               0
             Dense-5                                      (2, 4)              16
             Dense-6                                      (2, 3)              15
================================================================================
Parameters in forward computation graph, duplicate included
   Total params: 58
   Trainable params: 52
   Non-trainable params: 6
Shared params in forward computation graph: 15
Unique parameters in model: 43
--------------------------------------------------------------------------------
"""


def net():
    made = nn.Sequential()
    made.add(nn.Dense(3, activation="relu", in_units=4), nn.BatchNorm(), nn.Dropout(0.5))
    made.add(nn.Dense(4, in_units=3), nn.Dense(3, in_units=4, params=made[0].params))
    made.initialize()
    return made


def test_the_table_of_mxnet_and_the_mode(capsys):
    made = net()
    made.summary(mx.nd.ones((2, 4)))
    mode = "Mode: prediction (BatchNorm normalises by its moving averages; Dropout does nothing)\n"
    assert capsys.readouterr().out == EXPECTED + mode
    assert not any(b._forward_hooks for b in made._blocks())
    with autograd.record():
        made.summary(mx.nd.ones((2, 4)))
    mode = "Mode: training (BatchNorm normalises by the batch; Dropout drops elements)\n"
    assert capsys.readouterr().out.endswith(mode)


def test_several_inputs_and_nested_outputs(capsys):
    class Two(gluon.Block):
        def forward(self, x, y):
            return x + y, [x, y]

    Two().summary(mx.nd.ones((2, 3)), mx.nd.ones((2, 3)))
    lines = capsys.readouterr().out.splitlines()
    assert lines[3].split(None, 1)[1].split("   ")[0] == "(2, 3), (2, 3)"
    assert "(2, 3), [(2, 3), (2, 3)]" in lines[4]


def test_a_hybridized_net_has_no_summary():
    made = net()
    made[3].hybridize()
    with pytest.raises(MXNetError, match="is hybridized"):
        made.summary(mx.nd.ones((2, 4)))
    assert not any(b._forward_hooks for b in made._blocks())
